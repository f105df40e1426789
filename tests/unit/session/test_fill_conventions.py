"""At which close or open market orders trade, and what the books are worth then."""

from __future__ import annotations

import pytest
from fakes.bars import A, Row, flat
from fakes.session import PerFill, Script, Session

from friday_core.domain.market import CorporateAction
from friday_core.domain.orders import Order, OrderType, Side, TimeInForce
from friday_core.domain.signals import Target
from friday_core.simulation.matching_rules import FillAt

BUY, SELL = Side.BUY, Side.SELL
GTC = TimeInForce.GTC
THIS = {"fill": FillAt.THIS_CLOSE}
NEXT = {"fill": FillAt.NEXT_CLOSE}


def test_at_this_close_the_book_is_valued_after_what_was_decided_has_traded() -> None:
    # 10 at 100, one tick worse: 1,010 and 5 of charges. Worth 1,000: equity is 15 less at once.
    session = Session(
        Script({1: [Order(A, BUY, 10)]}), capital=10_000, charges=PerFill(5), matching={**THIS, "slippage_ticks": 1}
    ).run([flat(1, A, 100), flat(2, A, 110)])
    assert session.fills == [(1, "A", 10, 101)]
    assert session.equity == [(1, 8_985, 1_000, 1_000, 9_985), (2, 8_985, 1_100, 1_100, 10_085)]


def test_at_this_close_the_last_bar_trades_too_and_the_equity_knows() -> None:
    session = Session(Script({2: [Order(A, BUY, 10)]}), capital=10_000, charges=PerFill(5), matching=THIS)
    session.run([flat(1, A, 100), flat(2, A, 100)])
    assert session.fills == [(2, "A", 10, 100)]
    assert session.equity[-1] == (2, 8_995, 1_000, 1_000, 9_995)


def test_at_this_close_an_order_with_a_price_sees_only_the_close() -> None:
    # The low of 80 is before the decision: only the close of 100 is left to trade at.
    resting = Order(A, BUY, 1, OrderType.LIMIT, 90, time_in_force=GTC)
    passed = Order(A, BUY, 2, OrderType.LIMIT, 101)
    session = Session(Script({1: [resting, passed]}), matching=THIS).run([Row(1, A, 100, 120, 80, 100), flat(2, A, 85)])
    assert session.fills == [(1, "A", 2, 100), (2, "A", 1, 85)]


def test_at_this_close_orders_of_earlier_bars_are_not_tried_twice() -> None:
    # The stop-limit of bar 1 is touched on bar 2, and rests from bar 3 on: not from the second round of bar 2.
    stop = Order(A, BUY, 1, OrderType.STOP_LIMIT, 120, 110, GTC)
    script = Script({1: [stop], 2: [Order(A, BUY, 2)]})
    session = Session(script, matching=THIS).run([flat(1, A, 100), Row(2, A, 105, 115, 100, 112), flat(3, A, 118)])
    assert session.fills == [(2, "A", 2, 112), (3, "A", 1, 118)]


def test_at_this_close_all_orders_together_take_no_more_than_their_share() -> None:
    # A tenth of 100 is 10: the limit order of bar 1 takes 8 of bar 2, the market order the other 2, and 5 of bar 3.
    script = Script({1: [Order(A, BUY, 8, OrderType.LIMIT, 90, None, GTC)], 2: [Order(A, BUY, 7, time_in_force=GTC)]})
    rows = [Row(1, A, 100, 100, 100, 100, 100.0), Row(2, A, 100, 100, 80, 100, 100.0), Row(3, A, 95, 95, 95, 95, 100.0)]
    session = Session(script, matching={**THIS, "participation_ppm": 100_000}).run(rows)
    assert session.fills == [(2, "A", 8, 90), (2, "A", 2, 100), (3, "A", 5, 95)]


def test_at_this_close_an_order_for_the_day_ends_with_the_day_of_its_close() -> None:
    session = Session(Script({1: [Order(A, BUY, 1, OrderType.LIMIT, 90)]}), matching=THIS)
    session.run([flat(1, A, 100), flat(2, A, 85)])
    assert (session.fills, session.ended) == ([], [(2, "expired", 0, "DAY_ENDED")])


def test_a_target_is_reached_at_the_close_that_it_was_sized_with() -> None:
    session = Session(Script({1: [Target(A, 1.0)], 2: [Target(A, 0.0)]}), capital=1_000, matching=THIS)
    session.run([flat(1, A, 100), flat(2, A, 130)])
    assert session.fills == [(1, "A", 10, 100), (2, "A", -10, 130)]
    assert session.equity[-1] == (2, 1_300, 0, 0, 1_300)


def test_at_the_next_close_nothing_trades_at_an_open() -> None:
    stop = Order(A, SELL, 1, OrderType.STOP, None, 95, GTC)
    session = Session(Script({1: [Order(A, BUY, 10), stop]}), matching=NEXT).run(
        [flat(1, A, 100), Row(2, A, 100, 110, 96, 105), Row(3, A, 97, 98, 90, 92)]
    )
    # A stop is touched within the bar and trades there: only what is at market waits for the close.
    assert session.fills == [(2, "A", 10, 105), (3, "A", -1, 95)]


@pytest.mark.parametrize(("matching", "day", "price"), [(NEXT, 2, 107), (THIS, 1, 100)])
def test_what_books_cross_has_the_price_of_the_broker(matching: dict[str, FillAt], day: int, price: int) -> None:
    scripts = Script({1: [Order(A, BUY, 10)]}), Script({1: [Order(A, SELL, 4)]})
    session = Session(*scripts, netting=True, matching=matching)
    session.run([flat(1, A, 100), Row(2, A, 101, 110, 100, 107)])
    assert sorted(session.fills) == [(day, "A", -4, price), (day, "A", 4, price), (day, "A", 6, price)]


def test_a_split_does_not_carry_an_order_for_the_auction_into_another_day() -> None:
    # Nothing says which bar is the last one, so that it waits; the split of day 3 finds its session over.
    script = Script({1: [Order(A, BUY, 10, time_in_force=TimeInForce.AT_CLOSE)]})
    rows = [flat(1, A, 100), flat(2, A, 100), flat(3, A, 50), flat(4, A, 50)]
    session = Session(script).run(rows, CorporateAction(A, 3, numerator=2, factor=2.0))
    assert [(one.status, one.order.quantity) for one in session.log.orders] == [("cancelled", 10)]
