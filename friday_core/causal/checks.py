"""A validator's checks as columns: each condition goes by its verdict and reason."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from friday_core.causal.columns import Col
from friday_core.causal.kinds import Kind
from friday_core.domain.verdicts import Verdict
from friday_core.errors import TraceError

_MARK = ": "


def named_conditions(checks: object, where: str) -> dict[str, Col]:
    """The conditions of an author's ``checks(m)``, each under ``"<verdict>: <reason>"``.

    ``TraceError`` for anything else, with ``where``, the line of the author's function.
    """
    if not isinstance(checks, Mapping) or not checks:
        given = "an empty dict" if isinstance(checks, Mapping) else f"a {type(checks).__name__}"
        raise TraceError(f"{where}: checks(m) must return a dict of conditions by reason, not {given}")
    named: dict[str, Col] = {}
    for reason, check in checks.items():
        if not isinstance(reason, str) or not reason:
            raise TraceError(f"{where}: checks(m) gives a reason {reason!r}; reasons are text")
        verdict, condition = check if isinstance(check, tuple) and len(check) == 2 else (Verdict.QUARANTINE, check)
        _require(verdict, condition, f"{where}: checks(m)[{reason!r}]")
        named[f"{verdict.name}{_MARK}{reason}"] = condition
    return named


def verdict_and_reason(name: str) -> tuple[Verdict, str]:
    """What ``named_conditions`` made a name of."""
    verdict, _, reason = name.partition(_MARK)
    return Verdict[verdict], reason


def _require(verdict: Any, condition: Any, what: str) -> None:
    if not isinstance(verdict, Verdict):
        raise TraceError(f"{what} is a tuple without a verdict; write (Verdict.PASS, condition)")
    if verdict is Verdict.REPAIR:
        raise TraceError(f"{what} asks for a repair, which needs values; derive the plugin from Validator instead")
    if not isinstance(condition, Col):
        raise TraceError(f"{what} is a {type(condition).__name__}, not a column of m")
    if condition.kind is not Kind.BOOL:
        raise TraceError(f"{what} is a column of numbers; compare it with something, for example m.volume < 1")
