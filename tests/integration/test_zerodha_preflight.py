"""What arming asks of Zerodha, against the sandbox: what is missing, what is bad, and how little is asked for it."""

from __future__ import annotations

import datetime as dt
import time
from pathlib import Path

import pytest
from fakes.zerodha import OPEN, Trader, connection_to, log_in, until

from friday_core.api import Finding, InstrumentId, Outcome
from friday_core.testing.kite_sandbox import KiteSandbox
from friday_plugins.zerodha.instruments import made_at
from friday_plugins.zerodha.token_file import IST
from friday_plugins.zerodha.trading_preflight import price_findings

INFY = [InstrumentId.parse("INFY.NSE")]
IP = {"code": 403, "error_type": "PermissionException", "words": "IP address is not allowed to place orders."}


@pytest.fixture
def trader(kite_sandbox: KiteSandbox) -> Trader:
    """Logged in, and not started: as `friday doctor` has it."""
    log_in(kite_sandbox)
    made = Trader(kite_sandbox)
    made.connection.stop()
    return made


def asked(trader: Trader, *, in_session: bool = False) -> dict[str, Finding]:
    """Everything that connection, broker and source find."""
    prices = price_findings(trader.connection, INFY, in_session=in_session)
    found = [*trader.connection.preflight(), *trader.broker.preflight(), *prices]
    return {one.check: one for one in found}


def wrong(found: dict[str, Finding]) -> dict[str, Outcome]:
    """What is not in order; before Kite has made the day's list it is not, whatever else is."""
    usual = {"instruments": Outcome.WARN} if dt.datetime.now(IST) < made_at(dt.datetime.now(IST).date()) else {}
    others = {name: one.outcome for name, one in found.items() if one.outcome is not Outcome.OK}
    return {name: outcome for name, outcome in others.items() if usual.get(name) is not outcome}


def test_an_account_in_order_is_asked_eight_times_and_nothing_of_it_is_a_fault(trader: Trader) -> None:
    before = len(trader.requests())
    found = asked(trader)
    assert list(found) == [
        "login", "clock", "instruments", "segments", "order book", "money", "holdings", "address", "data plan",
    ]  # fmt: skip
    assert wrong(found) == {}
    assert len(trader.requests()) - before == 8
    assert trader.sandbox.verdict().findings == ()
    assert trader.sandbox.state()["orders"] == []


def test_a_dead_token_is_used_once_and_the_login_alone_is_missing(trader: Trader) -> None:
    trader.sandbox.happen("expire_token")
    before = len(trader.requests())
    found = asked(trader)
    assert wrong(found) == {"login": Outcome.FAIL}
    assert (list(found), found["login"].mend) == (["login"], "friday login zerodha")
    assert len(trader.requests()) - before == 1


def test_an_account_without_the_data_plan_is_told_what_to_do(trader: Trader) -> None:
    words = "Insufficient permission for that call."
    trader.sandbox.fail("error", path="/quote", code=403, error_type="PermissionException", words=words)
    found = asked(trader)
    assert wrong(found) == {"data plan": Outcome.FAIL}
    assert words in found["data plan"].evidence
    assert "paid plan" in found["data plan"].mend
    assert not trader.connection.session.is_dead


def test_an_address_that_is_not_registered_is_told_with_instructions(trader: Trader) -> None:
    trader.sandbox.fail("error", path="/orders/regular", **IP)
    found = asked(trader)
    assert wrong(found) == {"address": Outcome.FAIL}
    assert "IP address is not allowed" in found["address"].evidence
    assert "add this machine's static IP to your developer account" in found["address"].mend


def test_an_address_of_which_nothing_is_known_is_no_reason_to_refuse(trader: Trader) -> None:
    trader.sandbox.fail("lost_answer", method="DELETE", path="/orders")
    assert wrong(asked(trader)) == {"address": Outcome.WARN}


def test_a_clock_that_is_off_by_a_minute_is_found_by_the_stamps_of_prices(tmp_path: Path) -> None:
    with KiteSandbox(tmp_path, OPEN, start="now") as sandbox:
        log_in(sandbox)
        trader = Trader(sandbox)
        trader.connection.stop()
        assert wrong(asked(trader, in_session=True)) == {}
        for seconds in (60, -60):
            sandbox.happen("clock_skew", seconds=seconds)
            found = asked(trader, in_session=True)
            assert wrong(found) == {"clock": Outcome.FAIL}
            assert "by the latest price" in found["clock"].evidence
            assert "NTP" in found["clock"].mend
        assert wrong(asked(trader, in_session=False)) == {}, "out of hours prices are old"


def test_a_list_of_yesterday_is_refused_with_the_name_of_its_file(trader: Trader) -> None:
    path = trader.connection.settings.cache / f"instruments-{dt.datetime.now(IST).date()}.csv"
    path.write_text(path.read_text().replace("2026-", "2016-").replace("2027-", "2017-"))
    again = connection_to(trader.sandbox)
    found = {one.check: one for one in again.preflight()}
    assert wrong(found) == {"instruments": Outcome.FAIL}
    assert str(path) in found["instruments"].evidence
    assert "remove it" in found["instruments"].evidence


def test_an_answer_that_is_cut_once_is_asked_for_again_and_one_that_always_is_is_told_in_time(trader: Trader) -> None:
    trader.sandbox.fail("cut_answer", path="/user/profile", times=1)
    assert wrong(asked(trader)) == {}
    trader.sandbox.fail("cut_answer", method="GET", path="/orders")
    begun = time.monotonic()
    found = asked(trader)
    assert time.monotonic() - begun < 12
    assert wrong(found) == {"order book": Outcome.FAIL}
    assert "orders: ChunkedEncodingError" in found["order book"].evidence


def test_no_answer_at_all_is_told_once(trader: Trader) -> None:
    trader.sandbox.kill()
    (account,) = trader.connection.preflight()
    assert (account.check, account.outcome) == ("account", Outcome.FAIL)
    assert f"Kite does not answer at {trader.sandbox.root}" in account.evidence


@pytest.mark.timeout(120)
def test_a_thousand_orders_of_somebody_else_are_read_at_once_and_told_once(trader: Trader) -> None:
    foreign = {"do": "foreign_order", "symbol": "SBIN", "side": "BUY", "quantity": 1, "at": 0.0}
    trader.sandbox.control("faults", faults=[foreign] * 1_000)
    until(trader.sandbox, lambda: len(trader.sandbox.state()["trades"]) == 1_000, 60.0)
    before, begun = len(trader.requests()), time.process_time()
    assert asked(trader)["order book"].evidence == "1,000 orders of the account today, 0 of them work"
    trader.connection.start()
    trader.broker.start()
    try:
        assert len(trader.told) == 1_000
        assert trader.broker.positions()[InstrumentId.parse("SBIN.NSE")] == 1_000
        trader.send(1)
        trader.wait(1, "filled")
        assert len(trader.told) <= 1_010, "what is known is not told again"
    finally:
        trader.broker.stop()
        trader.connection.stop()
    assert time.process_time() - begun < 5.0
    assert len(trader.requests()) - before < 30
    assert trader.sandbox.verdict(flat=False).findings == ()
