"""Tables that are written while a session goes on: the same files as if every row had been kept."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from fakes.bars import UNIVERSE, A, flat
from fakes.markets import Market, markets
from fakes.session import PerFill, Script, Session
from hypothesis import given, settings
from hypothesis import strategies as st

from friday_core.domain.orders import Order, OrderType, Side, TimeInForce
from friday_core.orchestration.run_tables import RunTables
from friday_core.session.core import Core
from friday_core.session.run_folder import RunFolder
from friday_core.session.runner import RunStatus
from friday_core.session.summary import capital_of, summary_of, tallies_of

CHARGED = PerFill(3, 2)
CLIENT = "a-secret"


def tables_of(folder: Path, session: Session, waiting: int) -> tuple[RunFolder, RunTables]:
    """Those of a session, where an object counts four times."""
    run = RunFolder(folder, "test", 0)
    run.create()
    capital = capital_of(session.account)
    return run, RunTables(run, session.core, UNIVERSE, capital, currency="INR", mask=hidden, waiting=waiting)


def hidden(text: str) -> str:
    return text.replace(CLIENT, "***")


@st.composite
def netted(draw: st.DrawFn) -> Market:
    """Two strategies that are often netted."""
    market = draw(markets())
    seeds = draw(st.lists(st.integers(0, 99), min_size=2, max_size=2))
    return Market(market.rows, market.actions, tuple(seeds), market.settings)


def played(market: Market, folder: Path, waiting: int) -> tuple[Session, dict[str, pd.DataFrame]]:
    """The market row by row, and the files that it left."""
    session = market.session(charges=CHARGED, netting=True)
    session.core = Core(session.core.flow, session.core._driver, keep_bars=True)
    run, tables = tables_of(folder, session, waiting)
    session.announce(*market.actions)
    for row in range(len(market.rows)):
        session.feed(market.rows[row : row + 1])
        tables.flush()
    session.end()
    tables.flush()
    tables.finish(None)
    return session, {path.stem: pq.read_table(path).to_pandas() for path in run.path.glob("*.parquet")}


@given(netted(), st.integers(1, 6))
@settings(max_examples=25)
def test_files_summary_and_digest_do_not_depend_on_when_rows_were_written(
    tmp_path_factory: pytest.TempPathFactory, market: Market, waiting: int
) -> None:
    whole, expected = played(market, tmp_path_factory.mktemp("whole"), 10**6)
    parts, found = played(market, tmp_path_factory.mktemp("parts"), waiting)
    assert found.keys() == expected.keys()
    for name, frame in expected.items():
        pd.testing.assert_frame_equal(found[name], frame, obj=name)
    told = [summary_of(one.core, one.account, UNIVERSE, RunStatus.FINISHED) for one in (whole, parts)]
    assert told[1] == told[0]


def resting(count: int) -> Session:
    """Orders of one strategy that are too low to trade, one a day, good until cancelled."""
    order = Order(A, Side.BUY, 1, OrderType.LIMIT, 50, time_in_force=TimeInForce.GTC, reason=f"by {CLIENT}")
    return Session(Script({day: [order] for day in range(1, count + 1)}))


def test_what_was_written_is_there_when_the_run_is_killed(tmp_path: Path) -> None:
    session = resting(8)
    run, tables = tables_of(tmp_path, session, 12)
    for day in range(1, 9):
        session.feed([flat(day, A, 100)])
        tables.flush()
    equity = pd.read_parquet(run.path / "parts" / "equity")
    assert equity["session"].tolist() == [np.datetime64(day, "D").astype(object) for day in range(1, 7)]
    orders = pd.read_parquet(run.path / "parts" / "orders")
    assert (len(orders), set(orders["status"]), set(orders["reason"])) == (6, {"open", "intent"}, {"by ***"})


def test_an_order_that_was_written_while_it_worked_has_its_end_when_the_run_is_over(tmp_path: Path) -> None:
    session = resting(4)
    run, tables = tables_of(tmp_path, session, 2)
    for day in range(1, 5):
        session.feed([flat(day, A, 100 if day < 4 else 40)])
        tables.flush()
    session.end()
    tables.finish(None)
    orders = pd.read_parquet(run.path / "orders.parquet")
    assert orders["status"].tolist() == ["filled"] * 3 + ["cancelled"]
    assert tallies_of(session.core, session.account, UNIVERSE).orders == {"filled": 3, "cancelled": 1}
    assert not (run.path / "parts").exists()


def test_memory_holds_no_more_rows_than_may_wait(tmp_path: Path) -> None:
    session = resting(0)
    _, tables = tables_of(tmp_path, session, 20)
    most = 0
    for day in range(1, 60):
        session.feed([flat(day, A, 100)])
        tables.flush()
        most = max(most, *(rows.kept for rows in session.log.tables().values()))
    assert (most, len(session.log.equity)) == (4, 58)
