"""Friday's own plugins keep the rules that every plugin keeps."""

from __future__ import annotations

import atexit
import datetime as dt
import functools
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from architecture.source_tree import ROOT
from fakes.kite_feed import FeedAccount
from fakes.served_wire import SCENARIO, on_server
from fakes.zerodha_wire import on_kite

from friday_core.testing.kite_sandbox import KiteSandbox
from friday_core.testing.markets import Market
from friday_core.testing.paper_process import PaperServer
from friday_core.testing.project import checks_of_project, project_at
from friday_core.testing.pytest_plugin import keep
from friday_core.testing.rule import Check
from friday_core.testing.subject import Provision
from friday_plugins.zerodha.connection import Zerodha

#: What has no default, and models that are small enough to be fitted often.
SETTINGS: Mapping[str, Mapping[str, Any]] = {
    "source.csv": {"timezone": "Asia/Kolkata"},
    "source.parquet": {"timezone": "Asia/Kolkata"},
    "source.synthetic": {"sessions": 60},
    # The kit's calendar has the weekdays of 2024.
    "source.synthetic_nse": {"start": "2024-01-01", "end": "2024-03-29"},
    "source.zerodha_history": {
        "instruments": ["INFY.NSE"],
        "first": str(dt.datetime.now(dt.UTC).date() - dt.timedelta(days=60)),
    },
    "source.zerodha_websocket": {"instruments": ["INFY.NSE"]},
    "calendar.exchange": {"name": "XBOM"},
    "model.gradient_boosting": {"trees": 8},
    "model.random_forest": {"trees": 8},
    "risk_rule.risk_adjuster": {"volatility": "volatility", "confidence": "confidence"},
}
#: Breaches that are known, by check, with what has to change; each must still be there.
KNOWN: Mapping[str, str] = {
    "broker.zerodha: after an order in doubt the next one is sent": "beside it nothing is added in its instrument",
    "source.zerodha_history: it names the file in its errors": "the rule is of files that are read",
}


@functools.cache
def paper_server() -> PaperServer:
    """One process for all rules; it ends with the tests."""
    folder = tempfile.mkdtemp(prefix="friday-paper-")
    server = PaperServer(Path(folder), SCENARIO)
    server.start()
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    atexit.register(server.kill)
    return server


@pytest.fixture(scope="module", autouse=True)
def _kite() -> None:
    """The kit lets nobody use the network where it makes components."""
    kite_account()


@functools.cache
def kite_account() -> FeedAccount:
    """At one sandbox for all rules."""
    folder = Path(tempfile.mkdtemp(prefix="friday-kite-"))
    sandbox = KiteSandbox(folder / "kite", "[market]\nalways_open = true\n[sessions]\nquotes_per_second = 1000\n")
    sandbox.start()
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    atexit.register(sandbox.kill)
    account = FeedAccount(sandbox, folder)
    account.log_in()
    return account


def provide(key: str, market: Market, folder: Path) -> Provision:
    if key == "broker.paper_process":
        return Provision(on_wire=lambda wire: on_server(paper_server(), wire, {"timeout": 5.0}))
    if key == "broker.zerodha":
        connection = Zerodha(Zerodha.Settings(session_file=folder / "session.json"))
        return Provision(requirements={"connection": connection}, on_wire=on_kite)
    settings = dict(SETTINGS.get(key, {}))
    if key.startswith("source.zerodha_"):
        settings |= {"folder": folder} if key.endswith("history") else {}
        return Provision(settings, {"connection": kite_account()})
    if key == "source.parquet":
        settings["path"] = in_parquet(market, folder)
    return Provision(settings)


def in_parquet(market: Market, folder: Path) -> Path:
    """The rows of the market as a Parquet file."""
    header, *rows = (line.split(",") for line in market.as_csv.splitlines())
    columns = {name: [row[place] for row in rows] for place, name in enumerate(header)}
    numbers = {
        name: [float(one or "nan") for one in values] for name, values in columns.items() if name in market.columns
    }
    path = folder / f"{market.name}.parquet"
    pq.write_table(pa.table({**columns, **numbers}), path)
    return path


def checks() -> list[Any]:
    found = checks_of_project(project_at(ROOT), provide)
    broken = {str(check): pytest.mark.xfail(reason=KNOWN[str(check)]) for check in found if str(check) in KNOWN}
    return [pytest.param(check, id=str(check), marks=broken.get(str(check), ())) for check in found]


@pytest.mark.parametrize("check", checks())
def test_a_built_in_plugin_keeps_the_rule(check: Check) -> None:
    keep(check)
