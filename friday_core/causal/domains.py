"""Clock domains: their names and their lengths."""

from __future__ import annotations

import re

from friday_core.errors import ClockDomainError

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
