"""Several strategies of a configuration as one account, in whole runs on synthetic bars."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from fakes.profile_session import ProfileSession

from friday_core.orchestration.host import RunResult

#: Two averages that cross at different times, so that the strategies now agree and now disagree.
STRATEGIES = (
    "trading.active_strategies=["
    '{id="quick", use="moving_average_cross", settings={fast=2, slow=5}},'
    '{id="slow", use="moving_average_cross", settings={fast=3, slow=8}},'
    '{id="twin", use="moving_average_cross", settings={fast=2, slow=5}}]'
)


def run(folder: Path, *overrides: str) -> RunResult:
    return ProfileSession("backtest", folder, STRATEGIES, *overrides).run()


@pytest.fixture(scope="module")
def netted(tmp_path_factory: pytest.TempPathFactory) -> RunResult:
    return run(tmp_path_factory.mktemp("netted"))


def rows(result: RunResult, table: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = pq.read_table(result.folder / f"{table}.parquet").to_pylist()
    return found


def test_strategies_meet_and_the_books_sum_to_what_the_broker_booked(netted: RunResult) -> None:
    told = netted.summary["netting"]
    assert netted.summary["status"] == "finished"
    assert (told["conflicts"] > 0, told["crossed"] > 0, told["account_fills"] > 0) == (True, True, True)
    fills = [row for row in rows(netted, "fills") if not row["account_order"] and row["kind"] == "market"]
    at_broker = fills + rows(netted, "account_fills")
    paid = sum(
        (1 if row["side"] == "buy" else -1) * row["price"] * row["quantity"] + row["charges"] for row in at_broker
    )
    paid -= sum(row["cash"] for row in rows(netted, "corporate_actions"))
    books = netted.summary["strategies"].values()
    assert round(sum(book["capital"] - book["cash"] for book in books), 2) == float(paid)
    assert round(sum(book["charges"] for book in books), 2) == float(sum(row["charges"] for row in at_broker))


def test_without_netting_the_same_orders_cost_more(netted: RunResult, tmp_path: Path) -> None:
    apart = run(tmp_path, "trading.netting=false")
    assert "netting" not in apart.summary
    assert not (apart.folder / "account_orders.parquet").exists()
    assert {row["kind"] for row in rows(apart, "fills")} == {"market"}
    charges = [sum(book["charges"] for book in one.summary["strategies"].values()) for one in (netted, apart)]
    assert charges[0] < charges[1]


@pytest.mark.parametrize(
    ("limit", "code"),
    [("max_order_value=20000", "ACCOUNT_ORDER_VALUE"), ("max_gross_exposure=0.2", "ACCOUNT_GROSS_EXPOSURE")],
)
def test_limits_of_the_account_refuse_by_name(limit: str, code: str, tmp_path: Path) -> None:
    result = run(tmp_path, f"account.{limit}")
    denied = {row["status_reason"].split(":")[0] for row in rows(result, "orders") if row["status"] == "denied"}
    assert denied == {code}
    assert code in result.summary["refusals"]["counts"]


def test_a_person_is_given_the_account_orders_to_place(tmp_path: Path) -> None:
    result = run(tmp_path, "broker.use=order_file")
    with (result.folder / "basket_orders.csv").open(encoding="utf-8", newline="") as sheet:
        placed = {row["tag"] for row in csv.DictReader(sheet)}
    alone = {row["tag"] for row in rows(result, "fills") if row["kind"] == "market" and not row["account_order"]}
    account = {row["tag"] for row in rows(result, "account_orders")}
    netted = {tag for row in rows(result, "nettings") for tag in row["orders"].split()}
    assert alone | account <= placed
    assert not placed & netted
    # Nobody has to make a cross true.
    assert {row["assumed"] for row in rows(result, "fills") if row["kind"] == "cross"} == {False}
