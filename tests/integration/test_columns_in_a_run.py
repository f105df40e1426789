"""Strategies and transformers that are written in columns, in a whole run."""

from __future__ import annotations

from pathlib import Path

import pytest
from fakes.third_party_host import host_with, install

from friday_core.errors import ConfigurationError, ProblemKind

EVENT_CROSS = """
from collections import deque
from math import fsum
from friday_core.api import Bar, ComponentSpec, Signal, Strategy, hookimpl

class Cross(Strategy):
    def __init__(self):
        self.closes, self.long = {}, {}

    def on_event(self, event, book):
        if isinstance(event, Bar):
            one = event.instrument.id
            closes = self.closes.setdefault(one, deque(maxlen=12))
            closes.append(event.close)
            above = len(closes) == 12 and fsum(list(closes)[-5:]) / 5 > fsum(closes) / 12
            if above != self.long.get(one, False):
                self.long[one] = above
                yield Signal(one, float(above))

@hookimpl
def friday_components():
    return [ComponentSpec("strategy", "event_cross", Cross)]
"""
TOP = """
from friday_core.api import HOLD, ColumnStrategy, ComponentSpec, hookimpl, where

class Top(ColumnStrategy):
    def outputs(self, m):
        momentum = m.close / m.close.shift(10) - 1
        return {"target": m.panel(momentum).top(2) * 0.3}

@hookimpl
def friday_components():
    return [ComponentSpec("strategy", "top", Top)]
"""
TRANSFORMER = """
from friday_core.api import ColumnTransformer, ComponentSpec, hookimpl

class Gap(ColumnTransformer):
    def outputs(self, m):
        return {"gap": m.open / m.close.shift(1) - 1}

@hookimpl
def friday_components():
    return [ComponentSpec("transformer", "gap", Gap)]
"""
READS_GAP = """
from friday_core.api import ColumnStrategy, ComponentSpec, hookimpl, where

class Fade(ColumnStrategy):
    def outputs(self, m):
        return {"signal": where(m.gap < -0.01, 1.0, 0.0), "gap": m.gap}

@hookimpl
def friday_components():
    return [ComponentSpec("strategy", "fade", Fade)]
"""


def strategy(name: str, settings: str = "{}") -> str:
    return f'trading.active_strategies=[{{id="one", use="{name}", settings={settings}}}]'


def test_a_cross_in_columns_trades_what_the_same_cross_event_by_event_trades(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    columns = host_with([], tmp_path / "columns", strategy("moving_average_cross", "{fast=5, slow=12}"))
    events = host_with([install(monkeypatch, EVENT_CROSS)], tmp_path / "events", strategy("event_cross"))
    by_columns, by_events = columns.run(), events.run()
    assert by_columns.summary["results"]["fills"] > 5
    for part in ("end_equity", "fills", "orders", "turnover"):
        assert by_columns.summary["results"][part] == by_events.summary["results"][part]


@pytest.mark.parametrize("rows", [1, 7])
def test_a_cross_section_does_not_depend_on_the_cut_into_chunks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows: int
) -> None:
    top = install(monkeypatch, TOP)
    whole = host_with([top], tmp_path, strategy("top")).run()
    parts = host_with([top], tmp_path, strategy("top"), f"run.chunk_rows={rows}").run()
    assert whole.summary["results"]["fills"] > 20
    assert parts.summary["results"] == whole.summary["results"]


def test_a_strategy_reads_the_column_of_a_transformer_in_columns(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plugins = [install(monkeypatch, TRANSFORMER), install(monkeypatch, READS_GAP)]
    stages = 'streams.market_data.transformers=["gap"]'
    result = host_with(plugins, tmp_path, stages, strategy("fade")).run()
    assert result.status == "finished"
    assert result.summary["results"]["fills"] > 0


@pytest.mark.parametrize(
    "case",
    [
        ("m.close / m.close.shift(10)", "m.close / m.close.shift(-10)", r"shift\(-10\)", "line"),
        ("m.close.shift(10)", "m.spread", "spread", "line"),
        (
            '"target":',
            '"weight":',
            "it decides nothing: its outputs are weight",
            'return a column "signal", "target" or "order"',
        ),
        (
            "m.close / m.close.shift(10)",
            'm.close / m.at("1w").close.asof()',
            r":6: '1w' is no clock domain; no bar is longer than a session: write 1d",
            "correct the line",
        ),
        (
            "m.panel(momentum)",
            "m.panel(where(m.month_end, momentum, 0.0))",
            "it reads the column 'month_end'",
            "[data] calendar",
        ),
    ],
)
def test_columns_that_cannot_be_traced_or_fed_are_a_problem_before_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, case: tuple[str, str, str, str]
) -> None:
    old, new, message, mend = case
    plugin = install(monkeypatch, TOP.replace(old, new))
    with pytest.raises(ConfigurationError, match=message) as caught:
        host_with([plugin], tmp_path, strategy("top"))
    (problem,) = caught.value.problems
    assert (problem.kind, problem.section) == (ProblemKind.UNTRACEABLE, "trading.active_strategies[0]")
    assert mend in problem.mend
    assert problem.plugin.startswith("strategy.top of friday-top")


def test_a_transformer_that_compares_instruments_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plugin = install(monkeypatch, TRANSFORMER.replace("m.open / m.close.shift(1) - 1", "m.panel(m.close).rank()"))
    with pytest.raises(ConfigurationError, match=r"compares instruments .* m\.panel"):
        host_with([plugin], tmp_path, 'streams.market_data.transformers=["gap"]')
