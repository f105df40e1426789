"""Products: what an order is held as, what may be short, and what each costs, to the paisa."""

from __future__ import annotations

import pytest
from fakes.bars import A, B, Row, flat
from fakes.session import Script, Session

from friday_core.domain.chunk import Universe
from friday_core.domain.instruments import Instrument, InstrumentId
from friday_core.domain.market import CorporateAction
from friday_core.domain.orders import Order, OrderType, Side, TimeInForce
from friday_core.domain.signals import Target
from friday_plugins.charges.indian import Indian, IndianSettings

BUY, SELL = Side.BUY, Side.SELL
#: 4 May 2026.
MAY = 20_577
INFY = Universe([Instrument(A, "INR")])
FUTURE = InstrumentId("NIFTY26MAYFUT", "NFO")
MIXED = Universe([Instrument(A, "INR"), Instrument(FUTURE, "INR", kind="future")])


def minutes(session: int, *prices: int, instrument: InstrumentId = A) -> list[Row]:
    """Bars of a minute up to the close, each at one price."""
    return [flat(session, instrument, price, minute=n - len(prices)) for n, price in enumerate(prices, 1)]


def charged(session: Session) -> list[int]:
    return [fill.charges for fill in session.log.fills]


def round_trip(product: str) -> Session:
    """100 are bought at 1,000.00 and sold at 1,010.00, in one session."""
    script = Script({MAY: lambda book: [Order(A, BUY, 100)]})
    bars = minutes(MAY, 1_000_00, 1_000_00, 1_010_00, 1_010_00)
    session = Session(
        script, product=product, universe=INFY, capital=2_00_000_00, charges=Indian(IndianSettings(product="mtf"))
    )
    session.feed(bars[:2])
    script._said.clear()
    script._script = {MAY: [Order(A, SELL, 100)]}
    session.feed(bars[2:])
    session.end()
    return session


def test_orders_fills_and_decisions_of_a_target_have_the_strategys_product() -> None:
    session = Session(Script({1: [Target(A, 0.5)]}), product="intraday").run([flat(n, A, 100) for n in (1, 2)])
    assert [one.order.product for one in session.log.orders] == ["intraday"]
    assert [one.product for one in session.log.fills] == ["intraday"]


def test_an_order_that_names_a_product_has_that() -> None:
    script = Script({1: [Order(A, BUY, 1, product="mtf"), Order(B, BUY, 1)]})
    rows = [flat(n, name, 100) for n in (1, 2) for name in (A, B)]
    session = Session(script, product="delivery").run(rows)
    assert [(one.instrument, one.product) for one in session.log.fills] == [(A, "mtf"), (B, "delivery")]


def test_an_order_without_a_product_has_that_of_what_it_closes() -> None:
    script = Script({1: [Order(A, BUY, 2, product="mtf")], 2: [Order(A, SELL, 1)]})
    session = Session(script, product="delivery").run([flat(n, A, 100) for n in (1, 2, 3)])
    assert [one.product for one in session.log.fills] == ["mtf", "mtf"]


def test_without_any_product_none_is_named() -> None:
    session = Session(Script({1: [Order(A, BUY, 1)]})).run([flat(n, A, 100) for n in (1, 2)])
    assert [one.product for one in session.log.fills] == [""]


def test_an_intraday_round_trip_costs_what_intraday_costs() -> None:
    # Bought: brokerage 20, exchange 2.97, IPFT and SEBI 0.10 each, stamp 0.003% 3.00, GST 18% of 23.17 is 4.17: 30.34.
    # Sold, 1,01,000: 20, STT 0.025% to the rupee 25, 3.00, 0.10, 0.10, GST 18% of 23.20 is 4.18: 52.38.
    session = round_trip("intraday")
    assert charged(session) == [30_34, 52_38]
    assert session.book.cash == 2_00_000_00 + 1_000_00 - 30_34 - 52_38


def test_delivery_is_charged_by_its_own_rates_whatever_the_plans_usual_product_is() -> None:
    # By hand in docs/charges.md: 118.74 to buy. A week later: STT 0.1% of 1,01,000 is 101, exchange 3.00, IPFT and SEBI
    # 0.10 each, GST 18% of 3.2017 is 0.58, depository 15.34: 120.12.
    script = Script({MAY: [Order(A, BUY, 100)], MAY + 7: [Order(A, SELL, 100)]})
    rows = [flat(n, A, 1_000_00) for n in (MAY, MAY + 1)] + [flat(n, A, 1_010_00) for n in (MAY + 7, MAY + 8)]
    tariff = Indian(IndianSettings(product="intraday"))
    session = Session(script, product="delivery", universe=INFY, capital=2_00_000_00, charges=tariff).run(rows)
    assert charged(session) == [118_74, 120_12]


def test_delivery_that_meets_an_order_of_the_same_day_is_credited_as_not_delivered() -> None:
    # The purchase is charged as delivery, 118.74, and once both have met they cost 30.34 and 52.38 together: the sale
    # is credited 36.02.
    session = round_trip("delivery")
    assert sum(charged(session)) == sum(charged(round_trip("intraday"))) == 82_72
    assert charged(session) == [118_74, -36_02]


def test_what_is_bought_to_keep_does_not_meet_what_another_strategy_sells_intraday() -> None:
    # s0 keeps 100; s1 buys and sells 100. The day's delivery is charged in full, for a share each.
    keeps = Script({MAY: [Order(A, BUY, 100, product="delivery")]})
    trades = Script({MAY: [Order(A, BUY, 100, product="intraday")]})
    bars = minutes(MAY, 1_000_00, 1_000_00, 1_010_00, 1_010_00)
    session = Session(keeps, trades, universe=INFY, capital=2_00_000_00, charges=Indian(IndianSettings()))
    session.feed(bars[:2])
    trades._said.clear()
    trades._script = {MAY: [Order(A, SELL, 100)]}
    session.feed(bars[2:])
    session.end()
    assert [(one.strategy, one.charges) for one in session.log.fills] == [("s0", 118_74), ("s1", 30_34), ("s1", 52_38)]


@pytest.mark.parametrize(
    ("product", "allow_short", "code"),
    [
        ("delivery", False, "SHORT_DELIVERY"),
        ("delivery", True, "SHORT_DELIVERY"),
        ("mtf", True, "SHORT_DELIVERY"),
        ("intraday", False, "SENT"),
        ("", False, "SHORT_DELIVERY"),
        ("", True, "SENT"),
    ],
)
def test_a_share_is_sold_short_only_intraday_or_where_it_is_allowed(product: str, allow_short: bool, code: str) -> None:
    session = Session(Script({1: [Order(A, SELL, 5)]}), product=product, risk={"allow_short": allow_short})
    session.run([flat(1, A, 100), flat(2, A, 100)])
    assert session.codes == [(1, "A", code)]


def test_delivery_is_sold_as_far_as_it_is_held_and_not_on_sale_already() -> None:
    resting = Order(A, SELL, 4, OrderType.LIMIT, limit_price=150, time_in_force=TimeInForce.GTC)
    script = Script({1: [Order(A, BUY, 10)], 2: [resting], 3: [Order(A, SELL, 10)]})
    session = Session(script, product="delivery").run([flat(n, A, 100) for n in range(1, 5)])
    assert session.asked_and_sent[1:] == [(-4, -4, "SENT"), (-10, -6, "SHORT_DELIVERY")]
    assert session.book.position(A) == 4


def test_an_order_in_another_product_than_what_is_held_is_refused() -> None:
    script = Script({1: [Order(A, BUY, 10, product="intraday")], 2: [Order(A, SELL, 10, product="delivery")]})
    session = Session(script).run([flat(n, A, 100) for n in (1, 2, 3)])
    assert session.codes == [(1, "A", "SENT"), (2, "A", "OTHER_PRODUCT")]


def test_two_orders_of_one_slice_in_different_products_do_not_pass_together() -> None:
    script = Script({1: [Order(A, BUY, 10, product="intraday"), Order(A, BUY, 10, product="delivery")]})
    session = Session(script).run([flat(1, A, 100), flat(2, A, 100)])
    assert session.codes == [(1, "A", "SENT"), (1, "A", "OTHER_PRODUCT")]


def test_once_it_is_flat_an_instrument_can_be_held_in_another_product() -> None:
    script = Script({
        1: [Order(A, BUY, 10, product="intraday")], 2: [Order(A, SELL, 10)], 3: [Order(A, BUY, 10, product="mtf")]
    })  # fmt: skip
    session = Session(script).run([flat(n, A, 100) for n in range(1, 5)])
    assert [one.product for one in session.log.fills] == ["intraday", "intraday", "mtf"]


@pytest.mark.parametrize(("name", "product"), [(FUTURE, "delivery"), (FUTURE, "mtf"), (A, "normal")])
def test_a_product_that_the_instrument_does_not_have_is_refused(name: InstrumentId, product: str) -> None:
    script = Script({1: [Order(name, BUY, 1, product=product)]})
    session = Session(script, universe=MIXED).run([flat(1, name, 100), flat(2, name, 100)])
    assert session.codes == [(1, name.symbol, "WRONG_PRODUCT")]


def test_orders_of_two_products_are_not_netted() -> None:
    scripts = [Script({1: [Order(A, BUY, 10, product=one)]}) for one in ("delivery", "delivery", "intraday")]
    session = Session(*scripts, netting=True).run([flat(1, A, 100), flat(2, A, 100)])
    assert session.log.netting is not None
    (account,) = session.log.netting.orders
    assert (account.working.order.quantity, account.working.order.product) == (20, "delivery")
    assert [(one.quantity, one.product) for one in session.log.netting.fills] == [(20, "delivery")]


def test_the_legs_of_a_bracket_have_the_product_of_their_entry() -> None:
    entry = Order(A, BUY, 10, stop_loss=90, take_profit=120, product="intraday")
    session = Session(Script({1: [entry]})).run([flat(n, A, 100) for n in (1, 2, 3)])
    assert [one.order.product for one in session.log.orders] == ["intraday"] * 3


def test_a_split_reissues_an_order_in_its_product() -> None:
    split = CorporateAction(A, 3, numerator=2, denominator=1, factor=2.0)
    session = Session(Script({2: [Order(A, BUY, 10, product="mtf")]}))
    session.run([flat(1, A, 100), flat(2, A, 100), flat(3, A, 50)], split)
    assert [(one.quantity, one.product) for one in session.log.fills] == [(20, "mtf")]


def test_an_unknown_product_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(ValueError, match=r"unknown product 'CNC'; known are delivery, intraday, mtf, normal"):
        Order(A, BUY, 1, product="CNC")
