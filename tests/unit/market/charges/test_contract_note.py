"""A day's orders together: rounded once, intraday where purchases meet sales, the depository paid once."""

from __future__ import annotations

import pytest
from fakes.executed import executed
from hypothesis import given
from hypothesis import strategies as st

from friday_core.market.charges.contract_note import contract_note
from friday_core.market.charges.lines import Charges
from friday_core.market.charges.shipped import rate_tables
from friday_core.market.charges.tariff import IndianTariff

ZERODHA = IndianTariff(rate_tables("zerodha"))
DAY = "2026-05-05"


def test_the_note_of_one_order_is_the_orders_bill() -> None:
    order = executed("sell", 100, "INFY.NSE", "1000", DAY)
    note = contract_note(ZERODHA, [order])
    assert note.exchanges["NSE"] + note.ledger == ZERODHA.charges(order)
    assert note.total == ZERODHA.charges(order).total


def test_stt_is_rounded_once_a_note() -> None:
    # Three purchases of 400 rupees: each 0.40 of STT, which alone would be nothing; together 1.20.
    orders = [executed("buy", 4, name, "100", DAY) for name in ("A.NSE", "B.NSE", "C.NSE")]
    assert [ZERODHA.charges(order).stt for order in orders] == [0, 0, 0]
    assert contract_note(ZERODHA, orders).exchanges["NSE"].stt == 100


def test_each_exchange_is_rounded_by_itself() -> None:
    orders = [executed("buy", 4, name, "100", DAY) for name in ("A.NSE", "B.NSE", "A.BSE")]
    note = contract_note(ZERODHA, orders)
    assert {name: bill.stt for name, bill in note.exchanges.items()} == {"NSE": 100, "BSE": 0}


def test_a_share_bought_and_sold_on_one_day_is_intraday_whatever_the_product() -> None:
    orders = [executed(side, 100, "INFY.NSE", "1000", DAY, product="delivery") for side in ("buy", "sell")]
    note = contract_note(ZERODHA, orders)
    assert note.total == 8_268
    assert note.ledger == Charges()


def test_an_intraday_order_that_nothing_meets_is_delivered() -> None:
    left = contract_note(ZERODHA, [executed("buy", 100, "INFY.NSE", "1000", DAY, product="intraday")])
    assert left.total == ZERODHA.charges(executed("buy", 100, "INFY.NSE", "1000", DAY)).total


def test_of_a_larger_sale_the_rest_is_delivered() -> None:
    # 40 bought and 100 sold: 40,000 are intraday on either side, 60,000 delivered.
    # Brokerage 12 + 12; STT 10 + 60; exchange 0.00297% of 1,40,000; stamp 0.003% of 40,000 is 1.20;
    # GST 18% of 24 + 4.158 + 0.14 + 0.14 = 5.11884
    orders = [executed("buy", 40, "INFY.NSE", "1000", DAY), executed("sell", 100, "INFY.NSE", "1000", DAY)]
    note = contract_note(ZERODHA, orders)
    assert note.exchanges["NSE"] == Charges(
        brokerage=2_400, stt=7_000, exchange=416, ipft=14, sebi=14, stamp=100, gst=512
    )
    assert note.ledger == Charges(depository=1_534)


def test_the_depository_is_paid_once_for_each_share_sold() -> None:
    orders = [executed("sell", 5, name, "100", DAY) for name in ("A.NSE", "A.NSE", "B.NSE")]
    assert contract_note(ZERODHA, orders).ledger == Charges(depository=3_068)


def test_each_order_that_the_broker_squares_off_pays() -> None:
    orders = [
        executed(side, 5, "A.NSE", "100", DAY, product="intraday", squared_off=off)
        for side, off in (("buy", False), ("sell", True))
    ]
    assert contract_note(ZERODHA, orders).ledger == Charges(square_off=5_900)


def test_a_note_is_of_one_session() -> None:
    orders = [executed("buy", 1, "A.NSE", "100", on) for on in (DAY, "2026-05-06")]
    with pytest.raises(ValueError, match="a contract note is of one session, not of 2"):
        contract_note(ZERODHA, orders)


def test_a_note_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="of one session, not of 0"):
        contract_note(ZERODHA, [])


@given(st.permutations(range(6)), st.lists(st.integers(1, 500), min_size=6, max_size=6))
def test_the_order_of_orders_does_not_matter(places: list[int], quantities: list[int]) -> None:
    names = ["A.NSE", "A.NSE", "B.NSE", "B.BSE", "A.NSE", "XFUT.NFO"]
    sides = ["buy", "sell", "sell", "buy", "buy", "sell"]
    orders = [
        executed(side, quantity, name, "123.45", DAY)
        for side, quantity, name in zip(sides, quantities, names, strict=True)
    ]
    assert contract_note(ZERODHA, orders) == contract_note(ZERODHA, [orders[place] for place in places])


@given(st.lists(st.integers(1, 5_000), min_size=1, max_size=8))
def test_a_note_differs_from_its_orders_by_one_rounding_each(quantities: list[int]) -> None:
    orders = [executed("buy", quantity, f"S{n}.NSE", "123.45", DAY) for n, quantity in enumerate(quantities)]
    note = contract_note(ZERODHA, orders).exchanges["NSE"]
    apart = note.stt - sum(ZERODHA.charges(order).stt for order in orders)
    assert abs(apart) <= 50 * (len(orders) + 1)
