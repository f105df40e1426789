"""Strategies and transformers that are written in pandas, in a whole run."""

from __future__ import annotations

from pathlib import Path

import pytest
from fakes.third_party_host import host_with, install

from friday_core.errors import ConfigurationError, PluginContractError, ProblemKind

CROSS = """
from friday_core.api import ComponentSpec, WindowStrategy, hookimpl

class Cross(WindowStrategy):
    rows = 12

    def decide(self, bars):
        fast, slow = bars.close.iloc[-5:].mean(), bars.close.mean()
        return 1.0 if fast - slow > 1e-12 * slow else 0.0

@hookimpl
def friday_components():
    return [ComponentSpec("strategy", "window_cross", Cross)]
"""
GAP = """
from friday_core.api import ComponentSpec, WindowTransformer, hookimpl

class Gap(WindowTransformer):
    rows = 2
    outputs = ("gap",)

    def values(self, bars):
        return {"gap": bars.open.iloc[-1] / bars.close.iloc[0] - 1}

@hookimpl
def friday_components():
    return [ComponentSpec("transformer", "window_gap", Gap)]
"""
FADE = """
from friday_core.api import ComponentSpec, WindowStrategy, hookimpl

class Fade(WindowStrategy):
    rows = 1
    inputs = ("gap",)

    def decide(self, bars):
        gap = bars.gap.iloc[-1]
        return {"signal": 1.0 if gap < -0.01 else 0.0, "gap": gap}

@hookimpl
def friday_components():
    return [ComponentSpec("strategy", "fade", Fade)]
"""


def strategy(name: str, settings: str = "{}") -> str:
    return f'trading.active_strategies=[{{id="one", use="{name}", settings={settings}}}]'


def test_a_cross_in_pandas_trades_what_the_built_in_cross_trades(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    windows = host_with([install(monkeypatch, CROSS)], tmp_path / "windows", strategy("window_cross")).run()
    built_in = host_with([], tmp_path / "built_in", strategy("moving_average_cross", "{fast=5, slow=12}")).run()
    assert windows.summary["results"]["fills"] > 5
    for part in ("end_equity", "fills", "orders", "turnover"):
        assert windows.summary["results"][part] == built_in.summary["results"][part]


@pytest.mark.parametrize("rows", [1, 7])
def test_the_cut_into_chunks_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows: int) -> None:
    plugins = [install(monkeypatch, GAP), install(monkeypatch, FADE)]
    options = ('streams.market_data.transformers=["window_gap"]', strategy("fade"))
    whole = host_with(plugins, tmp_path, *options).run()
    parts = host_with(plugins, tmp_path, *options, f"run.chunk_rows={rows}").run()
    assert whole.summary["results"]["fills"] > 5
    assert parts.summary["results"] == whole.summary["results"]


def test_a_column_that_nothing_provides_is_a_problem_before_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ConfigurationError, match="needs the column 'gap'") as caught:
        host_with([install(monkeypatch, FADE)], tmp_path, strategy("fade"))
    (problem,) = caught.value.problems
    assert (problem.kind, problem.section) == (ProblemKind.SCHEMA_MISMATCH, "trading.active_strategies[0]")


def test_a_wrong_answer_of_a_strategy_stops_it_and_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clumsy = CROSS.replace("1.0 if fast - slow > 1e-12 * slow else 0.0", "fast > slow").replace("_cross", "_clumsy")
    plugins = [install(monkeypatch, clumsy), install(monkeypatch, CROSS)]
    both = 'trading.active_strategies=[{id="bad", use="window_clumsy"}, {id="good", use="window_cross"}]'
    summary = host_with(plugins, tmp_path, both).run().summary
    (stopped,) = summary["stopped_strategies"]
    assert stopped["strategy"] == "bad"
    assert stopped["error"].startswith("PluginContractError: strategy 'bad': its signal is np.")
    assert "which is no number; write a plain number" in stopped["error"]
    assert summary["results"]["fills"] > 5


def test_a_wrong_answer_of_a_transformer_ends_the_run_and_says_what_to_return(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plugin = install(monkeypatch, GAP.replace('return {"gap"', 'return {"gaps"'))
    host = host_with([plugin], tmp_path, 'streams.market_data.transformers=["window_gap"]')
    with pytest.raises(PluginContractError, match=r'transformer Gap answered gaps; return {"gap": \.\.\.}'):
        host.run()
