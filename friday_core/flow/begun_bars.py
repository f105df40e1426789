"""Bars that rows have begun, as plain numbers: what rows that come alone change in a few steps."""

from __future__ import annotations

from collections.abc import Iterable
from operator import attrgetter

import msgspec

from friday_core.domain.chunk import PRICE_COLUMNS, Chunk
from friday_core.domain.row import PlainRow, chunk_of, rows_of
from friday_core.flow.bar_domains import BarDomain
from friday_core.flow.watermark import END_OF_TIME

_NAN = float("nan")


class BegunBar(msgspec.Struct, gc=False):
    """One bar; ``turnover`` is in price units, and ``end`` is when it closes if no row fills it before."""

    end: int
    inst: int
    ts_recv: int
    open: int
    high: int
    low: int
    close: int
    volume: float
    ticks: float
    turnover: float

    def values(self) -> dict[str, float]:
        """The columns of ``BarBuilder``, but for ``vwap``."""
        return {
            "open": self.open, "high": self.high, "low": self.low, "close": self.close,
            "volume": self.volume, "ticks": self.ticks, "turnover": self.turnover,
        }  # fmt: skip


_place = attrgetter("end", "inst")


class BegunBars:
    """At most one bar of each instrument; all of them end after every moment that ``closed`` was told.

    Sums are made as ``BarBuilder`` makes them of chunks, from zero on in the order of the rows, with the same bits.
    """

    def __init__(self, domain: BarDomain, bars: Chunk) -> None:
        self._domain = domain
        self._bars: dict[int, BegunBar] = {}
        for one in rows_of(bars):
            prices = map(int, map(one.values.__getitem__, PRICE_COLUMNS))
            sums = map(one.values.__getitem__, ("volume", "ticks", "turnover"))
            self._bars[one.inst] = BegunBar(one.ts_event, one.inst, one.ts_recv, *prices, *sums)
        #: When the first bar ends; ``END_OF_TIME`` if there is none.
        self.first_end = self._first()

    def chunk(self, nothing: Chunk) -> Chunk:
        """As a builder keeps them for chunks, sorted by end and instrument; ``nothing`` if there is none."""
        bars = sorted(self._bars.values(), key=_place)
        rows = [PlainRow(one.end, one.inst, one.ts_recv, place, one.values()) for place, one in enumerate(bars)]
        return chunk_of(rows) if rows else nothing

    def add_tick(self, row: PlainRow, hours: tuple[int, int]) -> BegunBar | None:
        """One trade, which lies in the session of these ``hours``; the bar that it fills."""
        price, volume = int(row.values["price"]), row.values["volume"]
        return self._add(row, hours, row.ts_event, (price, price, price, price), (volume, 1.0, price * volume))

    def add_bar(self, row: PlainRow, hours: tuple[int, int]) -> BegunBar | None:
        """The same of a finer bar, which covers the time up to its stamp."""
        values = row.values
        first, high, low, last = map(int, map(values.__getitem__, PRICE_COLUMNS))
        sums = values["volume"], values.get("ticks", _NAN), values.get("turnover", _NAN)
        return self._add(row, hours, row.ts_event - 1, (first, high, low, last), sums)

    def closed(self, moment: int) -> list[BegunBar]:
        """The bars that end up to then, sorted by end and instrument; they are no longer here."""
        if moment < self.first_end:
            return []
        found = sorted((one for one in self._bars.values() if one.end <= moment), key=_place)
        for one in found:
            del self._bars[one.inst]
        self.first_end = self._first()
        return found

    def _add(
        self,
        row: PlainRow,
        hours: tuple[int, int],
        moment: int,
        prices: tuple[int, int, int, int],
        sums: tuple[float, float, float],
    ) -> BegunBar | None:
        bar = self._bars.get(row.inst)
        volume, ticks, turnover = sums
        if bar is None:
            end = self._domain.end(moment, *hours)
            bar = self._bars[row.inst] = BegunBar(
                end, row.inst, row.ts_recv, *prices, 0.0 + volume, 0.0 + ticks, 0.0 + turnover
            )
            self.first_end = min(self.first_end, end)
        else:
            _, high, low, bar.close = prices
            bar.high, bar.low = max(bar.high, high), min(bar.low, low)
            bar.volume += volume
            bar.ticks += ticks
            bar.turnover += turnover
            bar.ts_recv = max(bar.ts_recv, row.ts_recv)
        if self._domain.is_full(bar.volume):
            del self._bars[row.inst]
            self.first_end, bar.end = self._first(), row.ts_event
            return bar
        return None

    def _first(self) -> int:
        return min((one.end for one in self._bars.values()), default=END_OF_TIME)


def finished(bars: Iterable[BegunBar], first: int) -> list[PlainRow]:
    """As rows, numbered from ``first``, with ``vwap``; nobody can have received a bar before it closed."""
    found = []
    for seq, one in enumerate(bars, first):
        values = one.values()
        values["vwap"] = one.turnover / one.volume if one.volume > 0 else _NAN
        found.append(PlainRow(one.end, one.inst, max(one.ts_recv, one.end), seq, values))
    return found
