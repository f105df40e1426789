"""The account's limits, after every book has passed its own: on what is about to go to the broker."""

from __future__ import annotations

from typing import Any

import pytest
from fakes.bars import DAY, A, B, Row, flat
from fakes.session import Script, Session

from friday_core.domain.chunk import Universe
from friday_core.domain.instruments import Instrument
from friday_core.domain.orders import Order, OrderEnded, OrderType, Side, TimeInForce
from friday_core.domain.records import PlaceOrder
from friday_core.domain.signals import Cancel
from friday_core.plugin.sections import AccountSettings
from friday_core.trading.limits import Limits
from friday_core.trading.refusals import refusals

BUY, SELL = Side.BUY, Side.SELL
VALUE, GROSS = "ACCOUNT_ORDER_VALUE", "ACCOUNT_GROSS_EXPOSURE"


def limited(*scripts: Script, netting: bool = True, capital: int = 10_000, **settings: Any) -> Session:
    """``order_value`` in paise and ``gross_ppm``; other settings are the session's."""
    names = {"order_value", "gross_ppm"}
    limits = Limits(allow_short=True, **{name: settings.pop(name) for name in names & settings.keys()})
    return Session(*scripts, capital=capital, netting=netting, limits=limits, **settings)


def days(count: int, price: int = 100) -> list[Row]:
    return [flat(day, one, price) for day in range(1, count + 1) for one in (A, B)]


def placed(session: Session) -> list[tuple[str, int]]:
    """Whose and how much: the account's orders belong to nobody."""
    found = [one.order for intents in session.intents for one in intents if isinstance(one, PlaceOrder)]
    return [(order.strategy, order.side.sign * order.quantity) for order in found]


def denied(session: Session) -> list[tuple[str, int, str]]:
    """Whose, how much and why."""
    orders = {one.order.tag: one.order for one in session.log.orders}
    return [
        (one.strategy, orders[one.tag].quantity, one.reason) for one in session.log.ended if str(one.status) == "denied"
    ]


def filled(session: Session) -> list[tuple[int, str, int]]:
    return [(one.ts_event // DAY, one.strategy, one.side.sign * one.quantity) for one in session.log.fills]


def test_the_netted_order_is_judged_and_not_those_behind_it() -> None:
    # 20 against 12 leave 8 to buy, worth 800.
    scripts = Script({1: [Order(A, BUY, 20)]}), Script({1: [Order(A, SELL, 12)]})
    session = limited(*scripts, order_value=800).run(days(2))
    assert placed(session) == [("", 8)]
    assert denied(session) == []


def test_what_is_refused_is_taken_from_every_parent_in_proportion_and_each_is_told() -> None:
    # 10 + 20 of 3,000; 1,800 are 18: 12 are refused, 4 and 8.
    scripts = Script({1: [Order(A, BUY, 10)]}), Script({1: [Order(A, BUY, 20)]})
    session = limited(*scripts, order_value=1_800).run(days(2))
    assert placed(session) == [("", 18)]
    assert denied(session) == [
        ("s0", 10, f"{VALUE}: 6 of 10 pass: 30.00 INR, limit 18.00 INR"),
        ("s1", 20, f"{VALUE}: 12 of 20 pass: 30.00 INR, limit 18.00 INR"),
    ]
    assert filled(session) == [(2, "s0", 6), (2, "s1", 12)]
    told = [event for event in scripts[0].events if isinstance(event, OrderEnded)]
    assert [(event.tag, event.reason.split(":")[0]) for event in told] == [("F00010000001", VALUE)]
    replacement = session.log.orders[2].order
    assert (replacement.tag, replacement.reason) == ("F00010000002", f"replaces F00010000001: {VALUE}")
    assert refusals(session.log.decisions, session.log.ended) == {VALUE: 2}


@pytest.mark.parametrize("netting", [True, False])
def test_a_single_order_is_judged_too_whether_there_is_netting_or_one_strategy(netting: bool) -> None:
    session = limited(Script({1: [Order(A, BUY, 10)]}), netting=netting, order_value=400).run(days(2))
    assert (placed(session), filled(session)) == ([("s0", 4)], [(2, "s0", 4)])


def test_an_order_of_which_nothing_passes_is_denied_and_never_sent() -> None:
    session = limited(Script({1: [Order(A, BUY, 10)]}), order_value=99).run(days(2))
    assert (placed(session), filled(session)) == ([], [])
    assert denied(session) == [("s0", 10, f"{VALUE}: 0 of 10 pass: 10.00 INR, limit 0.99 INR")]


def test_an_order_with_a_price_is_judged_at_it() -> None:
    limit = Order(A, BUY, 10, OrderType.LIMIT, limit_price=90)
    assert placed(limited(Script({1: [limit]}), order_value=900).run(days(2))) == [("s0", 10)]
    assert placed(limited(Script({1: [limit]}), order_value=899).run(days(2))) == [("s0", 9)]


def test_gross_exposure_is_that_of_the_account_and_cuts_all_orders_of_the_slice_alike() -> None:
    # Equity 20,000, of which a tenth is 2,000: 30 A and 10 B are worth 4,000, so half of each passes.
    scripts = Script({1: [Order(A, BUY, 30)]}), Script({1: [Order(B, SELL, 10)]})
    session = limited(*scripts, gross_ppm=100_000).run(days(3))
    assert placed(session) == [("s0", 15), ("s1", -5)]
    assert [reason.split(":")[0] for *_, reason in denied(session)] == [GROSS, GROSS]


def test_positions_of_books_against_each_other_are_none_of_the_account() -> None:
    # 80 long and 80 short are flat: there is room for 20 at a tenth of 20,000.
    scripts = Script({1: [Order(A, BUY, 80)], 2: [Order(B, BUY, 20)]}), Script({1: [Order(A, SELL, 80)]})
    session = limited(*scripts, gross_ppm=100_000).run(days(3))
    assert placed(session) == [("s0", 20)]
    assert denied(session) == []


def test_working_orders_count() -> None:
    resting = Order(A, BUY, 15, OrderType.LIMIT, limit_price=90, time_in_force=TimeInForce.GTC)
    session = limited(Script({1: [resting], 2: [Order(B, BUY, 10)]}), gross_ppm=200_000).run(days(3))
    # 2,000 less 15 x 90 leave 650.
    assert placed(session) == [("s0", 15), ("s0", 6)]


def test_what_closes_a_position_of_a_book_passes_though_it_opens_one_of_the_account() -> None:
    # s0 and s1 hold 10 against each other. When s0 sells its 10, the account goes short by 10: it may, and by no more.
    scripts = Script({1: [Order(A, BUY, 10)], 2: [Order(A, SELL, 14)]}), Script({1: [Order(A, SELL, 10)]})
    session = limited(*scripts, gross_ppm=0).run(days(3))
    assert placed(session) == [("s0", -10)]
    assert session.account.positions() == {A: -10}


def test_what_closes_a_position_of_the_account_passes() -> None:
    # The account is long by 10. Of s1's 15, 10 make it flat; at a twentieth of 20,000 the other 5 may open a short.
    scripts = Script({1: [Order(A, BUY, 10)]}), Script({2: [Order(A, SELL, 15)]})
    session = limited(*scripts, gross_ppm=50_000).run(days(3))
    assert placed(session) == [("s0", 10), ("s1", -15)]
    assert session.account.positions() == {A: -5}


def test_only_those_who_open_something_are_cut() -> None:
    # s0 closes its short of 10, which is all that the account has; s1 and s2 open 10 each, of which 10 pass together.
    scripts = (
        Script({1: [Order(A, SELL, 10)], 2: [Order(A, BUY, 10)]}),
        Script({2: [Order(A, BUY, 10)]}),
        Script({2: [Order(A, BUY, 10)]}),
    )
    session = limited(*scripts, order_value=1_000).run(days(3))
    assert filled(session)[1:] == [(3, "s0", 10), (3, "s1", 5), (3, "s2", 5)]
    assert [strategy for strategy, *_ in denied(session)] == ["s1", "s2"]


def test_lots_are_cut_whole() -> None:
    lots = Universe(Instrument(one, "INR", lot_size=5) for one in (A, B))
    scripts = Script({1: [Order(A, BUY, 10)]}), Script({1: [Order(A, BUY, 20)]})
    session = limited(*scripts, universe=lots, order_value=1_900).run(days(2))
    # 19 are 3 lots: 3 of 6 are refused, of 2 and 4 lots 1 and 2.
    assert filled(session) == [(2, "s0", 5), (2, "s1", 10)]


def test_a_net_of_which_one_order_is_left_goes_as_that_order() -> None:
    # 1 + 29 at 100; one of 30 passes: 29 of them are refused, 1 and 28.
    scripts = Script({1: [Order(A, BUY, 1)]}), Script({1: [Order(A, BUY, 29)]})
    session = limited(*scripts, order_value=100).run(days(2))
    assert placed(session) == [("s1", 1)]
    assert session.log.netting is not None
    assert session.log.netting.orders == []


def test_an_order_that_grows_because_another_was_cancelled_is_judged_again() -> None:
    # s0 buys 10, s1 sells 18: 8 go out, of 10 that may. When s0 cancels, 18 would, and 8 of them are refused.
    scripts = Script({1: [Order(A, BUY, 10)], 2: [Cancel(A)]}), Script({1: [Order(A, SELL, 18)]})
    session = limited(*scripts, order_value=1_000, matching={"latency": 1}).run(days(3))
    assert placed(session) == [("", -8), ("", -10)]
    assert denied(session) == [("s1", 18, f"{VALUE}: 10 of 18 pass: 18.00 INR, limit 10.00 INR")]
    assert filled(session) == [(3, "s1", -10)]


def test_an_order_that_shrinks_because_another_was_cancelled_is_not_judged_again() -> None:
    # 30 of 3,000 pass while equity is 20,000; 20 are left of them, whatever the limit would be by now.
    scripts = Script({1: [Order(A, BUY, 10)], 2: [Cancel(A)]}), Script({1: [Order(A, BUY, 20)], 2: [Order(B, BUY, 1)]})
    session = limited(*scripts, gross_ppm=150_000, matching={"latency": 1})
    session.run([*days(1), flat(2, A, 400), flat(2, B, 100), *days(3)[4:]])
    assert placed(session) == [("", 30), ("s1", 1), ("", 20)]


def test_settings_become_limits_in_minor_units() -> None:
    limits = Limits.of_account(AccountSettings(max_order_value=5, max_gross_exposure=0.25))
    assert limits == Limits(order_value=500, gross_ppm=250_000, allow_short=True)
    assert Limits.of_account(AccountSettings()) == Limits(allow_short=True)
