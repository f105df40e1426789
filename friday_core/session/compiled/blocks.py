"""Blocks of slices for the kernel; between its runs, single slices for the driver."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Protocol, runtime_checkable

import numpy as np

from friday_core.causal.tables import Places
from friday_core.domain.chunk import Array, Chunk, Float64, Int64, Universe
from friday_core.domain.orders import WorkingOrder
from friday_core.domain.records import Intent
from friday_core.flow.coarser import Slices
from friday_core.session.bills import Bills
from friday_core.session.brackets import Brackets
from friday_core.session.compiled.bands import Bands
from friday_core.session.compiled.intents import Intents, Placed
from friday_core.session.compiled.kept import Kept
from friday_core.session.compiled.results import Written
from friday_core.session.compiled.ruled import Ruled
from friday_core.session.compiled.sent import Sent
from friday_core.session.compiled.transfer import Transfer
from friday_core.session.compiled.wishes import Wishes, wishes_of
from friday_core.session.custody import Custody
from friday_core.session.desk import Desk
from friday_core.session.log import SessionLog
from friday_core.session.slices import Slice, slices_of
from friday_core.session.standing import Standing
from friday_core.session.working_orders import WorkingOrders
from friday_core.simulation.compiled import words as w
from friday_core.simulation.compiled.arena import Arena, Runs, plain
from friday_core.simulation.compiled.rates import Rates
from friday_core.simulation.matching import BarMatcher, closes_of
from friday_core.trading.column_runner import ColumnRunner
from friday_core.trading.limits import Limits
from friday_core.trading.look_ahead import BookAhead, LookAhead

#: Fewer rows than this are stepped one slice after the other: handing books over costs more.
LEAST_ROWS = 256
#: So many slices in one go repay what it costs to hand books over and back.
WORTH_IT = 16
#: What is made of so many rows stays in the processor's cache, and its memory is used again for the next ones.
MOST_ROWS = 1 << 18
#: Decisions of columns that read the book are not counted beforehand: room is made for one in so many rows at first.
_ROWS_A_DECISION = 32


@runtime_checkable
class HasMemory(Protocol):
    """A kernel that keeps memory for what runs write."""

    def empty(self, words: int) -> Float64: ...


class CompiledSlices:
    """Steps whole blocks by ``kernel``, on the objects that it is given.

    ``step_one`` is the driver: it steps a slice on the real objects. ``stops`` gives the first session that
    is the driver's, because something is announced for it. ``counts`` are slices by who stepped them.
    ``account`` has the limits of all desks together.
    ``kernel`` is asked for the kernel when it is first needed; where there is none, no block is taken.
    """

    def __init__(
        self,
        universe: Universe,
        desks: Sequence[Desk],
        working: WorkingOrders,
        bills: Bills,
        log: SessionLog,
        *,
        brackets: Brackets,
        matcher: BarMatcher,
        rates: Rates,
        kernel: Callable[[], Runs | None],
        assumed: bool,
        custody: Custody | None = None,
        account: Limits = Limits(),  # noqa: B008 - it is frozen
        least_rows: int = LEAST_ROWS,
        most_rows: int = MOST_ROWS,
    ) -> None:
        self._universe = universe
        self._desks = desks
        self._runners = [desk.runner for desk in desks if isinstance(desk.runner, ColumnRunner)]
        self._log = log
        self._zeros: Int64 = np.empty(0, np.int64)
        #: What ``takes`` looked at, until it is stepped.
        self._next: _Block | None = None
        self._load = kernel
        self._kernel: Runs | None = None
        self._is_loaded = False
        self._assumed = assumed
        self._least_rows, self._most_rows = least_rows, most_rows
        self._kept = Kept(universe, desks, custody)
        self._ruled = Ruled(universe, desks)
        self._bands = Bands(universe, closes_of(matcher)) if matcher.rules.band_ppm else None
        limits, products = [desk.risk.limits for desk in desks], [desk.products.usual for desk in desks]
        asked = [w.WISHES_ASKED if self._kept.differs else _asked(desk, self._ruled) for desk in desks]
        self._arena = Arena(
            tuple(universe), limits, matcher.rules, rates,
            asked=asked, products=products, borrow_ppm=self._kept.borrow_ppm, account=account,
        )  # fmt: skip
        self._transfer = Transfer(universe, desks, working, bills, brackets)
        self._written: Written | None = None
        self.counts = {"kernel": 0, "driver": 0}
        #: Why blocks are the driver's, as far as it is known only once they are there.
        self.obstacles: list[str] = []
        #: Slices that the driver steps before the kernel is asked again, and how many they may become.
        self._patience, self.most_patience = 1, 64
        #: Decisions of columns that read the book, by row of a block.
        self._expected = 1 / _ROWS_A_DECISION
        #: Of a block, the first row that the driver must step in any case; for tests.
        self.inject: Callable[[int], int | None] = lambda _row: None

    def takes(self, slices: Slices) -> bool:
        """Whether there is enough to do, and all of it in an order that the kernel knows."""
        rows = slices.rows
        if len(rows) < self._least_rows or any(runner.stopped is not None for runner in self._runners):
            return False
        if not self._is_loaded:
            self._kernel, self._is_loaded = self._load(), True
        if self._kernel is None:
            return False
        if _is_cut(slices, self._most_rows):
            return not bool((rows.ts_event[1:] < rows.ts_event[:-1]).any())
        self._next = _Block(rows, self._positions(rows))
        return self._next.places.is_sorted

    def step(
        self,
        slices: Slices,
        standing: Standing,
        step_one: Callable[[Slice], Sequence[Intent]],
        stops: Callable[[], int | None],
    ) -> Intents:
        """All slices of a block, some at a time; what is to be sent."""
        intents = Intents()
        self._arena.reserve(len(slices.rows), self._kernel.empty if isinstance(self._kernel, HasMemory) else np.empty)
        for part in _parts(slices, self._most_rows):
            intents.add(self._step(part, standing, step_one, stops))
            self._next = None
        return intents

    def _step(
        self,
        slices: Slices,
        standing: Standing,
        step_one: Callable[[Slice], Sequence[Intent]],
        stops: Callable[[], int | None],
    ) -> Intents:
        block = self._next
        if block is None or block.rows is not slices.rows:
            block = _Block(slices.rows, self._positions(slices.rows))
        if any(runner.stopped is not None for runner in self._runners):
            return self._stepped(block, (), standing, step_one, stops)
        ahead = [_looked_ahead(one, slices, block.places) for one in self._runners]
        known = [one for one in ahead if one is not None and self._can_run(one)]
        wishes: list[Wishes] = []
        if len(known) == len(self._runners):
            desks = zip(self._desks, self._runners, known, strict=True)
            wishes = [wishes_of(desk, runner, found, slices.rows) for desk, runner, found in desks]
        try:
            return self._stepped(block, wishes, standing, step_one, stops)
        finally:
            self._written = None
            self._arena.let_go()
            for one in self._runners:
                one.look_back()

    def _positions(self, rows: Chunk) -> Int64:
        """The instruments of rows; where there is but one, the same memory for every block."""
        if len(self._universe) > 1:
            return rows.inst.astype(np.int64)
        if len(self._zeros) < len(rows):
            self._zeros = np.zeros(len(rows), np.int64)
        return self._zeros[: len(rows)]

    def _can_run(self, ahead: LookAhead | BookAhead) -> bool:
        """Whether the kernel can run what reads the book: compiled code reaches it by its address alone."""
        if isinstance(ahead, LookAhead) or ahead.cone.context is not None or self._kernel is plain:
            return True
        self.obstacles = ["columns read the book by an operator that runs in plain Python"]
        return False

    def _stepped(
        self,
        block: _Block,
        wishes: Sequence[Wishes],
        standing: Standing,
        step_one: Callable[[Slice], Sequence[Intent]],
        stops: Callable[[], int | None],
    ) -> Intents:
        """Without ``wishes``, because a strategy could not be asked ahead, every slice is the driver's."""
        intents, row, targets = Intents(), 0, self._targets(wishes)
        if wishes:
            cones = {number: one.cone for number, one in enumerate(wishes) if one.cone is not None}
            known = [one.targets for one in wishes if one.cone is None]
            decisions = sum(len(one) - int(np.count_nonzero(np.isnan(one))) for one in known)
            decisions += int(len(cones) * len(block.rows) * self._expected * 1.25)
            before = len(self._log.decisions)
            latest = standing.latest.session if standing.latest is not None else 0
            begins = block.sessions
            beside = {**self._kept.bind(block.rows), **self._ruled.bind(block.rows, begins)}
            if self._bands is not None:
                beside[w.BEFORE_AT] = self._bands.bind(block.rows)
            self._arena.bind(
                block.columns, targets, decisions, self._log.slices,
                slices=block.slices, begins=begins, session=latest, cones=cones, beside=beside,
                orders={number: one.orders for number, one in enumerate(wishes) if one.orders is not None},
            )  # fmt: skip
            self._written = Written(
                self._universe, self._desks, block.columns, wishes, ruled=self._ruled, assumed=self._assumed
            )
        while row < len(block.rows):
            if wishes:
                row = self._run(row, wishes, standing, intents, stops())
            for _ in range(self._patience):
                if row < len(block.rows):
                    row = self._one(block, row, intents, step_one)
            for number, runner in enumerate(self._runners):
                if runner.stopped is not None and wishes:
                    targets[number] = np.nan
                    self._arena.drop_cone(number)
        if wishes and cones:
            self._expected = (len(self._log.decisions) - before) / (len(cones) * len(block.rows))
        return intents

    @staticmethod
    def _targets(wishes: Sequence[Wishes]) -> Float64:
        """Of all desks, one after the other, and still their own."""
        if len(wishes) == 1:
            return wishes[0].targets.reshape(1, -1)
        targets = np.array([one.targets for one in wishes])
        for one, own in zip(wishes, targets, strict=False):
            one.targets = own
        return targets

    def _one(self, block: _Block, row: int, intents: Intents, step_one: Callable[[Slice], Sequence[Intent]]) -> int:
        """The slice at a row, by the driver; where the next one begins."""
        end = block.end(row)
        (moment,) = slices_of(Slices(block.rows.take(slice(row, end)), {}), self._log.slices, self._universe)
        for one in self._runners:
            if one.ahead is not None:
                one.ahead.go_to(row)
        intents.add(step_one(moment))
        self.counts["driver"] += 1
        return end

    def _run(self, row: int, wishes: Sequence[Wishes], standing: Standing, intents: Intents, stops: int | None) -> int:
        """The kernel from a row on, as far as it goes; the first row that it did not take."""
        arena, log, first, start = self._arena, self._log, self._log.slices, row
        while self._transfer.is_possible():
            orders = self._transfer.take_up(arena, standing, log.slices)
            for one in wishes:
                one.begin(row)
            arena.start(row, stops, self.inject(row), self._kept.ends_row(row))
            assert self._kernel is not None
            self._kernel(arena)
            row = arena.row
            is_done = arena.slices > log.slices
            if is_done:
                self._take(dict(enumerate(orders)), standing, intents)
            for one in wishes:
                one.catch_up(row, self._universe)
            if not arena.grow(is_done):
                break
        self._kept.catch_up(start, row)
        if self._bands is not None:
            self._bands.catch_up(row)
        stepped = log.slices - first
        self.counts["kernel"] += stepped
        self._patience = 1 if stepped >= WORTH_IT else min(2 * self._patience, self.most_patience)
        return row

    def _take(self, objects: Mapping[int, WorkingOrder], standing: Standing, intents: Intents) -> None:
        """What the kernel did goes to the objects and to the log."""
        arena, log, written = self._arena, self._log, self._written
        assert written is not None
        equity, tables = arena.equity(log.slices), arena.written()
        sent = Sent(tables["orders"], objects, self._desks, self._universe, self._transfer.entries)
        written.decisions(log, tables["decisions"], sent)
        self._transfer.give_back(arena, sent)
        written.orders(log, sent)
        written.fills(log, tables["fills"], sent)
        written.ended(log, tables["ended"], sent)
        written.positions(log, tables["positions"])
        written.postings(log, tables["postings"])
        written.equity(log, *equity)
        intents.add(Placed(sent, tables["ended"]))
        log.slices = arena.slices
        standing.latest = Slice(log.slices - 1, *arena.latest, (), {})
        for number, desk in enumerate(self._desks):
            standing.equity[desk.name] = int(arena.desk(number)[w.EQUITY])


def _asked(desk: Desk, ruled: Ruled) -> int:
    if desk.risk.asks_about_wishes:
        return w.WISHES_ASKED
    return w.ORDERS_ASKED if ruled.asks else w.NOTHING


class _Block:
    """Rows, and their columns as the kernel reads them."""

    def __init__(self, rows: Chunk, inst: Int64) -> None:
        self.rows, self.inst, self.places = rows, inst, Places(rows.ts_event, inst)
        self.columns: Mapping[str, Array] = {
            "ts": rows.ts_event,
            "inst": inst,
            **{name: rows[name] for name in ("open", "high", "low", "close", "volume", "session")},
        }

    @property
    def slices(self) -> int:
        """How many there are: a row of an instrument that is there already at its time begins another one."""
        starts, ts, inst = self.places.starts, self.rows.ts_event, self.inst
        if starts is None or self.places.is_by_instrument:
            return len(self.rows) if starts is None else len(starts)
        return int(np.count_nonzero((ts[1:] != ts[:-1]) | (inst[1:] <= inst[:-1]))) + 1

    @property
    def sessions(self) -> Int64:
        """The first row of each session but the first: a session begins with a slice."""
        starts, session = self.places.starts, self.rows["session"]
        if starts is None or len(starts) == len(session):
            return np.flatnonzero(session[1:] != session[:-1]) + 1
        of_slices = session[starts]
        return starts[np.flatnonzero(of_slices[1:] != of_slices[:-1]) + 1]

    def end(self, row: int) -> int:
        """The row after the slice that begins at one."""
        ts, inst = self.columns["ts"], self.inst
        end = row + 1
        while end < len(ts) and ts[end] == ts[row] and inst[end] > inst[end - 1]:
            end += 1
        return end


def _is_cut(slices: Slices, most: int, first: int = 0) -> bool:
    """Whether the rows from one on are too many for one part."""
    return not slices.coarser and len(slices.rows) - first > most + most // 2


def _parts(slices: Slices, most: int) -> Iterator[Slices]:
    """Whole slices of some so many rows; with coarser bars, all of them."""
    rows, first = slices.rows, 0
    while _is_cut(slices, most, first):
        end = first + most
        while end < len(rows) and rows.ts_event[end] == rows.ts_event[end - 1]:
            end += 1
        yield Slices(rows.take(slice(first, end)), {})
        first = end
    yield slices if first == 0 else Slices(rows.take(slice(first, len(rows))), {})


def _looked_ahead(runner: ColumnRunner, slices: Slices, places: Places) -> LookAhead | BookAhead | None:
    """What is known of all rows; ``None`` where that raises: then each slice is asked for, and says why."""
    try:
        return runner.look_ahead(slices.rows, slices.coarser, places)
    except Exception:  # noqa: BLE001 - what a strategy raises stops it on the slice where it does
        runner.look_back()
        return None
