"""Numbers and times as a page shows them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from friday_core.domain.sessions import to_datetime

#: What stands where a figure is not defined.
UNDEFINED = "\N{EN DASH}"
_MINUS = "\N{MINUS SIGN}"
_LARGE = ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "k"))
_DAY = 86_400_000_000


def percent(value: float | None, digits: int = 2) -> str:
    """A fraction as per cent."""
    return UNDEFINED if value is None else _signed(f"{value * 100:,.{digits}f}") + "%"


def ratio(value: float | None, digits: int = 2) -> str:
    return UNDEFINED if value is None else _signed(f"{value:,.{digits}f}")


def money(minor: float | None, digits: int) -> str:
    """Minor units in the major one, with all its digits."""
    return UNDEFINED if minor is None else _signed(f"{minor / 10**digits:,.{digits}f}")


def price(value: float) -> str:
    """Two decimals, more if the price has them."""
    text = f"{value:,.6f}".rstrip("0")
    whole, _, decimals = text.partition(".")
    return _signed(f"{whole}.{decimals:<02}")


def short(value: float, step: float) -> str:
    """A mark of an axis whose marks are ``step`` apart: 1.5M, 250k, 0.25; one unit for the whole axis."""
    if value == 0:
        return "0"
    size, unit = next(((size, unit) for size, unit in _LARGE if step * 2 >= size), (1.0, ""))
    decimals = max(0, -math.floor(math.log10(step / size) + 1e-9)) if step > 0 else 0
    return _signed(f"{value / size:,.{decimals}f}") + unit


def moment(ts: int, zone: ZoneInfo, daily: bool) -> str:
    """The date where a session has one bar; the minute in the exchange's zone otherwise."""
    local = to_datetime(ts).astimezone(zone)
    return f"{local:%Y-%m-%d}" if daily else f"{local:%Y-%m-%d %H:%M}"


def duration(microseconds: float | None) -> str:
    """Days where it is some, hours and minutes below."""
    if microseconds is None:
        return UNDEFINED
    if microseconds >= 2 * _DAY or microseconds == _DAY:
        return f"{microseconds / _DAY:,.0f} d"
    minutes = round(microseconds / 60_000_000)
    return f"{minutes // 60} h {minutes % 60:02} min" if minutes >= 60 else f"{minutes} min"


def counted(number: int, noun: str) -> str:
    """``1 fill``, ``2 fills``."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def never(left_out: Mapping[str, Any]) -> str:
    """What did not happen to an instrument of ``summary["left_out"]``."""
    silent, idle = left_out["predictions"] == 0, left_out["fills"] == 0
    return "was never " + " or ".join([*(["predicted"] if silent else []), *(["traded"] if idle else [])])


def _signed(text: str) -> str:
    """A true minus sign, and none before zero."""
    if text.startswith("-"):
        return text[1:] if not text.strip("-0.,") else _MINUS + text[1:]
    return text
