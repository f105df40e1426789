"""Result tables: exact decimals, UTC times, one row a fact, every column even without a row."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from fakes.bars import COLUMNS, UNIVERSE, A, B, Row, flat
from fakes.session import PerFill, Script, Session
from fakes.stages import ByRow

from friday_core.domain.chunk import MISSING_PRICE, Universe
from friday_core.domain.instruments import Instrument
from friday_core.domain.market import CorporateAction
from friday_core.domain.orders import Order, OrderType, Side
from friday_core.domain.signals import Signal
from friday_core.domain.verdicts import Verdict
from friday_core.flow.plans import StreamPlan
from friday_core.session.tables import ResultTables

NAMES = {"orders", "fills", "positions", "equity", "decisions", "corporate_actions", "postings", "quarantine"}


def tables_of(session: Session) -> dict[str, pa.Table]:
    held = [row for one in session.core.flow.quarantines.values() for row in one.rows]
    return dict(ResultTables(session.universe, "INR").all(session.log, held))


def busy_session() -> Session:
    limit = Order(A, Side.BUY, 5, OrderType.LIMIT, limit_price=90, reason="cheap")
    script = Script({1: [Order(A, Side.BUY, 10), limit, Signal(B, 1.0)], 2: []})
    session = Session(script, charges=PerFill(7), plan=StreamPlan(COLUMNS, [("judge", ByRow({3: Verdict.QUARANTINE}))]))
    rows = [flat(1, A, 100), Row(2, A, 101, 105, 100, 104), flat(3, A, 104), flat(4, A, 104)]
    return session.run(rows, CorporateAction(A, 3, dividend=2))


@pytest.fixture(scope="module")
def tables() -> dict[str, pa.Table]:
    return tables_of(busy_session())


def test_every_table_is_there_with_its_columns_even_without_a_row(tables: dict[str, pa.Table]) -> None:
    empty = tables_of(Session(Script({})))
    assert set(empty) == set(tables) == NAMES
    assert all(table.num_rows == 0 for table in empty.values())
    assert {name: table.schema for name, table in empty.items()} == {n: table.schema for n, table in tables.items()}


def test_a_fill_has_exact_prices_and_money(tables: dict[str, pa.Table]) -> None:
    (fill,) = tables["fills"].to_pylist()
    assert (fill["price"], fill["charges"], fill["quantity"], fill["side"]) == (
        Decimal("1.01"),
        Decimal("0.07"),
        10,
        "buy",
    )
    assert fill["ts_event"] == dt.datetime(1970, 1, 3, 10, tzinfo=dt.UTC)
    assert (fill["instrument"], fill["strategy"], fill["assumed"]) == ("A.NSE", "s0", False)


def test_an_order_tells_its_life(tables: dict[str, pa.Table]) -> None:
    market, limit = tables["orders"].to_pylist()
    assert (market["status"], market["filled"], market["limit_price"], market["status_reason"]) == (
        "filled",
        10,
        None,
        "",
    )
    assert (limit["status"], limit["filled"], limit["limit_price"], limit["reason"]) == (
        "expired",
        0,
        Decimal("0.90"),
        "cheap",
    )
    assert limit["status_reason"].startswith("DAY_ENDED: ")


def test_a_decision_tells_what_became_of_it(tables: dict[str, pa.Table]) -> None:
    rows = tables["decisions"].to_pylist()
    assert [(row["kind"], row["asked"], row["sent"], row["code"]) for row in rows] == [
        ("signal", 0, 0, "UNPRICED"),
        ("order", 10, 10, "SENT"),
        ("order", 5, 5, "SENT"),
    ]
    assert rows[1]["tag"] == tables["fills"].to_pylist()[0]["tag"]


def test_equity_positions_and_actions_are_money_by_session(tables: dict[str, pa.Table]) -> None:
    equity = tables["equity"].to_pylist()
    # 10,000.00 less 10 x 1.01 and 0.07; on the ex-date 10 x 0.02 come in.
    assert [row["cash"] for row in equity] == [Decimal("10000.00"), Decimal("9989.83"), Decimal("9990.03")]
    assert equity[1]["equity"] == Decimal("10000.23")
    assert [row["session"] for row in equity] == [dt.date(1970, 1, day) for day in (2, 3, 4)]
    position = tables["positions"].to_pylist()[0]
    assert (position["quantity"], position["cost"], position["value"]) == (10, Decimal("10.10"), Decimal("10.40"))
    (action,) = tables["corporate_actions"].to_pylist()
    assert (action["dividend"], action["cash"], action["quantity_after"]) == (Decimal("0.02"), Decimal("0.20"), 10)


def test_a_held_row_is_kept_as_it_came(tables: dict[str, pa.Table]) -> None:
    (held,) = tables["quarantine"].to_pylist()
    assert (held["stage"], held["verdict"], held["reason"], held["seq"]) == ("judge", "QUARANTINE", "quarantine", 3)
    values = json.loads(held["values"])
    assert (values["close"], values["volume"]) == ("1.04", 1_000_000.0)


def test_what_is_missing_in_a_held_row_is_null() -> None:
    row = Row(1, A, 100, 100, 100, MISSING_PRICE, np.nan, code=2)
    (held,) = tables_of(Session(Script({})).run([row]))["quarantine"].to_pylist()
    assert json.loads(held["values"]) == {"open": "1.00", "high": "1.00", "low": "1.00", "close": None, "volume": None}


def test_prices_of_instruments_with_different_decimals_share_a_column() -> None:
    mixed = Universe(Instrument(one.id, "INR", price_decimals=4 if one.id == B else 2) for one in UNIVERSE)
    script = Script({1: [Order(A, Side.BUY, 1), Order(B, Side.BUY, 1)]})
    rows = [flat(day, one, price) for day in (1, 2) for one, price in ((A, 12_345), (B, 830_025))]
    fills = tables_of(Session(script, universe=mixed).run(rows))["fills"]
    assert fills["price"].to_pylist() == [Decimal("123.4500"), Decimal("83.0025")]


@pytest.fixture(scope="module")
def netted() -> dict[str, pa.Table]:
    """10 bought and 4 sold: 4 cross at 1.00, 6 are bought."""
    scripts = Script({1: [Order(A, Side.BUY, 10)]}), Script({1: [Order(A, Side.SELL, 4)]})
    return tables_of(Session(*scripts, charges=PerFill(7), netting=True).run([flat(1, A, 100), flat(2, A, 100)]))


def test_where_strategies_are_netted_the_account_has_tables_of_its_own(netted: dict[str, pa.Table]) -> None:
    assert set(netted) == NAMES | {"account_orders", "account_fills", "nettings"}
    empty = tables_of(Session(Script({}), Script({}), netting=True))
    assert {name: table.schema for name, table in empty.items()} == {n: table.schema for n, table in netted.items()}
    (order,), (fill,) = netted["account_orders"].to_pylist(), netted["account_fills"].to_pylist()
    assert (order["tag"], order["quantity"], order["status"]) == ("F0001ZZ00001", 6, "filled")
    assert (fill["tag"], fill["quantity"], fill["price"], fill["charges"]) == (
        "F0001ZZ00001",
        6,
        Decimal("1.00"),
        Decimal("0.07"),
    )
    assert "strategy" not in {*order, *fill}


def test_orders_and_fills_lead_to_the_account_order_and_back(netted: dict[str, pa.Table]) -> None:
    orders, fills = netted["orders"].to_pylist(), netted["fills"].to_pylist()
    assert [row["account_order"] for row in orders] == ["F0001ZZ00001", "F0001ZZ00001"]
    assert [(row["strategy"], row["kind"], row["account_order"]) for row in fills] == [
        ("s1", "cross", ""),
        ("s0", "cross", ""),
        ("s0", "market", "F0001ZZ00001"),
    ]
    behind = " ".join(row["tag"] for row in orders)
    assert netted["account_orders"]["parents"].to_pylist() == [behind]
    (netting,) = netted["nettings"].to_pylist()
    assert (netting["bought"], netting["sold"], netting["account_order"], netting["orders"]) == (
        10,
        4,
        "F0001ZZ00001",
        behind,
    )


def test_what_nobody_netted_is_at_the_market_and_has_no_account_order(tables: dict[str, pa.Table]) -> None:
    assert set(tables["orders"]["account_order"].to_pylist()) == {""}
    assert [(row["kind"], row["account_order"]) for row in tables["fills"].to_pylist()] == [("market", "")]


def test_the_tables_can_be_written_and_read_back(tables: dict[str, pa.Table]) -> None:
    for table in tables.values():
        sink = pa.BufferOutputStream()
        pq.write_table(table, sink)
        assert pq.read_table(pa.BufferReader(sink.getvalue())).equals(table)
