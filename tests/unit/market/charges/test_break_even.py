"""The smallest move that pays for a round trip."""

from __future__ import annotations

import msgspec
import pytest
from fakes.executed import day, instrument
from hypothesis import given
from hypothesis import strategies as st

from friday_core.domain.executed import ExecutedOrder
from friday_core.domain.orders import Side
from friday_core.interfaces.broker import Tariff
from friday_core.market.charges.break_even import BreakEven, RoundTrip, break_even
from friday_core.market.charges.shipped import rate_tables
from friday_core.market.charges.tariff import IndianTariff

DAY = day("2026-05-05")
INFY = instrument("INFY.NSE", tick_size=5)


class Zerodha(Tariff):
    def __init__(self) -> None:
        self.tariff = IndianTariff(rate_tables("zerodha"))

    def charges_of(self, order: ExecutedOrder) -> int:
        return self.tariff.charges(order).total


class Fee(Tariff):
    """So much an order, and as much again if it sells for more than a limit."""

    def __init__(self, fee: int, per_cent: int = 0) -> None:
        self.fee, self.per_cent = fee, per_cent

    def charges_of(self, order: ExecutedOrder) -> int:
        return self.fee + order.notional * self.per_cent // 100


def net(tariff: Tariff, trip: RoundTrip, ticks: int) -> int:
    """What a round trip brings after charges, by brute force."""
    total = 0
    for side, price, session in (
        (trip.side, trip.price, trip.opened),
        (
            Side.SELL if trip.side is Side.BUY else Side.BUY,
            trip.price + trip.side.sign * ticks * trip.instrument.tick_size,
            trip.closed,
        ),
    ):
        notional = price * trip.quantity
        order = ExecutedOrder(trip.instrument, side, trip.quantity, notional, session, trip.product)
        total -= side.sign * notional + tariff.charges_of(order)
    return total


def test_a_delivery_of_one_lakh_needs_two_rupees_and_forty_paise() -> None:
    # 237.82 over 100 shares is 2.3782: at 1,002.40 the sale pays 0.24 more than at 1,000, and 240.00 still do.
    found = break_even(Zerodha(), RoundTrip(INFY, Side.BUY, 100, 100_000, DAY, DAY + 7))
    assert found == BreakEven(ticks=48, move=240, gain=24_000, charges=23_783)


def test_an_intraday_short_needs_less() -> None:
    found = break_even(Zerodha(), RoundTrip(INFY, Side.SELL, 100, 100_000, DAY, DAY, "intraday"))
    assert found == BreakEven(ticks=17, move=85, gain=8_500, charges=8_268)


def test_without_charges_no_move_is_needed() -> None:
    assert break_even(Fee(0), RoundTrip(INFY, Side.BUY, 10, 100_000, DAY, DAY)) == BreakEven(0, 0, 0, 0)


def test_charges_that_just_fit_into_ticks_need_no_tick_more() -> None:
    # Two fees of 100 paise, 10 shares, ticks of 5 paise: 4 ticks bring 200.
    found = break_even(Fee(100), RoundTrip(INFY, Side.BUY, 10, 100_000, DAY, DAY))
    assert found == BreakEven(ticks=4, move=20, gain=200, charges=200)


@pytest.mark.parametrize("side", Side)
@given(quantity=st.integers(1, 400), price=st.integers(20, 20_000))
def test_it_is_the_first_tick_that_pays(side: Side, quantity: int, price: int) -> None:
    tariff = Zerodha()
    trip = RoundTrip(INFY, side, quantity, price * 5, DAY, DAY, "intraday")
    found = break_even(tariff, trip)
    if found is None:
        assert net(tariff, trip, (trip.price - 1) // 5) < 0
        return
    assert net(tariff, trip, found.ticks) == found.gain - found.charges >= 0
    assert all(net(tariff, trip, ticks) < 0 for ticks in range(max(0, found.ticks - 60), found.ticks))


def test_a_short_that_no_price_pays_for_has_none() -> None:
    assert break_even(Fee(100), RoundTrip(INFY, Side.SELL, 1, 150, DAY, DAY)) is None


def test_a_long_whose_charges_outgrow_its_price_has_none() -> None:
    assert break_even(Fee(1, per_cent=100), RoundTrip(INFY, Side.BUY, 1, 150, DAY, DAY)) is None


def test_finer_prices_than_the_minor_unit_are_rounded_as_they_are_booked() -> None:
    fine = msgspec.structs.replace(INFY, price_decimals=4, tick_size=25)
    # 1,000 units at 0.0025 a tick are 2.50 rupees; two fees of 3 rupees need three ticks.
    found = break_even(Fee(300), RoundTrip(fine, Side.BUY, 1_000, 830_000, DAY, DAY))
    assert found == BreakEven(ticks=3, move=75, gain=750, charges=600)
