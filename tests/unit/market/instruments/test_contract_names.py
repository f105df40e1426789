"""What the symbol of a contract says."""

from __future__ import annotations

import datetime as dt

import pytest

from friday_core.market.instruments.contract_names import is_monthly, names_month_of, underlying

APRIL = dt.date(2024, 4, 25)


@pytest.mark.parametrize(
    ("symbol", "expiry", "monthly"),
    [
        ("BANKNIFTY24APR48000CE", APRIL, True),
        ("NIFTY24APRFUT", APRIL, True),
        ("NIFTY2442522000PE", APRIL, False),
        ("NIFTY24O1722000PE", dt.date(2024, 10, 17), False),
        ("OPT1", APRIL, None),
    ],
)
def test_a_symbol_shows_whether_its_contract_is_monthly(symbol: str, expiry: dt.date, monthly: bool | None) -> None:
    assert is_monthly(symbol, expiry) is monthly


def test_a_symbol_that_names_another_month_or_year_is_not_of_the_expiry() -> None:
    assert names_month_of("NIFTY24APRFUT", APRIL)
    assert not names_month_of("NIFTY24MAYFUT", APRIL)
    assert not names_month_of("NIFTY25APR22000CE", APRIL)
    assert names_month_of("NIFTY2450222000CE", APRIL)


@pytest.mark.parametrize(
    ("symbol", "strike", "kind", "expected"),
    [
        ("M&M24APR2000CE", 2000.0, "CE", "M&M"),
        ("NIFTY2442522000PE", 22000.0, "PE", "NIFTY"),
        ("ITC24APR402.5CE", 402.5, "CE", "ITC"),
        ("360ONE24APRFUT", 0.0, "FUT", "360ONE"),
        ("MRF24APR123456.5PE", 123456.5, "PE", "MRF"),
        ("NIFTY24APR22100CE", 22000.0, "CE", ""),
        ("NIFTY24MAY22000CE", 22000.0, "CE", ""),
    ],
)
def test_the_underlying_stands_before_expiry_strike_and_type(
    symbol: str, strike: float, kind: str, expected: str
) -> None:
    assert underlying(symbol, APRIL, strike, kind) == expected
