"""What an order pays, what it does not, and what is refused."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import msgspec
import pytest
from fakes.executed import day, executed
from hypothesis import given
from hypothesis import strategies as st

from friday_core.domain.executed import ExecutedOrder
from friday_core.domain.instruments import Instrument, InstrumentId
from friday_core.domain.orders import Side
from friday_core.errors import DataError
from friday_core.market.charges.lines import LEVIES, PARTS, Charges, Line
from friday_core.market.charges.shipped import broker_plans, rate_tables
from friday_core.market.charges.tariff import IndianTariff

TARIFFS = {name: IndianTariff(rate_tables(name)) for name in broker_plans()}
ZERODHA = TARIFFS["zerodha"]
#: Name and product of what may be traded.
TRADABLE = [
    ("INFY.NSE", "delivery"), ("INFY.NSE", "intraday"), ("INFY.NSE", "mtf"), ("INFY.BSE", "delivery"),
    ("INFYFUT.NFO", "normal"), ("SENSEXFUT.BFO", "intraday"), ("NIFTYCE.NFO", "normal"), ("GOLDFUT.MCX", "normal"),
]  # fmt: skip
DAYS = ["2025-03-03", "2026-03-31", "2026-04-01", "2027-03-31"]


@st.composite
def orders(draw: Any, sides: tuple[str, ...] = ("buy", "sell"), most: int = 10**6) -> ExecutedOrder:
    name, product = draw(st.sampled_from(TRADABLE))
    price = draw(st.integers(1, 10**7))
    made = executed(draw(st.sampled_from(sides)), 1, name, "1", draw(st.sampled_from(DAYS)), product=product)
    quantity = draw(st.integers(1, most))
    return msgspec.structs.replace(made, quantity=quantity, notional=quantity * price)


def scaled(order: ExecutedOrder, quantity: int) -> ExecutedOrder:
    """The same order at the same price for another quantity."""
    return msgspec.structs.replace(order, quantity=quantity, notional=order.notional // order.quantity * quantity)


@given(orders(), st.integers(1, 10**6))
def test_more_at_one_price_never_costs_less(order: ExecutedOrder, more: int) -> None:
    larger = scaled(order, order.quantity + more)
    for tariff in TARIFFS.values():
        assert tariff.charges(order).total <= tariff.charges(larger).total


@given(orders())
def test_no_line_is_negative_and_the_total_is_their_sum(order: ExecutedOrder) -> None:
    bill = ZERODHA.charges(order)
    lines = [getattr(bill, line) for line in Line]
    assert min(lines) >= 0
    assert bill.total == sum(lines)


@given(orders(sides=("sell",)))
def test_sells_pay_no_stamp_duty(order: ExecutedOrder) -> None:
    assert ZERODHA.charges(order).stamp == 0


@given(orders(sides=("buy",)))
def test_only_delivered_purchases_pay_stt(order: ExecutedOrder) -> None:
    delivered = order.product in ("delivery", "mtf")
    assert (ZERODHA.exact(order)[Line.STT] > 0) == delivered


@given(orders(), st.data())
def test_parts_of_an_order_differ_from_the_whole_by_rounding_only(order: ExecutedOrder, data: st.DataObject) -> None:
    first = data.draw(st.integers(0, order.quantity - 1))
    parts = [scaled(order, quantity) for quantity in (first, order.quantity - first) if quantity]
    exact = [ZERODHA.exact(part) for part in parts]
    whole = ZERODHA.exact(order)
    rule = ZERODHA.rounding(order.session)
    bills = [ZERODHA.charges(part) for part in parts]
    for levy in LEVIES:
        assert sum(lines[levy] for lines in exact) == whole[levy]
        apart = sum(getattr(bill, levy) for bill in bills) - getattr(ZERODHA.charges(order), levy)
        # each of the roundings, one for every part and one for the whole, moves a line by half a unit at most
        assert 2 * abs(apart) <= (len(parts) + 1) * rule.note[levy]


@given(orders(most=1_000), st.lists(st.integers(1, 1_000), max_size=5))
def test_the_fills_of_an_order_share_one_bill(order: ExecutedOrder, cuts: list[int]) -> None:
    # A fill costs what the order costs with it, less what it cost before.
    filled = sorted({0, order.quantity, *(cut for cut in cuts if cut < order.quantity)})
    bills = [ZERODHA.charges(scaled(order, quantity)).total if quantity else 0 for quantity in filled]
    steps = [after - before for before, after in pairwise(bills)]
    assert min(steps) >= 0
    assert sum(steps) == ZERODHA.charges(order).total


@given(orders())
def test_to_the_paisa_every_line_is_within_half_a_paisa(order: ExecutedOrder) -> None:
    bill = ZERODHA.charges(order, to_the_paisa=True)
    exact = ZERODHA.exact(order)
    assert max(abs(2 * (getattr(bill, line) * PARTS - exact[line])) for line in Line) <= PARTS


def test_brokerage_is_capped_per_order_not_per_fill() -> None:
    assert (
        ZERODHA.charges(executed("sell", 1_000, "INFY.NSE", "1000", "2026-05-05", product="intraday")).brokerage
        == 2_000
    )


def test_a_small_intraday_order_pays_three_hundredths_of_a_percent() -> None:
    assert ZERODHA.charges(executed("sell", 10, "INFY.NSE", "1000", "2026-05-05", product="intraday")).brokerage == 300


def test_half_a_rupee_of_stt_goes_up() -> None:
    # 0.1% of 500.00 is 0.50, of 499.99 less
    paid = [ZERODHA.charges(executed("buy", 1, "INFY.NSE", price, "2026-05-05")).stt for price in ("499.99", "500.00")]
    assert paid == [0, 100]


def test_the_depository_is_paid_for_delivery_sales_only() -> None:
    orders = [
        executed("sell", 1, "INFY.NSE", "1000", "2026-05-05"),
        executed("sell", 900, "INFY.NSE", "1000", "2026-05-05"),
        executed("buy", 1, "INFY.NSE", "1000", "2026-05-05"),
        executed("sell", 1, "INFY.NSE", "1000", "2026-05-05", product="intraday"),
        executed("sell", 1, "INFYFUT.NFO", "1000", "2026-05-05"),
    ]
    assert [ZERODHA.charges(order).depository for order in orders] == [1_534, 1_534, 0, 0, 0]


def test_the_depository_is_paid_once_a_day() -> None:
    order = executed("sell", 1, "INFY.NSE", "1000", "2026-05-05", depository_paid=True)
    assert ZERODHA.charges(order).depository == 0


def test_a_woman_who_is_the_first_holder_pays_the_depository_less() -> None:
    tariff = IndianTariff(rate_tables("zerodha"), holder="woman")
    bill = tariff.charges(executed("sell", 1, "INFY.NSE", "1000", "2026-05-05"))
    assert bill.depository == 1_505  # 12.75 + 18% = 15.045, a half up


def test_a_fee_without_a_row_for_women_is_that_of_anybody() -> None:
    tariff = IndianTariff(rate_tables("example_flat_fee"), holder="woman")
    assert tariff.charges(executed("sell", 1, "INFY.NSE", "1000", "2026-05-05")).depository == 1_770


def test_a_square_off_by_the_broker_costs_fifty_rupees_and_gst() -> None:
    order = executed("sell", 1, "INFY.NSE", "1000", "2026-05-05", product="intraday", squared_off=True)
    assert ZERODHA.charges(order).square_off == 5_900


def test_what_is_sold_on_the_day_of_its_purchase_is_charged_as_intraday() -> None:
    closing = executed("sell", 100, "INFY.NSE", "1000", "2026-05-05", same_day=100)
    intraday = executed("sell", 100, "INFY.NSE", "1000", "2026-05-05", product="intraday")
    assert ZERODHA.charges(closing) == ZERODHA.charges(intraday)


def test_an_order_that_closes_the_same_day_in_part_is_charged_part_by_part() -> None:
    # 40 of 100 shares: 40,000 intraday and 60,000 delivered. Brokerage 0.03% of 40,000; STT 10 + 60;
    # GST 18% of 12 + 3.07 + 0.10 = 2.7306
    bill = ZERODHA.charges(executed("sell", 100, "INFY.NSE", "1000", "2026-05-05", same_day=40))
    assert bill == Charges(brokerage=1_200, stt=7_000, exchange=297, ipft=10, sebi=10, gst=273, depository=1_534)


def test_a_derivative_has_no_delivery_to_close() -> None:
    order = executed("sell", 50, "INFYFUT.NFO", "1000", "2026-05-05")
    assert ZERODHA.charges(msgspec.structs.replace(order, same_day=50)) == ZERODHA.charges(order)


def test_shares_whose_order_names_no_product_have_the_tariffs() -> None:
    order = executed("sell", 100, "INFY.NSE", "1000", "2026-05-05")
    tariff = IndianTariff(rate_tables("zerodha"), product="intraday")
    assert tariff.charges(order).total == 5_234  # brokerage 20, STT 25, 3.07, 0.10, GST 4.17
    assert ZERODHA.charges(order).total == 10_374 + 1_534


@pytest.mark.parametrize("on", ["2021-03-31", "2027-04-01"])
def test_a_day_that_the_tables_miss_is_refused_with_the_day(on: str) -> None:
    with pytest.raises(
        DataError, match=f"no rate for stt NSE delivery on {on} in zerodha, india, which answer for 2021"
    ):
        ZERODHA.charges(executed("buy", 1, "INFY.NSE", "1000", on))


def test_when_the_facts_have_run_out_the_mend_says_so() -> None:
    with pytest.raises(DataError, match="mend: the facts end on 2027-03-31: look up what has changed since"):
        ZERODHA.charges(executed("buy", 1, "INFY.NSE", "1000", "2027-04-01"))


def test_a_rate_that_begins_later_is_not_used_before() -> None:
    with pytest.raises(DataError, match=r"no rate for exchange BFO options on 2024-09-30 .* 2024-10-01 to 2027-03-31"):
        ZERODHA.charges(executed("buy", 20, "SENSEXCE.BFO", "100", "2024-09-30"))


@pytest.mark.parametrize(
    ("name", "product"), [("INFY.NSE", "normal"), ("INFY.NSE", "cnc"), ("INFYFUT.NFO", "delivery")]
)
def test_an_unknown_product_is_refused_with_those_that_there_are(name: str, product: str) -> None:
    with pytest.raises(DataError, match=f"unknown product '{product}' of kind '(equity|future)'; known: "):
        ZERODHA.charges(executed("buy", 1, name, "1000", "2026-05-05", product=product))


def test_an_exchange_without_rates_is_refused_with_the_nearest_name() -> None:
    order = ExecutedOrder(Instrument(InstrumentId("INFY", "NSX"), "INR"), Side.BUY, 1, 100, day("2026-05-05"))
    with pytest.raises(DataError, match="no rate for stt NSX delivery in zerodha, india; there is stt NSE delivery"):
        ZERODHA.charges(order)


@pytest.mark.parametrize(("kind", "currency"), [("bond", "INR"), ("equity", "USD")])
def test_other_kinds_and_currencies_have_no_indian_charges(kind: str, currency: str) -> None:
    one = Instrument(InstrumentId("IBM", "NSE"), currency, kind=kind)
    with pytest.raises(DataError, match=f"no Indian charges for kind '{kind}' in {currency}"):
        ZERODHA.charges(ExecutedOrder(one, Side.BUY, 1, 100, day("2026-05-05")))


@pytest.mark.parametrize(
    ("quantity", "notional", "same_day", "message"),
    [(0, 0, 0, "a quantity is at least 1"), (1, -1, 0, "an amount at least 0"), (5, 5, 6, "6 of 5 cannot close")],
)
def test_an_executed_order_must_be_possible(quantity: int, notional: int, same_day: int, message: str) -> None:
    one = Instrument(InstrumentId("INFY", "NSE"), "INR")
    with pytest.raises(ValueError, match=message):
        ExecutedOrder(one, Side.BUY, quantity, notional, 0, same_day=same_day)
