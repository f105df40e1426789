"""Clock domains: their names, their lengths and their order."""

from __future__ import annotations

import math
import re

from friday_core.errors import ClockDomainError, TraceError

TICK = "tick"

_SECONDS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800}
_FORM = re.compile(r"([1-9]\d*)([smhdw])")


def seconds(domain: str, where: str = "") -> int:
    """Length of a bar of the domain, 0 for ticks. ``ClockDomainError`` for an unknown form."""
    if domain == TICK:
        return 0
    match = _FORM.fullmatch(domain)
    if match is None:
        place = f"{where}: " if where else ""
        raise ClockDomainError(
            f"{place}{domain!r} is no clock domain; write tick, or a number and one of s m h d w, as 15m"
        )
    return int(match[1]) * _SECONDS[match[2]]


def rank(domain: str) -> tuple[int, str]:
    """Sorts domains as rows of one time are taken: coarser first, then by name."""
    return -seconds(domain), domain


def microseconds(age: object, where: str) -> float:
    """A greatest age as authors write it: ``"30m"``, or seconds; ``None`` for any."""
    if age is None:
        return math.inf
    if isinstance(age, str):
        if _FORM.fullmatch(age) is None:
            raise TraceError(f"{where}: max_age={age!r} is no duration; write a number and one of s m h d w, as 30m")
        return seconds(age) * 1e6
    if isinstance(age, bool) or not isinstance(age, int | float) or not age >= 0.0:
        raise TraceError(f"{where}: max_age={age!r} is no duration; write 30m in quotes, or seconds from 0 on")
    return age * 1e6
