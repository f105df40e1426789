"""What Kite does to a session, to requests and to clocks, and the reaction that each of its faults demands."""

from __future__ import annotations

import datetime as dt
import io
import logging
import stat
import time
import traceback
from pathlib import Path
from typing import Any

import pytest
from fakes.zerodha import OPEN, Trader, connection_to, far_below, log_in, trading, until

from friday_core.api import BrokerError, DataSourceError, OrderType, Refused, Side
from friday_core.sandbox.kite.audit.finding import Rule
from friday_core.testing.kite_sandbox import KiteSandbox
from friday_plugins.zerodha.outcomes import TokenDead, Unanswered
from friday_plugins.zerodha.token_file import IST


def test_fault_19_a_dead_token_is_used_once_by_the_whole_process_and_a_login_revives_it(
    kite_sandbox: KiteSandbox,
) -> None:
    with trading(kite_sandbox) as trader:
        kite_sandbox.happen("expire_token")
        asked = len(trader.requests())
        with pytest.raises(TokenDead, match="access_token"):
            trader.send(1)
        for _ in range(3):
            with pytest.raises(TokenDead, match="friday login zerodha"):
                trader.broker.orders()
            with pytest.raises(TokenDead, match="friday login zerodha"):
                trader.send(2, quantity=2)
        assert len(trader.requests()) - asked <= 2
        assert not trader.broker.health().ok
        log_in(kite_sandbox)
        until(kite_sandbox, lambda: not trader.connection.session.is_dead)
        trader.send(3, quantity=3)
        trader.wait(3, "filled")
        assert trader.broker.health().ok
    assert kite_sandbox.verdict(flat=False).of(Rule.DEAD_TOKEN) == ()


def test_fault_19_a_missing_permission_is_not_taken_for_a_dead_token(kite_sandbox: KiteSandbox) -> None:
    with trading(kite_sandbox) as trader:
        kite_sandbox.fail("error", method="GET", path="/quote", code=403, times=1)
        with pytest.raises(Refused, match="PermissionException"):
            trader.connection.read("ltp", "NSE:INFY")
        assert not trader.connection.session.is_dead
        trader.send(1)
        trader.wait(1, "filled")


def test_fault_21_an_address_that_is_not_registered_is_said_with_what_to_do(kite_sandbox: KiteSandbox) -> None:
    with trading(kite_sandbox) as trader:
        words = "Order requests from this IP are not allowed. Register a static IP."
        kite_sandbox.fail(
            "error", method="POST", path="/orders", code=403, error_type="PermissionException", words=words
        )
        with pytest.raises(Refused, match=r"developers\.kite\.trade"):
            trader.send(1)
        assert trader.broker.orders() == []
        assert not trader.connection.session.is_dead


def test_fault_22_a_request_token_is_good_once_and_a_wrong_secret_is_said(kite_sandbox: KiteSandbox) -> None:
    connection = connection_to(kite_sandbox)
    token = kite_sandbox.control("login", api_key=kite_sandbox.api_key)["request_token"]
    said = connection.login().finish(f"http://127.0.0.1:8799/?action=login&status=success&request_token={token}")
    assert said.startswith("logged in as AB1234 until ")
    path = connection.session.path
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with pytest.raises(BrokerError, match="good once"):
        connection.login().finish(token)
    connection.session.look()
    assert connection.read("profile")["user_id"] == "AB1234"
    wrong = connection_to(kite_sandbox, api_secret="another secret")
    again = kite_sandbox.control("login", api_key=kite_sandbox.api_key)["request_token"]
    with pytest.raises(BrokerError, match="the API secret is not that of the API key"):
        wrong.login().finish(again)


def test_fault_23_as_many_orders_as_one_likes_meet_no_limit_of_kites(kite_sandbox: KiteSandbox) -> None:
    with trading(kite_sandbox) as trader:
        price = far_below(trader)
        for number in range(1, 26):
            row = trader.connection.clock.seconds
            assert row is None or abs(row) < 2
            trader.send(number, quantity=number, type=OrderType.LIMIT, limit_price=price)
        for number in range(1, 26):
            trader.cancel(number)
        trader.wait(25, "cancelled")
    assert kite_sandbox.verdict(flat=False).of(Rule.RATES) == ()


def test_fault_23_after_a_429_orders_cool_down_and_the_refusal_is_definite(kite_sandbox: KiteSandbox) -> None:
    with trading(kite_sandbox) as trader:
        kite_sandbox.fail("rate_limited", method="POST", path="/orders", seconds=3.0, times=1)
        with pytest.raises(Refused, match="Too many requests"):
            trader.send(1)
        begun = time.monotonic()
        trader.send(2, side=Side.BUY)
        assert time.monotonic() - begun >= 10.0
        trader.wait(2, "filled")
        assert trader.rows(1) == []
    assert kite_sandbox.verdict(flat=False).of(Rule.RATES) == ()


def test_fault_24_the_orders_of_a_day_end_before_kites_limit_and_exits_go_on(kite_sandbox: KiteSandbox) -> None:
    with trading(kite_sandbox) as trader:
        trader.send(1)
        trader.wait(1, "filled")
        trader.broker.positions()
        trader.connection.limiter.seen_today(4_750)
        with pytest.raises(Refused, match="4750 orders were placed today"):
            trader.send(2, quantity=2)
        trader.send(3, side=Side.SELL)
        trader.wait(3, "filled")


def test_fault_37_reads_are_repeated_until_their_deadline_and_placements_never(kite_sandbox: KiteSandbox) -> None:
    with trading(kite_sandbox) as trader:
        faults: list[dict[str, Any]] = [{"do": "error", "code": 503}, {"do": "html"}, {"do": "cut_answer"}]
        for fault in (*faults, {"do": "lost_answer"}):
            kite_sandbox.fail(method="GET", path="/user", times=1, **fault)
        assert trader.connection.read("profile")["user_id"] == "AB1234"
        kite_sandbox.fail("html", path="/user")
        with pytest.raises(Unanswered, match="an answer that is not Kite's"):
            trader.connection.read("profile", deadline=2.0)
        kite_sandbox.control("faults", method="DELETE")
        kite_sandbox.fail("error", method="POST", path="/orders", code=503)
        with pytest.raises(BrokerError, match="NetworkException"):
            trader.send(1)
        assert len(trader.requests("POST", "/orders")) == 1


def test_fault_37_after_failures_in_a_row_nobody_asks_for_a_while(kite_sandbox: KiteSandbox) -> None:
    log_in(kite_sandbox)
    connection = connection_to(kite_sandbox)
    connection.session.look()
    kite_sandbox.fail("error", path="/user", code=503)
    with pytest.raises(Unanswered, match="NetworkException"):
        connection.read("profile", deadline=10.0)
    asked = sum(one.get("path", "").startswith("/user") for one in kite_sandbox.audit())
    with pytest.raises(Unanswered, match="has not answered for a while"):
        connection.read("profile", deadline=0.5)
    assert sum(one.get("path", "").startswith("/user") for one in kite_sandbox.audit()) == asked <= 7
    assert "Kite has not answered" in connection.health().detail
    kite_sandbox.control("faults", method="DELETE")
    assert connection.read("profile")["user_id"] == "AB1234"
    assert connection.health().ok


def test_fault_38_a_clock_that_is_off_is_measured_and_only_exits_are_sent(tmp_path: Path) -> None:
    now = dt.datetime.now(IST).strftime("%Y-%m-%d %H:%M:%S")
    with KiteSandbox(tmp_path, OPEN, start=now) as sandbox, trading(sandbox, product="delivery") as trader:
        assert abs(trader.connection.skew or 0.0) < 1.5
        trader.send(1)
        trader.wait(1, "filled")
        trader.broker.positions()
        sandbox.happen("clock_skew", seconds=60)
        # The sandbox began a little after the time that it was given.
        assert 10 < trader.connection.measure_clock("NSE:INFY") < 62
        with pytest.raises(Refused, match="clock and Kite's"):
            trader.send(2, quantity=2)
        trader.send(3, side=Side.SELL)
        trader.wait(3, "filled")


def test_fault_42_no_answer_at_the_start_ends_it_with_a_reason(kite_sandbox: KiteSandbox) -> None:
    log_in(kite_sandbox)
    trader = Trader(kite_sandbox)
    kite_sandbox.fail("html", path="/orders")
    try:
        with pytest.raises(BrokerError, match="Kite does not answer at"):
            trader.broker.start()
    finally:
        trader.broker.stop()
        trader.connection.stop()


def test_fault_42_a_list_of_instruments_of_another_day_is_refused(kite_sandbox: KiteSandbox) -> None:
    log_in(kite_sandbox)
    connection = connection_to(kite_sandbox)
    connection.session.look()
    with pytest.raises(DataSourceError, match="Kite has today's only"):
        connection.instruments(dt.date(2020, 1, 1))
    path = connection.settings.cache / f"instruments-{dt.datetime.now(IST).date()}.csv"
    assert len(connection.instruments()) > 100
    path.write_text(path.read_text().replace("2026-", "2016-").replace("2027-", "2017-"))
    other = connection_to(kite_sandbox)
    with pytest.raises(DataSourceError, match="remove it"):
        other.instruments()


def test_no_secret_is_in_a_log_an_error_or_a_traceback(kite_sandbox: KiteSandbox) -> None:
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        tokens = _provoke(kite_sandbox, written)
    finally:
        root.removeHandler(handler)
        root.setLevel(level)
    text = written.getvalue()
    assert "TokenDead" in text
    for secret in (*tokens, kite_sandbox.api_secret):
        assert secret not in text


def _provoke(sandbox: KiteSandbox, written: io.StringIO) -> list[str]:
    """Whatever fails with a token in hand; returns all tokens that there were."""
    connection = connection_to(sandbox)
    failures: list[dict[str, Any]] = [
        {"do": "cut_answer"},
        {"do": "lost_answer"},
        {"do": "html_after"},
        {"do": "error", "code": 500},
    ]
    requested = []
    for fault in failures:
        sandbox.fail(method="POST", path="/session/token", times=1, **fault)
        requested.append(sandbox.control("login", api_key=sandbox.api_key)["request_token"])
        try:
            connection.login().finish(requested[-1])
        except BrokerError:
            written.write(traceback.format_exc())
    with trading(sandbox) as trader:
        access = trader.connection.session.token
        for number, fault in enumerate(failures, 1):
            sandbox.fail(method="POST", path="/orders", times=1, **fault)
            try:
                trader.send(number, quantity=number)
            except BrokerError:
                written.write(traceback.format_exc())
        written.write(f"{trader.connection.settings!r} {trader.connection.session._token!r} {trader.broker.health()!r}")
        sandbox.happen("expire_token")
        try:
            trader.broker.orders()
        except BrokerError:
            written.write(traceback.format_exc())
    return [*requested, access]
