"""Clock domains: their names, their lengths and their order. The one place that reads such a name."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from friday_core.errors import ClockDomainError, TraceError

TICK = "tick"
#: Bars of whole sessions; ``session`` is another name for it.
SESSION = "1d"

_SECONDS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800}
_LENGTH = re.compile(r"([1-9]\d*)([smhdw])")
_VOLUME = re.compile(r"v([1-9]\d*)")


@dataclass(frozen=True, slots=True)
class Domain:
    """When rows of a clock domain close.

    ``name`` is the only one that programs and slices use: ``1h`` for ``60m`` too, ``1d`` for
    ``session``. ``seconds`` is how long a bar lasts, ``1d`` counting as a day; ``volume`` is the
    volume that closes it. Ticks have neither.
    """

    name: str
    seconds: int = 0
    volume: int = 0


def parse(name: str, where: str = "") -> Domain:
    """``tick``, a length as ``15m``, ``1d`` or ``session``, a volume as ``v1000``.

    ``ClockDomainError``, beginning with ``where``, for a domain of which Friday builds no bars.
    """
    if name == TICK:
        return Domain(TICK)
    if name in (SESSION, "session"):
        return Domain(SESSION, _SECONDS["d"])
    if volume := _VOLUME.fullmatch(name):
        return Domain(name, volume=int(volume[1]))
    place = f"{where}: " if where else ""
    length = _LENGTH.fullmatch(name)
    if length is None:
        raise ClockDomainError(
            f"{place}{name!r} is no clock domain; write tick, or a number and one of s m h, as 15m, "
            "or 1d for a session, or v and a volume, as v1000"
        )
    seconds = _in_seconds(length)
    if seconds >= _SECONDS["d"]:
        raise ClockDomainError(
            f"{place}{name!r} is no clock domain; no bar is longer than a session: write 1d and count sessions, "
            "as in m.at('1d').close.rolling(5)"
        )
    unit = next(unit for unit in "hms" if seconds % _SECONDS[unit] == 0)
    return Domain(f"{seconds // _SECONDS[unit]}{unit}", seconds)


def seconds(name: str, where: str = "") -> int:
    """How long a bar lasts, 0 for ticks and for bars by volume. Raises as ``parse`` does."""
    return parse(name, where).seconds


def rank(name: str) -> tuple[int, str]:
    """Sorts domains as rows of one time are taken: coarser first, then by name."""
    return -seconds(name), name


def repeats(name: str) -> bool:
    """Whether rows of one instrument may share a close time: ticks do, and so do bars by volume."""
    return parse(name).seconds == 0


def is_coarser(name: str, base: str) -> bool:
    """Whether values of ``name`` may be brought over to ``base``; from and to bars by volume, never."""
    one, other = parse(name), parse(base)
    return not one.volume and not other.volume and one.seconds > other.seconds


def microseconds(age: object, where: str) -> float:
    """A greatest age as authors write it: ``"30m"``, ``"1w"``, or seconds; ``None`` for any."""
    if age is None:
        return math.inf
    if isinstance(age, str):
        length = _LENGTH.fullmatch(age)
        if length is None:
            raise TraceError(f"{where}: max_age={age!r} is no duration; write a number and one of s m h d w, as 30m")
        return _in_seconds(length) * 1e6
    if isinstance(age, bool) or not isinstance(age, int | float) or not age >= 0.0:
        raise TraceError(f"{where}: max_age={age!r} is no duration; write 30m in quotes, or seconds from 0 on")
    return age * 1e6


def _in_seconds(length: re.Match[str]) -> int:
    return int(length[1]) * _SECONDS[length[2]]
