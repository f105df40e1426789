"""Doubles that authors' tests are made with."""

from __future__ import annotations

import pytest

from friday_core.domain.orders import Order, OrderStatus, Side, WorkingOrder
from friday_core.errors import InvariantError
from friday_core.testing.builders import bars, instrument
from friday_core.testing.doubles import (
    End,
    MarketSource,
    ScriptedBroker,
    SimulatedClock,
    Step,
    Trade,
    book_view,
)
from friday_core.testing.markets import Markets

INFY = instrument()


def played(*scripts: list[Step], bars_of: int = 4) -> list[tuple[OrderStatus, int]]:
    """Status and filled quantity of an order of 10 for each script, after some slices."""
    broker = ScriptedBroker(*scripts)
    orders = [WorkingOrder(Order(INFY.id, Side.BUY, 10, tag=f"F{n}"), 0) for n in range(len(scripts))]
    matcher = broker.matcher()
    for ordinal, one in enumerate(bars([100.0] * bars_of)):
        executions = matcher.match(ordinal, [one], orders)
        execution = next(executions, None)
        while execution is not None:
            execution.order.fill(execution.quantity)
            try:
                execution = executions.send(execution.quantity)
            except StopIteration:
                execution = None
    return [(one.status, one.filled) for one in orders]


def test_an_order_fills_as_its_script_says() -> None:
    assert played([None, Trade(3), Trade(7)]) == [(OrderStatus.FILLED, 10)]


def test_an_order_that_fills_in_part_stays_so() -> None:
    assert played([Trade(3)]) == [(OrderStatus.PARTIAL, 3)]


def test_an_order_is_rejected_where_the_script_says_so() -> None:
    assert played([End()], [Trade(10)]) == [(OrderStatus.REJECTED, 0), (OrderStatus.FILLED, 10)]


def test_an_order_may_be_in_doubt_and_fill_late() -> None:
    assert played([End(OrderStatus.IN_DOUBT, "no answer"), Trade(10)]) == [(OrderStatus.FILLED, 10)]


def test_an_order_without_a_script_waits() -> None:
    broker = ScriptedBroker()
    order = WorkingOrder(Order(INFY.id, Side.BUY, 10, tag="F1"), 0)
    assert list(broker.matcher().match(0, bars([100.0]), [order])) == []
    assert order.status is OrderStatus.OPEN


def test_a_book_holds_what_is_said_and_has_the_cash_that_is_said() -> None:
    book = book_view(50_000, {INFY: 5}, price=10_000, working={INFY.id: -2})
    assert (book.cash, book.position(INFY.id), book.open_quantity(INFY.id)) == (500.0, 5, -2)
    assert book.equity == 500.0 + 5 * 100.0


def test_the_clock_goes_when_it_is_told_and_never_back() -> None:
    clock = SimulatedClock(5)
    clock.advance(10)
    assert clock.now() == 15
    with pytest.raises(InvariantError, match="cannot go back"):
        clock.set(1)


def test_a_market_as_a_source_delivers_all_of_it() -> None:
    market = Markets().minutes
    source = MarketSource(market, chunk_rows=100)
    assert [len(chunk) for chunk in source.bars()][:2] == [100, 100]
    assert sum(map(len, source.bars())) == len(market.rows)
