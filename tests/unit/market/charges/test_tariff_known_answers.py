"""Figures that the broker published, and figures worked by hand, to the paisa."""

from __future__ import annotations

from decimal import Decimal

import pytest
from fakes.executed import executed, instrument

from friday_core.domain.executed import ExecutedOrder
from friday_core.domain.sessions import to_date
from friday_core.market.charges.lines import Charges, Line
from friday_core.market.charges.shipped import rate_tables
from friday_core.market.charges.tariff import IndianTariff

L = Line
ZERODHA = IndianTariff(rate_tables("zerodha"))

#: Orders of the official client's mock contract note (2023-07-13), mock order margins (2023-01-06), and of an
#: estimate that the API gave on 2025-11-15; STT, exchange with IPFT, SEBI, brokerage, stamp, GST and their total.
PUBLISHED = [
    (
        executed("buy", 1, "SBIN.NSE", "560", "2023-07-13"),
        ("0.56", "0.01876", "0.00056", "0", "0", "0.0033768", "0.5826968"),
    ),
    (
        executed("sell", 1, "GOLDPETAL23JULFUT.MCX", "5862", "2023-07-13"),
        ("0.5862", "0.152412", "0.005862", "1.7586", "0", "0.34503732", "2.84811132"),
    ),
    (
        executed("buy", 100, "NIFTY2371317900PE.NFO", "1.50", "2023-07-13"),
        ("0", "0.07575", "0.00015", "20", "0", "3.613527", "23.689427"),
    ),
    (
        executed("buy", 1, "INFY.NSE", "1498", "2023-01-06"),
        ("1.498", "0.051681", "0.001498", "0.01", "0.22", "0.01137222", "1.79255122"),
    ),
    (
        executed("buy", 1, "INFY.NSE", "1500", "2025-11-15"),
        ("1.5", "0.04605", "0.0015", "0", "0", "0.008559", "1.556109"),
    ),
]


@pytest.mark.parametrize(("order", "published"), PUBLISHED, ids=lambda value: str(getattr(value, "instrument", "")))
def test_an_estimate_is_the_one_that_the_broker_published(order: ExecutedOrder, published: tuple[str, ...]) -> None:
    bill = ZERODHA.estimate(order)
    shown = (L.STT,), (L.EXCHANGE, L.IPFT), (L.SEBI,), (L.BROKERAGE,), (L.STAMP,), (L.GST,), ()
    assert [bill.rupees(*lines) for lines in shown] == [Decimal(figure) for figure in published]


#: Orders of the official mock of basket margins (2023-07-05), which left IPFT out: a lot of 75 each.
BASKET = [
    (executed("sell", 75, "NIFTY23JUL20600CE.NFO", "35.65", "2023-07-05"), ("1.67109375", "1.336875", "3.841118775")),
    (executed("buy", 75, "NIFTY23JUL20700CE.NFO", "6.95", "2023-07-05"), ("0", "0.260625", "3.647006325")),
]


@pytest.mark.parametrize(("order", "published"), BASKET, ids=["sell", "buy"])
def test_the_lines_of_a_basket_are_those_that_the_broker_published(
    order: ExecutedOrder, published: tuple[str, ...]
) -> None:
    bill = ZERODHA.estimate(order)
    assert [bill.rupees(line) for line in (L.STT, L.EXCHANGE, L.GST)] == [Decimal(figure) for figure in published]
    assert (bill.rupees(L.BROKERAGE), bill.rupees(L.STAMP)) == (Decimal(20), Decimal(0))


def both(price: str, on: str, product: str, quantity: int = 100) -> Charges:
    """A purchase and a sale at one price."""
    bills = [
        ZERODHA.charges(executed(side, quantity, "INFY.NSE", price, on, product=product)) for side in ("buy", "sell")
    ]
    return bills[0] + bills[1]


def test_an_intraday_round_trip_of_one_lakh_costs_82_68() -> None:
    # brokerage 2 x 20, STT 25, exchange with IPFT 2 x 3.07, SEBI 2 x 0.10, stamp 3, GST 2 x 18% of 23.17
    bill = both("1000", "2026-05-05", "intraday")
    assert bill == Charges(brokerage=4_000, stt=2_500, exchange=594, ipft=20, sebi=20, stamp=300, gst=834)
    assert bill.total == 8_268


def test_a_delivery_round_trip_of_one_lakh_costs_222_48_and_with_the_depository_237_82() -> None:
    # STT 2 x 100, exchange 2 x 2.97, IPFT 2 x 0.10, SEBI 2 x 0.10, stamp 15, GST 2 x 0.57; depository 13 + 18%
    bill = both("1000", "2026-05-05", "delivery")
    assert bill == Charges(stt=20_000, exchange=594, ipft=20, sebi=20, stamp=1_500, gst=114, depository=1_534)
    assert (bill.on_the_note, bill.total) == (22_248, 23_782)


@pytest.mark.parametrize(
    ("on", "stt"),
    [("2024-09-30", 1_300), ("2024-10-01", 2_000), ("2026-03-31", 2_000), ("2026-04-01", 5_000)],
)
def test_a_future_pays_the_stt_of_its_day(on: str, stt: int) -> None:
    # 1,00,000 sold: 12.50, which a note rounds to 13; 20; 20; 50
    assert ZERODHA.charges(executed("sell", 100, "INFY26MAYFUT.NFO", "1000", on)).stt == stt


@pytest.mark.parametrize(
    ("on", "stt", "exchange", "ipft"),
    [
        ("2024-09-30", 6_300, 4_950, 50),  # 0.0625%, 0.0495%, 0.0005%
        ("2024-10-01", 10_000, 3_503, 50),
        ("2026-03-31", 10_000, 3_503, 50),
        ("2026-04-01", 15_000, 3_503, 50),
    ],
)
def test_an_option_pays_the_rates_of_its_day_on_its_premium(on: str, stt: int, exchange: int, ipft: int) -> None:
    bill = ZERODHA.charges(executed("sell", 500, "NIFTY26MAY25000CE.NFO", "200", on))
    assert (bill.stt, bill.exchange, bill.ipft, bill.brokerage) == (stt, exchange, ipft, 2_000)


def test_the_exchange_charge_of_shares_fell_on_1_october_2024() -> None:
    paid = [
        ZERODHA.charges(executed("buy", 100, "INFY.NSE", "1000", on)).exchange for on in ("2024-09-30", "2024-10-01")
    ]
    assert paid == [322, 297]


def test_bse_has_its_own_exchange_charge_and_no_ipft() -> None:
    bill = ZERODHA.charges(executed("buy", 100, "INFY.BSE", "1000", "2026-05-05"))
    assert (bill.exchange, bill.ipft) == (375, 0)


@pytest.mark.parametrize(("on", "tax"), [("2026-03-31", 1_300), ("2026-04-01", 1_500)])
def test_exercise_is_taxed_on_the_intrinsic_value(on: str, tax: int) -> None:
    order = executed("buy", 1, "NIFTY26MAY25000CE.NFO", "1", on)
    # 0.125% of 10,000 rupees is 12.50, rounded to 13; 0.15% is 15
    assert ZERODHA.exercise_tax(instrument("NIFTY26MAY25000CE.NFO"), 1_000_000, to_date(order.session)) == tax
