"""From values to pixels, and which values an axis names."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np

from friday_core.domain.chunk import Int64
from friday_core.domain.sessions import to_date, to_datetime

#: Fewer sessions than this are named by the hour.
_HOURS_BELOW = 4


class Scale(NamedTuple):
    """A straight line from ``low .. high`` to the pixels ``start .. end``."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        if self.high == self.low:
            return (self.start + self.end) / 2
        return self.start + (value - self.low) / (self.high - self.low) * (self.end - self.start)


def nice_range(low: float, high: float, marks: int) -> tuple[float, float, float]:
    """The range widened to whole steps, and the step: 1, 2 or 5 times a power of ten.

    A range without width, or too narrow for floats to divide, is given one; about ``marks`` steps lie in it.
    """
    if high - low <= 1e-12 * max(abs(low), abs(high)):
        room = abs(low) * 0.05 or 1.0
        low, high = low - room, high + room
    rough = (high - low) / marks
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * factor for factor in (1.0, 2.0, 5.0, 10.0) if power * factor >= rough * 0.999)
    return math.floor(low / step + 1e-9) * step, math.ceil(high / step - 1e-9) * step, step


def marks_of(low: float, high: float, step: float) -> list[float]:
    """The multiples of ``step`` from ``low`` to ``high``."""
    return [round(number * step, 12) for number in range(round(low / step), round(high / step) + 1)]


def time_marks(ts: Int64, session: Int64, zone: ZoneInfo, most: int) -> list[tuple[int, str]]:
    """Positions where a new hour, day, month or year begins, and its name.

    The finest interval is taken that gives at most about ``most``. Of two that stand too close
    together at the start, the first has no name.
    """
    if not len(ts):
        return []
    found = ((_starts(keys), pattern) for keys, pattern in _intervals(ts, session, zone))
    starts, pattern = next((one for one in found if len(one[0]) <= most + 1), ([0], "%Y"))
    if len(starts) > 1 and starts[1] < len(ts) / (2 * most):
        starts = starts[1:]
    return [(n, _name(int(ts[n]), int(session[n]), zone, pattern)) for n in starts]


def _starts(keys: Int64) -> list[int]:
    return [0, *(np.flatnonzero(np.diff(keys)) + 1).tolist()]


def _name(ts: int, session: int, zone: ZoneInfo, pattern: str) -> str:
    """Of the session's own date, unless hours are named."""
    return f"{to_datetime(ts).astimezone(zone) if 'H' in pattern else to_date(session):{pattern}}"


def _intervals(ts: Int64, session: Int64, zone: ZoneInfo) -> Iterator[tuple[Int64, str]]:
    """From fine to coarse: a number that changes where an interval begins, and how its start is written."""
    order = np.cumsum(np.diff(session, prepend=session[:1]) != 0)
    if len(session) and order[-1] < _HOURS_BELOW - 1:
        minutes = np.array([_minutes(int(one), zone) for one in ts], np.int64)
        for length in (1, 5, 15, 30, 60, 120, 240):
            yield minutes // length, "%H:%M" if order[-1] == 0 else "%d %b %H:%M"
    for length in (1, 2, 5):
        yield order // length, "%d %b %Y"
    months = session.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
    for length in (1, 3, 6):
        yield months // length, "%b %Y"
    for length in (12, 24, 60, 120, 240, 600):
        yield months // length, "%Y"


def _minutes(ts: int, zone: ZoneInfo) -> int:
    """Of the local wall clock, since 1970."""
    local = to_datetime(ts).astimezone(zone)
    return local.toordinal() * 1_440 + local.hour * 60 + local.minute
