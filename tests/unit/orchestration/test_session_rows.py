"""The rows that a session hands to its programs, as they are recorded."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from fakes.third_party_host import host_with, install

from friday_core.causal.parity.rows import RowSet
from friday_core.orchestration.explaining import QuestionError
from friday_core.orchestration.host import Host
from friday_core.orchestration.parity import known_names, left_out, session_rows, written

DIP = """
from friday_core.api import ColumnStrategy, ComponentSpec, hookimpl, where

class Dip(ColumnStrategy):
    def outputs(self, m):
        return {"signal": where((m.close < m.close.shift(1)) | (m.pos > 0), 1.0, 0.0)}

@hookimpl
def friday_components():
    return [ComponentSpec("strategy", "dip", Dip)]
"""
QUARTERS = """
from friday_core.api import ColumnStrategy, ComponentSpec, hookimpl, where

class Quarters(ColumnStrategy):
    def outputs(self, m):
        return {"signal": where(m.close > m.at("15m").close.rolling(3).mean().asof(), 1.0, 0.0)}

@hookimpl
def friday_components():
    return [ComponentSpec("strategy", "quarters", Quarters)]
"""
JUDGE = """
from friday_core.api import ColumnValidator, ComponentSpec, hookimpl

class Judge(ColumnValidator):
    def checks(self, m):
        return {"it fell": m.raw.close < m.raw.close.shift()}

@hookimpl
def friday_components():
    return [ComponentSpec("validator", "judge", Judge)]
"""
STREAMS = (
    'streams.market_data.transformers=["realised_volatility", "price_normalizer"]',
    'streams.features={source="stream:market_data", feature_sets=["trend"]}',
)
TWO = 'trading.active_strategies=[{id="one", use="dip"}, {id="two", use="dip", instruments=["SYN01.NSE"]}]'


@pytest.fixture
def fresh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Host:
    return host_with([install(monkeypatch, DIP)], tmp_path, TWO, *STREAMS)


def recorded(host: Host, most: int = 50) -> dict[str, RowSet]:
    return session_rows(host.assembly, written(host.assembly), most, list)


def test_all_that_is_in_columns_is_found_in_the_order_of_the_graph(fresh: Host) -> None:
    assert [(one.id, one.plugin) for one in written(fresh.assembly)] == [
        ("transformer.realised_volatility", "transformer.realised_volatility"),
        ("feature_set.trend", "feature_set.trend"),
        ("strategy.one", "strategy.dip"),
        ("strategy.two", "strategy.dip"),
    ]


@pytest.mark.parametrize("name", ["strategy.one", "one", "feature_set.trend", "trend"])
def test_a_component_is_meant_by_its_id_or_its_plugin(fresh: Host, name: str) -> None:
    assert next(one.id for one in written(fresh.assembly, name)).endswith(name)


def test_a_name_that_means_several_is_asked_back(fresh: Host) -> None:
    with pytest.raises(QuestionError, match=r"'dip' may be strategy\.one or strategy\.two: write one of these"):
        written(fresh.assembly, "dip")


def test_a_name_of_nobody_means_nothing(fresh: Host) -> None:
    assert written(fresh.assembly, "three") == []
    assert "transformer.price_normalizer" in known_names(fresh.assembly)


def test_code_of_its_own_is_refused_by_name_and_left_out_of_all(fresh: Host) -> None:
    with pytest.raises(QuestionError, match=r"price_normalizer\) is code of its own, not written in columns"):
        written(fresh.assembly, "price_normalizer")
    assert set(left_out(fresh.assembly)) == {"validator.bar_sanity", "transformer.price_normalizer"}


def test_rows_are_those_of_the_source_with_the_book_as_it_was(fresh: Host) -> None:
    rows = recorded(fresh, 60)["strategy.one"]
    columns = rows.domains["1d"]
    assert rows.name == "rows of synthetic"
    assert {str(one) for one in rows.instruments} >= {"SYN01.NSE", "SYN05.NSE"}
    assert (columns["ts"][1:] >= columns["ts"][:-1]).all()
    assert columns["pos"][0] == 0.0
    assert max(columns["pos"]) > 0.0
    assert not np.isnan(columns["close"]).any()


def test_a_strategy_gets_the_rows_of_its_own_instruments_and_is_waited_for(fresh: Host) -> None:
    found = recorded(fresh, 30)
    assert set(found["strategy.two"].domains["1d"]["inst"].tolist()) == {0}
    assert len(found["strategy.two"]) == 30
    assert 30 <= len(found["strategy.one"]) < 30 + len(fresh.assembly.universe)


def test_where_rows_pass_one_by_one_their_number_counts_and_the_closes_are_kept(fresh: Host) -> None:
    found = recorded(fresh)
    rows, slices = found["transformer.realised_volatility"], found["strategy.one"]
    assert rows.domains["1d"]["ts"].tolist() == list(range(1, 51))
    assert rows.closes is not None
    assert rows.closes.tolist() == slices.domains["1d"]["ts"].tolist()[:50]
    assert slices.closes is None


def test_a_validator_gets_the_rows_that_came_to_it_also_those_that_it_held_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    judged = (
        'streams.market_data.validators=["bar_sanity", "judge"]',
        'streams.market_data.transformers=["realised_volatility"]',
    )
    found = recorded(host_with([install(monkeypatch, JUDGE)], tmp_path, *judged))
    came, passed = found["validator.judge"], found["transformer.realised_volatility"]
    close = came.domains["1d"]["raw.close"].tolist()
    held, before = [], dict[int, float]()
    for inst, now in zip(came.domains["1d"]["inst"].tolist(), close, strict=True):
        held.append(now < before.get(inst, now))
        before[inst] = now
    expected = [row for row, is_held in zip(_when_and_who(came), held, strict=True) if not is_held]
    assert came.domains["1d"]["ts"].tolist() == list(range(1, len(close) + 1))
    assert any(held)
    assert _when_and_who(passed)[: len(expected)] == expected


def _when_and_who(rows: RowSet) -> list[tuple[int, int]]:
    assert rows.closes is not None
    return list(zip(rows.closes.tolist(), rows.domains["1d"]["inst"].tolist(), strict=True))


def test_coarser_bars_are_recorded_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    active = 'trading.active_strategies=[{id="one", use="quarters"}]'
    minutes = ("plugins.source.synthetic.interval=1m", "plugins.source.synthetic.sessions=1")
    rows = recorded(host_with([install(monkeypatch, QUARTERS)], tmp_path, active, *minutes), 200)["strategy.one"]
    fine, coarse = rows.domains["1m"]["ts"], rows.domains["15m"]["ts"]
    assert len(fine) == 200
    assert 0 < len(coarse) < len(fine)
    assert set(coarse.tolist()) <= {int(fine[0]) + n * 60_000_000 for n in range(400)}
