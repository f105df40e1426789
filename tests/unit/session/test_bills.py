"""A fill is charged what the bill of its instrument and session rises by."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from friday_core.domain.executed import ExecutedOrder
from friday_core.domain.instruments import Instrument, InstrumentId
from friday_core.domain.orders import Order, Side, WorkingOrder
from friday_core.errors import PluginContractError
from friday_core.interfaces.broker import Tariff
from friday_core.market.charges.contract_note import contract_note
from friday_core.market.charges.shipped import rate_tables
from friday_core.market.charges.tariff import IndianTariff
from friday_core.session.bills import Bills

INFY, TCS = (Instrument(InstrumentId(name, "NSE"), "INR", price_decimals=2) for name in ("INFY", "TCS"))
MONDAY = (dt.date(2026, 5, 4) - dt.date(1970, 1, 1)).days
PRICE = 100_000  # 1,000 rupees in paise


class Zerodha(Tariff):
    """Every line to the paisa, so that notes and orders differ by paise alone."""

    tariff = IndianTariff(rate_tables("zerodha"))

    def charges_of(self, order: ExecutedOrder) -> int:
        return self.tariff.charges(order, to_the_paisa=True).total


class Flat(Tariff):
    """20 rupees an order."""

    def charges_of(self, order: ExecutedOrder) -> int:
        return 2_000


def an_order(side: Side, instrument: Instrument = INFY) -> WorkingOrder:
    return WorkingOrder(Order(instrument.id, side, 10_000), 0)


def alone(side: Side, quantity: int, *, same_day: int = 0, depository_paid: bool = False) -> int:
    """The bill of an order by itself."""
    order = ExecutedOrder(INFY, side, quantity, quantity * PRICE, MONDAY, "", same_day, depository_paid)
    return Zerodha().charges_of(order)


def test_fills_of_one_order_share_what_is_charged_per_order() -> None:
    bills, order = Bills(Flat()), an_order(Side.BUY)
    assert [bills.fill(order, INFY, PRICE, MONDAY).book(quantity) for quantity in (10, 20, 30)] == [2_000, 0, 0]


def test_two_orders_are_charged_apart() -> None:
    bills = Bills(Flat())
    assert [bills.fill(an_order(Side.BUY), INFY, PRICE, MONDAY).book(10) for _ in range(2)] == [2_000, 2_000]


def test_the_rest_of_an_order_in_the_next_session_has_a_bill_of_its_own() -> None:
    bills, order = Bills(Flat()), an_order(Side.BUY)
    assert [bills.fill(order, INFY, PRICE, session).book(10) for session in (MONDAY, MONDAY + 1)] == [2_000, 2_000]


@given(st.lists(st.integers(1, 500), min_size=1, max_size=8), st.sampled_from(Side))
def test_however_an_order_is_filled_at_one_price_its_charges_sum_to_those_of_the_whole(
    parts: list[int], side: Side
) -> None:
    bills, order = Bills(Zerodha()), an_order(side)
    charged = [bills.fill(order, INFY, PRICE, MONDAY).book(part) for part in parts]
    assert sum(charged) == alone(side, sum(parts))


def test_the_depository_is_paid_once_for_an_instrument_and_session() -> None:
    bills = Bills(Zerodha())
    first, second = (bills.fill(an_order(Side.SELL), INFY, PRICE, MONDAY).book(10) for _ in range(2))
    other = bills.fill(an_order(Side.SELL, TCS), TCS, PRICE, MONDAY).book(10)
    next_day = bills.fill(an_order(Side.SELL), INFY, PRICE, MONDAY + 1).book(10)
    assert (first, second) == (alone(Side.SELL, 10), alone(Side.SELL, 10, depository_paid=True))
    assert first - second == 1_534
    assert (other, next_day) == (first, first)


def test_a_sale_of_what_was_bought_in_the_session_is_credited_what_the_purchase_was_charged_too_much() -> None:
    bills = Bills(Zerodha())
    bought = bills.fill(an_order(Side.BUY), INFY, PRICE, MONDAY).book(100)
    sold = bills.fill(an_order(Side.SELL), INFY, PRICE, MONDAY).book(100)
    assert bought == alone(Side.BUY, 100)
    assert bought + sold == alone(Side.BUY, 100, same_day=100) + alone(Side.SELL, 100, same_day=100) == 8_268
    assert sold < 0


@given(st.lists(st.tuples(st.sampled_from(Side), st.integers(1, 60)), min_size=1, max_size=8))
def test_the_fills_of_a_session_at_one_price_cost_what_its_contract_note_says(
    trades: list[tuple[Side, int]],
) -> None:
    bills, tariff = Bills(Zerodha()), Zerodha.tariff
    charged = sum(bills.fill(an_order(side), INFY, PRICE, MONDAY).book(quantity) for side, quantity in trades)
    orders = [ExecutedOrder(INFY, side, quantity, quantity * PRICE, MONDAY) for side, quantity in trades]
    # A note rounds its transaction tax and its stamp duty to the rupee, and each order here its lines to the paisa.
    assert abs(charged - contract_note(tariff, orders).total) <= 100 + 4 * len(trades)


def test_asking_for_the_charges_of_a_fill_books_nothing() -> None:
    bills, order = Bills(Flat()), an_order(Side.BUY)
    fill = bills.fill(order, INFY, PRICE, MONDAY)
    assert (fill.charges(10), fill.charges(20), fill.book(10)) == (2_000, 2_000, 2_000)


def test_a_fill_takes_or_brings_its_notional_and_its_charges() -> None:
    bills = Bills(Flat())
    assert bills.fill(an_order(Side.BUY), INFY, PRICE, MONDAY).cost(10) == 1_002_000
    assert bills.fill(an_order(Side.SELL), INFY, PRICE, MONDAY).cost(10) == -998_000


@pytest.mark.parametrize("wrong", [-1, 1.5, None, True])
def test_a_plan_that_does_not_answer_with_whole_minor_units_breaks_its_contract(wrong: object) -> None:
    class Wrong(Tariff):
        def charges_of(self, order: ExecutedOrder) -> int:
            return wrong  # type: ignore[return-value]

    with pytest.raises(PluginContractError, match="charges plan Wrong must answer with whole minor units"):
        Bills(Wrong()).fill(an_order(Side.BUY), INFY, PRICE, MONDAY).book(1)
