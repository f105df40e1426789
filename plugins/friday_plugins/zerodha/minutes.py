"""Bars of a minute, from ticks, and from history where ticks were missed."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple

from friday_plugins.zerodha.candles import MINUTE, SECOND, Candle
from friday_plugins.zerodha.plausibility import Told

#: Kite has a minute in its history a few seconds after it is over.
_SETTLING = 5 * SECOND
#: Whoever hears that nothing comes takes a time a little later than when it was said.
_AHEAD = SECOND
#: Whoever waits for a minute waits no longer after its end: it may be one of an outage.
_PATIENCE = 30 * SECOND


class MinuteBar(NamedTuple):
    """``ts`` is its end, microseconds UTC; prices in price units as the socket has them."""

    ts: int
    token: int
    open: int
    high: int
    low: int
    close: int
    volume: int


class Minutes:
    """Collects ticks; a bar comes out once, when its minute has been over for ``lateness`` microseconds.

    A tick at a minute's end belongs to the next one. Ticks are merged by Kite about once a second: bars made of them
    are approximations. In minutes of which something was missed (``missed``) history has the word, once it is asked.
    """

    def __init__(self, lateness: int) -> None:
        self._lateness = lateness
        self._begun: dict[int, dict[int, MinuteBar]] = {}
        self._missed: dict[int, set[int]] = {}
        self._out = 0
        #: Ticks that came when their minute was out.
        self.late = 0

    def add(self, ticks: Iterable[Told]) -> None:
        for one in ticks:
            end = _end_of(one.ts)
            if end <= self._out:
                self.late += 1
                continue
            of_all = self._begun.setdefault(end, {})
            bar = of_all.get(one.token)
            if bar is None:
                of_all[one.token] = MinuteBar(end, one.token, one.price, one.price, one.price, one.price, one.traded)
            else:
                of_all[one.token] = bar._replace(
                    high=max(bar.high, one.price), low=min(bar.low, one.price), close=one.price,
                    volume=bar.volume + one.traded,
                )  # fmt: skip

    def missed(self, begin: int, end: int, tokens: Collection[int]) -> None:
        """Ticks of these tokens may be missing from ``begin`` to ``end``, microseconds UTC."""
        for minute in range(max(_end_of(begin), self._out + MINUTE), _end_of(end) + MINUTE, MINUTE):
            self._missed.setdefault(minute, set()).update(tokens)

    def due(self, now: int) -> list[int]:
        """The ends of the minutes that are to come out when it is ``now``, in their order."""
        found = []
        for end in sorted(self._begun.keys() | self._missed.keys()):
            if end + self._lateness + (_SETTLING if end in self._missed else 0) > now:
                break
            found.append(end)
        return found

    def complete(self, now: int, asked: Collection[int] = ()) -> int:
        """The time up to which all bars are out: before a minute that is over, or about to be, and still may come.

        Those that are ``asked`` for in history may come however long it takes.
        """
        ends = self._begun.keys() | self._missed.keys()
        waiting = (end - _AHEAD for end in ends if end - _AHEAD <= now and (now < end + _PATIENCE or end in asked))
        return min(now, min(waiting, default=now))

    def missing(self, ends: Iterable[int]) -> dict[int, tuple[int, int]]:
        """What to ask history for: by token the begin of the first minute and the end of the last one."""
        spans: dict[int, tuple[int, int]] = {}
        for end in ends:
            for token in self._missed.get(end, ()):
                first, last = spans.get(token, (end - MINUTE, end))
                spans[token] = min(first, end - MINUTE), max(last, end)
        return spans

    def fill(self, token: int, candles: Iterable[Candle], scale: float) -> None:
        """History's word on an instrument, of which ``scale`` price units are a rupee; in minutes that were missed."""
        for one in candles:
            end = one.begin + MINUTE
            if token in self._missed.get(end, ()) and end > self._out:
                first, high, low, last = (round(price * scale) for price in (one.open, one.high, one.low, one.close))
                self._begun.setdefault(end, {})[token] = MinuteBar(end, token, first, high, low, last, one.volume)

    def take(self, ends: Iterable[int], order: Mapping[int, int]) -> list[MinuteBar]:
        """The bars of these minutes, each minute's by ``order`` of their tokens."""
        found: list[MinuteBar] = []
        for end in ends:
            self._missed.pop(end, None)
            of_all = self._begun.pop(end, {})
            found += sorted((one for one in of_all.values() if one.token in order), key=lambda one: order[one.token])
            self._out = end
        return found


def _end_of(moment: int) -> int:
    return moment - moment % MINUTE + MINUTE
