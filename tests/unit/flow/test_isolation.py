"""A validator that fails: on which row, what it had said until then, and the same for every cut."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

import numpy as np
import pytest
from fakes.bars import A, chunk_of, cut, flat
from fakes.stages import Answers, FailsOn, Snapshotting, Uncopyable
from hypothesis import given
from hypothesis import strategies as st

from friday_core.domain.chunk import Chunk
from friday_core.domain.verdicts import Judgement
from friday_core.flow import isolation
from friday_core.flow.isolation import IsolatedValidator
from friday_core.interfaces.component import Stateful
from friday_core.interfaces.validator import Validator

LINE = re.compile(r" \(\w+\.py, line \d+, in .+\)$")
KINDS = [FailsOn, Uncopyable, Snapshotting]


def bars(n: int) -> Chunk:
    return chunk_of([flat(day, A, 100) for day in range(n)])


def asked(validator: Validator, pieces: Sequence[Chunk]) -> tuple[list[tuple[int, int]], str]:
    """Number and verdict of every row that was judged, and how the validator failed."""
    isolated = IsolatedValidator(validator)
    said: list[tuple[int, int]] = []
    for piece in pieces:
        for answer in isolated.ask(piece):
            said += zip(answer.rows.seq.tolist(), answer.judgement.verdict.tolist(), strict=True)
    return said, "" if isolated.failure is None else LINE.sub("", isolated.failure.error)


def test_what_a_validator_raises_is_told_with_its_own_line() -> None:
    class Own(Validator):
        def validate(self, chunk: Chunk) -> Judgement:
            return Judgement.passing(chunk.take({}["rows"]))

    isolated = IsolatedValidator(Own())
    assert isolated.ask(bars(1)) == []
    assert isolated.failure is not None
    assert re.fullmatch(r"KeyError: 'rows' \(test_isolation\.py, line \d+, in validate\(\)\)", isolated.failure.error)


@pytest.mark.parametrize("kind", KINDS)
def test_the_rows_before_the_one_on_which_it_failed_are_judged(kind: type[FailsOn]) -> None:
    assert asked(kind([4]), [bars(6)]) == ([(0, 0), (1, 0), (2, 3), (3, 0)], "KeyError: 'close'")


@pytest.mark.parametrize("kind", KINDS)
@given(st.sets(st.integers(0, 19), max_size=2), st.sets(st.integers(1, 19)), st.sampled_from([None, "garbage"]))
def test_any_cut_finds_the_same_row_and_the_same_verdicts_before_it(
    kind: type[FailsOn], rows: Collection[int], cuts: set[int], how: object
) -> None:
    chunk = bars(20)
    whole = asked(kind(rows, how), [chunk])
    assert asked(kind(rows, how), cut(chunk, cuts)) == whole
    assert [number for number, _ in whole[0]] == list(range(min(rows, default=20)))


@pytest.mark.parametrize("kind", KINDS)
def test_the_way_back_is_the_same_after_many_checkpoints(kind: type[FailsOn], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(isolation, "CHECKPOINT_ROWS", 5)
    chunk = bars(40)
    one_by_one = asked(kind([33]), cut(chunk, range(40)))
    assert asked(kind([33]), cut(chunk, range(0, 40, 3))) == one_by_one
    assert len(one_by_one[0]) == 33


@pytest.mark.parametrize("kind", KINDS)
@given(
    st.sets(st.integers(0, 29), min_size=1, max_size=2),
    st.sampled_from([range(30), range(0, 30, 7), [*range(9), 12, 13, 14, 25]]),
)
def test_rows_alone_and_chunks_in_turn_find_the_same_row_after_few_chunks_are_kept(
    kind: type[FailsOn], rows: Collection[int], cuts: Sequence[int]
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(isolation, "CHECKPOINT_CHUNKS", 3)
        chunk = bars(30)
        assert asked(kind(rows), cut(chunk, cuts)) == asked(kind(rows), [chunk])


def test_one_that_fails_on_a_chunk_and_on_none_of_its_rows_is_not_believed_for_any() -> None:
    def small_only(chunk: Chunk) -> Judgement:
        if len(chunk) > 1:
            raise MemoryError("too many rows")
        return Judgement.passing(chunk)

    assert asked(Answers(small_only), [bars(3)]) == ([], "MemoryError: too many rows")


def test_one_that_does_something_else_the_second_time_is_not_believed_for_the_chunk() -> None:
    calls: list[int] = []

    def moody(chunk: Chunk) -> Judgement:
        calls.append(len(chunk))
        if len(calls) > 1:
            raise KeyError("close")
        return Judgement.passing(chunk)

    said, error = asked(Answers(moody), cut(bars(5), [2]))
    assert ([number for number, _ in said], error) == ([0, 1], "KeyError: 'close'")


def test_leaving_the_program_is_a_failure_like_any_other() -> None:
    def leaves(chunk: Chunk) -> Judgement:
        raise SystemExit(0)

    assert asked(Answers(leaves), [bars(2)]) == ([], "SystemExit: 0")


@pytest.mark.parametrize(
    ("repairs", "rule"),
    [
        ({"volume": np.zeros(7)}, "it repairs a column with other than one value a row"),
        ({"close": np.full(1, 0.5)}, "SchemaError: column 'close' holds whole numbers (int64), not np.float64(0.5)"),
    ],
)
def test_a_repair_that_does_not_fit_is_a_failure(repairs: dict[str, np.ndarray], rule: str) -> None:
    judgement = Judgement(np.ones(1, np.uint8), np.zeros(1, np.uint16), ("",), repairs)
    assert asked(Answers(lambda chunk: judgement), [bars(1)]) == ([], rule)


def test_a_reason_that_is_no_text_is_a_failure() -> None:
    def numbers(chunk: Chunk) -> Judgement:
        return Judgement(np.zeros(len(chunk), np.uint8), np.zeros(len(chunk), np.uint16), (7,))  # type: ignore[arg-type]

    assert asked(Answers(numbers), [bars(1)]) == ([], "it gave a reason that is no text")


def test_what_can_hand_over_its_state_is_known_by_its_two_methods() -> None:
    assert isinstance(Snapshotting([]), Stateful)
    assert not isinstance(FailsOn([]), Stateful)
