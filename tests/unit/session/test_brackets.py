"""Orders that close what an entry traded: when they come, which of them trades, and how they end."""

from __future__ import annotations

from typing import Any

import pytest
from fakes.bars import A, B, Row, flat
from fakes.session import Script, Session

from friday_core.domain.chunk import Universe
from friday_core.domain.instruments import Instrument
from friday_core.domain.market import CorporateAction
from friday_core.domain.orders import Order, OrderEnded, OrderStatus, OrderType, Side, TimeInForce
from friday_core.domain.records import CancelOrder, PlaceOrder
from friday_core.domain.signals import Cancel

BUY, SELL = Side.BUY, Side.SELL
HALF = {"participation_ppm": 500_000}


def bracket(quantity: int = 10, stop_loss: int | None = 90, take_profit: int | None = 120, **more: Any) -> Order:
    return Order(A, BUY, quantity, stop_loss=stop_loss, take_profit=take_profit, **more)


def orders(session: Session) -> list[tuple[str, str, int, str, int]]:
    """Type, side, quantity, status and what traded of every order, in order."""
    return [
        (str(one.order.type), str(one.order.side), one.order.quantity, str(one.status), one.filled)
        for one in session.log.orders
    ]


def test_the_legs_come_with_the_fill_and_have_tags_of_their_own() -> None:
    session = Session(Script({1: [bracket()]})).run([flat(1, A, 100), flat(2, A, 101), flat(3, A, 102)])
    entry, stop, limit = (one.order for one in session.log.orders)
    assert (stop.type, stop.trigger_price, stop.quantity) == (OrderType.STOP, 90, 10)
    assert (limit.type, limit.limit_price, limit.quantity) == (OrderType.LIMIT, 120, 10)
    assert [one.tag for one in (entry, stop, limit)] == ["F00010000001", "F00020000001", "F00020000002"]
    assert {one.reason for one in (stop, limit)} == {f"BRACKET: closes {entry.tag}"}
    sent = [one.order for intents in session.intents for one in intents if isinstance(one, PlaceOrder)]
    assert sent == [entry, stop, limit]


def test_nothing_is_placed_before_the_entry_trades() -> None:
    entry = bracket(type=OrderType.LIMIT, limit_price=95)
    session = Session(Script({1: [entry]})).run([flat(1, A, 100), Row(2, A, 100, 130, 96, 100)])
    assert orders(session) == [("limit", "buy", 10, "cancelled", 0)]


@pytest.mark.parametrize(("latency", "day"), [(0, 3), (1, 4)])
def test_legs_take_as_long_to_the_market_as_other_orders(latency: int, day: int) -> None:
    bars = [flat(1, A, 100), *(flat(n, A, 100) for n in range(2, 3 + latency)), *(flat(n, A, 80) for n in range(3, 8))]
    rows = sorted({row.session: row for row in bars}.values(), key=lambda row: row.session)
    session = Session(Script({1: [bracket()]}), matching={"latency": latency}).run(rows)
    entered, left = session.fills
    assert (entered[0], left[0]) == (2 + latency, day + latency)


def test_of_a_bar_that_reaches_both_the_stop_trades() -> None:
    session = Session(Script({1: [bracket()]})).run([flat(1, A, 100), flat(2, A, 100), Row(3, A, 100, 130, 80, 100)])
    assert session.fills == [(2, "A", 10, 100), (3, "A", -10, 90)]
    assert orders(session)[1:] == [("stop", "sell", 10, "filled", 10), ("limit", "sell", 10, "cancelled", 0)]


def test_what_one_leg_trades_the_other_is_reduced_by() -> None:
    # Half of 8 trade at the target; of the stop 6 are left, which take what remains on the next bars.
    rows = [flat(1, A, 100), flat(2, A, 100), Row(3, A, 115, 125, 110, 115, 8.0), Row(4, A, 85, 86, 84, 85, 100.0)]
    session = Session(Script({1: [bracket()]}), matching=HALF).run(rows)
    assert session.fills == [(2, "A", 10, 100), (3, "A", -4, 120), (4, "A", -6, 85)]
    assert orders(session)[1:] == [
        ("stop", "sell", 10, "cancelled", 0),
        ("limit", "sell", 10, "cancelled", 4),
        ("stop", "sell", 6, "filled", 6),
    ]
    assert session.book.position(A) == 0


def test_a_stop_that_was_touched_stays_touched_in_the_one_that_takes_its_place() -> None:
    # Bar 3 touches the stop, and its volume lets 1 trade. Bar 4 trades 4 at the target, which is above the trigger; the
    # new stop is at market on bar 5 although nothing touches it again.
    rows = [
        flat(1, A, 100), flat(2, A, 100), Row(3, A, 95, 95, 85, 95, 2.0),
        Row(4, A, 125, 130, 119, 125, 0.0), Row(5, A, 110, 111, 109, 110, 100.0),
    ]  # fmt: skip
    session = Session(Script({1: [bracket()]}), matching=HALF).run(rows)
    assert session.fills == [(2, "A", 10, 100), (3, "A", -1, 90), (5, "A", -9, 110)]


def test_each_fill_of_an_entry_has_legs_of_its_own() -> None:
    rows = [flat(1, A, 100), Row(2, A, 100, 100, 100, 100, 8.0), flat(3, A, 101), flat(4, A, 130)]
    session = Session(Script({1: [bracket(time_in_force=TimeInForce.GTC)]}), matching=HALF).run(rows)
    assert session.fills == [(2, "A", 4, 100), (3, "A", 6, 101), (4, "A", -4, 130), (4, "A", -6, 130)]
    assert session.book.position(A) == 0


def test_what_closes_the_position_otherwise_ends_the_legs() -> None:
    script = Script({1: [bracket()], 2: [Order(A, SELL, 10)]})
    session = Session(script).run([flat(1, A, 100), flat(2, A, 100), flat(3, A, 105), Row(4, A, 100, 200, 50, 100)])
    assert session.fills == [(2, "A", 10, 100), (3, "A", -10, 105)]
    assert orders(session)[1:3] == [("stop", "sell", 10, "cancelled", 0), ("limit", "sell", 10, "cancelled", 0)]
    cancelled = [one.tag for intents in session.intents for one in intents if isinstance(one, CancelOrder)]
    assert cancelled == [one.order.tag for one in session.log.orders[1:3]]


def test_what_closes_a_part_of_the_position_makes_the_legs_smaller() -> None:
    script = Script({1: [bracket()], 2: [Order(A, SELL, 3)]})
    session = Session(script).run([flat(1, A, 100), flat(2, A, 100), flat(3, A, 105), flat(4, A, 130)])
    assert session.fills == [(2, "A", 10, 100), (3, "A", -3, 105), (4, "A", -7, 130)]


def test_only_what_an_entry_adds_to_a_position_is_closed() -> None:
    # Short 4, the entry buys 10: long 6.
    script = Script({1: [Order(A, SELL, 4)], 2: [bracket()]})
    session = Session(script).run([*(flat(n, A, 100) for n in (1, 2, 3)), flat(4, A, 130)])
    assert session.fills == [(2, "A", -4, 100), (3, "A", 10, 100), (4, "A", -6, 130)]


def test_a_strategy_that_cancels_gives_up_both_legs() -> None:
    script = Script({1: [bracket()], 3: [Cancel(A)]})
    session = Session(script).run([*(flat(n, A, 100) for n in (1, 2, 3)), flat(4, A, 50), flat(5, A, 200)])
    assert session.fills == [(2, "A", 10, 100)]


def test_a_split_ends_entry_and_legs() -> None:
    script = Script({1: [bracket()], 3: [bracket()]})
    split = CorporateAction(A, 4, numerator=2, factor=2.0)
    rows = [*(flat(n, A, 100) for n in (1, 2, 3)), flat(4, A, 50), flat(5, A, 200)]
    session = Session(script).run(rows, split)
    assert [(day, code) for day, _, _, code in session.ended[1:]] == [(4, "CORPORATE_ACTION")] * 3
    assert session.book.position(A) == 20


def test_the_legs_count_once_for_what_is_on_its_way() -> None:
    open_quantities = []

    def look(book: Any) -> list[Any]:
        open_quantities.append(book.open_quantity(A))
        return []

    Session(Script({1: [bracket()], 2: look, 3: look})).run([flat(n, A, 100) for n in (1, 2, 3)])
    assert open_quantities == [-10, -10]


def test_a_limit_that_latches_leaves_the_legs_to_close_the_position() -> None:
    # The book loses 4 of 100 on day 3, more than 2%: what would add is cancelled, and the legs add nothing.
    rows = [flat(1, A, 100), flat(2, A, 100), flat(3, A, 96), Row(4, A, 125, 130, 120, 125), flat(5, A, 125)]
    session = Session(Script({1: [bracket(stop_loss=50)]}), capital=1_000, risk={"max_drawdown": 0.02}).run(rows)
    assert session.fills == [(2, "A", 10, 100), (4, "A", -10, 125)]


def test_a_strategy_is_told_how_its_legs_end() -> None:
    script = Script({1: [bracket()]})
    Session(script).run([flat(1, A, 100), flat(2, A, 100), flat(3, A, 130), flat(4, A, 130)])
    ended = [event for event in script.events if isinstance(event, OrderEnded)]
    assert [(one.status, one.reason.split(":")[0]) for one in ended] == [(OrderStatus.CANCELLED, "BRACKET")]


def test_one_leg_alone_is_a_stop_or_a_target() -> None:
    session = Session(Script({1: [bracket(stop_loss=None)]})).run([flat(1, A, 100), flat(2, A, 100), flat(3, A, 130)])
    assert session.fills == [(2, "A", 10, 100), (3, "A", -10, 130)]


@pytest.mark.parametrize(("declared", "code"), [({OrderType.MARKET}, "UNDECLARED_TYPE"), (set(OrderType), "SENT")])
def test_a_strategy_declares_the_types_of_the_legs(declared: set[OrderType], code: str) -> None:
    session = Session(Script({1: [bracket()]}, declared)).run([flat(1, A, 100), flat(2, A, 100)])
    assert session.codes == [(1, "A", code)]


def test_prices_of_legs_are_whole_ticks() -> None:
    coarse = Universe([Instrument(A, "INR", tick_size=5), Instrument(B, "INR")])
    session = Session(Script({1: [bracket(stop_loss=91)]}), universe=coarse).run([flat(1, A, 100), flat(2, A, 100)])
    assert session.codes == [(1, "A", "OFF_TICK")]
