"""Bars that are in memory already: a table of any library, or a chunk, as a source of the host."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from friday_core.data.bar_times import BarTimes, Label, Origin
from friday_core.data.frames import in_chunks
from friday_core.domain.chunk import MISSING_PRICE, PRICE_COLUMNS, Array, Chunk, Float64, Int64, Universe
from friday_core.domain.instruments import Instrument, InstrumentId
from friday_core.domain.market import CorporateAction
from friday_core.domain.verdicts import RowCode
from friday_core.errors import DataSourceError
from friday_core.interfaces.source import HistoricalData
from friday_core.research.columns import TIMES, Columns, arrow_table, price_units, runs_of

#: Rows of a chunk: they are in memory already, and every chunk costs something.
CHUNK_ROWS = 1 << 17
_ORIGIN = Origin("bars")
_TICKS = {"INR": 5}


@dataclass(frozen=True, slots=True)
class Bars:
    """Bars in long form: a row for each time and instrument, in any order.

    ``table`` is a frame of pandas (its index may be the time) or polars, an Arrow table, columns by name, or a
    ``Chunk``. It has ``ts`` (or ``timestamp``, ``date``), ``instrument`` as ``INFY.NSE`` or ``symbol``, ``open``,
    ``high``, ``low``, ``close`` and ``volume``; ``columns`` maps these names to the table's where it has others,
    and ``extra`` names further columns of numbers that strategies may read. Prices are raw, in the currency. Times
    without a zone are the clock's in ``timezone``; a bar of ``interval`` ``1d`` closes at ``session_close`` of its
    date, other stamps are the bar's open or its close, as ``label`` says.

    Instruments are those that the rows name, unless ``instruments`` lists them: without that they have
    ``price_decimals``, ``tick_size`` price units (5 in rupees, else 1) and ``lot_size``. A table without a column
    for it needs exactly one. ``actions`` are splits and dividends, each at its ex-date. The times and prices of a
    ``Chunk`` are Friday's own; it needs ``instruments``.
    """

    table: Any
    interval: str = "1d"
    timezone: str = "Asia/Kolkata"
    label: Label = "open"
    session_close: dt.time = dt.time(15, 30)
    columns: Mapping[str, str] = field(default_factory=dict)
    extra: Sequence[str] = ()
    instruments: Sequence[Instrument] = ()
    exchange: str = "NSE"
    price_decimals: int = 2
    tick_size: int | None = None
    lot_size: int = 1
    actions: Sequence[CorporateAction] = ()

    def source(self, currency: str) -> HandedOver:
        """What the host reads. ``DataSourceError`` names the row and the column that cannot be used."""
        universe, chunk = self._from_chunk() if isinstance(self.table, Chunk) else self._from_table(currency)
        if not len(chunk):
            raise _ORIGIN.error("there are no rows", "hand over at least one bar")
        return HandedOver(universe, chunk, self.interval, self.actions)

    def _from_chunk(self) -> tuple[Universe, Chunk]:
        universe = Universe(self.instruments)
        if not len(universe):
            raise _ORIGIN.error("a Chunk does not say which instruments it has", "give Bars(chunk, instruments=[...])")
        chunk: Chunk = self.table
        missing = [name for name in (*PRICE_COLUMNS, "volume") if name not in chunk.columns]
        if missing:
            raise _ORIGIN.error(f"the Chunk has no column {missing[0]!r}", "add it with with_columns()")
        if len(chunk) and not 0 <= int(chunk.inst.min()) <= int(chunk.inst.max()) < len(universe):
            what = f"the Chunk has positions beyond its {len(universe)} instruments"
            raise _ORIGIN.error(what, "list every instrument; positions count them sorted by id")
        order = _order(chunk.ts_event, chunk.inst)
        return universe, chunk if order is None else chunk.take(order).numbered(0)

    def _from_table(self, currency: str) -> tuple[Universe, Chunk]:
        columns = Columns(arrow_table(self.table, _ORIGIN), self.columns, _ORIGIN)
        if not len(columns.table):
            raise _ORIGIN.error("there are no rows", "hand over at least one bar")
        universe, inst = self._instruments(columns, currency)
        stamps, closes = self._times(columns)
        made: dict[str, Array] = {}
        code = np.zeros(len(inst), np.uint16)
        alike = len(np.unique(universe.scales)) == 1
        scale = float(universe.scales[0]) if alike else universe.scales[inst]
        for name in PRICE_COLUMNS:
            prices = columns.numbers(name)
            refuse = partial(self._finer, name, prices)
            made[name], is_missing = price_units(prices, scale, refuse)
            if is_missing:
                code[made[name] == MISSING_PRICE] = RowCode.MISSING_PRICE
        for name in ("volume", *self.extra):
            made[name] = columns.numbers(name)
        for values in (closes, inst, code, *made.values()):
            values.flags.writeable = False
        chunk, order = Chunk(closes, inst, made, code=code), _order(closes, inst)
        if order is not None:
            chunk, stamps = chunk.take(order).numbered(0), stamps[order]
        if self.interval == "1d":
            _check_daily(chunk, stamps, universe)
        return universe, chunk

    def _instruments(self, columns: Columns, currency: str) -> tuple[Universe, Array]:
        given = {str(one.id): one for one in self.instruments}
        kind = next((name for name in ("instrument", "symbol") if name in columns), None)
        if kind is None and len(given) == 1:
            return Universe(given.values()), np.zeros(len(columns.table), np.int32)
        codes, names = columns.codes(kind or "instrument")
        ids = [self._id(kind or "instrument", str(name)) for name in names]
        tick = _TICKS.get(currency, 1) if self.tick_size is None else self.tick_size
        if given and (unknown := [str(one) for one in ids if str(one) not in given]):
            raise _ORIGIN.error(f"{unknown[0]} is not among instruments", "list it there, or take its rows out")
        found = self.instruments or [Instrument(one, currency, self.price_decimals, tick, self.lot_size) for one in ids]
        universe = Universe(found)
        positions = np.array([universe.position(one) for one in ids], np.int32)
        return universe, positions[codes]

    def _id(self, kind: str, name: str) -> InstrumentId:
        try:
            return InstrumentId(name, self.exchange) if kind == "symbol" else InstrumentId.parse(name)
        except ValueError as error:
            mend = 'write SYMBOL.EXCHANGE, or name the column "symbol" and give Bars(table, exchange=...)'
            raise _ORIGIN.error(str(error), mend, column=kind) from error

    def _times(self, columns: Columns) -> tuple[Array, Int64]:
        """Something that is equal for equal stamps, and the close of each bar."""
        name = next((one for one in TIMES if one in columns), TIMES[0])
        column, times = columns[name], BarTimes(self.timezone, self.interval, self.label, self.session_close)
        kind = column.type
        if pa.types.is_timestamp(kind) or pa.types.is_date(kind):
            micro = pa.timestamp("us", tz=getattr(kind, "tz", None))
            whole = column.cast(micro, safe=False)
            if whole.null_count:
                row = int(np.argmax(whole.is_null().to_numpy()))
                raise _ORIGIN.error("the time is missing", "take the row out", line=row, column=name)
            stamps = whole.cast(pa.int64()).to_numpy()
            if micro.tz is not None and not times.daily:
                return stamps, times.closes_of(stamps)
        elif pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_dictionary(kind):
            codes, texts = columns.codes(name)
            closes = times.closes(pd.Series(texts, name=name), _ORIGIN)
            return codes, closes[codes]
        else:
            what = f"a column of {kind} does not say what it counts"
            mend = 'convert it, for example with pandas.to_datetime(frame["ts"], unit="ms", utc=True)'
            raise _ORIGIN.error(what, mend, column=name)
        starts, lengths = runs_of(stamps)
        few = 2 * len(starts) < len(stamps)
        some = pd.Series((stamps[starts] if few else stamps).view("datetime64[us]"), name=name)
        closes = times.closes(some.dt.tz_localize("UTC") if getattr(kind, "tz", None) else some, _ORIGIN)
        return stamps, np.repeat(closes, lengths) if few else closes

    def _finer(self, name: str, prices: Float64, row: int) -> DataSourceError:
        what = f"{prices[row]!r} is finer than {self.price_decimals} decimals"
        mend = "give Bars(table, price_decimals=4), or round the prices to those that were traded"
        return _ORIGIN.error(what, mend, line=row, column=name)


class HandedOver(HistoricalData):
    """A source whose rows are there already."""

    def __init__(
        self, universe: Universe, chunk: Chunk, interval: str = "1d", actions: Sequence[CorporateAction] = ()
    ) -> None:
        self._universe = universe
        self._chunk = chunk
        self._actions = tuple(actions)
        self.interval = interval
        self.columns = tuple(chunk.columns)

    def instruments(self) -> Sequence[Instrument]:
        return tuple(self._universe)

    def bars(self) -> Iterator[Chunk]:
        return in_chunks(self._chunk, CHUNK_ROWS)

    def row_count(self) -> int:
        return len(self._chunk)

    @property
    def announces(self) -> bool:
        return bool(self._actions)

    def corporate_actions(self) -> Sequence[CorporateAction]:
        return self._actions


def _order(closes: Int64, inst: Array) -> Array | None:
    """The rows by time and instrument, stable; ``None`` if they are."""
    later, same = closes[1:] > closes[:-1], closes[1:] == closes[:-1]
    if (later | (same & (inst[1:] >= inst[:-1]))).all():
        return None
    first, most = int(closes.min()), int(inst.max()) + 1
    if (int(closes.max()) - first + 1) * most >= 2**63:
        return np.lexsort((inst, closes))
    return np.argsort((closes - first) * most + inst, kind="stable")


def _check_daily(rows: Chunk, stamps: Array, universe: Universe) -> None:
    """Two different stamps of one instrument on one date mean that the bars are not daily."""
    same = (rows.ts_event[1:] == rows.ts_event[:-1]) & (rows.inst[1:] == rows.inst[:-1])
    differ = np.flatnonzero(same & (stamps[1:] != stamps[:-1]))
    if len(differ):
        name = universe[int(rows.inst[differ[0] + 1])].id
        what = f"{name} has a second time of one day, but interval is '1d'"
        raise _ORIGIN.error(what, 'give the interval of the bars, for example Bars(table, interval="1m")')
