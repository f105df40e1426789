"""Strategies in columns: what programs are fed of bars, of coarser bars and of the book."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from fakes.bars import UNIVERSE, A, B, C
from unit.causal.stepping import bits

from friday_core.causal.market import where
from friday_core.causal.oracle import Columns, Oracle
from friday_core.causal.program import trace_program
from friday_core.domain.chunk import MISSING_PRICE
from friday_core.domain.instruments import InstrumentId
from friday_core.domain.market import Bar, CoarseSlice, CorporateAction, RawBar
from friday_core.domain.orders import Fill, Side
from friday_core.domain.signals import Signal, Target
from friday_core.interfaces.strategy import BookView, Decision, Event, Strategy
from friday_core.trading.column_runner import ColumnRunner
from friday_core.trading.ledger import Book, FrozenBook
from friday_core.trading.strategy_runner import EventRunner

MINUTE = 60_000_000


class Recording(Oracle):
    """Keeps what every step was given, by time and domain, and what it answered."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.given: list[tuple[int, str | None, list[int]]] = []
        self.answers: list[dict[str, list[float]]] = []

    def step(self, ts: int, inst: Sequence[int], columns: Columns, domain: str | None = None) -> dict[str, list[float]]:
        self.given.append((ts, domain, list(inst)))
        self.answers.append(super().step(ts, inst, columns, domain))
        return self.answers[-1]


class Run:
    """A runner of some columns with its executor in sight."""

    def __init__(self, outputs: Any, instruments: Sequence[InstrumentId] = (), columns: Sequence[str] = ()) -> None:
        program = trace_program(outputs, columns, base="1m")
        self.runner = ColumnRunner("one", program, UNIVERSE, instruments, self._executor)

    def _executor(self, *given: Any) -> Recording:
        self.executor = Recording(*given)
        return self.executor

    def decide(self, *bars: Bar, book: BookView | None = None, coarser: Sequence[CoarseSlice] = ()) -> list[Decision]:
        view = book or FrozenBook(Book("one", "INR", 10_000_000), {})
        return self.runner.decide(bars[0].ts_event if bars else 0, bars, view, coarser)

    @property
    def last(self) -> dict[str, list[float]]:
        assert self.runner.stopped is None
        return self.executor.answers[-1]


def bar(
    minute: int, instrument: InstrumentId = A, close: float = 100.0, *, factor: float = 1.0, raw: int | None = None,
    columns: Mapping[str, float] | None = None,
) -> Bar:  # fmt: skip
    units = round(close * 100) if raw is None else raw
    prices = RawBar(units, units, units, units)
    one = UNIVERSE.instrument(instrument)
    return Bar(one, minute * MINUTE, 7, close, close, close, close, 50.0, factor, prices, columns or {})


def quarter(minute: int, *bars: Bar, domain: str = "15m") -> CoarseSlice:
    return CoarseSlice(domain, minute * MINUTE, bars)


def daily_and_quarterly(m: Any) -> Any:
    return {"x": m.close + 10 * m.at("15m").close.asof() + 1000 * m.at("session").close.asof()}


# Coarser domains -------------------------------------------------------------------------------


def test_coarser_slices_are_seen_by_the_slice_that_they_close_with() -> None:
    run = Run(daily_and_quarterly)
    run.decide(
        bar(15, close=1.0), coarser=[quarter(15, bar(15, close=3.0), domain="1d"), quarter(15, bar(15, close=2.0))]
    )
    assert run.last == {"x": [3021.0]}
    run.decide(bar(16, close=5.0))
    assert run.last == {"x": [3025.0]}


def test_several_coarser_slices_come_in_their_order() -> None:
    run = Run(lambda m: {"x": m.close, "change": m.at("15m").close.diff().asof()})
    run.decide(bar(31), coarser=[quarter(15, bar(15, close=2.0)), quarter(30, bar(30, close=9.0))])
    assert run.last["change"] == [7.0]
    assert run.executor.given == [(15 * MINUTE, "15m", [0]), (30 * MINUTE, "15m", [0]), (31 * MINUTE, None, [0])]


def test_slices_of_domains_that_the_program_does_not_read_are_passed_over() -> None:
    run = Run(lambda m: {"x": m.close})
    run.decide(bar(15), coarser=[quarter(15, bar(15))])
    assert run.executor.given == [(15 * MINUTE, None, [0])]


def test_a_coarser_slice_may_hold_other_instruments_than_the_slice() -> None:
    run = Run(lambda m: {"x": m.close + m.at("15m").close.asof()})
    run.decide(bar(15, A, 1.0), bar(15, B, 2.0), coarser=[quarter(15, bar(15, B, 10.0), bar(15, C, 20.0))])
    assert bits(run.last["x"]) == bits([math.nan, 12.0])
    run.decide(bar(16, C, 3.0))
    assert run.last == {"x": [23.0]}


def test_coarser_bars_of_instruments_that_the_strategy_does_not_see_are_left_out() -> None:
    run = Run(lambda m: {"x": m.close + m.at("15m").close.asof()}, [A])
    run.decide(bar(15, A), coarser=[quarter(15, bar(15, A), bar(15, B))])
    assert run.executor.given[0] == (15 * MINUTE, "15m", [0])
    run.decide(bar(30, A), coarser=[quarter(30, bar(30, B))])
    assert len(run.executor.given) == 3


def test_a_coarser_slice_counts_although_no_bar_of_the_slice_is_seen() -> None:
    run = Run(lambda m: {"x": m.close + m.at("15m").close.asof()}, [A])
    assert run.decide(bar(15, B), coarser=[quarter(15, bar(15, A, 7.0))]) == []
    run.decide(bar(16, A, 1.0))
    assert run.last == {"x": [8.0]}


def test_a_decision_waits_for_the_warm_up_of_the_coarser_domain() -> None:
    def outputs(m: Any) -> Any:
        return {"signal": where(m.at("15m").close.rolling(2).mean().asof() > 5, 1.0, -1.0)}

    run = Run(outputs)
    assert run.decide(bar(15), coarser=[quarter(15, bar(15, close=9.0))]) == []
    assert run.decide(bar(30), coarser=[quarter(30, bar(30, close=9.0))]) == [Signal(A, 1.0, "signal 1")]


def test_an_event_strategy_is_told_of_no_coarser_slice() -> None:
    class Remembers(Strategy):
        def __init__(self) -> None:
            self.events: list[Event] = []

        def on_event(self, event: Event, book: BookView) -> None:
            self.events.append(event)

    strategy, one = Remembers(), bar(15)
    view = FrozenBook(Book("one", "INR", 0), {})
    EventRunner("one", strategy).decide(one.ts_event, [one], view, [quarter(15, bar(15, B))])
    assert strategy.events == [one]


def test_a_coarser_slice_that_cannot_be_read_stops_the_strategy() -> None:
    run = Run(lambda m: {"x": m.close + m.at("15m")["spread"].asof()}, columns=["spread"])
    assert run.decide(bar(15), coarser=[quarter(15, bar(15))]) == []
    assert run.runner.stopped is not None
    assert run.runner.stopped.error == "KeyError: 'spread'"


# The book --------------------------------------------------------------------------------------


def bought(*fills: tuple[int, int]) -> Book:
    """A book of A after these signed quantities at these prices in paise."""
    book, instrument = Book("one", "INR", 10_000_000), UNIVERSE.instrument(A)
    for quantity, price in fills:
        side = Side.BUY if quantity > 0 else Side.SELL
        book.apply_fill(Fill("F1", A, "one", side, abs(quantity), price, 77, 1), instrument)
    return book


def of_the_book(m: Any) -> Any:
    return {name: m[name] for name in ("pos", "avg_price", "open_qty", "cash", "equity")}


def test_the_book_is_told_in_shares_and_in_the_currency() -> None:
    run, book = Run(of_the_book), bought((10, 10_000), (30, 11_000))
    run.decide(bar(1, A), bar(1, B), book=FrozenBook(book, {A: -15, B: 5}))
    cash = 100_000.0 - 4_300.0 - 1.54
    assert run.last == {
        "pos": [40.0, 0.0],
        "avg_price": [107.5, pytest.approx(math.nan, nan_ok=True)],
        "open_qty": [-15.0, 5.0],
        "cash": [cash, cash],
        "equity": [cash + 4_000.0] * 2,
    }


def test_the_average_price_of_a_short_is_above_zero() -> None:
    run = Run(of_the_book)
    run.decide(bar(1), book=FrozenBook(bought((-10, 12_000)), {}))
    assert (run.last["pos"], run.last["avg_price"]) == ([-10.0], [120.0])


def test_the_average_price_compares_with_the_adjusted_close_after_a_split() -> None:
    run, book = Run(lambda m: {"gain": m.close / m.avg_price - 1}), bought((10, 10_000))
    run.decide(bar(1, close=110.0), book=FrozenBook(book, {}))
    before = run.last["gain"]
    book.apply_action(CorporateAction(A, 7, numerator=4, factor=4.0), UNIVERSE.instrument(A))
    run.decide(bar(2, close=27.5 * 4.0, factor=4.0, raw=2_750), book=FrozenBook(book, {}))
    assert run.last["gain"] == before == [110.0 / 100.0 - 1]


# Bars ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["month_end", "week_end", "session_start", "session_end"])
def test_columns_of_the_calendar_are_read_from_the_bar_and_from_coarser_bars(name: str) -> None:
    run = Run(lambda m: {"x": where(m[name], 1.0, 0.0), "y": where(m.at("15m")[name], 1.0, 0.0).asof()})
    coarse = quarter(15, bar(15, A, columns={name: 0.0}), bar(15, B, columns={name: 1.0}))
    run.decide(bar(15, A, columns={name: 1.0}), bar(15, B, columns={name: 0.0}), coarser=[coarse])
    assert run.last == {"x": [1.0, 0.0], "y": [0.0, 1.0]}


def test_the_session_and_raw_prices_are_the_bar_s() -> None:
    run = Run(lambda m: {"session": m.session, "raw": m.raw.close, "adjusted": m.close, "volume": m.volume})
    run.decide(bar(1, close=50.0, factor=0.5, raw=10_000))
    assert run.last == {"session": [7.0], "raw": [100.0], "adjusted": [50.0], "volume": [50.0]}


def test_a_raw_price_that_is_missing_is_unknown() -> None:
    run = Run(lambda m: {"target": m.raw.close / 1000, "volume": m.volume})
    assert run.decide(bar(1, A, raw=MISSING_PRICE), bar(1, B, raw=10_000)) == [Target(B, 0.1, "target 0.1, volume 50")]
    assert bits(run.last["target"]) == bits([math.nan, 0.1])
