"""What ``friday doctor`` finds: a check, how it came out, what shows it, and what to do."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from friday_core.domain.findings import Finding, Outcome

__all__ = ["Check", "Finding", "Outcome", "fail", "ok", "warn"]

#: A name for the case that it breaks, and what to call.
Check = tuple[str, Callable[[], Iterable[Finding]]]


def ok(check: str, evidence: str) -> Finding:
    return Finding(Outcome.OK, check, evidence)


def warn(check: str, evidence: str, mend: str) -> Finding:
    return Finding(Outcome.WARN, check, evidence, mend)


def fail(check: str, evidence: str, mend: str) -> Finding:
    return Finding(Outcome.FAIL, check, evidence, mend)
