"""Bars: made of ticks or of finer bars, emitted once, never changed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Literal

import msgspec
import numpy as np
import numpy.typing as npt

from friday_core.causal.domains import parse
from friday_core.domain.chunk import PRICE_COLUMNS, Array, Chunk, Float64, Int64, Universe
from friday_core.domain.row import PlainRow, chunk_of, rows_of
from friday_core.domain.verdicts import Verdict
from friday_core.errors import InvariantError
from friday_core.flow.bar_domains import Membership, bar_domain
from friday_core.flow.begun_bars import BegunBar, BegunBars, finished
from friday_core.flow.quarantine import Quarantine
from friday_core.flow.session_hours import Hours
from friday_core.flow.snapshots import Rows, from_bytes, to_bytes
from friday_core.flow.watermark import END_OF_TIME, Reorder

#: What bars are made of.
Material = Literal["ticks", "bars"]

_PRICES: dict[Material, tuple[str, ...]] = {"ticks": ("price",), "bars": PRICE_COLUMNS}
_SUMS = ("volume", "ticks", "turnover")
_MOST = 2**53
#: Up to so many rows, or bars that are begun, are cheaper one by one; and rows where bars are plain numbers already.
_FEW, _FEW_IN_ROWS = 48, 256


class _Snapshot(msgspec.Struct, frozen=True, tag="bars 1"):
    builder: str
    emitted: int
    begun: Rows
    waiting: bytes


class BarBuilder:
    """Makes bars of one domain: ``"1m"``, ``"15m"``, ``"1h"``, ``"1d"``, ``"v1000"``.

    Rows that belong to no bar are quarantined: they are outside the session, late, without a
    price, or with a volume that is none. They advance nothing. Everything else is in exactly one
    bar. A bar comes out once, as soon as the watermark has reached its end, and a bar by volume
    with the row that fills it; bars come sorted by close time and instrument, numbered in ``seq``.
    Where nothing was traded there is no bar.

    Input ``of`` ticks has ``price`` and ``volume``, one row a trade. A tick at the end of an interval
    belongs to the next one, so that a tick at the session's close is outside. Input of bars has
    ``open`` to ``close`` and ``volume``, and covers the time up to its ``ts_event``; its ``ticks``
    and ``turnover`` are added up where they are there, else NaN.

    The same bars, to the last bit, come of any cut into chunks, after ``restore`` at any row, and
    of any order of rows within ``lateness`` microseconds (see ``Reorder``).
    """

    #: ``turnover`` is the sum of price times volume, ``vwap`` turnover by volume, NaN without volume.
    #: Both are in price units. ``ticks`` is the number of trades.
    columns = (*PRICE_COLUMNS, *_SUMS, "vwap")

    def __init__(
        self,
        domain: str,
        hours: Hours,
        universe: Universe,
        quarantine: Quarantine,
        *,
        lateness: int = 0,
        of: Material = "ticks",
    ) -> None:
        domain = parse(domain).name
        self.name = f"bars.{domain}"
        self.inputs = self.inputs_of(of)
        self._domain = bar_domain(domain, hours)
        self._hours = hours
        self._universe = universe
        self._quarantine = quarantine
        self._of: Material = of
        self._built = f"{domain} of {of}, {hours}"
        # A bar covers the time before its stamp, a tick the moment of its stamp.
        self._shift = 1 if of == "bars" else 0
        self._reorder = Reorder(universe, quarantine, lateness, self.name)
        self._chunk = _nothing()
        #: The bars that are begun since a row came alone, in place of ``_chunk``.
        self._rows: BegunBars | None = None
        self._emitted = 0
        #: The session of the latest row that came alone.
        self._opens, self._closes = 0, 0
        #: Whether ``push_row`` may be called.
        self.takes_rows = not lateness

    @staticmethod
    def inputs_of(material: Material) -> tuple[str, ...]:
        """The columns that rows must have."""
        return (*_PRICES[material], "volume")

    @property
    def complete_before(self) -> int:
        """Every bar that closes before this moment is out: what ``advance`` of a coarser builder wants."""
        return self._reorder.watermark + (1 - self._shift if self._domain.closes_by_time else 0)

    @property
    def is_in_rows(self) -> bool:
        """Whether the bars that are begun are plain numbers: then ``push_row`` and ``advance_rows`` cost little."""
        return self._rows is not None

    @property
    def few(self) -> int:
        """Up to so many rows are cheaper pushed one by one; it takes time to go over to that with many bars begun."""
        if self._rows is not None:
            return _FEW_IN_ROWS
        return _FEW if len(self._chunk) <= _FEW else 1

    @property
    def waits_until(self) -> int | None:
        """What ``advance`` must be told to close the first bar that was begun, or let a held row into one."""
        moments = [] if self._reorder.waits_until is None else [self._reorder.waits_until]
        first_end = self._first_end()
        if first_end is not None:
            moments.append(first_end + self._shift + self._reorder.lateness)
        return min(moments, default=None)

    def push(self, chunk: Chunk) -> Iterator[Chunk]:
        """The bars that these rows close, in one chunk. ``SchemaError`` if a column is missing."""
        yield from self._closed(self._reorder.push(self._believed(chunk)))

    def push_row(self, row: PlainRow) -> Sequence[PlainRow]:
        """What ``push`` gives of one row, where ``takes_rows``."""
        moment = row.ts_event - self._shift
        if not (self._opens <= moment < self._closes):
            opens, closes = self._hours.around(np.array((moment,), np.int64))
            self._opens, self._closes = opens.item(), closes.item()
        is_there = self._opens <= moment < self._closes and self._can_be_in_a_bar(row)
        if not is_there or not self._reorder.passes(row.ts_event):
            return [one for made in self.push(chunk_of((row,))) for one in rows_of(made)]
        bars = self._in_rows()
        closed = bars.closed(moment) if moment >= bars.first_end else []
        add = bars.add_tick if self._of == "ticks" else bars.add_bar
        full = add(row, (self._opens, self._closes))
        if full is not None:
            # At one time the bars that were filled are out before those that the session's close ends.
            place = next((place for place, one in enumerate(closed) if one.end >= full.end), len(closed))
            closed.insert(place, full)
        return self._numbered(closed) if closed else ()

    def advance_rows(self, now: int) -> Sequence[PlainRow]:
        """What ``advance`` gives, where ``takes_rows``."""
        self._reorder.passes(now)
        first_end, moment = self._first_end(), self._reorder.watermark - self._shift
        return () if first_end is None or moment < first_end else self._numbered(self._in_rows().closed(moment))

    def advance(self, now: int) -> Iterator[Chunk]:
        """The bars that are closed when the stream's clock shows ``now`` although no row of that time came."""
        yield from self._closed(self._reorder.advance(now))

    def flush(self) -> Iterator[Chunk]:
        """The bars that were begun, closing at their ends: no row will follow."""
        yield from self._closed(self._reorder.flush())

    def snapshot(self) -> bytes:
        """Bars begun and rows waiting, by instrument id; equal states have equal bytes."""
        begun = Rows.of(self._in_chunk().numbered(0), self._universe)
        return to_bytes(_Snapshot(self._built, self._emitted, begun, self._reorder.snapshot()))

    def restore(self, snapshot: bytes) -> None:
        """Go on from there with the same bits; ``InvariantError`` if it is of another builder."""
        state = from_bytes(_Snapshot, snapshot)
        if state.builder != self._built:
            raise InvariantError(f"the snapshot is of {state.builder}, this builder makes {self._built}")
        begun = state.begun.chunk(self._universe)
        self._reorder.restore(state.waiting)
        self._chunk, self._rows, self._emitted = begun, None, state.emitted

    def _in_rows(self) -> BegunBars:
        """The bars that are begun, for rows that come alone."""
        if self._rows is None:
            self._rows, self._chunk = BegunBars(self._domain, self._chunk), _nothing()
        return self._rows

    def _in_chunk(self) -> Chunk:
        """The same for chunks."""
        if self._rows is not None:
            self._chunk, self._rows = self._rows.chunk(_nothing()), None
        return self._chunk

    def _first_end(self) -> int | None:
        """When the first bar that is begun ends."""
        if self._rows is not None:
            return None if self._rows.first_end == END_OF_TIME else self._rows.first_end
        return int(self._chunk.ts_event.min()) if len(self._chunk) else None

    def _can_be_in_a_bar(self, row: PlainRow) -> bool:
        """Whether nothing but its time speaks against a row."""
        values = row.values
        for name in _PRICES[self._of]:
            if not -_MOST <= values[name] <= _MOST:
                return False
        return 0 <= values["volume"] <= _MOST

    def _numbered(self, closed: Sequence[BegunBar]) -> list[PlainRow]:
        found = finished(closed, self._emitted)
        self._emitted += len(found)
        return found

    def _believed(self, chunk: Chunk) -> Chunk:
        """The rows that can be in a bar."""
        moments = chunk.ts_event - self._shift
        opens, closes = self._hours.around(moments)
        there = [_there(chunk[name]) for name in _PRICES[self._of]]
        volume = chunk["volume"]
        faults = {
            "a price is missing, or beyond 2 ** 53 price units": ~np.logical_and.reduce(there),
            "the volume is no number from 0 to 2 ** 53": ~((volume >= 0) & (volume <= _MOST)),
            "outside the session": (moments < opens) | (moments >= closes),
        }
        wrong = np.logical_or.reduce(list(faults.values()))
        if not wrong.any():
            return chunk
        for row in np.flatnonzero(wrong):
            reason = next(reason for reason, rows in faults.items() if rows[row])
            self._quarantine.hold(self.name, Verdict.QUARANTINE, reason, chunk, int(row))
        return chunk.take(~wrong)

    def _closed(self, released: Iterable[Chunk]) -> Iterator[Chunk]:
        bars = self._in_chunk()
        full = np.zeros(len(bars), bool)
        for rows in released:
            parts = Chunk.concat([bars, _single_bars(rows, self._of)])
            membership = self._domain.membership(parts, rows.ts_event - self._shift, len(bars))
            bars, full = _merged(parts.take(membership.order), membership), membership.full
        closed = full | (bars.ts_event <= self._reorder.watermark - self._shift)
        self._chunk = bars.take(~closed)
        if closed.any():
            bars = _finished(bars.take(closed)).numbered(self._emitted)
            self._emitted += len(bars)
            yield bars


def _there(prices: Int64) -> npt.NDArray[np.bool_]:
    """Which prices a float can hold: a missing one, the smallest integer, is none of them."""
    there: npt.NDArray[np.bool_] = (prices >= -_MOST) & (prices <= _MOST)
    return there


def _nothing() -> Chunk:
    empty = np.empty(0)
    return Chunk(empty, empty, dict.fromkeys((*PRICE_COLUMNS, *_SUMS), empty))


def _single_bars(rows: Chunk, of: Material) -> Chunk:
    """Each row as a bar of its own."""
    unknown = np.full(len(rows), np.nan)
    if of == "ticks":
        columns: dict[str, Array] = dict.fromkeys(PRICE_COLUMNS, rows["price"])
        columns |= {"ticks": np.ones(len(rows)), "turnover": rows["price"] * rows["volume"]}
    else:
        columns = {name: rows.columns.get(name, unknown) for name in (*PRICE_COLUMNS, "ticks", "turnover")}
    return Chunk(rows.ts_event, rows.inst, {**columns, "volume": rows["volume"]}, ts_recv=rows.ts_recv)


def _merged(parts: Chunk, membership: Membership) -> Chunk:
    """One bar of the parts of each, which come bar by bar: first open, last close, extremes, sums."""
    starts = membership.starts
    lengths = np.diff(starts, append=len(parts))
    bar = np.repeat(np.arange(len(starts)), lengths)
    columns: dict[str, Array] = {
        "open": parts["open"][starts],
        "high": np.maximum.reduceat(parts["high"], starts),
        "low": np.minimum.reduceat(parts["low"], starts),
        "close": parts["close"][starts + lengths - 1],
    }
    columns |= {name: _sums(parts[name], bar, len(starts)) for name in _SUMS}
    received: Int64 = np.maximum.reduceat(parts.ts_recv, starts)
    return Chunk(membership.ends, parts.inst[starts], columns, ts_recv=received)


def _sums(values: Float64, bar: npt.NDArray[np.intp], bars: int) -> Float64:
    """One addition after another in the order of the rows: a sum by pairs would depend on the cut."""
    sums = np.zeros(bars)
    np.add.at(sums, bar, values)
    return sums


def _finished(bars: Chunk) -> Chunk:
    """With ``vwap``; nobody can have received a bar before it closed."""
    unknown = np.full(len(bars), np.nan)
    with np.errstate(over="ignore"):
        vwap = np.divide(bars["turnover"], bars["volume"], out=unknown, where=bars["volume"] > 0)
    received = np.maximum(bars.ts_recv, bars.ts_event)
    return Chunk(bars.ts_event, bars.inst, {**bars.columns, "vwap": vwap}, ts_recv=received)
