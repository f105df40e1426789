"""What strategies wish on the rows of a block: targets, signals that a sizer makes targets by a share, or orders."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping
from typing import Literal

import numpy as np

from friday_core.domain.chunk import Array, Chunk, Float64, Int64, Universe
from friday_core.domain.money import MINOR_DIGITS
from friday_core.session.desk import Desk
from friday_core.simulation.compiled import words as w
from friday_core.simulation.compiled.cones import Cone
from friday_core.trading.column_orders import CANCEL, GOOD_TILL, PRICES
from friday_core.trading.column_runner import ColumnRunner
from friday_core.trading.look_ahead import BookAhead, LookAhead

TARGET: Literal["target"] = "target"
ORDER: Literal["order"] = "order"
SIGNAL: Literal["signal"] = "signal"
#: The columns of orders, by the word of a desk's limits that has their address.
_OF_ORDERS = {
    w.L_CANCEL: CANCEL, w.L_TILL: GOOD_TILL,
    **dict(zip((w.L_LIMIT, w.L_TRIGGER, w.L_STOP, w.L_TARGET), PRICES, strict=True)),
}  # fmt: skip


class Wishes(ABC):
    """The wishes of one desk: ``targets`` has the weight of every row that decides, NaN elsewhere.

    ``kind`` is what decisions are called. A weight that is no weight stands for a signal that is none:
    both are the driver's to refuse.
    """

    #: The columns that the kernel has to run, because they read the book.
    cone: Cone | None = None
    targets: Float64
    #: Of a desk that orders, what the kernel makes orders of, by word; ``None`` for others.
    orders: Mapping[int, Array] | None = None

    def __init__(self, runner: ColumnRunner, rows: Chunk) -> None:
        self.kind = kind_of(runner.program.outputs)
        self._runner = runner
        self._inst, self._done = rows.inst, 0

    @abstractmethod
    def at(self, rows: Int64) -> Mapping[str, Float64]:
        """The outputs at rows that decided."""

    def begin(self, row: int) -> None:  # noqa: B027 - only a cone has to know
        """The kernel goes on from a row."""

    def catch_up(self, row: int, universe: Universe) -> None:
        """The runner is told of the signals before a row."""
        rows = self._changes(row)
        if len(rows) and self._runner.stopped is None:
            places, values = self._inst[rows].tolist(), self.at(rows)[SIGNAL].tolist()
            self._runner.remember(dict(zip((universe[place].id for place in places), values, strict=True)))
        self._done = row

    @abstractmethod
    def _changes(self, row: int) -> Int64:
        """The rows before one, from where it was caught up, on which a signal changes."""


class KnownWishes(Wishes):
    """Of columns that do not read the book: all of them are known."""

    def __init__(self, desk: Desk, runner: ColumnRunner, ahead: LookAhead, rows: Chunk) -> None:
        super().__init__(runner, rows)
        self._outputs = ahead.outputs
        if self.kind == ORDER:
            self.orders = _columns_of(ahead.outputs, rows, None)
        self._all_changes: Int64 = np.empty(0, np.int64)
        self.targets = ahead.outputs[self.kind]
        if self.kind == ORDER:
            self.targets = _asked(self.targets, ahead.outputs.get(CANCEL))
        if self.kind == SIGNAL:
            self._all_changes = self._changed(runner.latest_signals(), self.targets, rows)
            strength, share = self.targets[self._all_changes], desk.share
            assert share is not None
            self.targets = np.full(len(rows), np.nan)
            self.targets[self._all_changes] = np.where(np.abs(strength) <= 1.0, strength * share, np.inf)

    def at(self, rows: Int64) -> Mapping[str, Float64]:
        return {name: column[rows] for name, column in self._outputs.items()}

    def _changes(self, row: int) -> Int64:
        first, end = np.searchsorted(self._all_changes, [self._done, row])
        return self._all_changes[first:end]

    @staticmethod
    def _changed(before: Float64, values: Float64, rows: Chunk) -> Int64:
        """The rows on which a signal is another one than the instrument's last; ``before`` by instrument."""
        known = np.flatnonzero(~np.isnan(values))
        known = known[np.argsort(rows.inst[known], kind="stable")]
        inst, values = rows.inst[known], values[known]
        last = np.empty(len(known))
        last[1:] = values[:-1]
        first = np.ones(len(known), np.bool_)
        first[1:] = inst[1:] != inst[:-1]
        last[first] = before[inst[first]]
        found: Int64 = np.sort(known[values != last])
        return found


class BookWishes(Wishes):
    """Of columns that read the book: the kernel writes ``targets`` as it goes."""

    def __init__(self, desk: Desk, runner: ColumnRunner, ahead: BookAhead, rows: Chunk) -> None:
        super().__init__(runner, rows)
        self._ahead = ahead
        self._latest = np.append(runner.latest_signals(), desk.share or 0.0)
        is_said = self.kind != SIGNAL and ahead.places is None
        self.targets = ahead.cone.outputs[self.kind] if is_said else np.full(len(rows), np.nan)
        if self.kind == ORDER:
            self.orders = _columns_of(ahead.cone.outputs, rows, ahead.places)
        self.cone = Cone(
            ahead.cone,
            self.kind,
            ahead.places,
            np.ascontiguousarray(rows["factor"], np.float64),
            self._latest,
            int(10 ** MINOR_DIGITS[desk.book.currency]),
        )

    def at(self, rows: Int64) -> Mapping[str, Float64]:
        return self._ahead.at(rows)

    def begin(self, row: int) -> None:
        self._done = row
        if self.kind == SIGNAL:
            self._latest[:-1] = self._runner.latest_signals()

    def _changes(self, row: int) -> Int64:
        if self.kind != SIGNAL:
            return np.empty(0, np.int64)
        return self._done + np.flatnonzero(~np.isnan(self.targets[self._done : row]))


def kind_of(outputs: Collection[str]) -> Literal["signal", "target", "order"]:
    """The output that decides."""
    if SIGNAL in outputs:
        return SIGNAL
    return TARGET if TARGET in outputs else ORDER


def _columns_of(outputs: Mapping[str, Float64], rows: Chunk, places: Int64 | None) -> dict[int, Array]:
    found: dict[int, Array] = {word: outputs[name] for word, name in _OF_ORDERS.items() if name in outputs}
    found[w.L_FACTOR] = np.asarray(rows["factor"], np.float64)
    if places is not None:
        found[w.L_SEEN] = places
    return {word: np.ascontiguousarray(column) for word, column in found.items()}


def _asked(orders: Float64, cancels: Float64 | None) -> Float64:
    """The orders of rows that order or cancel, 0 where there is but a cancel; NaN elsewhere."""
    asked = np.where(orders == 0.0, np.nan, orders)
    if cancels is not None:
        is_cancelled = ~np.isnan(cancels) & (cancels != 0.0)
        asked = np.where(is_cancelled & np.isnan(asked), 0.0, asked)
    return asked


def wishes_of(desk: Desk, runner: ColumnRunner, ahead: LookAhead | BookAhead, rows: Chunk) -> Wishes:
    """What a desk wishes on a block, as far as it is known before the block is stepped."""
    if isinstance(ahead, BookAhead):
        return BookWishes(desk, runner, ahead, rows)
    return KnownWishes(desk, runner, ahead, rows)
