"""A model's predictions in a whole run: judged, scored, made signals, and traded by two strategies."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest
from fakes.third_party_host import host_with

from friday_core.errors import ConfigurationError
from friday_core.orchestration.host import RunResult

STREAMS = (
    'streams.features={source="stream:market_data", feature_sets=["trend"]}',
    'streams.predictions={source="stream:features", model="ridge", validators=["prediction_bounds"], '
    'transformers=["confidence_scorer", "signal_converter"], validators_after=["consistency_check"]}',
    "plugins.source.synthetic.sessions=200",
    "plugins.feature_set.trend={week=3, month=5, year=20}",
    'model={horizon=3, refit_every="month", min_rows=100}',
    "plugins.transformer.confidence_scorer={horizon=3, least=50}",
    'plugins.transformer.signal_converter={enter=0.001, full=0.01, strength="proportional"}',
    "plugins.validator.consistency_check={rows=5, flips=1, features=['momentum']}",
)
MONTHLY = ('data.calendar="weekdays"', "plugins.strategy.top_predictions.n=2")


def active(*names: str) -> str:
    entries = ", ".join(f'{{id = "{one}", use = "{one}"}}' for one in names)
    return f"trading.active_strategies=[{entries}]"


def decisions(result: RunResult, strategy: str) -> pd.DataFrame:
    rows: pd.DataFrame = pq.read_table(result.folder / "decisions.parquet").to_pandas()
    return rows[rows["strategy"] == strategy]


def test_predictions_are_traded_and_the_cuts_of_the_data_change_nothing(tmp_path: Path) -> None:
    settings = (*STREAMS, *MONTHLY, active("follow_signal", "top_predictions"))
    whole = host_with([], tmp_path / "a", *settings).run()
    cut = host_with([], tmp_path / "b", *settings, "run.chunk_rows=7").run()
    assert cut.summary["results"]["digest"] == whole.summary["results"]["digest"]
    assert (whole.summary["stopped_strategies"], whole.summary["validator_faults"]) == ([], [])

    signals = decisions(whole, "follow_signal")
    assert len(signals) > 20
    assert signals["value"].between(0.0, 1.0).all()

    chosen = decisions(whole, "top_predictions")
    assert set(chosen["value"]) == {0.0, 0.5}
    assert chosen.groupby("ts_event")["value"].sum().max() <= 1.0
    dates = chosen["ts_event"].dt.tz_convert("Asia/Kolkata").dt.date.astype("datetime64[s]")
    assert (dates == dates + pd.offsets.BMonthEnd(0)).all()

    remarks = [one for one in whole.summary["quarantine"] if one["stage"] == "consistency_check"]
    assert {(one["verdict"], one["reason"]) for one in remarks} == {("PASS", "more changes of side than 1 in 5 rows")}


def test_without_a_calendar_the_mend_is_the_line_that_names_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"reads the column 'month_end'[\s\S]*write \[data\] calendar = "):
        host_with([], tmp_path, *STREAMS, active("top_predictions"))


def test_a_signal_that_no_stream_makes_is_refused_with_what_there_is(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="the market has no 'signal'"):
        host_with([], tmp_path, active("follow_signal"))


def test_a_confidence_that_is_asked_for_must_be_made_before(tmp_path: Path) -> None:
    streams = [one.replace('"confidence_scorer", ', "") for one in STREAMS if "plugins.transformer" not in one]
    asked = "plugins.transformer.signal_converter.least_confidence=0.55"
    with pytest.raises(ConfigurationError, match="'signal_converter' needs the column 'confidence'"):
        host_with([], tmp_path, *streams, asked, active("follow_signal"))


def test_a_stage_that_takes_the_model_for_another_is_refused_with_the_line_to_write(tmp_path: Path) -> None:
    longer = [one.replace("model={horizon=3,", "model={horizon=4,") for one in STREAMS]
    with pytest.raises(
        ConfigurationError, match=r"its horizon is 3, and the model of its stream has 4\s[\s\S]*horizon = 4"
    ):
        host_with([], tmp_path, *longer, active("follow_signal"))
    wrong = 'plugins.validator.prediction_bounds.predicts="probability"'
    with pytest.raises(
        ConfigurationError, match=r"its predicts is 'probability'[\s\S]*write predicts = \"return\" in "
    ):
        host_with([], tmp_path, *STREAMS, wrong, active("follow_signal"))
