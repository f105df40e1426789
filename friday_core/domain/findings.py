"""What a check finds: how it came out, what shows it, and what to do."""

from __future__ import annotations

import enum
from dataclasses import dataclass


class Outcome(enum.StrEnum):
    """A ``WARN`` leaves Friday able to run, a ``FAIL`` does not, or makes its results wrong."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of a report. ``mend`` is empty if there is nothing to do. Never holds a secret."""

    outcome: Outcome
    check: str
    evidence: str
    mend: str = ""
