"""When an order may be sent: phases of dated facts, the cut-off of intraday orders, and days that nobody knows."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from friday_core.api import Refused
from friday_plugins.zerodha.broker_settings import ZerodhaBrokerSettings
from friday_plugins.zerodha.hours import TradingHours
from friday_plugins.zerodha.instruments import Listed, Listing
from friday_plugins.zerodha.token_file import IST

INFY = Listed(408065, "NSE", "INFY", "INFOSYS", "EQ", "NSE", Decimal("0.05"), 1, None)
TCS = Listed(2953217, "NSE", "TCS", "TATA CONSULTANCY", "EQ", "NSE", Decimal("0.05"), 1, None)
FUTURE = Listed(9000002, "NFO", "INFY26NOVFUT", "INFY", "FUT", "NFO-FUT", Decimal("0.05"), 400, dt.date(2026, 11, 24))
GOLD = Listed(9000007, "NCDEX", "GOLD", "GOLD", "FUT", "NCDEX", Decimal(1), 1, dt.date(2026, 11, 24))
LISTING = Listing(dt.date(2026, 11, 20), [INFY, TCS, FUTURE, GOLD])
FORM = {"variety": "regular", "exchange": "NSE", "product": "MIS", "tag": "F0FJG0000001"}


@pytest.fixture(scope="module")
def hours() -> TradingHours:
    return TradingHours(ZerodhaBrokerSettings().intraday_until)


def at(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=IST)


def said(hours: TradingHours, listed: Listed, text: str, *, reduces: bool = False, **form: Any) -> str:
    """Why an order is not sent; empty if it is."""
    now = at(text)
    try:
        asked = {**FORM, "exchange": listed.exchange, **form}
        hours.check(asked, hours.at(listed, LISTING, now), now, reduces=reduces)
    except Refused as error:
        return str(error)
    return ""


@pytest.mark.parametrize(
    ("text", "listed", "phase"),
    [
        ("2026-11-20 09:14", INFY, "pre_open_buffer"),
        ("2026-11-20 15:14", INFY, "continuous"),
        ("2026-11-20 15:16", INFY, "closing_reference"),
        ("2026-11-20 15:16", TCS, "continuous"),
        ("2026-11-20 15:39", FUTURE, "continuous"),
        ("2026-11-20 15:41", FUTURE, "closed"),
        ("2026-11-21 11:00", TCS, "closed"),
    ],
)
def test_the_phase_is_that_of_the_instrument_and_the_date(
    hours: TradingHours, text: str, listed: Listed, phase: str
) -> None:
    moment = hours.at(listed, LISTING, at(text))
    assert moment is not None
    assert moment.phase == phase


@pytest.mark.parametrize(
    ("text", "terms", "words"),
    [
        ("08:30", {}, "NSE is closed at 08:30 IST"),
        ("09:02", {}, ""),
        ("09:02", {"trigger_price": "100"}, "NSE takes no stops before and after continuous trading"),
        ("09:11", {}, "NSE takes no orders at 09:11 IST: pre open matching"),
        ("10:00", {"trigger_price": "100"}, ""),
        ("15:55", {}, "NSE is closed at 15:55 IST"),
    ],
)
def test_fault_17_an_hour_at_which_no_such_order_is_taken(
    hours: TradingHours, text: str, terms: dict[str, str], words: str
) -> None:
    found = said(hours, TCS, f"2026-11-20 {text}", **terms)
    assert words in found
    assert bool(found) == bool(words)


def test_an_exit_is_held_back_only_while_the_exchange_is_closed(hours: TradingHours) -> None:
    assert "no intraday orders" in said(hours, INFY, "2026-11-20 15:12")
    assert said(hours, INFY, "2026-11-20 15:12", reduces=True) == ""
    assert said(hours, INFY, "2026-11-20 15:17", reduces=True) == ""
    assert "NSE is closed" in said(hours, INFY, "2026-11-20 18:00", reduces=True)


def test_what_is_held_over_night_has_no_cut_off(hours: TradingHours) -> None:
    assert said(hours, INFY, "2026-11-20 15:12", product="CNC") == ""
    assert "no intraday orders on NFO after 15:25" in said(hours, FUTURE, "2026-11-20 15:30")
    assert said(hours, FUTURE, "2026-11-20 15:30", product="NRML") == ""


def test_an_evening_session_has_no_cut_off_of_the_afternoon(hours: TradingHours) -> None:
    # Muhurat of 2024: 18:00 to 19:00.
    assert said(hours, TCS, "2024-11-01 18:10") == ""


def test_of_days_and_exchanges_that_the_facts_do_not_know_nothing_is_said(hours: TradingHours) -> None:
    assert hours.at(TCS, LISTING, at("2031-01-01 03:00")) is None
    assert said(hours, TCS, "2031-01-01 03:00") == ""
    assert said(hours, GOLD, "2026-11-20 03:00") == ""


def test_an_after_market_order_is_for_closed_hours(hours: TradingHours) -> None:
    assert said(hours, INFY, "2026-11-20 20:00", variety="amo") == ""
