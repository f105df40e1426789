"""Who was never predicted or traded, and why; and from when on a model predicted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from fakes.run_folder import FIRST, close_of, decision, equity, fill
from fakes.session_log import log_of, rows_of

from friday_core.domain.chunk import PRICE_COLUMNS, Chunk, Universe
from friday_core.domain.instruments import Instrument, InstrumentId
from friday_core.orchestration.coverage import Coverage, coverage_of
from friday_core.orchestration.left_out import left_out
from friday_core.orchestration.predicted import out_of_sample_from, prediction_counts
from friday_core.session.bar_table import BarTable
from friday_core.session.log import SessionLog

INFY, TCS = InstrumentId("INFY", "NSE"), InstrumentId("TCS", "NSE")
UNIVERSE = Universe([Instrument(INFY, "INR"), Instrument(TCS, "INR")])
GOOD, NAN = 0.01, float("nan")


def predicted(day: int, *values: float) -> Chunk:
    """What the model says at the close of a day, of the first instruments."""
    said = np.array(values)
    return Chunk(np.full(len(said), close_of(day)), np.arange(len(said)), {"prediction": said})


def bars(*counts: int) -> BarTable:
    kept = BarTable()
    for inst, count in enumerate(counts):
        rows = {name: np.ones(count) for name in (*PRICE_COLUMNS, "volume", "factor", "session")}
        kept.add(Chunk(np.arange(count), np.full(count, inst), rows))
    return kept


@dataclass
class FakeCore:
    """What is left of a session."""

    log: SessionLog = field(default_factory=SessionLog)
    bars: BarTable | None = None
    said: Sequence[Chunk] = ()

    @property
    def flow(self) -> Any:
        return SimpleNamespace(predictions=lambda _stream: self.said)


def training(tcs: Coverage, *, started: bool = True) -> Any:
    versions = [SimpleNamespace(effective_from=close_of(0), model="fitted" if started else None)]
    coverage = {"INFY.NSE": Coverage(5, 5, close_of(4), ()), "TCS.NSE": tcs}
    return SimpleNamespace(stream="predictions", versions=versions, coverage=coverage)


def reasons(core: FakeCore, model: Any = None) -> dict[str, str]:
    return {one["instrument"]: one["reason"] for one in told(core, model)}


def told(core: FakeCore, model: Any = None) -> list[dict[str, Any]]:
    return left_out(core, UNIVERSE, model, core.log.tallies(UNIVERSE, 100))  # type: ignore[arg-type]


def test_what_was_traded_is_not_left_out() -> None:
    log = log_of(fills=[fill(0, 1, 100), fill(0, 1, 100, instrument=TCS)])
    assert reasons(FakeCore(log, bars(3, 3))) == {}


@pytest.mark.parametrize(
    ("log", "seen", "reason"),
    [
        (log_of(), (0, 3), "the run saw no bar of it"),
        (log_of(), (3, 3), "no strategy decided on it"),
        (
            log_of(decisions=[decision(n, 5, 0, code) for n, code in enumerate(("NO_CASH", "DRAWDOWN", "NO_CASH"))]),
            (3, 3),
            "3 decisions and no fill, most often NO_CASH",
        ),
    ],
    ids=["no bar", "no decision", "no fill"],
)
def test_without_a_model_the_reason_is_what_strategies_did(log: SessionLog, seen: tuple[int, int], reason: str) -> None:
    log.fills = rows_of("fills", [fill(0, 1, 100, instrument=TCS)])
    assert told(FakeCore(log, bars(*seen))) == [
        {"instrument": "INFY.NSE", "bars": seen[0], "predictions": None, "fills": 0, "reason": reason}
    ]


@pytest.mark.parametrize(
    ("found", "started", "reason"),
    [
        (Coverage(5, 0, None, ("a", "b")), True, "none of its 5 bars has every feature: a, b never known"),
        (Coverage(5, 0, None, ()), True, "none of its 5 bars has every feature at the same time"),
        (
            Coverage(5, 2, close_of(0), ()),
            True,
            "its last bar with every feature came before the first version of the model",
        ),
        (
            Coverage(5, 2, close_of(3), ()),
            True,
            "none of the predictions for its 2 bars with every feature passed the validators",
        ),
        (Coverage(5, 5, close_of(4), ()), False, "no version of the model was ever in force"),
    ],
    ids=["unknown features", "never together", "too early", "held back", "no version"],
)
def test_the_reason_of_an_instrument_that_was_never_predicted(found: Coverage, started: bool, reason: str) -> None:
    log = log_of(fills=[fill(0, 1, 100)])
    core = FakeCore(log, said=[predicted(1, GOOD, NAN)])
    assert told(core, training(found, started=started)) == [
        {"instrument": "TCS.NSE", "bars": 5, "predictions": 0, "fills": 0, "reason": reason}
    ]


def test_an_instrument_that_was_predicted_and_not_chosen_says_so() -> None:
    core = FakeCore(said=[predicted(1, GOOD, GOOD)])
    found = told(core, training(Coverage(5, 5, close_of(4), ())))
    assert [(one["predictions"], one["reason"]) for one in found] == [(1, "no strategy decided on it")] * 2


def test_out_of_sample_begins_with_the_session_of_the_first_prediction() -> None:
    log = log_of(equity=[equity(day, 100) for day in range(4)])
    core: Any = FakeCore(log, said=[predicted(0, NAN, NAN), predicted(2, NAN, GOOD), predicted(3, GOOD, GOOD)])
    assert out_of_sample_from(core, "predictions", core.log.tallies(UNIVERSE, 100).account) == "2024-01-03"
    assert prediction_counts(core, "predictions", 2) == [1, 2]


@pytest.mark.parametrize("said", [[], [predicted(0, NAN)], [predicted(3, GOOD)]], ids=["none", "NaN", "after the end"])
def test_without_a_prediction_in_force_nothing_is_out_of_sample(said: list[Chunk]) -> None:
    core: Any = FakeCore(log_of(equity=[equity(0, 100)]), said=said)
    assert out_of_sample_from(core, "predictions", core.log.tallies(UNIVERSE, 100).account) is None


def test_coverage_counts_bars_and_names_what_is_never_known() -> None:
    rows = Chunk(np.array([1, 2, 3]) * 10 + FIRST, np.array([0, 0, 1]), {"a": np.zeros(3)})
    values = np.array([[NAN, 1.0], [2.0, 3.0], [NAN, NAN]])
    found = coverage_of(rows, values, ~np.isnan(values).any(axis=1), ("a", "b"), UNIVERSE)
    assert found == {
        "INFY.NSE": Coverage(2, 1, FIRST + 20, ()),
        "TCS.NSE": Coverage(1, 0, None, ("a", "b")),
    }
