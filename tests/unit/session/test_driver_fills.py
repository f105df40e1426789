"""The driver on hand-made bars: when orders fill, at what price, and what is in the book then.

Prices are paise, and so is money: 10 shares at 100 cost 1,000.
"""

from __future__ import annotations

from typing import Any

import pytest
from fakes.bars import A, B, C, Row, flat
from fakes.session import PerFill, Script, Session

from friday_core.domain.orders import Fill, Order, OrderEnded, OrderType, Side, TimeInForce
from friday_core.domain.records import CancelOrder, PlaceOrder

BUY, SELL = Side.BUY, Side.SELL


def buy_limit(quantity: int, limit: int, **changes: Any) -> Order:
    return Order(A, BUY, quantity, OrderType.LIMIT, limit_price=limit, **changes)


def test_a_market_order_fills_at_the_next_open_with_slippage_and_charges() -> None:
    # Open 100, two ticks worse: 102. 10 x 102 = 1,020; charges 5 + 1,020 // 1,000 = 6.
    # Cash 10,000 - 1,026 = 8,974. Day 2 closes at 110: 1,100, equity 10,074. Day 3 at 90: 9,874.
    session = Session(
        Script({1: [Order(A, BUY, 10)]}), capital=10_000, charges=PerFill(5, 1), matching={"slippage_ticks": 2}
    ).run([flat(1, A, 77), Row(2, A, 100, 120, 95, 110), flat(3, A, 90)])
    assert session.fills == [(2, "A", 10, 102)]
    assert session.equity == [(1, 10_000, 0, 0, 10_000), (2, 8_974, 1_100, 1_100, 10_074), (3, 8_974, 900, 900, 9_874)]
    assert (session.book.realised, session.book.unrealised, session.book.charges) == (0, -120, 6)


def test_an_order_never_fills_on_the_slice_of_its_decision() -> None:
    session = Session(Script({1: [Order(A, BUY, 10)]})).run([Row(1, A, 50, 50, 50, 50), flat(2, A, 100)])
    assert session.fills == [(2, "A", 10, 100)]


def test_an_order_waits_for_the_next_bar_of_its_own_instrument() -> None:
    session = Session(Script({1: [Order(A, BUY, 10)]})).run([flat(1, A, 50), flat(2, B, 70), flat(3, A, 60)])
    assert session.fills == [(3, "A", 10, 60)]


@pytest.mark.parametrize(("latency", "day"), [(0, 2), (1, 3), (2, 4)])
def test_latency_counts_slices(latency: int, day: int) -> None:
    session = Session(Script({1: [Order(A, BUY, 10)]}), matching={"latency": latency})
    session.run([flat(n, A, 100 + n) for n in range(1, 6)])
    assert session.fills == [(day, "A", 10, 100 + day)]


def test_sells_come_before_buys_and_their_proceeds_are_spent() -> None:
    # Day 2: 10 A for all 1,000. It then asks for 9 B, and to sell 10 A: the sell is admitted first
    # and brings an expected 1,000, so that 9 x 100 = 900 pass.
    # Day 3: sold at 110, cash 1,100; 9 B at 105 are 945, cash 155.
    script = Script({1: [Order(A, BUY, 10)], 2: [Order(B, BUY, 9), Order(A, SELL, 10)]})
    session = Session(script, capital=1_000).run(
        [flat(1, A, 100), flat(2, A, 100), flat(2, B, 100), Row(3, A, 110, 110, 90, 90), flat(3, B, 105)]
    )
    assert session.codes == [(1, "A", "SENT"), (2, "A", "SENT"), (2, "B", "SENT")]
    assert session.fills == [(2, "A", 10, 100), (3, "A", -10, 110), (3, "B", 9, 105)]
    assert session.equity[-1] == (3, 155, 945, 945, 1_100)
    assert session.book.realised == 100


def test_charges_of_the_sell_are_not_spent() -> None:
    # 10 A bring 1,000 less 50: 950, less 50 of charges for B itself leaves 900, so 9 of 10 B.
    script = Script({1: [Order(A, BUY, 10)], 2: [Order(A, SELL, 10), Order(B, BUY, 10)]})
    session = Session(script, capital=1_050, charges=PerFill(50)).run(
        [flat(day, name, 100) for day in (1, 2, 3) for name in (A, B)]
    )
    assert session.asked_and_sent == [(10, 10, "SENT"), (-10, -10, "SENT"), (10, 9, "CLIPPED_CASH")]
    assert session.equity[-1] == (3, 0, 900, 900, 900)


@pytest.mark.parametrize(("buffer", "sent"), [(0.0, 10), (0.02, 9), (0.25, 8)])
def test_a_buy_is_cut_to_the_cash_at_the_decision(buffer: float, sent: int) -> None:
    session = Session(Script({1: [Order(A, BUY, 15)]}), capital=1_000, risk={"cash_buffer": buffer})
    session.run([flat(1, A, 100), flat(2, A, 100)])
    assert session.asked_and_sent == [(15, sent, "CLIPPED_CASH")]
    assert session.fills == [(2, "A", sent, 100)]


def test_a_buy_is_cut_to_the_cash_at_the_fill() -> None:
    # Decided for 10 at 100; it opens at 125, where 1,000 pay for 8.
    session = Session(Script({1: [Order(A, BUY, 10)]}), capital=1_000).run([flat(1, A, 100), flat(2, A, 125)])
    assert session.fills == [(2, "A", 8, 125)]
    assert session.ended == [(2, "cancelled", 8, "CLIPPED_CASH")]
    assert session.equity[-1] == (2, 0, 1_000, 1_000, 1_000)


def test_a_buy_without_any_cash_left_is_cancelled_with_nothing_filled() -> None:
    session = Session(Script({1: [Order(A, BUY, 1)]}), capital=100).run([flat(1, A, 100), flat(2, A, 101)])
    assert (session.fills, session.ended) == ([], [(2, "cancelled", 0, "NO_CASH")])


def test_buys_of_one_slice_share_the_cash_alike() -> None:
    decisions = [Order(one, BUY, 6) for one in (C, A, B)]
    session = Session(Script({1: decisions}), capital=1_000).run([flat(1, one, 100) for one in (A, B, C)])
    # 18 are wanted, the cash pays for 10: 3 of each 6, since 4 would be 12.
    assert [(one.instrument.symbol, one.sent, one.code) for one in session.log.decisions] == [
        ("A", 3, "CLIPPED_CASH"),
        ("B", 3, "CLIPPED_CASH"),
        ("C", 3, "CLIPPED_CASH"),
    ]


def test_cash_reserved_by_a_working_order_is_not_spent_twice() -> None:
    script = Script({1: [buy_limit(8, 90, time_in_force=TimeInForce.GTC)], 2: [Order(B, BUY, 10)]})
    session = Session(script, capital=1_000).run([flat(day, one, 100) for day in (1, 2, 3) for one in (A, B)])
    # 8 x 90 = 720 are reserved: 280 are left, for 2 B at 100.
    assert session.asked_and_sent == [(8, 8, "SENT"), (10, 2, "CLIPPED_CASH")]


def test_a_resting_sell_brings_no_cash_before_it_fills() -> None:
    take_profit = Order(A, SELL, 10, OrderType.LIMIT, limit_price=500, time_in_force=TimeInForce.GTC)
    script = Script({1: [Order(A, BUY, 10)], 2: [take_profit, Order(B, BUY, 5)], 3: [Order(B, BUY, 5)]})
    session = Session(script, capital=1_000).run([flat(day, one, 100) for day in (1, 2, 3, 4) for one in (A, B)])
    assert session.asked_and_sent[1:] == [(-10, -10, "SENT"), (5, 0, "CLIPPED_CASH"), (5, 0, "CLIPPED_CASH")]


def test_what_two_sells_of_one_position_will_bring_counts_once() -> None:
    # 10 A at 100 bring 1,000 once, whether sold by one order or by two, of which the second opens a short.
    script = Script({1: [Order(A, BUY, 10)], 2: [Order(A, SELL, 10), Order(A, SELL, 10), Order(B, BUY, 15)]})
    session = Session(script, capital=1_000).run([flat(day, one, 100) for day in (1, 2, 3) for one in (A, B)])
    assert session.asked_and_sent[1:] == [(-10, -10, "SENT"), (-10, -10, "SENT"), (15, 10, "CLIPPED_CASH")]


def test_what_waiting_sells_of_one_position_will_bring_counts_once_on_the_next_slice() -> None:
    script = Script({1: [Order(A, BUY, 10)], 3: [Order(A, SELL, 10), Order(A, SELL, 10)], 4: [Order(B, BUY, 15)]})
    session = Session(script, capital=1_000, matching={"latency": 1})
    session.run([flat(day, one, 100) for day in range(1, 6) for one in (A, B)])
    assert session.asked_and_sent[1:] == [(-10, -10, "SENT"), (-10, -10, "SENT"), (15, 10, "CLIPPED_CASH")]


def test_a_day_order_expires_on_the_next_session() -> None:
    session = Session(Script({1: [buy_limit(10, 90)]})).run([flat(day, A, 100) for day in (1, 2, 3)])
    assert (session.fills, session.ended) == ([], [(3, "expired", 0, "DAY_ENDED")])


def test_a_day_order_works_through_all_slices_of_its_session() -> None:
    rows = [flat(1, A, 100), flat(2, A, 100), flat(2, A, 100, minute=1), flat(2, A, 80, minute=2), flat(3, A, 80)]
    session = Session(Script({1: [buy_limit(10, 90)]})).run(rows)
    assert session.fills == [(2, "A", 10, 80)]


def test_a_good_till_cancelled_order_rests() -> None:
    session = Session(Script({1: [buy_limit(10, 90, time_in_force=TimeInForce.GTC)]}))
    session.run([*(flat(day, A, 100) for day in range(1, 6)), Row(6, A, 95, 95, 89, 95)])
    assert session.fills == [(6, "A", 10, 90)]


def test_a_decision_on_the_last_slice_is_recorded_and_cancelled_at_the_end() -> None:
    session = Session(Script({2: [Order(A, BUY, 10)]})).run([flat(1, A, 100), flat(2, A, 100)])
    (decision,) = session.log.decisions
    assert (decision.code, decision.sent, session.fills) == ("SENT", 10, [])
    assert session.ended == [(2, "cancelled", 0, "END_OF_DATA")]
    assert session.intents[-1] == [CancelOrder(decision.tag, "END_OF_DATA")]


def test_every_order_is_an_intent_and_so_is_every_cancel_by_us() -> None:
    session = Session(Script({1: [Order(A, BUY, 10, reason="because")]}))
    session.feed([flat(1, A, 100)])
    session.feed([flat(2, A, 100)])
    ((intent,),) = [intents for intents in session.intents if intents]
    assert isinstance(intent, PlaceOrder)
    order = intent.order
    assert (order.strategy, order.reason, order.ts_decided) == ("s0", "because", flat(1, A, 1).ts_event)
    assert order.tag == session.log.orders[0].order.tag == session.log.decisions[0].tag


def test_tags_are_derived_from_session_strategy_and_count() -> None:
    script = Script({1: [Order(A, BUY, 1), Order(B, BUY, 1)], 2: [Order(A, BUY, 1)]})
    session = Session(script).run([flat(1, A, 100), flat(1, B, 100), flat(2, A, 100), flat(3, A, 100)])
    assert [one.order.tag for one in session.log.orders] == ["F00010000001", "F00010000002", "F00020000001"]


def test_sessions_before_1970_have_tags_too() -> None:
    session = Session(Script({-2_922: [Order(A, BUY, 1)]})).run([flat(-2_922, A, 100), flat(-2_921, A, 100)])
    assert session.fills == [(-2_921, "A", 1, 100)]
    assert [len(one.order.tag) for one in session.log.orders] == [12]


def test_a_strategy_is_told_of_fills_and_ends_before_the_bars_of_the_slice() -> None:
    script = Script({1: [Order(A, BUY, 10), buy_limit(5, 90)]})
    Session(script).run([flat(1, A, 100), flat(2, A, 100), flat(3, A, 100)])
    kinds = [type(event).__name__ for event in script.events]
    assert kinds == ["Bar", "Fill", "Bar", "OrderEnded", "Bar"]
    fill, end = script.events[1], script.events[3]
    assert isinstance(fill, Fill)
    assert (fill.quantity, fill.price, fill.strategy) == (10, 100, "s0")
    assert isinstance(end, OrderEnded)
    assert (str(end.status), end.filled) == ("expired", 0)


def test_partial_fills_are_booked_and_charged_one_by_one() -> None:
    # A tenth of the volume: 4, then 4, then the last 2, each with 5 of charges.
    rows = [flat(1, A, 100), *(Row(day, A, 100, 100, 100, 100, volume=40.0) for day in (2, 3, 4))]
    order = Order(A, BUY, 10, time_in_force=TimeInForce.GTC)
    session = Session(Script({1: [order]}), charges=PerFill(5), matching={"participation_ppm": 100_000}).run(rows)
    assert [fill[2] for fill in session.fills] == [4, 4, 2]
    assert session.equity[-1][1:3] == (1_000_000 - 1_000 - 15, 1_000)


def test_positions_are_logged_at_the_end_of_each_session() -> None:
    session = Session(Script({1: [Order(A, BUY, 10)]})).run(
        [flat(1, A, 100), flat(2, A, 100), flat(2, A, 130, minute=1), flat(3, A, 120)]
    )
    assert [(one.session, one.quantity, one.cost, one.price, one.value) for one in session.log.positions] == [
        (2, 10, 1_000, 130, 1_300),
        (3, 10, 1_000, 120, 1_200),
    ]


def test_a_session_without_rows_ends_with_nothing() -> None:
    session = Session(Script({}))
    session.end()
    assert session.outcome[:4] == ([], [], [], [])
    assert session.log.slices == 0
