"""Streams of a configuration in whole runs: features, coarser clocks, bars from ticks, late rows."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq
import pytest
from fakes.third_party_host import host_with, install

from friday_core.errors import ConfigurationError, ProblemKind
from friday_core.orchestration.host import RunResult
from friday_core.plugin.discovery import InstalledPlugin

FEATURES = 'streams.features.source="stream:market_data"'
TREND = """
from friday_core.api import ComponentSpec, FeatureSet, hookimpl

class Trend(FeatureSet):
    def outputs(self, m):
        momentum = m.close / m.close.shift(10) - 1
        return {"momentum": momentum, "momentum_rank": m.panel(momentum).rank()}

@hookimpl
def friday_components():
    return [ComponentSpec("feature_set", "paces", Trend)]
"""
READS_RANK = """
from friday_core.api import ColumnStrategy, ComponentSpec, hookimpl, where

class Leader(ColumnStrategy):
    def outputs(self, m):
        return {"signal": where(m.momentum_rank > 0.9, 1.0, 0.0)}

@hookimpl
def friday_components():
    return [ComponentSpec("strategy", "leader", Leader)]
"""
COARSE = """
from friday_core.api import ColumnStrategy, ComponentSpec, hookimpl, where

class Coarse(ColumnStrategy):
    def outputs(self, m):
        quarter = m.at("15m").close.rolling(4).mean().asof(max_age="30m")
        return {"signal": where(m.close > quarter, 1.0, 0.0)}

@hookimpl
def friday_components():
    return [ComponentSpec("strategy", "coarse", Coarse)]
"""
TICKS = """
import numpy as np
from friday_core.api import Chunk, ComponentSpec, HistoricalData, Instrument, InstrumentId, PluginSettings, hookimpl

OPEN, DAY = 225 * 60 * 1_000_000, 86_400 * 1_000_000

class Settings(PluginSettings):
    disorder: bool = False

class Tape(HistoricalData):
    interval = "tick"
    columns = ("price", "volume")

    def __init__(self, settings):
        self.disorder = settings.disorder

    def instruments(self):
        return [Instrument(InstrumentId("TAPE", "NSE"), "INR")]

    def bars(self):
        for day in range(60):
            n = np.arange(1200)
            ts = day * DAY + OPEN + n * 10 * 1_000_000
            price = np.rint(10_000 + 500 * np.sin((day * 1200 + n) / 400)).astype(np.int64)
            order = n.copy()
            if self.disorder:
                order[500:1000:2], order[501:1000:2] = n[501:1000:2], n[500:1000:2]
            yield Chunk(ts[order], np.zeros(1200, int), {"price": price[order], "volume": np.ones(1200)})

@hookimpl
def friday_components():
    return [ComponentSpec("source", "tape", Tape, Settings)]
"""
PROBE = """
from friday_core.api import Bar, ComponentSpec, Signal, Strategy, hookimpl

class Probe(Strategy):
    def on_event(self, event, book):
        if isinstance(event, Bar):
            shown = f"{event.open:.2f} {event.high:.2f} {event.low:.2f} {event.close:.2f} {event.volume:g}"
            return [Signal(event.instrument.id, 0.0, shown)]
        return []

@hookimpl
def friday_components():
    return [ComponentSpec("strategy", "probe", Probe)]
"""


def strategy(name: str) -> str:
    return f'trading.active_strategies=[{{id="one", use="{name}"}}]'


def decisions(result: RunResult) -> list[tuple[object, str]]:
    table = pq.read_table(result.folder / "decisions.parquet").to_pylist()
    return [(row["ts_event"], row["reason"]) for row in table]


def refused(plugins: list[InstalledPlugin], folder: Path, *overrides: str) -> list[str]:
    """What a host says against these settings."""
    with pytest.raises(ConfigurationError) as caught:
        host_with(plugins, folder, *overrides)
    return [f"{one.kind} [{one.section}] {one.message}: {one.mend}" for one in caught.value.problems]


def test_a_strategy_reads_what_a_stream_of_features_ranked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plugins = [install(monkeypatch, TREND), install(monkeypatch, READS_RANK)]
    settings = (FEATURES, 'streams.features.feature_sets=["paces"]', strategy("leader"))
    whole = host_with(plugins, tmp_path / "a", *settings).run()
    cut = host_with(plugins, tmp_path / "b", *settings, "run.chunk_rows=7").run()
    assert whole.summary["results"]["fills"] > 5
    assert cut.summary["results"]["digest"] == whole.summary["results"]["digest"]


def test_a_strategy_reads_a_coarser_clock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    minutes = ("plugins.source.synthetic.interval=1m", "plugins.source.synthetic.sessions=3", strategy("coarse"))
    plugins = [install(monkeypatch, COARSE)]
    whole = host_with(plugins, tmp_path / "a", *minutes).run()
    cut = host_with(plugins, tmp_path / "b", *minutes, "run.chunk_rows=13").run()
    assert whole.summary["results"]["fills"] > 5
    assert cut.summary["results"]["digest"] == whole.summary["results"]["digest"]
    first = decisions(whole)[0][0]
    assert str(first) >= "2015-01-01", first


@pytest.mark.parametrize("disorder", [False, True])
def test_bars_are_made_of_ticks_in_whatever_order_they_come_within_the_lateness(
    disorder: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plugins = [install(monkeypatch, TICKS), install(monkeypatch, PROBE)]
    settings = (
        'streams.market_data={source="tape", validators=[], transformers=[], bars="1h", lateness=20}',
        f"plugins.source.tape.disorder={str(disorder).lower()}",
        strategy("probe"),
    )
    result = host_with(plugins, tmp_path, *settings).run()
    assert result.summary["quarantine"] == []
    shown = [reason for _, reason in decisions(result)]
    # 1,200 ticks ten seconds apart: three whole hours and twenty minutes of every session.
    assert [reason.split()[-1] for reason in shown[:4]] == ["360", "360", "360", "120"]
    assert len(shown) == 240
    assert shown[0] == "100.00 103.91 100.00 103.91 360"  # 10,000 + 500 sin(359 / 400) paise


def test_without_lateness_ticks_out_of_order_are_counted_and_in_no_bar(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plugins = [install(monkeypatch, TICKS), install(monkeypatch, PROBE)]
    settings = (
        'streams.market_data={source="tape", validators=[], transformers=[], bars="1h"}',
        "plugins.source.tape.disorder=true",
    )
    result = host_with(plugins, tmp_path, *settings, strategy("probe")).run()
    (counted,) = result.summary["quarantine"]
    assert (counted["stage"], counted["reason"], counted["rows"]) == ("bars.1h", "late: behind the watermark", 15_000)


def test_ticks_need_bars_and_daily_bars_make_no_finer_ones(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (ticks,) = refused([install(monkeypatch, TICKS)], tmp_path, "streams.market_data.source=tape")
    assert ticks.startswith(f"{ProblemKind.SCHEMA_MISMATCH} [streams.market_data] ")
    assert 'write in [streams.market_data]: bars = "1m"' in ticks
    (daily,) = refused([], tmp_path, "streams.market_data.bars=1m")
    assert "bars of 1m cannot be made of the source's 1d: choose coarser bars than 1d, or leave bars out" in daily
    (nothing,) = refused([], tmp_path, "streams.market_data.bars=2w")
    assert "'2w' is no clock domain" in nothing


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ('streams.features.source="stream:prices"', "there is no stream 'prices'"),
        ("streams.features.source=synthetic", "a session has one source of rows, that of [streams.market_data]"),
        ('streams.market_data={source="stream:market_data"}', "market data must come from a source"),
        ('streams.features={source="stream:market_data", lateness=1}', "lateness is for the rows of a source"),
        ('streams.features={source="stream:market_data", bars="15m"}', "bars is for the rows of a source"),
        ('streams.orders.source="stream:market_data"', "orders are no stream of columns"),
        ('streams={a={source="stream:b"}, b={source="stream:a"}}', "streams feed one another in a circle: "),
    ],
)
def test_streams_that_do_not_hang_together_are_refused_with_the_mend(settings: str, said: str, tmp_path: Path) -> None:
    assert any(said in problem for problem in refused([], tmp_path, settings))


def test_feature_sets_on_a_sources_rows_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    problems = refused([install(monkeypatch, TREND)], tmp_path, 'streams.market_data.feature_sets=["paces"]')
    assert 'move feature_sets to [streams.features] with source = "stream:market_data"' in problems[0]


def test_two_streams_that_add_one_column_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = (FEATURES, 'streams.features.feature_sets=["paces"]',
                'streams.more={source="stream:market_data", feature_sets=["paces"]}')  # fmt: skip
    problems = refused([install(monkeypatch, TREND)], tmp_path, *settings)
    assert "'paces' adds the column 'momentum', which is there already" in problems[0]


def test_features_that_read_the_book_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    greedy = TREND.replace('"momentum": momentum', '"momentum": momentum * m.pos')
    (problem,) = refused([install(monkeypatch, greedy)], tmp_path, FEATURES, 'streams.features.feature_sets=["paces"]')
    assert "it reads the book: leave m.pos and its like to strategies" in problem


def test_a_summary_publishes_the_parity_grade_of_every_component(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    careless = PROBE.replace("class Probe(Strategy):", 'class Probe(Strategy):\n    grade = "C"')
    summary = host_with([install(monkeypatch, careless)], tmp_path, strategy("probe")).run().summary
    assert summary["grades"]["strategy.one"] == "C"
    assert summary["grades"]["validator.bar_sanity"] == "A"
