"""Instruments: names, and the way between prices as people write them and exact integers."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from friday_core.domain.instruments import Instrument, InstrumentId
from friday_core.domain.money import MINOR_DIGITS

INFY = InstrumentId("INFY", "NSE")
_ENOUGH_DIGITS = Context(prec=60, rounding=ROUND_HALF_EVEN)

instruments = st.builds(
    Instrument, st.just(INFY), currency=st.sampled_from(sorted(MINOR_DIGITS)), price_decimals=st.integers(0, 8)
)


def test_a_name_prints_and_parses_back() -> None:
    assert str(INFY) == "INFY.NSE"
    assert InstrumentId.parse("INFY.NSE") == INFY


def test_the_exchange_follows_the_last_dot() -> None:
    assert InstrumentId.parse("BRK.B.NYSE") == InstrumentId("BRK.B", "NYSE")


@pytest.mark.parametrize("text", ["INFY", ".NSE", "INFY.", "", "."])
def test_a_name_without_symbol_or_exchange_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"write SYMBOL\.EXCHANGE"):
        InstrumentId.parse(text)


def test_names_sort_by_symbol_then_exchange() -> None:
    names = [InstrumentId("B", "BSE"), InstrumentId("A", "NSE"), InstrumentId("A", "BSE")]
    assert [str(one) for one in sorted(names)] == ["A.BSE", "A.NSE", "B.BSE"]


@pytest.mark.parametrize(
    "wrong", [{"currency": "XXX"}, {"tick_size": 0}, {"lot_size": 0}, {"price_decimals": -1}, {"price_decimals": 9}]
)
def test_an_instrument_without_sense_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"INFY\.NSE: "):
        Instrument(**{"id": INFY, "currency": "INR", **wrong})


@pytest.mark.parametrize(
    ("price", "decimals", "units"),
    [
        ("1432.05", 2, 143_205),
        (1432.05, 2, 143_205),
        (Decimal("83.0025"), 4, 830_025),
        ("-1.5", 2, -150),
        (7, 0, 7),
        ("1e3", 2, 100_000),
    ],
)
def test_a_price_becomes_whole_units(price: Decimal | float | str, decimals: int, units: int) -> None:
    assert Instrument(INFY, "INR", decimals).units(price) == units


@pytest.mark.parametrize(("price", "decimals"), [("1.005", 2), (0.1, 0), (Decimal("83.00255"), 4)])
def test_a_price_between_two_units_is_refused(price: Decimal | float | str, decimals: int) -> None:
    with pytest.raises(ValueError, match=f"is finer than {decimals} decimals"):
        Instrument(INFY, "INR", decimals).units(price)


@pytest.mark.parametrize("price", [float("nan"), float("inf"), "-inf", "ten", ""])
def test_what_is_no_number_is_no_price(price: float | str) -> None:
    with pytest.raises(ValueError, match="is not a price"):
        Instrument(INFY, "INR").units(price)


@given(instruments, st.integers(-(10**12), 10**12))
def test_units_written_as_a_decimal_read_back_as_the_same_units(instrument: Instrument, units: int) -> None:
    assert instrument.units(Decimal(units).scaleb(-instrument.price_decimals)) == units


@given(instruments, st.integers(-(2**53) // 10**8, 2**53 // 10**8))
def test_units_shown_as_a_float_read_back_as_the_same_units(instrument: Instrument, units: int) -> None:
    assert instrument.units(format(instrument.price(units), f".{instrument.price_decimals}f")) == units


@given(instruments, st.integers(-(10**12), 10**12), st.integers(-(10**9), 10**9))
def test_notional_is_price_times_quantity_rounded_half_even(instrument: Instrument, units: int, quantity: int) -> None:
    exact = Decimal(units).scaleb(-instrument.price_decimals) * abs(quantity)
    minor = _ENOUGH_DIGITS.scaleb(exact, MINOR_DIGITS[instrument.currency])
    assert instrument.notional(units, quantity) == int(minor.quantize(Decimal(1), context=_ENOUGH_DIGITS))


def test_notional_of_a_price_coarser_than_the_money() -> None:
    # 7 rupees, written without decimals, times 3 are 21.00 rupees.
    assert Instrument(INFY, "INR", price_decimals=0).notional(7, 3) == 2_100
