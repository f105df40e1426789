"""What ``friday doctor`` finds: a check, how it came out, what shows it, and what to do."""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable
from dataclasses import dataclass


class Outcome(enum.StrEnum):
    """A ``WARN`` leaves Friday able to run, a ``FAIL`` does not, or makes its results wrong."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report. ``mend`` is empty if there is nothing to do. Never holds a secret."""

    outcome: Outcome
    check: str
    evidence: str
    mend: str = ""


#: A name for the case that it breaks, and what to call.
Check = tuple[str, Callable[[], Iterable[Finding]]]


def ok(check: str, evidence: str) -> Finding:
    return Finding(Outcome.OK, check, evidence)


def warn(check: str, evidence: str, mend: str) -> Finding:
    return Finding(Outcome.WARN, check, evidence, mend)


def fail(check: str, evidence: str, mend: str) -> Finding:
    return Finding(Outcome.FAIL, check, evidence, mend)
