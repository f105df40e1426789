"""Several strategies as one account: what meets is crossed, the rest is one order, and every book gets its part.

Prices are paise, and so is money: 10 shares at 100 cost 1,000.
"""

from __future__ import annotations

from typing import Any

import pytest
from fakes.bars import DAY, A, B, Row, flat
from fakes.session import PerFill, Script, Session

from friday_core.domain.chunk import Universe
from friday_core.domain.instruments import Instrument
from friday_core.domain.market import CorporateAction
from friday_core.domain.orders import Fill, NettedFill, Order, OrderEnded, OrderStatus, OrderType, Side, TimeInForce
from friday_core.domain.records import CancelOrder, PlaceOrder
from friday_core.domain.signals import Cancel, Target
from friday_core.session.log import NettingLog

BUY, SELL = Side.BUY, Side.SELL
GTC = TimeInForce.GTC


def netted(*scripts: Script, **settings: Any) -> Session:
    return Session(*scripts, netting=True, **settings)


def log_of(session: Session) -> NettingLog:
    assert session.log.netting is not None
    return session.log.netting


def days(*prices: int, of: tuple[Any, ...] = (A,)) -> list[Row]:
    """One bar a day."""
    return [flat(day, one, price) for day, price in enumerate(prices, 1) for one in of]


def parts(session: Session) -> list[tuple[int, str, str, int, int, int]]:
    """Day, strategy, kind, signed quantity, price, charges of every fill of a strategy."""
    return [
        (fill.ts_event // DAY, fill.strategy, str(fill.kind), fill.side.sign * fill.quantity, fill.price, fill.charges)
        for fill in session.log.fills
    ]


def account_orders(session: Session) -> list[tuple[int, str, int]]:
    """Signed quantity, status and filled quantity of every order of the account."""
    found = (one.working for one in log_of(session).orders)
    return [(one.order.side.sign * one.order.quantity, str(one.status), one.filled) for one in found]


def account_fills(session: Session) -> list[tuple[int, int, int, int]]:
    """Day, signed quantity, price and charges."""
    return [
        (fill.ts_event // DAY, fill.side.sign * fill.quantity, fill.price, fill.charges)
        for fill in log_of(session).fills
    ]


def ends(session: Session) -> list[tuple[int, str, str, int, str]]:
    """Day, strategy, status, filled quantity and code of the reason."""
    return [
        (one.ts_event // DAY, one.strategy, str(one.status), one.filled, one.reason.split(":")[0])
        for one in session.log.ended
    ]


def sent(session: Session) -> list[tuple[str, int]]:
    """What the broker was sent: tag and signed quantity of orders."""
    placed = [one.order for intents in session.intents for one in intents if isinstance(one, PlaceOrder)]
    return [(order.tag, order.side.sign * order.quantity) for order in placed]


def cancelled(session: Session) -> list[tuple[str, str]]:
    """Tag and code of every cancel that the broker was sent."""
    found = [one for intents in session.intents for one in intents if isinstance(one, CancelOrder)]
    return [(one.tag, one.reason.split(":")[0]) for one in found]


def cash(session: Session) -> list[int]:
    return [book.cash for book in session.account.books.values()]


# By hand ----------------------------------------------------------------------------------------


def test_three_strategies_by_hand() -> None:
    # Day 1: s0 buys 10, s1 sells 4, s2 buys 5 of A. Bought 15, sold 4: 4 meet, the account buys 11.
    # Day 2 opens at 100, a tick of slippage makes 101 for the account.
    #   Crosses at 100, free: 4 in proportion 10 : 5 are 2.67 and 1.33, so 3 to s0 and 1 to s2.
    #   The account buys 11 for 1,111; charges 5 + 1,111 // 100 = 16. What remains is 7 and 4:
    #   charges 16 x 7/11 = 10.18 and 5.82, so 10 and 6.
    #   s0: 10,000 - 300 - 707 - 10 = 8,983. s1: 10,000 + 400 = 10,400. s2: 10,000 - 100 - 404 - 6 = 9,490.
    scripts = Script({1: [Order(A, BUY, 10)]}), Script({1: [Order(A, SELL, 4)]}), Script({1: [Order(A, BUY, 5)]})
    session = netted(*scripts, capital=10_000, charges=PerFill(5, 10), matching={"slippage_ticks": 1})
    session.run(days(100, 100, 110))
    assert parts(session) == [
        (2, "s1", "cross", -4, 100, 0),
        (2, "s0", "cross", 3, 100, 0),
        (2, "s2", "cross", 1, 100, 0),
        (2, "s0", "market", 7, 101, 10),
        (2, "s2", "market", 4, 101, 6),
    ]
    assert account_fills(session) == [(2, 11, 101, 16)]
    assert account_orders(session) == [(11, "filled", 11)]
    assert cash(session) == [8_983, 10_400, 9_490]
    assert session.account.cash == 30_000 - 11 * 101 - 16
    assert [book.positions() for book in session.account.books.values()] == [{A: 10}, {A: -4}, {A: 5}]


def test_each_is_told_of_its_own_order_and_both_ways_lead_to_the_other() -> None:
    scripts = Script({1: [Order(A, BUY, 10)]}), Script({1: [Order(A, SELL, 4)]})
    session = netted(*scripts).run(days(100, 100))
    (account,) = log_of(session).orders
    (netting,) = log_of(session).nettings
    parents = [one.order.tag for one in session.log.orders]
    assert (account.working.order.tag, account.working.order.strategy) == ("F0001ZZ00001", "")
    assert account.parents == netting.orders == tuple(parents) == ("F00010000001", "F00010100001")
    assert (netting.bought, netting.sold, netting.account_order) == (10, 4, "F0001ZZ00001")
    fills = [event for event in scripts[0].events if isinstance(event, Fill)]
    assert [(fill.tag, fill.quantity) for fill in fills] == [(parents[0], 4), (parents[0], 6)]
    assert [fill.account_order for fill in fills if isinstance(fill, NettedFill)] == ["", "F0001ZZ00001"]
    assert account.working.order.reason == "nets +10 of s0, -4 of s1"


def test_the_broker_is_sent_the_account_order_and_never_those_behind_it() -> None:
    scripts = Script({1: [Order(A, BUY, 10), Order(B, BUY, 2)]}), Script({1: [Order(A, SELL, 4)]})
    session = netted(*scripts).run(days(100, 100, of=(A, B)))
    # B is wanted by one strategy only: its order goes as it is.
    assert sent(session) == [("F00010000002", 2), ("F0001ZZ00001", 6)]
    assert [one.tag for one in session.log.decisions] == ["F00010000001", "F00010000002", "F00010100001"]


def test_two_strategies_that_disagree_trade_with_each_other_and_pay_nothing() -> None:
    scripts = Script({1: [Order(A, BUY, 10)]}), Script({1: [Order(A, SELL, 10)]})
    session = netted(*scripts, capital=10_000, charges=PerFill(5, 10), matching={"slippage_ticks": 3})
    session.run(days(100, 100, 120))
    assert (sent(session), account_fills(session)) == ([], [])
    assert cash(session) == [9_000, 11_000]
    assert session.account.equity == 20_000
    assert [(one.status, one.filled) for one in session.log.ended] == [(OrderStatus.FILLED, 10)] * 2
    (netting,) = log_of(session).nettings
    assert (netting.bought, netting.sold, netting.account_order) == (10, 10, "")


def test_strategies_that_agree_share_the_price_and_the_charges() -> None:
    # One fill of 9 at 101, charges 10: 3.33 and 6.67, so 3 and 7.
    scripts = Script({1: [Order(A, SELL, 3)]}), Script({1: [Order(A, SELL, 6)]})
    session = netted(*scripts, capital=10_000, charges=PerFill(10)).run(days(100, 101))
    assert account_fills(session) == [(2, -9, 101, 10)]
    assert parts(session) == [(2, "s0", "market", -3, 101, 3), (2, "s1", "market", -6, 101, 7)]


def test_a_tie_goes_to_the_strategy_that_the_configuration_names_first() -> None:
    scripts = [Script({1: [Order(A, BUY, 1)]}) for _ in range(3)]
    session = netted(*scripts, capital=10_000, charges=PerFill(5)).run(days(100, 100))
    assert [fill.charges for fill in session.log.fills] == [2, 2, 1]


# What is not netted -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "prices"),
    [
        (OrderType.LIMIT, {"limit_price": 101}),
        (OrderType.STOP, {"trigger_price": 99}),
        (OrderType.STOP_LIMIT, {"trigger_price": 99, "limit_price": 101}),
    ],
)
def test_an_order_with_a_price_goes_to_the_broker_as_it_is(kind: OrderType, prices: dict[str, Any]) -> None:
    priced = Order(A, BUY, 5, kind, time_in_force=GTC, **prices)
    session = netted(Script({1: [priced]}), Script({1: [Order(A, SELL, 5)]})).run(days(100, 100, 100))
    assert sent(session) == [("F00010000001", 5), ("F00010100001", -5)]
    assert log_of(session) == NettingLog()
    assert [str(fill.kind) for fill in session.log.fills] == ["market"] * 2


def test_two_orders_of_one_strategy_are_its_own_affair() -> None:
    session = netted(Script({1: [Order(A, SELL, 5), Order(A, BUY, 5)]}), Script({})).run(days(100, 100))
    assert sent(session) == [("F00010000001", -5), ("F00010000002", 5)]


def test_orders_of_different_slices_do_not_meet() -> None:
    scripts = Script({1: [Order(A, BUY, 5)]}), Script({2: [Order(A, SELL, 5)]})
    session = netted(*scripts).run(days(100, 100, 100))
    assert [str(fill.kind) for fill in session.log.fills] == ["market"] * 2


def test_what_a_split_left_of_a_lot_is_not_netted() -> None:
    # 5 of lots of 5 become 7 after 3 for 2: they are closed by an order of 7, which is no lot.
    lots = Universe(Instrument(one, "INR", lot_size=5) for one in (A, B))
    action = CorporateAction(A, 3, numerator=3, denominator=2, factor=1.5)
    scripts = Script({1: [Order(A, BUY, 5)], 3: [Target(A, 0.0)]}), Script({3: [Order(A, BUY, 5)]})
    session = netted(*scripts, universe=lots).run(days(60, 60, 40, 40), action)
    assert sent(session)[1:] == [("F00030000001", -7), ("F00030100001", 5)]


def test_with_one_strategy_or_without_the_setting_there_is_no_netting_and_no_log_of_it() -> None:
    script = {1: [Order(A, BUY, 5)]}
    alone = netted(Script(script)).run(days(100, 100))
    several = Session(Script(script), Script(script)).run(days(100, 100))
    assert (alone.log.netting, several.log.netting) == (None, None)
    assert alone.log.digest() == Session(Script(script)).run(days(100, 100)).log.digest()


# When it trades ---------------------------------------------------------------------------------


def test_a_net_waits_for_the_first_row_after_the_latency() -> None:
    scripts = Script({1: [Order(A, BUY, 5)]}), Script({1: [Order(A, SELL, 5)]})
    rows = [flat(1, A, 100), flat(2, A, 90), flat(3, B, 50), flat(4, A, 110)]
    session = netted(*scripts, matching={"latency": 1}).run(rows)
    assert session.fills == [(4, "A", -5, 110), (4, "A", 5, 110)]


def test_a_row_without_an_open_is_no_row() -> None:
    scripts = Script({1: [Order(A, BUY, 5)]}), Script({1: [Order(A, SELL, 5)]})
    unpriced = Row(2, A, -(2**63), 100, 100, 100)
    session = netted(*scripts).run([flat(1, A, 100), unpriced, flat(3, A, 104)])
    assert session.fills == [(3, "A", -5, 104), (3, "A", 5, 104)]


def test_partial_fills_are_shared_by_what_remains_over_several_slices() -> None:
    # The account sells 60 - 15 = 45, of which 20 find volume each day. Day 2: 20 in proportion 40 : 20 are 13.33 and
    # 6.67; then 15 cross in proportion 27 : 13, which are 10.1 and 4.9. 17 and 8 remain: 20 are 13.6 and 6.4.
    scripts = (
        Script({1: [Order(A, SELL, 40, time_in_force=GTC)]}),
        Script({1: [Order(A, SELL, 20, time_in_force=GTC)]}),
        Script({1: [Order(A, BUY, 15)]}),
    )
    rows = [flat(1, A, 100), *(Row(day, A, 100, 100, 100, 100, volume=20.0) for day in (2, 3, 4))]
    session = netted(*scripts, charges=PerFill(1), matching={"participation_ppm": 1_000_000}).run(rows)
    assert [part[:4] for part in parts(session)] == [
        (2, "s0", "market", -13),
        (2, "s1", "market", -7),
        (2, "s0", "cross", -10),
        (2, "s1", "cross", -5),
        (2, "s2", "cross", 15),
        (3, "s0", "market", -14),
        (3, "s1", "market", -6),
        (4, "s0", "market", -3),
        (4, "s1", "market", -2),
    ]
    assert account_fills(session) == [(2, -20, 100, 1), (3, -20, 100, 1), (4, -5, 100, 1)]
    assert account_orders(session) == [(-45, "filled", 45)]


def test_lots_are_never_torn_apart() -> None:
    # 30 in lots of 10 in proportion 20 : 40: two lots for the larger, one for the smaller.
    lots = Universe(Instrument(one, "INR", lot_size=10) for one in (A, B))
    scripts = (
        Script({1: [Order(A, BUY, 20)]}),
        Script({1: [Order(A, BUY, 40)]}),
        Script({1: [Order(A, SELL, 30)]}),
    )
    session = netted(*scripts, universe=lots).run(days(100, 100))
    assert [part[1:4] for part in parts(session)] == [
        ("s2", "cross", -30),
        ("s0", "cross", 10),
        ("s1", "cross", 20),
        ("s0", "market", 10),
        ("s1", "market", 20),
    ]


def test_rounding_of_fine_prices_is_lost_nowhere() -> None:
    # 3 at 0.0150 are 4.5 paise: 4, half to even. The parts of 1 and 2 are 1.33 and 2.67 of that: 1 and 3 paise.
    fine = Universe(Instrument(one, "INR", price_decimals=4) for one in (A, B))
    scripts = (
        Script({1: [Order(A, BUY, 1)]}),
        Script({1: [Order(A, BUY, 2)]}),
        Script({1: [Order(A, SELL, 3)]}),
    )
    session = netted(*scripts, universe=fine, capital=1_000).run(days(150, 150))
    assert cash(session) == [999, 997, 1_004]
    assert [fill.rounding for fill in session.log.fills if isinstance(fill, NettedFill)] == [0, -1, 0]
    assert session.account.cash == 3_000


# The life of the orders behind it -----------------------------------------------------------------


def test_a_cancel_before_the_fill_leaves_the_account_with_what_the_others_want() -> None:
    # Latency 1: s0's buy of 10 is cancelled on day 2, before day 3. The account then sells 4 instead of buying 6.
    scripts = Script({1: [Order(A, BUY, 10)], 2: [Cancel(A)]}), Script({1: [Order(A, SELL, 4)]})
    session = netted(*scripts, matching={"latency": 1}).run(days(100, 100, 105))
    assert sent(session) == [("F0001ZZ00001", 6), ("F0002ZZ00001", -4)]
    assert cancelled(session) == [("F0001ZZ00001", "NETTED_ANEW")]
    assert account_orders(session) == [(6, "cancelled", 0), (-4, "filled", 4)]
    # The replacement keeps the latency that the order behind it has served.
    assert session.fills == [(3, "A", -4, 105)]
    assert ends(session) == [(2, "s0", "cancelled", 0, "CANCELLED"), (3, "s1", "filled", 4, "")]


def test_when_all_cancel_nothing_is_left_at_the_broker() -> None:
    scripts = Script({1: [Order(A, BUY, 10)], 2: [Cancel(A)]}), Script({1: [Order(A, BUY, 4)], 2: [Cancel(A)]})
    session = netted(*scripts, matching={"latency": 1}).run(days(100, 100, 105))
    assert account_orders(session) == [(14, "cancelled", 0)]
    assert cancelled(session) == [("F0001ZZ00001", "NETTED_ANEW")]
    assert session.fills == []


def test_the_orders_of_a_stopped_strategy_leave_the_net() -> None:
    def breaks(_: object) -> list[Order]:
        raise RuntimeError("oh")

    scripts = Script({1: [Order(A, BUY, 10)], 2: breaks}), Script({1: [Order(A, SELL, 4)]})
    session = netted(*scripts, matching={"latency": 1}).run(days(100, 100, 105))
    assert session.fills == [(3, "A", -4, 105)]
    assert ends(session)[0] == (2, "s0", "cancelled", 0, "STRATEGY_STOPPED")


def test_a_latched_limit_ends_a_parent_and_the_others_trade() -> None:
    # s1 loses a tenth on day 2 and may not add: its buy of day 1 ends before it fills on day 4.
    scripts = (
        Script({2: [Order(B, BUY, 3)]}),
        Script({1: [Order(A, BUY, 10)], 2: [Order(B, BUY, 1)]}),
    )
    rows = [flat(1, A, 100), flat(1, B, 10), flat(2, A, 100), flat(2, B, 10), flat(3, A, 80), flat(4, B, 10)]
    session = netted(*scripts, capital=1_500, risk={"max_drawdown": 0.1}, matching={"latency": 0}).run(rows)
    assert account_orders(session) == [(4, "cancelled", 0), (3, "filled", 3)]
    assert ends(session) == [
        (2, "s1", "filled", 10, ""),
        (3, "s1", "cancelled", 0, "DRAWDOWN"),
        (4, "s0", "filled", 3, ""),
    ]


def test_a_day_order_of_the_account_expires_with_its_session_and_so_do_those_behind_it() -> None:
    scripts = Script({1: [Order(A, BUY, 10)]}), Script({1: [Order(A, BUY, 20)]})
    rows = [flat(1, A, 100), Row(2, A, 100, 100, 100, 100, volume=15.0), flat(3, A, 100)]
    session = netted(*scripts, matching={"participation_ppm": 1_000_000}).run(rows)
    assert account_orders(session) == [(30, "expired", 15)]
    assert ends(session) == [(3, "s0", "expired", 5, "DAY_ENDED"), (3, "s1", "expired", 10, "DAY_ENDED")]
    assert cancelled(session) == []


def test_a_day_order_leaves_a_net_whose_others_rest() -> None:
    scripts = Script({1: [Order(A, BUY, 10)]}), Script({1: [Order(A, BUY, 20, time_in_force=GTC)]})
    rows = [flat(1, A, 100), Row(2, A, 100, 100, 100, 100, volume=15.0), flat(3, A, 100)]
    session = netted(*scripts, matching={"participation_ppm": 1_000_000}).run(rows)
    assert account_orders(session) == [(30, "cancelled", 15), (10, "filled", 10)]
    assert [one.working.order.time_in_force for one in log_of(session).orders] == [GTC, GTC]
    assert ends(session) == [(3, "s0", "expired", 5, "DAY_ENDED"), (3, "s1", "filled", 20, "")]


def test_a_split_makes_the_net_anew_in_shares_of_after() -> None:
    split = CorporateAction(A, 3, numerator=2, denominator=1, factor=2.0)
    scripts = Script({2: [Order(A, BUY, 10)]}), Script({2: [Order(A, SELL, 4)]})
    session = netted(*scripts).run(days(100, 100, 50), split)
    assert sent(session) == [("F0002ZZ00001", 6), ("F0003ZZ00001", 12)]
    assert cancelled(session) == [("F0002ZZ00001", "NETTED_ANEW")]
    assert [part[:5] for part in parts(session)] == [
        (3, "s1", "cross", -8, 50),
        (3, "s0", "cross", 8, 50),
        (3, "s0", "market", 12, 50),
    ]
    assert [one.parents for one in log_of(session).orders] == [
        ("F00020000001", "F00020100001"),
        ("F00030000001", "F00030100001"),
    ]


def test_a_split_withdraws_an_account_order_of_the_same_number_too() -> None:
    # 1 share each, 3 for 2: 1 share each again. The exchange does not keep the order.
    split = CorporateAction(A, 3, numerator=3, denominator=2, factor=1.5)
    session = netted(*(Script({2: [Order(A, BUY, 1)]}) for _ in range(2))).run(days(90, 90, 60), split)
    assert account_orders(session) == [(2, "cancelled", 0), (2, "filled", 2)]


def test_the_end_of_the_session_ends_a_net_like_any_order() -> None:
    scripts = Script({2: [Order(A, BUY, 10)]}), Script({2: [Order(A, SELL, 4)]})
    session = netted(*scripts).run(days(100, 100))
    assert session.intents[-1] == [CancelOrder("F0002ZZ00001", "END_OF_DATA")]
    assert [(one[1], one[4]) for one in ends(session)] == [("s0", "END_OF_DATA"), ("s1", "END_OF_DATA")]


# Cash -------------------------------------------------------------------------------------------


def test_a_parent_is_cut_to_its_own_cash_and_the_others_get_theirs() -> None:
    # Decided at 100, opens at 125: s0's 1,000 pay for 8 of 10. The account trades 8 + 5 of 15.
    session = netted(*(Script({1: [Order(A, BUY, quantity)]}) for quantity in (10, 5)), capital=1_000)
    session.run(days(100, 125))
    assert [part[1:4] for part in parts(session)] == [("s0", "market", 8), ("s1", "market", 5)]
    assert account_orders(session) == [(15, "cancelled", 13)]
    assert ends(session) == [(2, "s0", "cancelled", 8, "CLIPPED_CASH"), (2, "s1", "filled", 5, "")]
    assert cash(session) == [0, 375]


def test_one_that_cannot_pay_leaves_its_share_of_the_charges_to_the_others() -> None:
    # 100 of charges for 10 + 1: s0 would pay 91 of them and 1,010, but has 1,100. It buys 9, for 909 and 90 of 100.
    scripts = Script({1: [Order(A, BUY, 10)]}), Script({1: [Order(A, BUY, 1)]})
    session = netted(*scripts, capital=1_100, charges=PerFill(100)).run(days(100, 101))
    assert parts(session) == [(2, "s0", "market", 9, 101, 90), (2, "s1", "market", 1, 101, 10)]
    assert cash(session) == [1_100 - 909 - 90, 1_100 - 101 - 10]


def test_what_is_left_after_a_cut_and_a_lack_of_volume_is_ordered_anew() -> None:
    # Day 2: volume for 55 of 110, so 45 and 10; s0 has 1,000 - 900 = 100 left. Day 3: volume for 30 of 55, of which 45
    # are s0's: 25 and 5, but s0 can pay for 5 and ends. The account goes on with s1's other 5.
    scripts = (
        Script({1: [Order(A, BUY, 90, time_in_force=GTC)]}),
        Script({1: [Order(A, BUY, 20, time_in_force=GTC)]}),
    )
    volumes = {2: 55.0, 3: 30.0, 4: 30.0}
    rows = [flat(1, A, 10), *(flat(day, A, 20)._replace(volume=volume) for day, volume in volumes.items())]
    session = netted(*scripts, capital=1_000, matching={"participation_ppm": 1_000_000}).run(rows)
    assert [part[:4] for part in parts(session)] == [
        (2, "s0", "market", 45),
        (2, "s1", "market", 10),
        (3, "s0", "market", 5),
        (3, "s1", "market", 5),
        (4, "s1", "market", 5),
    ]
    assert account_orders(session) == [(110, "cancelled", 65), (5, "filled", 5)]


def test_a_seller_whose_buyer_cannot_pay_first_meets_the_other_buyers() -> None:
    # s0 can pay for 8 of 10, s1 for all of 4. s2 sells 12: all of it crosses, and nobody buys the 2 at the broker.
    scripts = (
        Script({1: [Order(A, BUY, 10)]}),
        Script({1: [Order(A, BUY, 4)]}),
        Script({1: [Order(A, SELL, 12)]}),
    )
    session = netted(*scripts, capital=1_000).run(days(100, 125))
    assert [part[1:4] for part in parts(session)] == [("s2", "cross", -12), ("s0", "cross", 8), ("s1", "cross", 4)]
    assert account_orders(session) == [(2, "cancelled", 0)]
    assert ends(session) == [
        (2, "s0", "cancelled", 8, "NO_CASH"),
        (2, "s1", "filled", 4, ""),
        (2, "s2", "filled", 12, ""),
    ]


def test_what_a_seller_cannot_cross_is_sold_at_the_broker_on_the_same_row() -> None:
    # They would meet, but s0 can pay for 8 of 10: s1 sells the other 2 like an order that nobody meets.
    scripts = Script({1: [Order(A, BUY, 10)]}), Script({1: [Order(A, SELL, 10)]})
    session = netted(*scripts, capital=1_000, matching={"slippage_ticks": 1}).run(days(100, 125, 120))
    assert [part[:5] for part in parts(session)] == [
        (2, "s1", "cross", -8, 125),
        (2, "s0", "cross", 8, 125),
        (2, "s1", "market", -2, 124),
    ]
    assert account_orders(session) == [(-2, "filled", 2)]
    assert sent(session) == [("F0002ZZ00001", -2)]
    assert ends(session) == [(2, "s0", "cancelled", 8, "NO_CASH"), (2, "s1", "filled", 10, "")]


def test_what_could_neither_cross_nor_find_volume_waits_and_may_cross_then() -> None:
    # Day 2 has no volume at all: 8 cross, s0's cash is gone, and s1 keeps 2 until day 3.
    scripts = (
        Script({1: [Order(A, BUY, 10, time_in_force=GTC)]}),
        Script({1: [Order(A, SELL, 10, time_in_force=GTC)]}),
    )
    rows = [flat(1, A, 100), flat(2, A, 125)._replace(volume=0.0), flat(3, A, 90)]
    session = netted(*scripts, capital=1_000, matching={"participation_ppm": 1_000_000}).run(rows)
    assert [part[:5] for part in parts(session)] == [
        (2, "s1", "cross", -8, 125),
        (2, "s0", "cross", 8, 125),
        (3, "s1", "market", -2, 90),
    ]
    assert ends(session) == [(3, "s0", "cancelled", 8, "NO_CASH"), (3, "s1", "filled", 10, "")]


def test_a_book_that_waits_for_the_money_of_a_cross_that_fails_gets_it_from_the_broker() -> None:
    # s0 sells 10 A to s2 and buys 10 B from s1 with the money. At 250 the 1,000 of s2 pay for 4 A, so 4 B cross too.
    # The other 6 A are sold at the broker, and with that money the other 6 B cross.
    scripts = (
        Script({1: [Order(A, BUY, 10)], 2: [Order(A, SELL, 10), Order(B, BUY, 10)]}),
        Script({1: [Order(B, BUY, 10)], 2: [Order(B, SELL, 10)]}),
        Script({2: [Order(A, BUY, 10)]}),
    )
    session = netted(*scripts, capital=1_000).run(days(100, 100, 250, of=(A, B)))
    symbols = [fill.instrument.symbol for fill in session.log.fills]
    assert [(*part[1:4], symbol) for part, symbol in zip(parts(session), symbols, strict=True)][2:] == [
        ("s0", "cross", -4, "A"),
        ("s1", "cross", -4, "B"),
        ("s2", "cross", 4, "A"),
        ("s0", "cross", 4, "B"),
        ("s0", "market", -6, "A"),
        ("s1", "cross", -6, "B"),
        ("s0", "cross", 6, "B"),
    ]
    assert cash(session) == [0, 2_500, 0]


def test_what_a_book_sells_pays_for_what_it_crosses_though_another_was_first_in_the_configuration() -> None:
    # s1 has all its cash in B. It sells B at the broker and buys A from s0, who sells it on the same slice.
    scripts = (
        Script({1: [Order(A, BUY, 10)], 2: [Order(A, SELL, 10)]}),
        Script({1: [Order(B, BUY, 10)], 2: [Order(A, BUY, 10), Order(B, SELL, 10)]}),
    )
    session = netted(*scripts, capital=1_000).run(days(100, 100, 100, of=(A, B)))
    assert [part[:4] for part in parts(session) if part[0] == 3] == [
        (3, "s1", "market", -10),
        (3, "s0", "cross", -10),
        (3, "s1", "cross", 10),
    ]


def test_two_books_without_cash_swap_what_they_hold() -> None:
    scripts = (
        Script({1: [Order(A, BUY, 10)], 2: [Order(B, BUY, 10), Order(A, SELL, 10)]}),
        Script({1: [Order(B, BUY, 10)], 2: [Order(A, BUY, 10), Order(B, SELL, 10)]}),
    )
    session = netted(*scripts, capital=1_000).run(days(100, 100, 100, of=(A, B)))
    assert [book.positions() for book in session.account.books.values()] == [{B: 10}, {A: 10}]
    assert cash(session) == [0, 0]


def test_a_buyer_is_told_when_its_cash_ends_its_order() -> None:
    buyer = Script({1: [Order(A, BUY, 10)]})
    netted(buyer, Script({1: [Order(A, SELL, 10)]}), capital=1_000).run(days(100, 2_000, 2_000))
    (told,) = [event for event in buyer.events if isinstance(event, OrderEnded)]
    assert told.reason == "NO_CASH: the cash pays for none of 10 at 20.0 INR"


def test_chunks_of_one_row_give_the_same_session() -> None:
    def run(*cuts: int) -> Session:
        scripts = Script({1: [Order(A, BUY, 10)], 2: [Cancel(A)]}), Script({1: [Order(A, SELL, 4)]})
        return netted(*scripts, matching={"latency": 1}).run(days(100, 100, 105, 107), cuts=cuts)

    assert run(1, 2, 3).outcome == run().outcome
