"""A validator in columns in a host: in every place of a stream, in either executor, and refused with the mend."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from fakes.third_party_host import host_with, install

from friday_core.errors import ConfigurationError, ProblemKind

PLUGIN = """
from friday_core.api import ColumnValidator, ComponentSpec, Verdict, hookimpl

class Own(ColumnValidator):
    def checks(self, m):
        return {checks}

@hookimpl
def friday_components():
    return [ComponentSpec("validator", "own", Own)]
"""
FALLS = '{"it fell": m.close < m.close.shift(), "it rose by much": (Verdict.PASS, m.close > 1.01 * m.close.shift())}'
FEATURES = ('streams.features.source="stream:market_data"', 'streams.features.feature_sets=["trend"]')


def held(checks: str, folder: Path, monkeypatch: pytest.MonkeyPatch, *options: str) -> list[dict[str, Any]]:
    """What stands in the run's quarantine."""
    result = host_with([install(monkeypatch, PLUGIN.replace("{checks}", checks))], folder, *options).run()
    assert result.summary["status"] == "finished"
    rows: list[dict[str, Any]] = pq.read_table(result.folder / "quarantine.parquet").to_pylist()
    return rows


def test_both_executors_hold_back_the_same_rows_in_chunks_of_any_size(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    where = 'streams.market_data.validators=["bar_sanity", "own"]'
    expected = held(FALLS, tmp_path, monkeypatch, where)
    assert {one["reason"] for one in expected} == {"it fell", "it rose by much"}
    for option in ('run.executor="python"', "run.chunk_rows=1", "run.chunk_rows=7"):
        assert held(FALLS, tmp_path, monkeypatch, where, option) == expected


@pytest.mark.parametrize(
    ("checks", "options"),
    [
        ('{"wild": m.volatility > 0.3}', (
            'streams.market_data.transformers=["realised_volatility"]',
            'streams.market_data.validators_after=["own"]',
        )),
        ('{"falls": m.momentum < 0}', (*FEATURES, 'streams.features.validators_after=["own"]')),
        ('{"falls": m.close < m.close.shift()}', (*FEATURES, 'streams.features.validators=["own"]')),
    ],
)  # fmt: skip
def test_it_sees_the_columns_of_its_place(
    checks: str, options: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    rows = held(checks, tmp_path, monkeypatch, *options, "plugins.source.synthetic.sessions=300")
    assert {one["stage"] for one in rows} == {"own"}


def problem(checks: str, folder: Path, monkeypatch: pytest.MonkeyPatch, *options: str) -> tuple[str, str]:
    where = options or ('streams.market_data.validators=["own"]',)
    plugin = install(monkeypatch, PLUGIN.replace("{checks}", checks))
    with pytest.raises(ConfigurationError, match="own") as caught:
        host_with([plugin], folder, *where)
    (found,) = caught.value.problems
    assert found.kind is ProblemKind.UNTRACEABLE
    return found.message, found.mend


EARLIER = "compute it in a transformer or feature set of an earlier stream, and check the column that it adds"
LINE = "correct the line of the plugin that is named"


@pytest.mark.parametrize(
    ("checks", "message", "mend"),
    [
        ('{"low": m.panel(m.close).rank() < 0.1}', "it compares instruments of a slice with m.panel", EARLIER),
        ('{"low": m.close < m.at("15m").close.asof()}', "not coarser than the program's own clock", LINE),
        ('{"long": m.pos > 0}', "it reads the book", "leave m.pos and its like to strategies"),
        ('{"tomorrow": m.close.shift(-1) < 1}', "shift(-1) would look ahead", LINE),
        ('{"thin": m.volume}', "compare it with something", LINE),
        ('{"wild": m.volatility > 0.3}', "the market has no 'volatility'", LINE),
        ('{"broken": 1 / 0}', "checks(m) raised ZeroDivisionError", "report it to the author of friday-own"),
    ],
)
def test_what_cannot_be_a_check_is_a_problem_with_its_mend(
    checks: str, message: str, mend: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    told, what_to_do = problem(checks, tmp_path, monkeypatch)
    assert message in told
    assert what_to_do == mend


def test_coarser_clocks_have_no_place_in_rows_that_come_one_by_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    minutes = ('streams.market_data.validators=["own"]', 'plugins.source.synthetic.interval="1m"')
    told, mend = problem('{"low": m.close < m.at("1d").close.asof()}', tmp_path, monkeypatch, *minutes)
    assert (told, mend) == ("it reads the clock domain 1d, and rows pass here one by one", EARLIER)
