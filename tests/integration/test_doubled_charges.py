"""Doubling the charges changes what it must and nothing else."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from fakes.third_party_host import host_with

from friday_core.orchestration.host import RunResult


def table(result: RunResult, name: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = pq.read_table(result.folder / f"{name}.parquet").to_pylist()
    return rows


def without(rows: list[dict[str, Any]], *names: str) -> list[dict[str, Any]]:
    return [{name: value for name, value in row.items() if name not in names} for row in rows]


def test_orders_fills_and_prices_stay_and_cash_pays_exactly_twice(tmp_path: Path) -> None:
    once = host_with([], tmp_path / "a", "plugins.source.synthetic.sessions=250").run()
    twice = host_with([], tmp_path / "b", "plugins.source.synthetic.sessions=250", "account.charges_scale=2.0").run()
    first, second = table(once, "fills"), table(twice, "fills")
    assert len(first) > 10
    # A position is a share of equity, which the charges made smaller: quantities follow it, the rest stays.
    moved = ("quantity", "charges", "tag")
    assert without(first, *moved) == without(second, *moved)
    assert all(
        abs(a["quantity"] - b["quantity"]) <= 1 + a["quantity"] // 500 for a, b in zip(first, second, strict=True)
    )
    same = [(a, b) for a, b in zip(first, second, strict=True) if a["quantity"] == b["quantity"]]
    assert len(same) >= 3
    assert all(b["charges"] == 2 * a["charges"] for a, b in same)
    for name in ("ts_event", "instrument", "strategy", "code"):
        assert [one[name] for one in table(once, "decisions")] == [one[name] for one in table(twice, "decisions")]


def test_the_books_differ_by_what_was_paid_where_quantities_do_not(tmp_path: Path) -> None:
    """The first fills are sized before anything was charged: they are the same, and so is all but their charges."""
    until = ("plugins.source.synthetic.sessions=70",)
    once = host_with([], tmp_path / "a", *until).run()
    twice = host_with([], tmp_path / "b", *until, "account.charges_scale=2.0").run()
    paid = [sum((one["charges"] for one in table(run, "fills")), Decimal(0)) for run in (once, twice)]
    first = next(
        n for n, one in enumerate(table(once, "equity")) if one["equity"] != table(twice, "equity")[n]["equity"]
    )
    before, after = table(once, "equity")[first], table(twice, "equity")[first]
    charged = [one["charges"] for one in table(once, "fills") if one["ts_event"] <= before["ts_event"]]
    assert before["equity"] - after["equity"] == sum(charged)
    assert paid[1] > paid[0] > 0
