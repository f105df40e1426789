"""What the symbol of a contract says."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from friday_core.market.instruments.contract_names import (
    ContractName,
    contract_name,
    is_monthly,
    names_month_of,
    underlying,
)

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


@pytest.mark.parametrize(
    ("symbol", "expected"),
    [
        ("NIFTY26MAYFUT", ("NIFTY", 2026, 5, 0, "FUT", None)),
        ("NIFTYNXT5026JANFUT", ("NIFTYNXT50", 2026, 1, 0, "FUT", None)),
        ("360ONE26JANFUT", ("360ONE", 2026, 1, 0, "FUT", None)),
        ("BAJAJ-AUTO26FEB9000PE", ("BAJAJ-AUTO", 2026, 2, 0, "PE", Decimal(9000))),
        ("ITC24APR402.5CE", ("ITC", 2024, 4, 0, "CE", Decimal("402.5"))),
        ("NIFTY2651924000CE", ("NIFTY", 2026, 5, 19, "CE", Decimal(24000))),
        ("NIFTY24O1722000PE", ("NIFTY", 2024, 10, 17, "PE", Decimal(22000))),
    ],
)
def test_a_symbol_is_taken_to_pieces(symbol: str, expected: tuple[object, ...]) -> None:
    assert contract_name(symbol) == ContractName(*expected)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "symbol", ["INFY", "NIFTY26MAY", "26MAYFUT", "NIFTY2620024000CE", "NIFTY2623024000CE", "NIFTY26MAYCE"]
)
def test_what_names_no_contract_is_none(symbol: str) -> None:
    assert contract_name(symbol) is None
