"""What arming asks of an account at Zerodha, as an account answers it that a test makes up."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from friday_core.api import Finding, InstrumentId, Outcome
from friday_plugins.zerodha import token_file
from friday_plugins.zerodha.account_preflight import account_findings, clock_finding
from friday_plugins.zerodha.clock_skew import ClockSkew
from friday_plugins.zerodha.connection import Zerodha
from friday_plugins.zerodha.instruments import Listing, listing_of
from friday_plugins.zerodha.outcomes import Unanswered
from friday_plugins.zerodha.session import KiteSession
from friday_plugins.zerodha.slicing import FreezeQuantities
from friday_plugins.zerodha.token_file import IST, Token
from friday_plugins.zerodha.trading_preflight import order_findings

NAMES = ("INFY.NSE", "NIFTY26DECFUT.NFO")
HEAD = (
    "instrument_token,exchange_token,tradingsymbol,name,last_price,expiry,strike,tick_size,lot_size,"
    "instrument_type,segment,exchange"
)
ROWS = (
    "408065,1594,INFY,INFOSYS,0,,0,0.05,1,EQ,NSE,NSE",
    "13369090,52223,NIFTY26DECFUT,NIFTY,0,2099-12-29,0,0.1,65,FUT,NFO-FUT,NFO",
)


def at(hour: int, minute: int = 0, day: int = 23) -> dt.datetime:
    return dt.datetime(2026, 11, day, hour, minute, tzinfo=IST)


class Account:
    """Logged in at ``made`` and asked at ``now``."""

    def __init__(self, folder: Path, made: dt.datetime, now: dt.datetime) -> None:
        path = folder / "session.json"
        token_file.write(path, Token("key", "access", "AB1234", made))
        self.session, self.clock, self.now = KiteSession(path, "key", lambda: now), ClockSkew(), now
        self.clock.dated(f"{now.astimezone(dt.UTC):%a, %d %b %Y %H:%M:%S} GMT", now.timestamp(), now.timestamp())
        self.day, self.is_early = now.date(), False
        self.asked: list[str] = []

    def read(self, method: str, *, deadline: float) -> Any:
        self.asked.append(method)
        return {"user_id": "AB1234"}

    def instruments(self) -> Listing:
        return Listing(self.day, [], is_early=self.is_early)

    def findings(self, *lacking: str) -> dict[str, Finding]:
        found = account_findings(self, lacking, "http://kite", lambda: self.now)
        return {one.check: one for one in found}


def test_a_session_of_this_morning_is_in_order(tmp_path: Path) -> None:
    found = Account(tmp_path, at(8), at(9)).findings()
    assert {one.check: one.outcome for one in found.values()} == {
        "login": Outcome.OK, "clock": Outcome.OK, "instruments": Outcome.OK,
    }  # fmt: skip
    assert found["login"].evidence == "AB1234, until 24 Nov 06:00 IST"


def test_a_session_that_ends_before_the_exchanges_open_is_warned_of(tmp_path: Path) -> None:
    login = Account(tmp_path, at(23, day=22), at(5)).findings()["login"]
    assert login.outcome is Outcome.WARN
    assert login.evidence == "the session lives until 23 Nov 06:00 IST, and ends before the exchanges open"
    assert login.mend == "friday login zerodha, after that"


def test_in_the_evening_the_session_of_the_morning_is_still_good(tmp_path: Path) -> None:
    assert Account(tmp_path, at(8), at(22)).findings()["login"].outcome is Outcome.OK


def test_with_the_session_of_yesterday_nobody_is_asked(tmp_path: Path) -> None:
    account = Account(tmp_path, at(8, day=22), at(9))
    (login,) = account.findings().values()
    assert (login.outcome, login.mend, account.asked) == (Outcome.FAIL, "friday login zerodha", [])
    assert login.evidence == "the session of 22 Nov ended at 06:00 IST"


def test_without_a_secret_its_file_is_named(tmp_path: Path) -> None:
    (app,) = Account(tmp_path, at(8), at(9)).findings("api_secret").values()
    assert (app.check, app.outcome, app.evidence) == ("app", Outcome.FAIL, "there is no api secret")
    assert "secrets/plugins__connection__zerodha__api_secret" in app.mend


def test_a_list_of_another_day_is_not_in_order(tmp_path: Path) -> None:
    account = Account(tmp_path, at(8), at(9))
    account.day = at(9, day=22).date()
    assert account.findings()["instruments"].evidence == "the list is of 2026-11-22"


def test_a_list_from_before_half_past_eight_is_said(tmp_path: Path) -> None:
    account = Account(tmp_path, at(8), at(9))
    account.is_early = True
    found = account.findings()["instruments"]
    assert (found.outcome, "about 08:30 IST" in found.evidence) == (Outcome.WARN, True)


@pytest.mark.parametrize(
    ("seconds", "outcome"),
    [
        (0.0, Outcome.OK),
        (-1.9, Outcome.OK),
        (3.0, Outcome.WARN),
        (-60.0, Outcome.FAIL),
        (60.0, Outcome.FAIL),
        (None, Outcome.WARN),
    ],
)
def test_a_clock_is_judged_by_how_far_it_is_off_either_way(seconds: float | None, outcome: Outcome) -> None:
    assert clock_finding(seconds).outcome is outcome


class Told(Zerodha):
    """Answers what the test says, and has no other network."""

    def __init__(self, folder: Path, **answers: Any) -> None:
        super().__init__(Zerodha.Settings(session_file=folder / "session.json"))
        token_file.write(self.session.path, Token("", "access", "AB1234", dt.datetime.now(IST)))
        self.session.look()
        profile = {"exchanges": ["NSE", "NFO"], "products": ["CNC", "MIS"]}
        held = {"positions": {"net": [], "day": []}, "holdings": []}
        self.answers = {"profile": profile, "margins": margins(), "orders": [], **held, **answers}
        text = "\n".join((HEAD, *ROWS))
        self.listing = listing_of(dt.date(2026, 11, 23), folder, text.encode, at(9))

    def read(self, method: str, *arguments: Any, deadline: float = 20.0, **named: Any) -> Any:
        answer = self.answers[method]
        if isinstance(answer, Exception):
            raise answer
        return answer

    def write(self, method: str, *arguments: Any, urgent: bool = False, places: bool = False, **named: Any) -> Any:
        return "1"

    def instruments(self, day: dt.date | None = None) -> Listing:
        return self.listing


def margins(*, enabled: bool = True, net: float = 1000.0) -> dict[str, Any]:
    available = {"cash": net, "collateral": 0.0}
    return {"enabled": enabled, "net": net, "available": available, "utilised": {"debits": 0.0}}


def told(account: Told, product: str = "MIS", **freeze: int) -> dict[str, Finding]:
    names = [InstrumentId.parse(one) for one in NAMES]
    return {one.check: one for one in order_findings(account, names, product, FreezeQuantities(freeze))}


def test_an_exchange_and_a_product_that_the_account_lacks_are_named(tmp_path: Path) -> None:
    account = Told(tmp_path, profile={"exchanges": ["NSE", "MF"], "products": ["CNC"]})
    segments = told(account)["segments"]
    assert (segments.outcome, segments.evidence) == (Outcome.FAIL, "the account does not trade NFO, MIS")
    assert told(Told(tmp_path))["segments"].evidence == "NFO, NSE, as MIS where nobody says"


@pytest.mark.parametrize(
    ("enabled", "net", "outcome"),
    [(True, 0.5, Outcome.OK), (True, 0.0, Outcome.FAIL), (False, 5.0, Outcome.FAIL)],
)
def test_some_money_has_to_be_free_in_a_segment_that_is_enabled(
    tmp_path: Path, *, enabled: bool, net: float, outcome: Outcome
) -> None:
    assert told(Told(tmp_path, margins=margins(enabled=enabled, net=net)))["money"].outcome is outcome


def test_a_contract_without_a_freeze_quantity_is_not_in_order(tmp_path: Path) -> None:
    freeze = told(Told(tmp_path))["freeze quantity"]
    assert (freeze.outcome, freeze.mend.partition(", as ")[2]) == (Outcome.FAIL, "freeze_quantities = { NIFTY = 1800 }")
    assert told(Told(tmp_path), NIFTY=1800)["freeze quantity"].outcome is Outcome.OK


@pytest.mark.parametrize("answer", [Unanswered("orders: silence"), [{"order_id": "1"}], None])
def test_what_is_not_answered_or_not_understood_is_not_in_order_and_the_rest_is_told(
    tmp_path: Path, answer: Any
) -> None:
    found = told(Told(tmp_path, orders=answer), NIFTY=1800)
    assert [name for name, one in found.items() if one.outcome is not Outcome.OK] == ["order book"]
    assert list(found) == ["segments", "order book", "money", "holdings", "freeze quantity", "address"]
