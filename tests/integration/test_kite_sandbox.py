"""The Kite sandbox as a process: killed, restarted, ended, judged."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from kiteconnect import KiteConnect

from friday_core.cli.sandbox import command
from friday_core.sandbox.kite.audit.finding import Rule
from friday_core.testing.kite_sandbox import KiteSandbox, SandboxRefusal

OPEN = "[market]\nalways_open = true\n"
BUY = {
    "variety": "regular", "exchange": "NSE", "tradingsymbol": "INFY", "transaction_type": "BUY", "quantity": 5,
    "product": "MIS", "order_type": "MARKET", "market_protection": -1,
}  # fmt: skip
SELL = {**BUY, "transaction_type": "SELL"}


def client(sandbox: KiteSandbox) -> Any:
    return KiteConnect(sandbox.api_key, sandbox.login(), root=sandbox.root)


def complete(kite: Any, sandbox: KiteSandbox, order_id: str) -> None:
    def is_so() -> bool:
        time.sleep(0.15)  # ten requests a second are allowed
        return bool(kite.order_history(order_id)[-1]["status"] == "COMPLETE")

    sandbox.wait(is_so, 10.0)


def token_of(kite: Any, symbol: str) -> int:
    return next(row["instrument_token"] for row in kite.instruments("NSE") if row["tradingsymbol"] == symbol)


def test_an_order_goes_through_every_status_and_stands_after_kill_9(kite_sandbox: KiteSandbox) -> None:
    kite = client(kite_sandbox)
    number = kite.place_order(**BUY, tag="A")
    complete(kite, kite_sandbox, number)
    kite_sandbox.restart()
    statuses = [row["status"] for row in kite.order_history(number)]
    assert statuses == ["PUT ORDER REQ RECEIVED", "VALIDATION PENDING", "OPEN PENDING", "OPEN", "COMPLETE"]
    assert [row["quantity"] for row in kite.positions()["net"]] == [5]


def test_a_trader_that_leaves_nothing_behind_passes_and_one_that_does_not_fails(tmp_path: Path) -> None:
    with KiteSandbox(tmp_path, OPEN) as sandbox:
        kite = client(sandbox)
        complete(kite, sandbox, kite.place_order(**BUY, tag="A"))
        sandbox.stop()
        assert [one.rule for one in sandbox.verdict().findings] == [Rule.END_STATE]
        assert sandbox.verdict(flat=False).passed
        sandbox.start()
        complete(kite, sandbox, kite.place_order(**SELL, tag="B"))
        sandbox.stop()
        assert sandbox.verdict().passed, sandbox.verdict().text()
    checked = CliRunner().invoke(command, ["check", str(tmp_path)])
    assert (checked.exit_code, checked.output.splitlines()[-1]) == (0, "PASSED")


def test_a_blind_retry_after_a_lost_answer_is_seen_by_the_verdict(tmp_path: Path) -> None:
    with KiteSandbox(tmp_path, OPEN) as sandbox:
        kite = client(sandbox)
        sandbox.fail("lost_answer", method="POST", path="/orders", nth=1)
        with pytest.raises(Exception, match=r"aborted|reset"):
            kite.place_order(**BUY, tag="A")
        kite.place_order(**BUY, tag="A")
        sandbox.stop()
        assert Rule.DUPLICATES in {one.rule for one in sandbox.verdict().findings}


def test_a_restart_by_a_fault_keeps_book_port_session_and_disturbances(tmp_path: Path) -> None:
    with KiteSandbox(tmp_path, OPEN) as sandbox:
        kite = client(sandbox)
        before = kite.ltp("NSE:INFY")["NSE:INFY"]
        sandbox.happen("gap", symbol="INFY", percent=5)
        sandbox.happen("reissue_token", symbol="TCS")
        token = token_of(kite, "TCS")
        starts = sum(line["kind"] == "start" for line in sandbox.audit())
        sandbox.control("restart", seconds=0.1)
        sandbox.wait(lambda: sum(line["kind"] == "start" for line in sandbox.audit()) > starts)
        sandbox.wait((tmp_path / "server.json").exists)
        time.sleep(1.05)
        after = kite.ltp("NSE:INFY")["NSE:INFY"]
        assert 1.03 < after["last_price"] / before["last_price"] < 1.07
        assert token == next(
            row["instrument_token"] for row in kite.instruments("NSE") if row["tradingsymbol"] == "TCS"
        )


@pytest.mark.parametrize("after", [0.0, 0.05, 0.15, 0.4])
def test_sigterm_while_it_goes_away_for_a_restart_is_not_lost(kite_sandbox: KiteSandbox, after: float) -> None:
    kite_sandbox.control("restart", seconds=60)
    time.sleep(after)
    assert kite_sandbox.stop() == 0
    assert [line["kind"] for line in kite_sandbox.audit() if line["kind"] in ("start", "end")] == ["start", "end"]


def test_a_stepped_market_gives_the_same_prices_again(tmp_path: Path) -> None:
    seen = []
    for name in ("one", "two"):
        with KiteSandbox(tmp_path / name, start="2026-11-23 09:15:00", speed=0) as sandbox:
            sandbox.advance(1_800)
            seen.append(client(sandbox).quote("NSE:INFY"))
    assert seen[0] == seen[1]


def test_what_is_refused_by_a_control_call_is_said(kite_sandbox: KiteSandbox) -> None:
    with pytest.raises(SandboxRefusal, match="the market does not go back"):
        kite_sandbox.control("clock", advance_to="2001-01-01")


def test_a_scenario_with_a_misspelt_key_ends_the_start_with_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="write quotes_per_second"):
        KiteSandbox(tmp_path, "[sessions]\nquote_per_second = 3\n").start()


def test_the_command_prints_the_address_and_ends_with_sigterm(tmp_path: Path) -> None:
    words = ["sandbox", "kite", "--folder", str(tmp_path), "--speed", "0"]
    run = [sys.executable, "-c", "from friday_core.cli.main import main; main()", *words]
    with subprocess.Popen(run, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        address = json.loads(process.stdout.readline())
        assert address["pid"] == process.pid
        process.terminate()
        assert process.wait(20) == 0
    assert not (tmp_path / "server.json").exists()


def test_shipped_scenarios_are_listed_with_what_they_do() -> None:
    listed = CliRunner().invoke(command, ["kite", "--list"])
    assert listed.exit_code == 0
    assert "lost_answers" in listed.output


def test_a_day_that_ends_with_a_position_leaves_a_server_that_goes_on(tmp_path: Path) -> None:
    with KiteSandbox(tmp_path, start="2026-07-15 15:00:00", speed=0) as sandbox:
        kite = client(sandbox)
        complete(kite, sandbox, kite.place_order(**BUY))
        sandbox.control("clock", advance_to="2026-07-16 09:15:00")
        assert sandbox.state()["orders"] == []
        last = [line["order"] for line in sandbox.audit() if line["kind"] == "state"][-1]
        assert (last["placed_by"], last["transaction_type"], last["quantity"]) == ("ADMINSQF", "SELL", 5)


def test_in_one_jump_of_the_clock_the_broker_squares_off_and_that_trades(tmp_path: Path) -> None:
    with KiteSandbox(tmp_path, start="2026-07-15 15:00:00", speed=0) as sandbox:
        kite = client(sandbox)
        complete(kite, sandbox, kite.place_order(**BUY))
        sandbox.control("clock", advance_to="2026-07-15 15:25:00")
        last = sandbox.state()["orders"][-1]
        assert (last["placed_by"], last["status"], last["filled_quantity"]) == ("ADMINSQF", "COMPLETE", 5)
        assert last["exchange_timestamp"][:16] == "2026-07-15 15:20"


def test_prices_of_a_file_are_indian_minutes_and_the_scenario_says_the_rest(tmp_path: Path) -> None:
    bars = tmp_path / "bars.csv"
    bars.write_text("timestamp,symbol,open,high,low,close,volume\n2026-07-15 10:00:00,OWN,100,103,99,102,500\n")
    scenario = '[prices]\npath = "none"\nexchange = "BSE"\n'
    with KiteSandbox(tmp_path, scenario, start="2026-07-15 10:00:00", speed=0, prices=bars) as sandbox:
        sandbox.advance(60)
        (seen,) = client(sandbox).quote("BSE:OWN").values()
    assert (seen["ohlc"]["open"], seen["last_price"], seen["volume"]) == (100, 102, 500)
