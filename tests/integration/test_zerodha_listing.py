"""Any source with Kite's list of today: ``[data] listing``."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fakes.zerodha import log_in

import containers
from friday_core.api import InstrumentId
from friday_core.errors import ConfigurationError
from friday_core.orchestration.host import Host
from friday_core.testing.kite_sandbox import KiteSandbox
from friday_plugins.zerodha.token_file import IST

CSV = """timestamp,symbol,open,high,low,close,volume
2026-11-19,INFY,1500,1510,1490,1505,1000
2026-11-20,INFY,1505,1515,1495,1510,1000
"""


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KiteSandbox]:
    with KiteSandbox(tmp_path_factory.mktemp("listing") / "kite", "[market]\nalways_open = true\n") as found:
        yield found


@pytest.fixture
def built(tmp_path: Path, sandbox: KiteSandbox, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Host]:
    """A host on bars of a file, which says nothing of ticks."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bars.csv").write_text(CSV, "utf-8")
    log_in(sandbox, tmp_path / "session.json")

    def build(listing: str = "zerodha") -> Host:
        connection = {
            "root": sandbox.root, "session_file": str(tmp_path / "session.json"), "cache": str(tmp_path / "lists"),
        }  # fmt: skip
        source = {"path": str(tmp_path / "bars.csv"), "exchange": "NSE", "timezone": "Asia/Kolkata"}
        overrides = [
            "streams.market_data.source=csv",
            f"data.listing={listing}",
            *(f"plugins.connection.zerodha.{key}={json.dumps(value)}" for key, value in connection.items()),
            *(f"plugins.source.csv.{key}={json.dumps(value)}" for key, value in source.items()),
        ]
        environ = {
            "FRIDAY_PLUGINS__CONNECTION__ZERODHA__API_KEY": sandbox.api_key,
            "FRIDAY_PLUGINS__CONNECTION__ZERODHA__API_SECRET": sandbox.api_secret,
        }
        host: Host = containers.build(containers.load_settings(environ=environ, folder=tmp_path, overrides=overrides))
        return host

    return build


def test_ticks_and_lots_of_a_file_are_those_of_kites_list(built: Callable[..., Host], tmp_path: Path) -> None:
    (infy,) = built().assembly.universe
    assert (infy.id, infy.tick_size, infy.lot_size, infy.kind) == (InstrumentId("INFY", "NSE"), 10, 1, "equity")
    assert [one.name for one in (tmp_path / "lists").iterdir()] == [f"instruments-{dt.datetime.now(IST).date()}.csv"]


def test_what_is_not_listed_is_a_problem_of_the_start(built: Callable[..., Host], tmp_path: Path) -> None:
    (tmp_path / "bars.csv").write_text(CSV.replace("INFY", "NOBODY"), "utf-8")
    with pytest.raises(ConfigurationError, match=r"Kite does not list NOBODY\.NSE on "):
        built()


def test_the_list_of_another_day_is_no_list_of_today(built: Callable[..., Host], tmp_path: Path) -> None:
    built()
    (path,) = (tmp_path / "lists").iterdir()
    path.write_text(path.read_text("utf-8").replace("2026-", "2016-").replace("2027-", "2017-"), "utf-8")
    with pytest.raises(ConfigurationError, match="is not the list of"):
        built()


def test_without_a_login_the_problem_says_so(built: Callable[..., Host], tmp_path: Path) -> None:
    (tmp_path / "session.json").unlink()
    with pytest.raises(ConfigurationError, match="friday login zerodha"):
        built()


def test_a_connection_that_is_not_there_is_named(built: Callable[..., Host]) -> None:
    with pytest.raises(ConfigurationError, match="connection 'zerodah'"):
        built(listing="zerodah")
