"""A validator in its place: what it holds back, repairs and stops."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, cast

import numpy as np
import pytest
from fakes.bars import UNIVERSE, A, chunk_of, flat
from fakes.stages import Answers, ByRow

from friday_core.domain.chunk import Chunk
from friday_core.domain.verdicts import Judgement, Verdict
from friday_core.flow.quarantine import Quarantine
from friday_core.flow.validation import ValidationStage
from friday_core.interfaces.validator import Validator


class Stage:
    def __init__(self, validator: Validator) -> None:
        self.quarantine = Quarantine("market_data", UNIVERSE)
        self._stage = ValidationStage("judge", validator, "market_data", self.quarantine)

    def process(self, chunk: Chunk) -> tuple[list[int], str]:
        """Numbers of the rows that go on, and why the stream must stop."""
        rows, stop = self._stage.process(chunk)
        return rows.seq.tolist(), "" if stop is None else str(stop)

    @property
    def fault(self) -> tuple[int, int, str] | None:
        """Number and time of the row on which the validator failed, and how."""
        fault = self._stage.fault
        return None if fault is None else (fault.seq, fault.ts_event, fault.failure.error)

    @property
    def held(self) -> list[tuple[int, str, str]]:
        return [(row.seq, row.verdict, row.reason) for row in self.quarantine.rows]


def bars(n: int = 5) -> Chunk:
    return chunk_of([flat(day, A, 100) for day in range(n)])


def test_rows_that_pass_are_the_same_chunk() -> None:
    stage, chunk = Stage(ByRow({})), bars()
    assert stage._stage.process(chunk)[0] is chunk
    assert stage.held == []


@pytest.mark.parametrize("verdict", [Verdict.QUARANTINE, Verdict.DUPLICATE])
def test_a_row_that_does_not_pass_is_held_with_the_reason(verdict: Verdict) -> None:
    stage = Stage(ByRow({1: verdict, 3: verdict}))
    assert stage.process(bars()) == ([0, 2, 4], "")
    assert stage.held == [(1, verdict.name, verdict.name.lower()), (3, verdict.name, verdict.name.lower())]
    assert stage.quarantine.counts == {("judge", verdict.name, verdict.name.lower()): 2}


def test_a_repaired_row_goes_on_with_new_values_and_is_kept_as_it_was() -> None:
    stage = Stage(ByRow({1: Verdict.REPAIR}))
    rows, stop = stage._stage.process(bars(3))
    assert (rows["volume"].tolist(), stop) == ([1e6, 2e6, 1e6], None)
    (held,) = stage.quarantine.rows
    assert (held.seq, held.verdict, held.values["volume"]) == (1, "REPAIR", 1e6)


def test_a_held_row_is_kept_whole() -> None:
    stage = Stage(ByRow({2: Verdict.QUARANTINE}))
    stage.process(bars())
    (held,) = stage.quarantine.rows
    assert (held.stream, held.stage, held.instrument, held.ts_event) == ("market_data", "judge", A, bars().ts_event[2])
    assert held.values == {"open": 100, "high": 100, "low": 100, "close": 100, "volume": 1e6}


def test_a_rejected_row_stops_the_stream_and_lets_earlier_rows_through() -> None:
    stage = Stage(
        ByRow({0: Verdict.QUARANTINE, 2: Verdict.REJECT_CHUNK, 3: Verdict.QUARANTINE, 4: Verdict.REJECT_CHUNK})
    )
    stop = "stream 'market_data' stopped by validator 'judge': reject_chunk (rows 2)"
    assert stage.process(bars()) == ([1], stop)
    assert stage.held == [(0, "QUARANTINE", "quarantine"), (2, "REJECT_CHUNK", "reject_chunk")]


passing = Judgement.passing
ONE_A_ROW = "must return a Judgement of one verdict a row"
NO_SUCH = "returned a verdict or a reason that does not exist"


@pytest.mark.parametrize(
    ("answer", "rule"),
    [
        (lambda chunk: None, ONE_A_ROW),
        (lambda chunk: np.zeros(len(chunk), np.uint8), ONE_A_ROW),
        (lambda chunk: passing(chunk.take(slice(1, None))), ONE_A_ROW),
        (lambda chunk: replace(passing(chunk), verdict=cast(Any, [0] * len(chunk))), ONE_A_ROW),
        (lambda chunk: replace(passing(chunk), verdict=np.full(len(chunk), np.nan)), ONE_A_ROW),
        (lambda chunk: replace(passing(chunk), verdict=np.full(len(chunk), 5)), NO_SUCH),
        (lambda chunk: replace(passing(chunk), verdict=np.full(len(chunk), -1)), NO_SUCH),
        (lambda chunk: replace(passing(chunk), reason=np.full(len(chunk), 7)), NO_SUCH),
        (lambda chunk: passing(chunk).marked([0], Verdict.REPAIR, "?"), "says REPAIR and gives no replacement"),
        (
            lambda chunk: replace(passing(chunk), repairs={"vwap": np.zeros(5)}),
            "repairs columns that are not there: vwap",
        ),
    ],
)
def test_garbage_is_a_fault_on_the_first_row_and_holds_nothing_back(answer: Callable[[Chunk], Any], rule: str) -> None:
    stage = Stage(Answers(answer))
    assert stage.process(bars()) == ([0, 1, 2, 3, 4], "")
    assert stage.fault == (0, int(bars().ts_event[0]), f"it {rule}")
    assert stage.held == []


def test_an_answer_that_is_wrong_for_one_row_is_a_fault_on_that_row() -> None:
    def answer(chunk: Chunk) -> Judgement:
        verdict = np.where(chunk.seq == 3, 9, np.where(chunk.seq == 1, int(Verdict.QUARANTINE), 0))
        return Judgement(verdict.astype(np.uint8), (verdict > 0).astype(np.uint16), ("", "odd"))

    stage = Stage(Answers(answer))
    assert stage.process(bars()) == ([0, 2, 3, 4], "")
    assert stage.fault == (3, int(bars().ts_event[3]), f"it {NO_SUCH}")
    assert stage.held == [(1, "QUARANTINE", "odd")]


def test_a_validator_that_failed_is_asked_no_more() -> None:
    asked: list[int] = []

    def answer(chunk: Chunk) -> Judgement:
        asked.append(len(chunk))
        raise KeyError("close")

    stage = Stage(Answers(answer))
    stage.process(bars(1))
    stage.process(bars(1))
    assert asked == [1]


def test_a_row_that_rejects_before_the_fault_stops_the_stream_and_nothing_failed() -> None:
    def answer(chunk: Chunk) -> Judgement:
        if (chunk.seq == 4).any():
            raise KeyError("close")
        return passing(chunk).marked(chunk.seq == 2, Verdict.REJECT_CHUNK, "broken")

    stage = Stage(Answers(answer))
    assert stage.process(bars()) == ([0, 1], "stream 'market_data' stopped by validator 'judge': broken (rows 2)")
    assert stage.fault is None
