"""Runs a strategy that is written in columns."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import attrgetter

import numpy as np

from friday_core.causal.op import NAN
from friday_core.causal.oracle import Executor, Oracle
from friday_core.causal.program import Program
from friday_core.causal.tables import Places
from friday_core.domain.chunk import MISSING_PRICE, PRICE_COLUMNS, Chunk, Float64, Universe
from friday_core.domain.instruments import InstrumentId
from friday_core.domain.market import Bar, CoarseSlice
from friday_core.domain.orders import Fill, OrderEnded
from friday_core.domain.row import FewRows, PlainRow, one_by_one
from friday_core.flow.program_columns import few_reader, rows_reader
from friday_core.flow.stamps import STAMPED_COLUMNS
from friday_core.interfaces.strategy import BookView
from friday_core.trading.asked import Asked
from friday_core.trading.column_orders import CANCEL, ORDER, asked_for, is_asked, order_types_of
from friday_core.trading.look_ahead import BookAhead, LookAhead
from friday_core.trading.strategy_runner import ValueRunner, shown


def _raw(name: str) -> Callable[[Bar], float]:
    """A price as it traded, in price units; NaN where there is none."""
    units = attrgetter(f"raw.{name}")
    return lambda bar: NAN if units(bar) == MISSING_PRICE else float(units(bar))


_OF_BAR: Mapping[str, Callable[[Bar], float]] = {
    **{name: attrgetter(name) for name in (*PRICE_COLUMNS, "volume", "session")},
    **{f"raw.{name}": _raw(name) for name in PRICE_COLUMNS},
}
#: In the currency, as the book has them; the average price times the factor, like the bar's own prices.
_OF_BOOK: Mapping[str, Callable[[BookView, Bar], float]] = {
    "pos": lambda book, bar: book.position(bar.instrument.id),
    "avg_price": lambda book, bar: book.average_price(bar.instrument.id) * bar.factor,
    "open_qty": lambda book, bar: book.open_quantity(bar.instrument.id),
    "cash": lambda book, _bar: book.cash,
    "equity": lambda book, _bar: book.equity,
}
#: Input columns that a program may read besides those that its bars carry in addition.
INPUTS = frozenset({*_OF_BAR, *_OF_BOOK})


class ColumnRunner(ValueRunner):
    """Executes a program on each slice; every row of a slice sees the same book.

    Slices of the program's coarser domains come first. Of all slices it takes the instruments that
    it sees, and of all domains those that the program reads.
    """

    def __init__(
        self,
        name: str,
        program: Program,
        universe: Universe,
        instruments: Iterable[InstrumentId] = (),
        executor: Executor = Oracle,
    ) -> None:
        super().__init__(name, order_types_of(program.outputs), instruments)
        self._universe = universe
        self._base = program.base
        self._labels = program.inputs
        self._ahead: LookAhead | BookAhead | None = None
        self._orders = [name for name in (CANCEL, ORDER) if name in program.outputs]
        self._reads_book = not _OF_BOOK.keys().isdisjoint(self._labels[self._base])
        scales = universe.scales.tolist()
        self._ids = [one.id for one in universe]
        self._executor = executor(program, scales, self._ids)
        self._scales: list[float] = scales
        self._readers = [(label, rows_reader(label)) for label in self._labels[self._base]]
        self._few_readers = [(label, few_reader(label)) for label in self._labels[self._base]]
        #: Positions of a slice that came in rows, their names and scales: most slices have those of the one before.
        self._latest: tuple[list[int], list[InstrumentId], list[float]] = [], [], []
        self._unseen = frozenset(place for place, one in enumerate(self._ids) if not self.sees(one))

    @property
    def program(self) -> Program:
        return self._executor.program

    @property
    def reads_book(self) -> bool:
        return self._reads_book

    @property
    def takes_rows(self) -> bool:
        """Whether ``decide_rows`` does what ``decide`` does: its program reads nothing but what its bars carry."""
        raw = ("raw.", *STAMPED_COLUMNS)
        return not (self._reads_book or self._orders) and all(
            label in _OF_BAR or not label.startswith(raw) for label in self._labels[self._base]
        )

    def decide_rows(self, ts_event: int, rows: Sequence[PlainRow] | FewRows) -> list[Asked]:
        """``decide`` of a slice that comes as rows, of which no bars are made."""
        if self.stopped is not None:
            return []
        try:
            if self._unseen:
                rows = [row for row in one_by_one(rows) if row.inst not in self._unseen]
            if not rows:
                return []
            positions = rows.inst if isinstance(rows, FewRows) else [row.inst for row in rows]
            if positions != self._latest[0]:
                ids, scales = [self._ids[one] for one in positions], [self._scales[one] for one in positions]
                self._latest = positions, ids, scales
            positions, ids, scales = self._latest
            if isinstance(rows, FewRows):
                columns = {label: read(rows.columns, scales) for label, read in self._few_readers}
            else:
                columns = {label: read(rows, self._scales) for label, read in self._readers}
            return self._all_decided(ids, self._executor.step(ts_event, positions, columns))
        except (Exception, SystemExit) as error:  # noqa: BLE001 - isolates whatever a strategy raises
            return self._stop(ts_event, error)

    @property
    def ahead(self) -> LookAhead | BookAhead | None:
        """What ``look_ahead`` found, until ``look_back``."""
        return self._ahead

    def look_ahead(
        self, rows: Chunk, coarser: Mapping[str, Chunk], places: Places | None = None
    ) -> LookAhead | BookAhead:
        """All of a block at once that does not depend on the book. Until ``look_back`` slices are those of the block.

        ``places`` are those of the rows where they are known already.
        ``go_to`` of what is returned must tell before each slice where it begins.
        """
        is_all = not self._instruments
        seen = None if is_all else np.array([self.sees(one.id) for one in self._universe], np.bool_)
        made = BookAhead if self.program.cone else LookAhead
        self._ahead = made(self._executor, self._universe, rows, coarser, seen, places=places)
        return self._ahead

    def tell(self, news: Fill | OrderEnded) -> None:
        """Nothing: columns are told of fills by ``m.pos``."""

    def latest_signals(self) -> Float64:
        """Of every instrument of the universe, in its order."""
        return np.array([self.signal(one.id) for one in self._universe])

    def look_back(self) -> None:
        """The block is done."""
        self._ahead = None

    def _observe(self, coarser: Sequence[CoarseSlice]) -> None:
        if self._ahead is not None:
            return
        for domain, ts_event, bars in coarser:
            if bars and domain in self._labels:
                columns = {label: _column(label, bars) for label in self._labels[domain]}
                self._executor.step(ts_event, self._positions(bars), columns, domain)

    def _decisions(
        self,
        ts_event: int,
        news: Sequence[Fill | OrderEnded],  # noqa: ARG002 - columns are told of fills by m.pos
        bars: Sequence[Bar],
        book: BookView,
    ) -> Iterable[Asked]:
        if not bars:
            return

        def of_book(label: str) -> list[float]:
            return [_OF_BOOK[label](book, bar) for bar in bars]

        if self._ahead is not None:
            yield from self._all_of(bars, self._ahead.take(len(bars), of_book))
            return
        columns = {
            label: of_book(label) if label in _OF_BOOK else _column(label, bars) for label in self._labels[self._base]
        }
        values = self._executor.step(ts_event, self._positions(bars), columns)
        yield from self._all_of(bars, values)

    def _all_of(self, bars: Sequence[Bar], values: Mapping[str, Sequence[float]]) -> list[Asked]:
        found = self._all_decided(_ids(bars), values)
        for row in self._asked_rows(values):
            of_row = {name: column[row] for name, column in values.items()}
            found += asked_for(bars[row], of_row, shown(of_row))
        return found

    def _asked_rows(self, values: Mapping[str, Sequence[float]]) -> list[int]:
        """The rows of a slice that order or cancel."""
        columns = [values[name] for name in self._orders]
        return sorted({row for column in columns for row, value in enumerate(column) if is_asked(value)})

    def _all_decided(self, instruments: Sequence[InstrumentId], values: Mapping[str, Sequence[float]]) -> list[Asked]:
        found: list[Asked] = []
        for row in self._news_of(instruments, values.get("target"), values.get("signal")):
            found += self._decided(instruments[row], {name: column[row] for name, column in values.items()})
        return found

    def _positions(self, bars: Sequence[Bar]) -> list[int]:
        return [self._universe.position(bar.instrument.id) for bar in bars]


def _ids(bars: Sequence[Bar]) -> list[InstrumentId]:
    return [bar.instrument.id for bar in bars]


def _column(label: str, bars: Sequence[Bar]) -> list[float]:
    """What every bar has, or what the flow or a transformer added to its columns."""
    of_bar = _OF_BAR.get(label)
    return [bar[label] if of_bar is None else of_bar(bar) for bar in bars]
