"""Sizers, adjusters and limits as a configuration names them, in whole runs."""

from __future__ import annotations

import tomllib
from collections import Counter
from importlib.metadata import EntryPoint
from pathlib import Path
from statistics import fmean
from typing import Any

import pyarrow.parquet as pq
import pytest
from fakes.third_party_host import host_with

from friday_core.orchestration.host import RunResult
from friday_core.plugin.discovery import InstalledPlugin, installed_plugins
from friday_core.plugin.hookspecs import PLUGIN_GROUP
from friday_core.plugin.sections import RiskSettings
from friday_core.trading.refusals import not_allowed

ROOT = Path(__file__).resolve().parents[2]
#: Averages so short that sixty sessions have several crossings.
BRISK = "trading.active_strategies.cross.settings={fast = 2, slow = 5}"
ATR = ('streams.market_data.transformers=["average_true_range"]', "plugins.transformer.average_true_range.window=2")
VOLATILITY = (
    'streams.market_data.transformers=["realised_volatility"]',
    "plugins.transformer.realised_volatility.window=2",
)


def not_installed_yet() -> list[InstalledPlugin]:
    """Plugins of this project that were added since it was installed."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    known = {plugin.key for plugin in installed_plugins()}
    points = project["entry-points"][PLUGIN_GROUP]
    return [
        InstalledPlugin(EntryPoint(key, module, PLUGIN_GROUP), "friday-trading", "0")
        for key, module in points.items()
        if key not in known
    ]


def run(folder: Path, *overrides: str) -> RunResult:
    return host_with(not_installed_yet(), folder, BRISK, *overrides).run()


def decisions(result: RunResult) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = pq.read_table(result.folder / "decisions.parquet").to_pylist()
    return rows


@pytest.mark.parametrize(
    ("sizer", "more"),
    [
        ("equal_weight", ()),
        ("atr_unit", ATR),
        ("fractional_kelly", ('plugins.sizer.fractional_kelly.edge="strength"',)),
        ("volatility_target", VOLATILITY),
    ],
)
def test_a_sizer_of_a_configuration_sizes_its_signals(tmp_path: Path, sizer: str, more: tuple[str, ...]) -> None:
    result = run(tmp_path, f"trading.sizer={sizer}", *more)
    sent = [row["sent"] for row in decisions(result) if row["code"] == "SENT" and row["value"] == 1.0]
    assert result.summary["status"] == "finished"
    assert sent
    assert min(sent) > 0


def test_equal_weight_shares_the_equity_among_the_instruments_of_the_source(tmp_path: Path) -> None:
    host = host_with(not_installed_yet(), tmp_path / "a", BRISK, "trading.sizer=equal_weight")
    fraction = 1 / len(host.assembly.universe)
    fixed = run(tmp_path / "b", f"plugins.sizer.fixed_fraction.fraction={fraction!r}")
    assert host.run().summary["results"]["digest"] == fixed.summary["results"]["digest"]


def test_the_built_in_adjuster_makes_targets_smaller_in_wild_markets(tmp_path: Path) -> None:
    calm = run(tmp_path / "a", *VOLATILITY)
    wild = run(
        tmp_path / "b",
        *VOLATILITY,
        'risk.rules=["long_only", "risk_adjuster"]',
        'plugins.risk_rule.risk_adjuster={volatility = "volatility", calm = 0.02}',
    )
    calms, wilds = (
        [row["asked"] for row in decisions(one) if row["value"] == 1.0 and row["code"] == "SENT"]
        for one in (calm, wild)
    )
    assert 0 < fmean(wilds) < fmean(calms) / 2
    told = {row["detail"].partition(" -> ")[0] for row in decisions(wild) if row["value"] == 1.0}
    assert told == {"", "risk_adjuster: weight 0.100000"}


def test_a_book_that_wants_more_than_it_has_says_so_and_allowing_it_is_a_setting(tmp_path: Path) -> None:
    result = run(tmp_path, "plugins.sizer.fixed_fraction.fraction=0.9")
    counts = result.summary["results"]["decisions"]
    assert counts == dict(sorted(Counter(row["code"] for row in decisions(result)).items()))
    assert counts["CLIPPED_CASH"] > 0
    refused = {code: count for code, count in counts.items() if code != "SENT"}
    assert not_allowed(refused, RiskSettings().allow_refusals) == refused
    assert not_allowed(refused, RiskSettings(allow_refusals=("CLIPPED_CASH",)).allow_refusals) == {
        code: count for code, count in refused.items() if code != "CLIPPED_CASH"
    }
