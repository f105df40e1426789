"""Which ticks are believed, and what traded by each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from operator import itemgetter
from typing import NamedTuple

from friday_plugins.zerodha.frames import MISSING, PLACE, Frame

_SECOND = 1_000_000
#: A fall of the volume that goes on for so many ticks is believed: the one before was wrong.
_STUBBORN = 3
_BEYOND = "outside its limits"
#: What is looked at of each packet.
_LOOKED_AT = ("received", "token", "last_price", "volume", "exchange_time")
_judged = itemgetter(*(PLACE[name] for name in _LOOKED_AT))
_WIDTH = max(PLACE[name] for name in _LOOKED_AT) + 1


class Limits(NamedTuple):
    """Of a day, in price units as the socket has them; 0 is no limit."""

    lower: int = 0
    upper: int = 0


_NONE = Limits()


class Told(NamedTuple):
    """A tick that is believed, and has something new: ``traded`` is what traded since the one before."""

    ts: int
    token: int
    price: int
    traded: int
    received: int


class _Tick(NamedTuple):
    token: int
    price: int
    volume: int
    received: int
    stamp: int
    session: int


@dataclass(slots=True)
class _Seen:
    """The last tick of an instrument that was believed, and the one that waits to be confirmed."""

    limits: Limits = _NONE
    price: int = 0
    volume: int = MISSING
    stamp: int = 0
    fresh_at: int = 0
    session: int = -1
    held: int = 0
    held_stamp: int = 0
    falls: int = 0


@dataclass(frozen=True)
class Plausibility:
    """Judges ticks one by one, in their order.

    A tick is not believed whose price is not positive, outside the day's ``limits``, or further than ``jump`` per cent
    from the one before, unless the next one confirms it; whose volume fell, or whose time ran back; whose stamp is
    more than ``skew`` seconds from the clock; and none out of ``session``, which tells the place of the session of
    a moment, -1 for none. ``refused`` counts them by reason. The first tick of a session tells no trade: it is
    where the instrument stands.
    """

    session: Callable[[int], int]
    jump: float = 5.0
    skew: float | None = 60.0
    #: Only packets with the exchange's time count: a socket sends one without it before its mode is set.
    is_timed: bool = False
    refused: Counter[str] = field(default_factory=Counter)
    #: Tokens whose price was outside of their limits: these may have been moved.
    doubted: set[int] = field(default_factory=set)
    _seen: dict[int, _Seen] = field(default_factory=dict)

    def follow(self, limits: Mapping[int, Limits]) -> None:
        """Believe ticks of these tokens alone; what is known of one that was followed before stays."""
        for token in self._seen.keys() - limits.keys():
            del self._seen[token]
        for token in limits:
            self._seen.setdefault(token, _Seen())
        self.limit(limits)

    def limit(self, limits: Mapping[int, Limits]) -> None:
        """These are the limits of now."""
        for token, one in limits.items():
            self._seen[token].limits = one
        self.doubted.clear()

    def price(self, token: int) -> int:
        """The last price that was believed, in price units; 0 if there is none, ``KeyError`` if it is not followed."""
        return self._seen[token].price

    def stale(self, now: int, seconds: float) -> list[int]:
        """Tokens of which nothing new has come for so many seconds, or nothing at all."""
        return [token for token, one in [*self._seen.items()] if now - one.fresh_at > seconds * _SECOND]

    def judged(self, frame: Frame) -> list[Told]:
        """Of the ticks of a frame those that are believed and tell something new."""
        told = []
        for received, token, price, volume, seconds in map(_judged, frame.rows[:, :_WIDTH].tolist()):
            if seconds != MISSING:
                stamp = seconds * _SECOND
            elif self.is_timed:
                continue
            else:
                stamp = received
            one = _Tick(token, price, volume, received, stamp, self.session(stamp))
            seen = self._seen.get(one.token)
            if seen is None:
                self.refused["unknown instrument"] += 1
            elif fault := self._fault(seen, one):
                self.refused[fault] += 1
                if fault == _BEYOND:
                    self.doubted.add(one.token)
            elif (traded := _taken(seen, one)) is not None:
                told.append(Told(one.stamp, one.token, one.price, traded, one.received))
        return told

    def _fault(self, seen: _Seen, one: _Tick) -> str:
        """Why a tick is not believed; empty if it is."""
        lower, upper = seen.limits
        if one.price <= 0:
            return "no price"
        if self.skew is not None and abs(one.stamp - one.received) > self.skew * _SECOND:
            return "a stamp far from the clock"
        if one.session < 0:
            return "out of hours"
        if one.session == seen.session and (fault := _run_back(seen, one)):
            return fault
        if one.price < lower or (upper and one.price > upper):
            return _BEYOND
        return self._leap(seen, one.price, one.stamp)

    def _leap(self, seen: _Seen, price: int, stamp: int) -> str:
        if seen.price and not self._is_near(price, seen.price):
            is_confirmed = seen.held and stamp > seen.held_stamp and self._is_near(price, seen.held)
            if not is_confirmed:
                seen.held, seen.held_stamp = price, stamp
                return "a jump that nothing confirms"
        return ""

    def _is_near(self, price: int, other: int) -> bool:
        return abs(price - other) * 100 <= self.jump * other


def _run_back(seen: _Seen, one: _Tick) -> str:
    if one.stamp < seen.stamp:
        return "older than the one before"
    if one.volume == MISSING or one.volume >= seen.volume:
        return ""
    seen.falls += one.stamp > seen.stamp
    if seen.falls < _STUBBORN:
        return "a volume that fell"
    seen.volume = one.volume
    return ""


def _taken(seen: _Seen, one: _Tick) -> int | None:
    """Remember a tick that is believed; what traded by it, ``None`` if it tells nothing new."""
    is_first, before, base = one.session != seen.session, seen.price, seen.volume
    is_moved = one.volume == MISSING and one.price != before
    if is_first or one.stamp > seen.stamp or one.volume > base or is_moved:
        seen.fresh_at = one.received
    seen.price, seen.volume, seen.stamp, seen.session = one.price, one.volume, one.stamp, one.session
    seen.held = seen.falls = 0
    if is_first:
        return None
    if MISSING in (one.volume, base):
        return 0 if one.price != before else None
    return one.volume - base or None
