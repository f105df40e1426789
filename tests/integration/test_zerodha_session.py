"""Whole sessions at Zerodha's sandbox: kill -9 in them, and what the account has in the end."""

from __future__ import annotations

import json
import random
import resource
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from fakes.zerodha import OPEN, log_in

from friday_core.domain.records import PlaceOrder
from friday_core.sandbox.kite.audit.finding import Rule
from friday_core.session.on_disk.segments import entries, surveyed
from friday_core.testing.kite_sandbox import KiteSandbox
from friday_plugins.zerodha.orders import tag_of

SCENARIO = (
    OPEN
    + "[rules]\nparts = 3\npart_delay = 0.05\ncash = 5000000.0\n"
    + "".join(
        f'[[faults]]\ndo = "{do}"\nmethod = "POST"\npath = "/orders"\nprobability = {often}\nseed = {seed}\n{more}'
        for seed, (do, often, more) in enumerate(
            [("lost_answer", 0.15, ""), ("lost_request", 0.1, ""), ("late_accept", 0.1, "seconds = 0.7\n")]
        )
    )
)
KILLS = 3
PROFILE = """
[clock]
kind = "wall"
speed = 600.0

[streams.market_data]
source = "csv"
validators = []

[plugins.source.csv]
path = "bars.csv"
timezone = "Asia/Kolkata"
interval = "1m"
exchange = "NSE"

[trading]
sizer = "fixed_fraction"

[[trading.active_strategies]]
id = "cross"
use = "moving_average_cross"
product = "intraday"
settings = { fast = 2, slow = 4 }

[broker]
use = "zerodha"
settle = 2.5
read_every = 3.0

[account]
currency = "INR"
capital = 2000000

[plugins.broker.zerodha]
sandbox = true
poll = 0.3
"""


def bars(path: Path, minutes: int = 150) -> None:
    """Prices that cross their averages every few minutes."""
    draw, price = random.Random(3), {"INFY": 1500.0, "TCS": 3200.0, "SBIN": 850.0}
    lines = ["timestamp,symbol,open,high,low,close,volume"]
    for minute in range(minutes):
        at = f"2026-11-20T{9 + (15 + minute) // 60:02}:{(15 + minute) % 60:02}:00"
        for symbol, before in price.items():
            close = price[symbol] = round(before * (1 + draw.uniform(-0.004, 0.004)), 0)
            lines.append(f"{at},{symbol},{close},{close + 1},{close - 1},{close},1000")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def prepared(folder: Path, sandbox: KiteSandbox) -> None:
    """A user's folder: configuration, secrets, bars, and the session of today."""
    connection = {
        "root": sandbox.root, "ws_root": sandbox.ws_root, "timeout": 0.6,
        "session_file": str(folder / "session.json"), "cache": str(folder / "lists"),
    }  # fmt: skip
    section = "".join(f"{name} = {json.dumps(value)}\n" for name, value in connection.items())
    (folder / "friday.toml").write_text(f"{PROFILE}\n[plugins.connection.zerodha]\n{section}", encoding="utf-8")
    secrets = folder / "secrets"
    secrets.mkdir(mode=0o700)
    for name, value in (("api_key", sandbox.api_key), ("api_secret", sandbox.api_secret)):
        path = secrets / f"plugins__connection__zerodha__{name}"
        path.write_text(value)
        path.chmod(0o600)
    bars(folder / "bars.csv")
    log_in(sandbox, folder / "session.json")


def friday(folder: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", "from friday_core.cli.main import main; main()", "run", "-p", "paper", "-q"]
    return subprocess.Popen(
        [*command, "--no-report"], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def written(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.glob("journals/paper/*/*.journal"))


def killed_and_finished(folder: Path, sandbox: KiteSandbox) -> dict[str, Any]:
    """Sessions that are killed a while after they have begun to write, then one that may end."""
    draw = random.Random(5)
    for _ in range(KILLS):
        process, before = friday(folder), written(folder)
        sandbox.wait(lambda before=before, process=process: written(folder) > before or process.poll() is not None)  # type: ignore[misc]
        try:
            process.wait(draw.uniform(3.0, 5.0))
        except subprocess.TimeoutExpired:
            process.kill()
        out, err = process.communicate()
        assert process.returncode == -9, out + err
    process = friday(folder)
    out, told = process.communicate(timeout=100)
    assert process.returncode in (0, 4), told + out
    runs = sorted((folder / "runs").iterdir())
    summary: dict[str, Any] = json.loads((runs[-1] / "summary.json").read_text("utf-8"))
    return {**summary, "orders": pq.read_table(runs[-1] / "orders.parquet").to_pylist()}


@pytest.mark.timeout(240)
def test_fault_43_what_the_account_has_is_what_the_session_has_whoever_was_killed(tmp_path: Path) -> None:
    with KiteSandbox(tmp_path / "kite", SCENARIO) as sandbox:
        prepared(tmp_path, sandbox)
        summary = killed_and_finished(tmp_path, sandbox)
        theirs = sandbox.state()["orders"]
        sandbox.stop()
        verdict = sandbox.verdict(flat=False)
    assert summary["journal"]["taken_up"] > 0
    ours = {one["tag"]: one for one in summary["orders"]}
    tags = Counter(tag_of(one["tag"]).order for one in theirs)
    assert tags.most_common(1)[0][1] == 1, "nothing went twice"
    assert len(theirs) > 10
    for one in theirs:
        known = ours[tag_of(one["tag"]).order]
        wanted = {"COMPLETE": "filled", "CANCELLED": "cancelled", "REJECTED": "rejected"}[one["status"]]
        assert (known["status"], known["filled"]) == (wanted, one["filled_quantity"])
    assert summary["differences"] == []
    wrong = [one for one in verdict.findings if one.rule is not Rule.DEAD_FEED]
    assert wrong == [], verdict.text()


def test_fault_43_a_second_instance_is_refused_and_told_who_is_there(tmp_path: Path) -> None:
    with KiteSandbox(tmp_path / "kite", SCENARIO) as sandbox:
        prepared(tmp_path, sandbox)
        first = friday(tmp_path)
        try:
            sandbox.wait(lambda: written(tmp_path) > 0)
            second = friday(tmp_path)
            out, err = second.communicate(timeout=60)
            assert second.returncode not in (0, None), out
            assert str(first.pid) in err
            assert first.poll() is None
        finally:
            first.kill()
            first.communicate()


def test_fault_43_on_a_full_disk_the_session_ends_and_nothing_was_sent_that_is_not_written(tmp_path: Path) -> None:
    with KiteSandbox(tmp_path / "kite", SCENARIO) as sandbox:
        prepared(tmp_path, sandbox)
        process = friday(tmp_path)
        sandbox.wait(lambda: len(sandbox.state()["orders"]) > 2, seconds=60.0)
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (1_024, 1_024))
        _, err = process.communicate(timeout=60)
        theirs = sandbox.state()["orders"]
    assert process.returncode not in (0, None)
    assert err.startswith("friday: journal journals/paper/")
    assert "free space" in err.splitlines()[0]
    (segment,) = tmp_path.glob("journals/paper/*/*.journal")
    intents = [intent for entry in entries(surveyed(segment.parent)) for intent in entry.intents]
    sent = {intent.order.tag for intent in intents if isinstance(intent, PlaceOrder)}
    assert len(sent) > 2
    assert {tag_of(one["tag"]).order for one in theirs} <= sent
