"""The margin of what a book holds, its contracts told by their symbols."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import pytest
from fakes.schedules import day
from hypothesis import given
from hypothesis import strategies as st

from friday_core.domain.instruments import Instrument, InstrumentId
from friday_core.errors import DataError
from friday_core.market.instruments.dated_facts import instrument_facts
from friday_core.market.margins.book import margin_of
from friday_core.market.margins.holdings import HoldingsMargin, Volatilities
from friday_core.market.margins.legs import Contract, Leg, Right
from friday_core.market.margins.rows import Underlying
from friday_core.market.margins.shipped import margin_tables
from friday_plugins.calendars.indian import IndianCalendar, IndianSettings

SESSIONS = IndianCalendar(IndianSettings(exchange="NFO")).schedule()
VOLATILITIES = Volatilities(index=0.2, stock=0.4, by_name={"BANKNIFTY": 0.3})
MARGIN = HoldingsMargin(margin_tables(), instrument_facts(), SESSIONS, VOLATILITIES)
DAY = "2026-03-02"
NIFTY, BANKS, RELIANCE = (InstrumentId(symbol, "NSE") for symbol in ("NIFTY 50", "NIFTY BANK", "RELIANCE"))


def named(symbol: str, exchange: str = "NFO") -> Instrument:
    kind = "future" if symbol.endswith("FUT") else "option" if symbol[-2:] in {"CE", "PE"} else "equity"
    return Instrument(InstrumentId(symbol, exchange), "INR", kind=kind)


INFY = named("INFY", "NSE")
MARCH = named("NIFTY26MARFUT")
PRICED = [one.id for one in (INFY, named("NIFTY26APR24000CE"), named("NIFTY26FEBFUT"))]


def total(held: Mapping[Instrument, int], prices: Mapping[InstrumentId, int], on: str = DAY) -> int:
    return MARGIN.estimate(day(on), held, prices).total


@pytest.mark.parametrize(
    ("symbol", "contract", "volatility"),
    [
        ("NIFTY26MARFUT", (NIFTY, Underlying.INDEX, dt.date(2026, 3, 30)), 0.2),
        ("BANKNIFTY26APRFUT", (BANKS, Underlying.INDEX, dt.date(2026, 4, 28)), 0.3),
        ("RELIANCE26APRFUT", (RELIANCE, Underlying.STOCK, dt.date(2026, 4, 28)), 0.4),
        ("NIFTY26APR24000CE", (NIFTY, Underlying.INDEX, dt.date(2026, 4, 28), 24_000_00, Right.CALL), 0.2),
        ("NIFTY2631024000PE", (NIFTY, Underlying.INDEX, dt.date(2026, 3, 10), 24_000_00, Right.PUT), 0.2),
    ],
)
def test_a_symbol_says_what_a_margin_is_asked_for(symbol: str, contract: tuple[Any, ...], volatility: float) -> None:
    instrument, terms = named(symbol), Contract(*contract)
    prices, volatilities = {instrument.id: 300_00, terms.underlying: 24_100_00}, {terms.underlying: volatility}
    expected = margin_of([Leg(instrument, -75, contract=terms)], prices, volatilities, dt.date.fromisoformat(DAY))
    assert MARGIN.estimate(day(DAY), {instrument: -75}, prices) == expected


def test_shares_have_the_product_that_was_named() -> None:
    intraday = HoldingsMargin(margin_tables(), instrument_facts(), SESSIONS, VOLATILITIES, "intraday")
    assert total({INFY: 100}, {INFY.id: 1_000_00}) == 100_000_00
    assert intraday.estimate(day(DAY), {INFY: -100}, {INFY.id: 1_000_00}).total == 20_000_00


def test_what_is_flat_needs_no_price_and_ties_up_nothing() -> None:
    assert total({INFY: 0, MARCH: 0}, {}) == 0


@pytest.mark.parametrize(
    ("held", "told"),
    [
        ({named("TCS", "NSE"): 1}, "no price of TCS.NSE: give one"),
        ({named("NIFTY26APR24000CE"): -75}, "no price of NIFTY 50.NSE: give one"),
        ({INFY: -1}, "1 more sold as delivery than are held"),
        ({named("GOLD26APRFUT", "MCX"): 1}, "GOLD26APRFUT.MCX: no contract of NFO or BFO is called so"),
        ({Instrument(InstrumentId("ODD", "NFO"), "INR", kind="future"): 1}, "ODD.NFO: no contract of NFO or BFO"),
        ({named("TCS26APRFUT", "BFO"): 1}, "TCS26APRFUT.BFO: no rule says when it expires"),
        (
            {Instrument(InstrumentId("ITC26APR402.5CE", "NFO"), "INR", price_decimals=0, kind="option"): 1},
            "the strike of ITC26APR402.5CE.NFO: price 402.5 is finer than 0 decimals",
        ),
        ({named("NIFTY26FEBFUT"): 75}, "NIFTY26FEBFUT.NFO expired on 2026-02-24"),
    ],
)
def test_what_cannot_be_told_is_refused(held: Mapping[Instrument, int], told: str) -> None:
    with pytest.raises(DataError, match=told):
        MARGIN.estimate(day(DAY), held, dict.fromkeys(PRICED, 300_00))


@given(st.integers(-20, 20), st.integers(-20, 20), st.integers(0, 500))
def test_holdings_together_ask_for_no_more_than_each_alone(near: int, far: int, shares: int) -> None:
    april = named("NIFTY26APRFUT")
    prices = {MARCH.id: 24_000_00, april.id: 24_150_00, INFY.id: 1_500_00}
    held = {MARCH: near * 65, april: far * 65, INFY: shares}
    assert total(held, prices) <= sum(total({one: quantity}, prices) for one, quantity in held.items())
