"""The kernel's memory as arrays, and the kernel itself: compiled, or as plain Python on the same memory."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import numpy as np

from friday_core.domain.chunk import Array, Int64
from friday_core.domain.instruments import Instrument
from friday_core.domain.products import may_be_short
from friday_core.simulation.compiled import words as w
from friday_core.simulation.compiled.cones import Cone
from friday_core.simulation.compiled.given_words import instrument_words, limit_words, products_words, some
from friday_core.simulation.compiled.memory import Memory
from friday_core.simulation.compiled.rates import CODES, Rates
from friday_core.simulation.compiled.slices import run
from friday_core.simulation.compiled.tables import TABLES
from friday_core.simulation.matching_rules import FillAt, MatchingRules
from friday_core.trading.limits import Limits

#: Rows of tables that are made room for at least.
_LEAST_ROOM = 256
_LEAST_BRACKETS = 4
#: Lots of a position that there is room for at first.
_LOTS = 8
_EQUITY = ("cash", "equity", "gross")


class Runs(Protocol):
    """Runs the kernel on the memory of an arena."""

    def __call__(self, arena: Arena) -> None: ...


def plain(arena: Arena) -> None:
    """The kernel in Python: numbers of any size, and a fault where one does not fit."""
    views: list[Any] = [memoryview(array.data).cast("B") for array in arena.arrays()]
    formats = ["d" if array.dtype.kind == "f" else "q" for array in arena.arrays()]
    cones = arena.cones

    def run_cone(desk: int, _context: int, first: int, stop: int) -> None:
        cones[desk].ahead.run(first, stop)

    for desk in cones:
        arena.context[arena.cone_at(desk) + w.B_UNTIL] = 0
    rows = [view.cast(one) for view, one in zip(views, formats, strict=True)]
    run(Memory(*[*rows, _floats, _words, _soon, run_cone, run_cone, None]))


def _floats(address: int) -> Any:
    return ctypes.cast(address, ctypes.POINTER(ctypes.c_double))


def _words(address: int) -> Any:
    return ctypes.cast(address, ctypes.POINTER(ctypes.c_int64))


def _soon(_rows: Any, _place: int) -> None:
    """Nothing: that is only for processors."""


class Arena:
    """Context, state, tables and rows of one session; grows where there is no room.

    ``rates`` are what orders are charged; by desk ``asked`` is about what Python is asked, ``products`` the product
    of its orders. ``borrow_ppm`` is what shorts pay a year, ``account`` has the limits of all desks together.
    """

    def __init__(
        self,
        instruments: Sequence[Instrument],
        limits: Sequence[Limits],
        rules: MatchingRules,
        rates: Rates,
        *,
        asked: Sequence[int],
        products: Sequence[str],
        borrow_ppm: int = 0,
        account: Limits = Limits(),  # noqa: B008 - it is frozen
    ) -> None:
        self.desks, self.instruments = len(limits), len(instruments)
        self.context = np.zeros(w.LIMITS + (w.LIMIT_WORDS + w.CONE_WORDS) * self.desks, np.int64)
        #: By desk, of those whose columns read their book.
        self.cones: Mapping[int, Cone] = {}
        held = {kind: products_words(kind) for kind in {one.kind for one in instruments}}
        self._instruments = np.array(
            [word for one in instruments for word in instrument_words(one, held[one.kind])], np.int64
        )
        self._lots, self._queue, self._bills = _LOTS, 2 * self.desks * self.instruments + 8, 0
        #: Room for brackets; none where nobody has any.
        self._brackets = 0
        c = self.context
        c[w.DESKS], c[w.INSTS] = self.desks, self.instruments
        c[w.LATENCY], c[w.SLIPPAGE_TICKS] = rules.latency, rules.slippage_ticks
        c[w.PARTICIPATION], c[w.SPREAD] = rules.participation_ppm or 0, rules.spread_ppm
        c[w.IMPACT], c[w.RANGE], c[w.PROTECTION] = rules.impact_ppm, rules.range_ppm, rules.protection_ppm
        c[w.AT_CLOSE], c[w.LATENCY_US] = int(rules.fill is FillAt.NEXT_CLOSE), rules.latency_us
        c[w.BAND], c[w.BORROW] = rules.band_ppm, borrow_ppm
        c[w.ACCOUNT_VALUE], c[w.ACCOUNT_GROSS] = some(account.order_value), some(account.gross_ppm)
        self._rates = rates
        c[w.KNOWN_FIRST], c[w.KNOWN_LAST] = (-w.NEVER, w.NEVER) if rates.known is None else rates.known[:2]
        c[w.IS_BILLED], c[w.CHARGE_STAGES] = int(self.is_billed), len(rates.shares or ())
        for stage, (numerator, denominator) in enumerate(rates.shares or ()):
            c[w.CHARGE_NUMERATOR + stage], c[w.CHARGE_DENOMINATOR + stage] = numerator, denominator
        for desk, (one, about, product) in enumerate(zip(limits, asked, products, strict=True)):
            at = w.LIMITS + desk * w.LIMIT_WORDS
            c[at : at + w.LIMIT_WORDS] = limit_words(one)
            c[at + w.L_ASKED], c[at + w.L_PRODUCT] = about, CODES.index(product)
            c[at + w.L_ALLOW_SHORT] = int(may_be_short(product, "", one.allow_short))
        c[w.IS_WATCHED] = int(any(one.drawdown_ppm is not None or one.day_loss_ppm is not None for one in limits))
        self._rows: dict[str, Array] = {}
        self._beside: dict[int, Array] = {}
        self._ordered: dict[int, Mapping[int, Array]] = {}
        self._empty: Callable[[int], Array] = np.empty
        self._equity = self._reserved = self.state = np.empty(0, np.int64)
        self._block_decisions = self._block_sessions = 0

    def clear(self, lots: int, orders: int, bills: int, brackets: int) -> None:
        """A state of zeros and empty tables, with room for lots of a position, working orders, bills and brackets."""
        self._bills = bills
        if brackets or any(w.L_STOP in one or w.L_TARGET in one for one in self._ordered.values()):
            self._brackets = max(self._brackets, 2 * brackets, _LEAST_BRACKETS)
        widest = self.desks * self.instruments
        self._lots = self._lots if lots < self._lots else 2 * lots
        self._queue = self._queue if orders + widest <= self._queue else 2 * (orders + widest)
        self._lay_out(self._rows_of_tables(orders, widest))

    def _rows_of_tables(self, orders: int, widest: int) -> dict[str, int]:
        """As many as may be written where an order trades twice; of a longer block, the kernel comes back."""
        decisions = min(self._block_decisions, 1 << 20) + widest + _LEAST_ROOM
        held = max(min(self._block_sessions, 4_096) * widest, _LEAST_ROOM)
        if self.context[w.DUE_AT] != 0:  # what is held on each evening is closed by an order
            orders += min(held, max(widest, 1 << 14))
        if self._brackets:  # two orders close what one opens
            orders += 2 * decisions
        rows = dict.fromkeys(TABLES, decisions + orders) | dict.fromkeys(("fills", "ended"), 2 * (decisions + orders))
        rows["positions"], rows["postings"] = held, held if self.context[w.BORROW] != 0 else 0
        return rows

    def _lay_out(self, rows: Mapping[str, int]) -> None:
        c, pairs = self.context, self.desks * self.instruments
        c[w.MOST_LOTS], c[w.MOST_QUEUE] = self._lots, self._queue
        c[w.PAIR_WORDS] = w.LOTS + w.LOT_WORDS * self._lots
        c[w.PAIRS] = w.DESKS_AT + self.desks * w.DESK_WORDS
        c[w.BRACKETS_AT], c[w.MOST_BRACKETS] = c[w.PAIRS] + pairs * c[w.PAIR_WORDS], self._brackets
        c[w.QUEUE] = c[w.BRACKETS_AT] + self._brackets * w.BRACKET_WORDS
        size = int(c[w.QUEUE]) + self._queue * w.QUEUE_WORDS
        drafts = (self.instruments + 1) * w.DRAFT_WORDS
        c[w.SAVED_AT], c[w.INSTRUMENTS_AT], c[w.DRAFTS_AT] = size, 2 * size, 2 * size + len(self._instruments)
        at = int(c[w.DRAFTS_AT]) + drafts
        c[w.ORDER_WIDTH] = w.ORDER_WORDS if self._ordered else w.PLAIN_ORDER_WORDS
        for name, table in TABLES.items():
            c[table.at], c[table.most] = at, rows[name]
            at += rows[name] * self._width(name)
        parts = {w.INSTRUMENTS_AT: self._instruments}
        if self.is_billed:
            parts |= {w.PERIODS_AT: self._rates.periods, w.TERMS_AT: self._rates.terms}
            parts |= {w.HEADS_AT: np.full(self.instruments, w.NONE), w.MET_AT: np.empty(2 * w.PRODUCTS, np.int64)}
            for word in (w.PERIODS_AT, w.TERMS_AT, w.HEADS_AT, w.MET_AT):
                c[word], at = at, at + len(parts[word])
            c[w.BILLS_AT], c[w.BILLS] = at, 0
            at += (rows["orders"] + self._bills) * w.BILL_WORDS
        self.state = self._empty(at).view(np.int64)
        self.state[:size] = 0
        for word, values in parts.items():
            self.state[c[word] : c[word] + len(values)] = values

    def grow(self, is_emptied: bool) -> bool:
        """Make room where the kernel came back for want of it; whether it did. The state has to be made anew.

        ``is_emptied`` says whether the tables have been taken since.
        """
        result = int(self.context[w.RESULT])
        if result == w.NO_ROOM_FOR_LOTS:
            self._lots *= 2
        elif result == w.NO_ROOM_FOR_ORDERS:
            self._queue, self._brackets = 2 * self._queue, 2 * self._brackets
        return result not in (w.DONE, w.DRIVERS) and (is_emptied or result != w.NO_ROOM_IN_TABLES)

    def start(self, row: int, stop_session: int | None, stop_row: int | None, ends_row: int = w.NEVER) -> None:
        """From a row on, until a session or a row that are not to be taken, or one on which something ends."""
        c = self.context
        c[w.ROW] = row
        c[w.STOP_SESSION] = w.NEVER if stop_session is None else stop_session
        c[w.STOP_ROW], c[w.ENDS_ROW] = ends_row if stop_row is None else min(stop_row, ends_row), ends_row
        for desk, cone in self.cones.items():
            c[self.cone_at(desk) + w.B_DONE] = cone.ahead.row

    # Rows ---------------------------------------------------------------------------------------

    def bind(
        self,
        rows: Mapping[str, Array],
        targets: Array,
        decisions: int,
        first_ordinal: int,
        *,
        slices: int,
        begins: Int64,
        session: int,
        cones: Mapping[int, Cone] | None = None,
        beside: Mapping[int, Array] | None = None,
        orders: Mapping[int, Mapping[int, Array]] | None = None,
    ) -> None:
        """The rows of a block, by the names of ``Memory``; ``decisions`` of all desks may be made on them.

        There are so many ``slices``, ``begins`` are the first rows of all sessions but the first, and ``session`` is
        that of the slice before. ``targets`` of desks that have
        ``cones`` are written by the kernel.
        ``beside`` are columns of whole numbers by the word of the context that has their address, ``orders`` those
        of desks that order, by the word of their limits.
        """
        self._rows, self._beside = {**rows, "targets": targets}, dict(beside or {})
        for word in (w.BEFORE_AT, w.REFUSED_AT, w.DUE_AT, w.RULES_AT):
            self.context[word] = self._beside[word].ctypes.data if word in self._beside else 0
        self._equity, self._reserved = self._room_for(slices)
        self._block_decisions = decisions
        self._block_sessions = len(begins) + 2
        if self.is_billed:
            sessions = rows["session"][np.append(begins, 0)].astype(np.int64)
            self._rates.cover(np.unique(np.append(sessions, session)))
        self.context[w.ROWS], self.context[w.FIRST_ORDINAL] = len(rows["ts"]), first_ordinal
        self.context[w.EQUITY_ROWS] = slices * self.desks
        self.cones = cones or {}
        self.context[w.CONES] = w.LIMITS + w.LIMIT_WORDS * self.desks if cones else 0
        self._ordered = dict(orders or {})
        for desk in range(self.desks):
            at, columns = w.LIMITS + desk * w.LIMIT_WORDS, self._ordered.get(desk, {})
            self.context[at + w.L_ORDERS_BY] = int(desk in self._ordered)
            for word in range(w.L_CANCEL, w.LIMIT_WORDS):
                self.context[at + word] = columns[word].ctypes.data if word in columns else 0
            words = self.cones[desk].words() if desk in self.cones else 0
            self.context[self.cone_at(desk) : self.cone_at(desk + 1)] = words

    def let_go(self) -> None:
        """The rows of the block are over: nothing of them is kept here."""
        self._rows, self._beside, self._ordered, self.cones = {}, {}, {}, {}
        self._equity = np.empty(0, np.int64)

    def reserve(self, rows: int, empty: Callable[[int], Array]) -> None:
        """Make room for the equity on all rows of the blocks that follow, whose memory is all given by ``empty``."""
        words = self._equity_words(rows) if self.instruments == 1 else 0
        self._empty, self._reserved = empty, empty(words).view(np.int64)

    def _room_for(self, slices: int) -> tuple[Int64, Int64]:
        """For equity, and what is left of what was reserved."""
        words = self._equity_words(slices)
        if words > len(self._reserved):
            return self._empty(words).view(np.int64), self._reserved
        return self._reserved[:words], self._reserved[words:]

    def _equity_words(self, slices: int) -> int:
        if self.instruments == 1:
            return (len(_EQUITY) - 1) * slices * self.desks
        return (len(_EQUITY) * self.desks + 1) * slices

    def drop_cone(self, desk: int) -> None:
        """The desk's columns are not asked any more."""
        self.cones = {number: cone for number, cone in self.cones.items() if number != desk}
        self.context[self.cone_at(desk) + w.B_KIND] = w.NO_CONE

    def cone_at(self, desk: int) -> int:
        return w.LIMITS + w.LIMIT_WORDS * self.desks + w.CONE_WORDS * desk

    def arrays(self) -> list[Array]:
        """In the order of ``Memory``."""
        prices = [self._rows[name] for name in ("open", "high", "low", "close")]
        rest = [self._rows[name] for name in ("volume", "session", "targets")]
        return [self.context, self.state, self._equity, self._rows["ts"], self._rows["inst"], *prices, *rest]

    @property
    def is_billed(self) -> bool:
        """Whether orders are charged together, by terms."""
        return self._rates.shares is None

    def bill(self, number: int, inst: int, values: Mapping[int, int], q: Int64 | None) -> None:
        """The next order of a bill, and where it works, in its words ``q``; ``number`` of them are there before it."""
        at, place = int(self.context[w.BILLS_AT]) + number * w.BILL_WORDS, int(self.context[w.HEADS_AT]) + inst
        while self.state[place] != w.NONE:
            place = int(self.state[place])
        self.state[place], self.state[at + w.B_NEXT] = at, w.NONE
        for word, value in values.items():
            self.state[at + word] = value
        if q is not None:
            q[w.BILL] = at
        self.context[w.BILLS] = number + 1

    # What was written ---------------------------------------------------------------------------

    def written(self) -> dict[str, Int64]:
        """The rows of each table, a column a word: good for ever, while the next run has a state of its own."""
        found = {}
        for name, table in TABLES.items():
            at, rows, most = int(self.context[table.at]), int(self.state[table.count]), int(self.context[table.most])
            if name == "positions":  # many rows of which nothing is read again: columns that need not be picked apart
                found[name] = self.state[at : at + most * table.width].reshape(table.width, most)[:, :rows].T
            else:
                width = self._width(name)
                found[name] = self.state[at : at + rows * width].reshape(rows, width)
        return found

    def _width(self, name: str) -> int:
        return int(self.context[w.ORDER_WIDTH]) if name == "orders" else TABLES[name].width

    def order_row(self, number: int, values: Mapping[int, int]) -> None:
        """One order that works already, in the table of orders."""
        row = self.order_words(number)
        row[:] = 0
        for word, value in values.items():
            if word < len(row):
                row[word] = value

    def order_words(self, number: int) -> Int64:
        """A row of the table of orders, to be read and written."""
        width = self._width("orders")
        at = int(self.context[w.ORDERS_AT]) + number * width
        return self.state[at : at + width]

    @property
    def has_brackets(self) -> bool:
        """Whether there may be any."""
        return self._brackets > 0

    @property
    def row(self) -> int:
        """The first row that was not taken."""
        return int(self.context[w.ROW])

    @property
    def slices(self) -> int:
        """The ordinal of the slice that comes next."""
        return int(self.state[w.ORDINAL])

    @property
    def latest(self) -> tuple[int, int]:
        """Time and session of the latest slice."""
        return int(self.state[w.LATEST_TS]), int(self.state[w.LATEST_SESSION])

    def equity(self, ordinal: int) -> tuple[Int64 | slice, dict[str, Int64]]:
        """From this slice on the first row of each, and cash and equity, with several instruments gross too.

        They are not written again.
        """
        base, every = int(self.context[w.FIRST_ORDINAL]), int(self.context[w.EQUITY_ROWS])
        first, last = ordinal - base, self.slices - base
        columns = {
            name: self._column(n * every + first * self.desks, (last - first) * self.desks)
            for n, name in enumerate(_EQUITY if self.instruments > 1 else _EQUITY[:-1])
        }
        if self.instruments == 1:
            return slice(first, last), columns
        start = len(_EQUITY) * every
        return self._equity[start + first : start + last], columns

    def _column(self, start: int, count: int) -> Int64:
        """Part of the columns of equity: who keeps all of them keeps no more memory than they have."""
        return np.frombuffer(self._equity.data, np.int64, count, 8 * start)

    def pair(self, desk: int, inst: int) -> Int64:
        """A position of a desk in the state, to be read and written."""
        c = self.context
        at = int(c[w.PAIRS]) + (desk * self.instruments + inst) * int(c[w.PAIR_WORDS])
        return self.state[at : at + int(c[w.PAIR_WORDS])]

    def held(self, desk: int) -> list[int]:
        """The instruments in which a desk has a position."""
        first, width = int(self.context[w.PAIRS]), int(self.context[w.PAIR_WORDS])
        pairs = self.state[first : first + self.desks * self.instruments * width].reshape(self.desks, -1, width)
        found: list[int] = np.flatnonzero(pairs[desk, :, w.POSITION]).tolist()
        return found

    def bracket(self, number: int) -> Int64:
        """A bracket in the state, likewise."""
        at = int(self.context[w.BRACKETS_AT]) + number * w.BRACKET_WORDS
        return self.state[at : at + w.BRACKET_WORDS]

    def desk(self, desk: int) -> Int64:
        """A desk in the state, likewise."""
        at = w.DESKS_AT + desk * w.DESK_WORDS
        return self.state[at : at + w.DESK_WORDS]

    def working(self, number: int) -> Int64:
        """A working order in the state, likewise."""
        at = int(self.context[w.QUEUE]) + number * w.QUEUE_WORDS
        return self.state[at : at + w.QUEUE_WORDS]
