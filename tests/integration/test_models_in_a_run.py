"""A model in a whole run: trained ahead on what was known, played at its time, and honest about what it knew."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from fakes.third_party_host import host_with, install

from friday_core.domain.records import ChunkReceived, ModelVersion
from friday_core.errors import ConfigurationError
from friday_core.models.compiled import from_bytes
from friday_core.orchestration.host import RunResult
from friday_core.session.versions import with_versions

STREAMS = (
    'streams.features={source="stream:market_data", feature_sets=["trend"]}',
    "plugins.feature_set.trend={week=3, month=5, year=20}",
    "plugins.source.synthetic.sessions=200",
)
LEARNS = (*STREAMS, 'model={horizon=3, refit_every="month", min_rows=200}')
READS = """
from friday_core.api import ColumnStrategy, ComponentSpec, hookimpl, where

class Reads(ColumnStrategy):
    def outputs(self, m):
        return {"signal": where(m.prediction > 0.0, 1.0, 0.0)}

@hookimpl
def friday_components():
    return [ComponentSpec("strategy", "reads", Reads)]
"""
FAILS = """
from friday_core.api import ComponentSpec, LinearModel, Model, hookimpl

class Fails(Model):
    def fit(self, training):
        if len(training) > {limit}:
            raise MemoryError("too many rows")
        return LinearModel(training.features, training.values.mean(axis=0), 0.0)

@hookimpl
def friday_components():
    return [ComponentSpec("model", "fails", Fails)]
"""
CONSTANT = FAILS.replace("training.values.mean(axis=0)", "training.values.mean(axis=0) * 0").format(limit=10**9)
NAN = CONSTANT.replace("* 0, 0.0", '* 0 + 1.0, float("nan")')
STRATEGY = 'trading.active_strategies=[{id="one", use="reads"}]'


def model(name: str) -> str:
    return f'streams.predictions={{source="stream:features", model="{name}"}}'


def table(result: RunResult, name: str) -> list[dict[str, Any]]:
    return pq.read_table(result.folder / f"{name}.parquet").to_pylist()


def test_versions_follow_the_calendar_and_every_prediction_names_the_one_that_made_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = host_with([install(monkeypatch, READS)], tmp_path, *LEARNS, model("ridge"), STRATEGY).run()
    versions, predictions = table(result, "models"), table(result, "predictions")
    assert len(versions) >= 6
    assert all(one["failure"] == "" and one["rows"] >= 200 for one in versions)
    assert [one["asof"] for one in versions] == sorted(one["asof"] for one in versions)
    by_id = {one["model_id"]: one for one in versions}
    assert {one["model_id"] for one in predictions} <= set(by_id)
    assert all(one["ts_event"] > by_id[one["model_id"]]["effective_from"] for one in predictions)
    assert {one["horizon"] for one in predictions} == {3}
    assert result.summary["results"]["fills"] > 5


def test_the_blob_in_the_table_predicts_what_the_run_predicted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shows = READS.replace("0.0)}", '0.0), "p": m.prediction, **{n: m[n] for n in NAMES}}').replace(
        "class Reads",
        'NAMES = ["reversal", "momentum", "momentum_rank", "near_high", "trend_volatility"]\n\nclass Reads',
    )
    host = host_with([install(monkeypatch, shows)], tmp_path, *LEARNS, model("ridge"), STRATEGY)
    result = host.run()
    blobs = {one["model_id"]: from_bytes(one["blob"]) for one in table(result, "models") if one["blob"]}
    made = {(one["ts_event"], one["instrument"]): one for one in table(result, "predictions")}
    checked = 0
    for decision in table(result, "decisions"):
        values = dict(part.rsplit(" ", 1) for part in decision["reason"].split(", "))
        one = made[decision["ts_event"], decision["instrument"]]
        names = blobs[one["model_id"]].features
        again = blobs[one["model_id"]].step([float(values[name]) for name in names])
        assert again == pytest.approx(one["prediction"], abs=1e-6)  # reasons show six digits
        checked += 1
    assert checked > 20


def test_the_cut_of_the_data_and_the_number_of_processes_change_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plugins = [install(monkeypatch, READS)]
    settings = (*LEARNS, model("ridge"), STRATEGY)
    whole = host_with(plugins, tmp_path / "a", *settings).run()
    cut = host_with(plugins, tmp_path / "b", *settings, "run.chunk_rows=7", "model.processes=2").run()
    assert cut.summary["results"]["digest"] == whole.summary["results"]["digest"]
    assert table(cut, "predictions") == table(whole, "predictions")
    assert cut.summary["model"] == whole.summary["model"]


def test_what_comes_later_changes_no_version_and_no_prediction_before_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plugins = [install(monkeypatch, READS)]
    settings = (*LEARNS, model("ridge"), STRATEGY)
    long = host_with(plugins, tmp_path / "a", *settings).run()
    last = table(long, "models")[3]["asof"].date()
    short = host_with(plugins, tmp_path / "b", *settings, f"data.end={last}").run()
    until = table(short, "predictions")
    assert len(until) > 100
    assert until == table(long, "predictions")[: len(until)]


def test_a_model_that_raises_is_an_alarm_and_the_last_version_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plugins = [install(monkeypatch, READS), install(monkeypatch, FAILS.format(limit=500))]
    result = host_with(plugins, tmp_path, *LEARNS, model("fails"), STRATEGY).run()
    assert result.status == "finished"
    failures = [one["failure"] for one in table(result, "models")]
    assert failures[0] == ""
    assert failures[-1] == "MemoryError: too many rows"
    good = next(one["model_id"] for one in reversed(table(result, "models")) if one["model_id"])
    assert table(result, "predictions")[-1]["model_id"] == good
    log = (result.folder / "log.jsonl").read_text("utf-8")
    assert "no new version as of" in log
    assert "the last one stays: MemoryError: too many rows" in log


@pytest.mark.parametrize(("source", "said"), [(CONSTANT, "predicts"), (NAN, "")], ids=["constant", "nan"])
def test_a_model_that_says_nothing_is_never_in_force(
    source: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plugins = [install(monkeypatch, READS), install(monkeypatch, source)]
    result = host_with(plugins, tmp_path, *LEARNS, model("fails"), STRATEGY).run()
    failures = {one["failure"] for one in table(result, "models")}
    assert "" not in failures
    assert any(said in one for one in failures)
    assert (table(result, "predictions"), result.summary["results"]["fills"]) == ([], 0)


def test_a_horizon_longer_than_the_data_gives_no_version_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = (*STREAMS, "model.horizon=500", model("ridge"), STRATEGY)
    result = host_with([install(monkeypatch, READS)], tmp_path, *settings).run()
    assert result.status == "finished"
    assert result.summary["model"]["versions"] == []
    assert result.summary["model"]["skill"]["verdict"].startswith("Nothing can be said")


def test_a_model_without_features_and_a_model_on_a_sources_rows_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="the model has no column to read: the stream 'empty' adds none"):
        host_with([], tmp_path, 'streams.empty.source="stream:market_data"',
                  'streams.predictions={source="stream:empty", model="ridge"}')  # fmt: skip
    with pytest.raises(ConfigurationError, match="a model predicts whole slices, which a source's rows are not yet"):
        host_with([], tmp_path, 'streams.market_data.model="ridge"')


def test_versions_are_told_after_the_rows_up_to_their_time(tmp_path: Path) -> None:
    host = host_with([], tmp_path)
    records = list(host.assembly.records())
    (chunk,) = [one.chunk for one in records if isinstance(one, ChunkReceived)]
    at = int(np.unique(chunk.ts_event)[9])
    told = list(with_versions(iter(records), [ModelVersion("predictions", at, at, "id", b"")]))
    place = next(n for n, one in enumerate(told) if isinstance(one, ModelVersion))
    before, after = told[place - 1], told[place + 1]
    assert isinstance(before, ChunkReceived)
    assert isinstance(after, ChunkReceived)
    assert (int(before.chunk.ts_event.max()), int(after.chunk.ts_event.min()) > at) == (at, True)
    assert sum(len(one.chunk) for one in told if isinstance(one, ChunkReceived)) == len(chunk)


def test_skill_is_that_of_predictions_whose_outcome_was_not_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = host_with([install(monkeypatch, READS)], tmp_path, *LEARNS, model("ridge"), STRATEGY).run()
    skill = result.summary["model"]["skill"]
    made = [one for one in table(result, "predictions") if not math.isnan(one["prediction"])]
    assert 0 < skill["pairs"] < len(made), "the last predictions have no outcome yet"
    assert "luck" in skill["verdict"]  # the synthetic prices are random walks
