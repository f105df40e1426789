"""``friday sandbox``: a server is started with what its options say, and a book is printed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from friday_core.cli.exit_codes import ExitCode
from friday_core.cli.main import FridayCommands
from friday_core.cli.sandbox import command
from friday_core.domain.orders import OrderType, Side
from friday_core.sandbox.paper.book import Book
from friday_core.sandbox.paper.exchange import Exchange
from friday_core.sandbox.paper.messages import Placement
from friday_core.sandbox.paper.scenario import MarketSettings
from friday_core.sandbox.paper.tape import Walk

DEBUG = click.Option(["--debug"], is_flag=True)
NOW = 1_700_000_000_000_000


def friday(*arguments: str) -> Result:
    """With the group around the command, which makes messages of errors."""
    group = FridayCommands("friday", commands={"sandbox": command}, params=[DEBUG])
    return CliRunner().invoke(group, ["sandbox", *arguments])


def kept(folder: Path) -> None:
    """A book with an order that traded and one that was cancelled."""
    book = Book(folder)
    exchange = Exchange(book, Walk(1), MarketSettings(manual=True))
    exchange.place(Placement(instrument="INFY.NSE", side=Side.BUY, quantity=10, tag="A", ts_decided=NOW), NOW)
    exchange.happen("trade", NOW, tag="A", quantity=4, price=10_005)
    far = Placement(
        instrument="TCS.NSE", side=Side.SELL, quantity=1, tag="B", type=OrderType.LIMIT, limit_price=500_000
    )
    exchange.place(far, NOW)
    exchange.cancel(NOW, tag="B")
    book.close()


def test_a_book_is_printed_as_three_tables(tmp_path: Path) -> None:
    kept(tmp_path)
    result = friday("book", str(tmp_path))
    assert result.exit_code == 0, result.output
    assert [" ".join(line.split()) for line in result.output.splitlines()] == [
        "number tag owner instrument side quantity type status filled notional reason",
        "P000001 A client INFY.NSE buy 10 market partial 4 40020",
        "P000002 B client TCS.NSE sell 1 limit cancelled 0 0 CANCELLED: by request",
        "2 orders",
        "",
        "number order tag instrument side quantity price ts_event",
        f"T000001 P000001 A INFY.NSE buy 4 10005 {NOW}",
        "1 trades",
        "",
        "instrument product quantity",
        "INFY.NSE 4",
        "1 positions",
        "",
    ]


def test_a_book_as_json_has_every_field(tmp_path: Path) -> None:
    kept(tmp_path)
    told = json.loads(friday("book", str(tmp_path), "--json").output)
    assert [one["worth"] for one in told["orders"]] == [40_020, 0]
    assert [one["quantity"] for one in told["positions"]] == [4]


def test_a_folder_without_a_book_is_told(tmp_path: Path) -> None:
    result = friday("book", str(tmp_path))
    assert (result.exit_code, "there is no book in" in result.output) == (ExitCode.FAILED, True)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('[[faults]]\ndo = "lost_replay"\n', "write do = 'lost_reply'"),
        ("[marked]\nparts = 2\n", "write market"),
    ],
)
def test_a_scenario_that_is_misspelt_is_a_configuration_that_cannot_be_started(
    tmp_path: Path, text: str, told: str
) -> None:
    path = tmp_path / "scenario.toml"
    path.write_text(text, "utf-8")
    result = friday("paper", "--folder", str(tmp_path / "book"), "--scenario", str(path))
    assert (result.exit_code, told in result.output) == (ExitCode.MISCONFIGURED, True)


def test_a_start_that_is_no_time_is_named_with_the_form_of_one(tmp_path: Path) -> None:
    result = friday("kite", "--folder", str(tmp_path), "--start", "nonsense")
    assert result.exit_code == ExitCode.MISCONFIGURED
    assert "[market] invalid value: start is 'nonsense'" in result.stderr
    assert "yyyy-mm-dd HH:MM:SS, the time in India, or now" in result.stderr
    assert not result.stdout


def test_a_server_says_where_it_is_and_ends_by_sigterm(tmp_path: Path) -> None:
    script = "from friday_core.cli.sandbox import command; command()"
    options = ["paper", "--folder", str(tmp_path), "--seed", "3"]
    started = subprocess.Popen([sys.executable, "-c", script, *options], stdout=subprocess.PIPE, text=True)
    assert started.stdout is not None
    with started.stdout:
        address = json.loads(started.stdout.readline())
        assert address == json.loads((tmp_path / "server.json").read_text("utf-8"))
        assert address["pid"] == started.pid
        os.kill(started.pid, signal.SIGTERM)
        assert started.wait(20) == 0
