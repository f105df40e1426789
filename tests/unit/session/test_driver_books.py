"""Several strategies in one session: each with its own book, and none in the way of another."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np
import pytest
from fakes.bars import A, B, chunk_of, flat, one_by_one
from fakes.session import PerFill, Script, Session

from friday_core.domain.market import Bar
from friday_core.domain.orders import Fill, Order, OrderType, Side, TimeInForce
from friday_core.domain.signals import Cancel, Signal, Target
from friday_core.errors import PluginContractError
from friday_core.interfaces.strategy import BookView, Decision, Event, Strategy

BUY, SELL = Side.BUY, Side.SELL
ROWS = [flat(day, one, 100 + day) for day in (1, 2, 3) for one in (A, B)]


def resting(quantity: int) -> Order:
    return Order(A, BUY, quantity, OrderType.LIMIT, limit_price=50, time_in_force=TimeInForce.GTC)


def test_every_strategy_has_a_book_of_its_own_and_the_account_is_their_sum() -> None:
    first, second = Script({1: [Order(A, BUY, 5)]}), Script({1: [Order(A, SELL, 3), Order(B, BUY, 2)]})
    session = Session(first, second, capital=1_000, charges=PerFill(1)).run(ROWS)
    books = session.account.books
    assert [book.positions() for book in books.values()] == [{A: 5}, {A: -3, B: 2}]
    # 5 x 102 + 1 leave 489; -3 x 102 + 1 and 2 x 102 + 1 bring 100.
    assert [book.cash for book in books.values()] == [489, 1_100]
    assert session.account.position(A) == 2
    assert session.account.equity == sum(book.equity for book in books.values()) == 489 + 515 + 1_100 - 309 + 206
    assert [equity for *_, equity in session.equity[-2:]] == [books["s0"].equity, books["s1"].equity]


def test_strategies_decide_in_the_order_of_the_configuration_and_their_orders_arrive_in_it() -> None:
    buys = [Script({1: [Order(A, BUY, 1)]}) for _ in range(3)]
    session = Session(*buys).run(ROWS)
    assert [fill.strategy for fill in session.log.fills] == ["s0", "s1", "s2"]
    assert [one.order.tag[5:7] for one in session.log.orders] == ["00", "01", "02"]


def test_a_strategy_cannot_spend_the_cash_of_another() -> None:
    session = Session(Script({}), Script({1: [Order(A, BUY, 20)]}), capital=1_010).run(ROWS)
    assert session.asked_and_sent == [(20, 10, "CLIPPED_CASH")]


def test_a_cancel_concerns_the_own_orders_only() -> None:
    session = Session(Script({1: [resting(1)]}), Script({1: [resting(2)], 2: [Cancel(A)]})).run(ROWS)
    assert session.ended == [(2, "cancelled", 0, "CANCELLED"), (3, "cancelled", 0, "END_OF_DATA")]


def test_a_strategy_hears_of_its_own_fills_only() -> None:
    idle, busy = Script({}), Script({1: [Order(A, BUY, 1)]})
    Session(idle, busy).run(ROWS)
    assert [sum(isinstance(event, Fill) for event in one.events) for one in (idle, busy)] == [0, 1]


def test_a_strategy_sees_and_trades_its_instruments_only() -> None:
    script = Script({1: [Target(A, 0.5), Target(B, 0.5)]})
    session = Session(script, sees={0: [B]}, capital=10_000).run(ROWS)
    assert {event.instrument.id for event in script.events if isinstance(event, Bar)} == {B}
    assert session.codes == [(1, "A", "UNKNOWN_INSTRUMENT"), (1, "B", "SENT")]


def test_a_strategy_without_a_bar_in_the_slice_says_nothing_and_keeps_its_orders() -> None:
    script = Script({1: [Order(B, BUY, 1)]})
    session = Session(script, sees={0: [B]}).run([flat(1, B, 100), flat(2, A, 100), flat(3, B, 120)])
    assert session.fills == [(3, "B", 1, 120)]
    assert [event.session for event in script.events if isinstance(event, Bar)] == [1, 3]


class Answers(Strategy):
    """Answers every bar with what the test chooses."""

    order_types = frozenset(OrderType)

    def __init__(self, answer: Callable[[Bar], Any]) -> None:
        self.asked = 0
        self._answer = answer

    def on_event(self, event: Event, book: BookView) -> Iterable[Decision] | None:
        self.asked += 1
        answer: Iterable[Decision] | None = self._answer(event) if isinstance(event, Bar) else None
        return answer


#: Of a type that a checker would refuse.
HALF: Any = 0.5
SEVEN: Any = 7


def raising(bar: Bar) -> Iterator[Decision]:
    yield Order(A, BUY, 1)
    raise RuntimeError("after the first decision")


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (lambda bar: 1 / 0, "ZeroDivisionError: division by zero"),
        (raising, "RuntimeError: after the first decision"),
        (lambda bar: 7, "TypeError: 'int' object is not iterable"),
        (lambda bar: [None], "PluginContractError: strategy 's0' returned None: only Signal, Target, Order and Cancel"),
        (lambda bar: [bar], "PluginContractError: strategy 's0' returned Bar("),
        (lambda bar: "buy", "PluginContractError: strategy 's0' returned 'b': only"),
        (lambda bar: Signal(bar.instrument.id, 1.0), "TypeError: 'Signal' object is not iterable"),
        (lambda bar: [Signal(bar.instrument, 1.0)], "ValueError: Instrument("),
        (lambda bar: [Signal("A.NSE", 1.0)], "ValueError: 'A.NSE' is not an InstrumentId"),  # type: ignore[arg-type]
        (lambda bar: [Target(bar.instrument.id, float("nan"))], "ValueError: target for A.NSE: nan is not finite"),
        (lambda bar: [Order(bar.instrument.id, BUY, HALF)], "ValueError: order for A.NSE: quantity 0.5 is not a whole"),
        (
            lambda bar: [Signal(bar.instrument.id, 1.0, reason=SEVEN)],
            "PluginContractError: strategy 's0': a reason is no text: 7",
        ),
        (lambda bar: [bar["volatility"]], "KeyError: 'volatility'"),
    ],
)
def test_a_strategy_that_raises_or_answers_garbage_is_stopped_and_the_others_go_on(
    answer: Callable[[Bar], Any], error: str
) -> None:
    broken, other = Answers(answer), Script({1: [Order(A, BUY, 1)], 2: [Order(A, BUY, 1)]})
    session = Session(broken, other).run(ROWS)
    (stopped,) = session.log.stopped
    assert stopped.strategy == "s0"
    assert stopped.error.startswith(error)
    assert broken.asked == 1
    assert [(fill.strategy, fill.quantity) for fill in session.log.fills] == [("s1", 1), ("s1", 1)]
    assert len(session.log.digest()) == 64


def test_a_stopped_strategy_has_its_orders_cancelled_and_keeps_its_position() -> None:
    def answer(bar: Bar) -> list[Decision]:
        if bar.session == 3:
            raise RuntimeError("day 3")
        return [Order(A, BUY, 1), resting(5)] if (bar.session, bar.instrument.id) == (1, A) else []

    session = Session(Answers(answer)).run(ROWS)
    assert [(status, code) for _, status, _, code in session.ended] == [
        ("filled", ""),
        ("cancelled", "STRATEGY_STOPPED"),
    ]
    assert session.book.positions() == {A: 1}


def test_numbers_of_numpy_are_as_good_as_plain_ones() -> None:
    class Numpy(Script):
        def on_event(self, event: Event, book: BookView) -> list[Decision]:
            if not isinstance(event, Bar) or event.session > 1:
                return []
            order = Order(B, BUY, np.int64(3), OrderType.LIMIT, limit_price=np.int64(200))  # type: ignore[arg-type]
            return [Signal(A, np.float64(0.5)), order] if event.instrument.id == A else []

    session = Session(Numpy({}), capital=10_000).run(ROWS)
    assert session.fills == [(2, "A", 49, 102), (2, "B", 3, 102)]
    assert len(session.log.digest()) == 64


@pytest.mark.parametrize("charged", [1.5, -1, None, np.int64(1)])
def test_a_charges_plan_that_is_no_whole_amount_is_named(charged: Any) -> None:
    class Odd(PerFill):
        def charges(self, side: Side, quantity: int, notional: int) -> int:
            return charged  # type: ignore[no-any-return]

    session = Session(Script({1: [Order(A, BUY, 1)]}), charges=Odd())
    session.feed(chunk_of(ROWS[:2]))
    with pytest.raises(PluginContractError, match="charges plan Odd must answer with whole minor units, not"):
        session.feed(chunk_of(ROWS[2:]))


def test_fills_of_a_slice_are_told_with_it_when_rows_come_one_by_one() -> None:
    whole, single = Script({1: [Order(A, BUY, 1)]}), Script({1: [Order(A, BUY, 1)]})
    Session(whole).run(ROWS)
    session = Session(single)
    for row in one_by_one(chunk_of(ROWS)):
        session.feed(row)
    session.end()
    assert single.events == whole.events
