"""Corporate actions in a session: raw prices trade, books and orders change on the ex-date."""

from __future__ import annotations

from typing import Any

import pytest
from fakes.bars import A, B, Row, flat
from fakes.session import Script, Session

from friday_core.domain.market import Bar, CorporateAction
from friday_core.domain.orders import Order, OrderType, Side, TimeInForce
from friday_core.domain.records import CancelOrder, PlaceOrder
from friday_core.domain.signals import Target

BUY, SELL = Side.BUY, Side.SELL
DAY, GTC = TimeInForce.DAY, TimeInForce.GTC
SPLIT = CorporateAction(A, 3, numerator=2, denominator=1, factor=2.0)


def split_rows(*, until: int = 4) -> list[Row]:
    """A at 100, and from day 3 on at 50."""
    return [flat(day, A, 100 if day < 3 else 50) for day in range(1, until + 1)]


def test_a_split_doubles_the_shares_on_the_ex_date_and_equity_makes_no_step() -> None:
    session = Session(Script({1: [Order(A, BUY, 10)]}), capital=1_500).run(split_rows(), SPLIT)
    assert session.equity == [
        (1, 1_500, 0, 0, 1_500),
        (2, 500, 1_000, 1_000, 1_500),
        (3, 500, 1_000, 1_000, 1_500),
        (4, 500, 1_000, 1_000, 1_500),
    ]
    (applied,) = session.log.actions
    assert (applied.session, applied.quantity_before, applied.quantity_after, applied.cash) == (3, 10, 20, 0)


def test_strategies_see_adjusted_prices_and_trade_raw_ones() -> None:
    script = Script({2: [Order(A, BUY, 10)]})
    session = Session(script).run(split_rows(), SPLIT)
    bars = [event for event in script.events if isinstance(event, Bar)]
    assert [bar.close for bar in bars] == [1.0, 1.0, 1.0, 1.0]
    assert [bar.raw.close for bar in bars] == [100, 100, 50, 50]
    # Decided for 10 old shares before the split, filled as 20 new ones.
    assert session.fills == [(3, "A", 20, 50)]


def test_a_waiting_market_order_is_replaced_by_one_of_the_new_quantity() -> None:
    session = Session(Script({2: [Order(A, BUY, 10, reason="dip")]})).run(split_rows(), SPLIT)
    old, new = (one.order for one in session.log.orders)
    assert (new.quantity, new.ts_decided, new.strategy) == (20, old.ts_decided, "s0")
    assert new.reason == f"replaces {old.tag} after a split 2:1"
    assert session.ended[0] == (3, "cancelled", 0, "CORPORATE_ACTION")
    assert [intent for intents in session.intents[1:] for intent in intents] == [
        PlaceOrder(old),
        CancelOrder(old.tag, "CORPORATE_ACTION: split 2:1"),
        PlaceOrder(new),
    ]


@pytest.mark.parametrize(
    ("kind", "prices"),
    [
        (OrderType.LIMIT, {"limit_price": 40}),
        (OrderType.STOP, {"trigger_price": 200}),
        (OrderType.STOP_LIMIT, {"trigger_price": 200, "limit_price": 200}),
    ],
)
def test_a_priced_order_ends_with_a_split(kind: OrderType, prices: dict[str, Any]) -> None:
    script = Script({1: [Order(A, BUY, 10, kind, time_in_force=GTC, **prices)]})
    session = Session(script).run(split_rows(), SPLIT)
    assert (session.fills, session.ended) == ([], [(3, "cancelled", 0, "CORPORATE_ACTION")])


def test_orders_in_other_instruments_are_left_alone_by_a_split() -> None:
    script = Script({1: [Order(B, BUY, 1, OrderType.LIMIT, limit_price=90, time_in_force=GTC)]})
    rows = sorted([*split_rows(), *(flat(day, B, 100) for day in (1, 2, 3)), flat(4, B, 80)], key=lambda row: row[:2])
    assert Session(script).run(rows, SPLIT).fills == [(4, "B", 1, 80)]


def test_a_market_order_too_small_for_a_share_after_a_consolidation_only_ends() -> None:
    merge = CorporateAction(A, 3, numerator=1, denominator=5, factor=0.2)
    session = Session(Script({2: [Order(A, BUY, 4)]})).run([flat(1, A, 100), flat(2, A, 100), flat(3, A, 500)], merge)
    assert (session.fills, session.ended) == ([], [(3, "cancelled", 0, "CORPORATE_ACTION")])


@pytest.mark.parametrize(("lasts", "bought"), [(DAY, [10]), (GTC, [10, 80])])
def test_what_is_left_of_a_market_order_is_replaced_unless_its_day_is_over(
    lasts: TimeInForce, bought: list[int]
) -> None:
    # 10 of 50 fill on day 2; the other 40 are 80 shares from day 3 on.
    rows = [flat(1, A, 100), flat(2, A, 100)._replace(volume=10.0), flat(3, A, 50)]
    script = Script({1: [Order(A, BUY, 50, time_in_force=lasts)]})
    session = Session(script, matching={"participation_ppm": 1_000_000}).run(rows, SPLIT)
    assert [quantity for _, _, quantity, _ in session.fills] == bought


def test_a_dividend_is_paid_on_the_ex_date_on_what_was_held_before() -> None:
    # 10 held, 3 a share: 30. The price falls from 100 to 97, so equity stays at 1,000.
    dividend = CorporateAction(A, 3, dividend=3, factor=100 / 97)
    session = Session(Script({1: [Order(A, BUY, 10)], 2: [Order(A, BUY, 1)]}), capital=1_000)
    session.run([flat(1, A, 100), flat(2, A, 100), flat(3, A, 97)], dividend)
    assert session.equity[2] == (3, 30, 970, 970, 1_000)
    assert (session.book.dividends, session.log.actions[0].cash) == (30, 30)


def test_what_is_bought_at_the_ex_dates_open_gets_no_dividend() -> None:
    dividend = CorporateAction(A, 3, dividend=3)
    session = Session(Script({2: [Order(A, BUY, 10)]})).run([flat(day, A, 100) for day in (1, 2, 3)], dividend)
    assert (session.fills, session.book.dividends, session.log.actions) == ([(3, "A", 10, 100)], 0, [])


def test_a_short_pays_the_dividend() -> None:
    dividend = CorporateAction(A, 3, dividend=3)
    session = Session(Script({1: [Order(A, SELL, 10)]})).run([flat(day, A, 100) for day in (1, 2, 3)], dividend)
    assert session.book.dividends == -30


def test_a_dividend_leaves_orders_alone() -> None:
    script = Script({1: [Order(A, BUY, 10, OrderType.LIMIT, limit_price=98, time_in_force=GTC)]})
    session = Session(script).run([flat(1, A, 100), flat(2, A, 100), flat(3, A, 97)], CorporateAction(A, 3, dividend=3))
    assert session.fills == [(3, "A", 10, 97)]


def test_an_action_takes_effect_with_the_first_slice_of_its_session_whatever_traded() -> None:
    dividend = CorporateAction(A, 3, dividend=3)
    session = Session(Script({1: [Order(A, BUY, 10)]}), capital=1_000)
    session.run([flat(1, A, 100), flat(2, A, 100), flat(3, B, 50), flat(4, A, 100)], dividend)
    assert [cash for _, cash, *_ in session.equity] == [1_000, 0, 30, 30]


def test_an_action_between_two_sessions_takes_effect_with_the_next_one() -> None:
    session = Session(Script({1: [Order(A, BUY, 10)]}), capital=1_000)
    session.run([flat(1, A, 100), flat(2, A, 100), flat(6, A, 50)], CorporateAction(A, 4, numerator=2, factor=2.0))
    assert session.book.positions() == {A: 20}


def test_a_late_announcement_takes_effect_with_the_next_slice() -> None:
    session = Session(Script({1: [Order(A, BUY, 10)]}), capital=1_000)
    session.feed([flat(1, A, 100), flat(2, A, 100), flat(3, A, 100)])
    session.announce(CorporateAction(A, 2, dividend=3))
    session.feed([flat(4, A, 100)])
    session.end()
    assert [cash for _, cash, *_ in session.equity] == [1_000, 0, 30, 30]


def test_every_book_is_changed_and_only_what_it_held_is_logged() -> None:
    scripts = Script({1: [Order(A, BUY, 10)]}), Script({}), Script({1: [Order(A, SELL, 5)]})
    session = Session(*scripts).run(split_rows(), SPLIT)
    assert [book.positions() for book in session.account.books.values()] == [{A: 20}, {}, {A: -10}]
    assert [(one.strategy, one.quantity_after) for one in session.log.actions] == [("s0", 20), ("s2", -10)]


def test_a_target_after_a_split_with_an_odd_rest_can_close_it() -> None:
    # 3 for 2 of 5 shares are 7, and half a share in cash: 7 is no multiple of anything, and is sold.
    action = CorporateAction(A, 3, numerator=3, denominator=2, factor=1.5)
    script = Script({1: [Order(A, BUY, 5)], 3: [Target(A, 0.0)]})
    session = Session(script).run([flat(day, A, 60 if day < 3 else 40) for day in range(1, 5)], action)
    assert session.fills == [(2, "A", 5, 60), (4, "A", -7, 40)]
