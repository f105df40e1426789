"""Judgements: the worst verdict of a row stands, with its reason."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from friday_core.domain.chunk import Chunk
from friday_core.domain.verdicts import Judgement, RowCode, Verdict


def passing(n: int = 3) -> Judgement:
    return Judgement.passing(Chunk(np.arange(n), np.zeros(n, np.int32), {}))


@pytest.mark.parametrize(("first", "second"), list(itertools.permutations(list(Verdict)[1:], 2)))
def test_the_more_severe_of_two_verdicts_stands_with_its_reason(first: Verdict, second: Verdict) -> None:
    judgement = passing().marked([1], first, str(first)).marked([1], second, str(second))
    worst = max(first, second)
    assert judgement.verdict.tolist() == [Verdict.PASS, worst, Verdict.PASS]
    assert [judgement.reason_of(row) for row in range(3)] == ["", str(worst), ""]


def test_the_first_of_two_reasons_with_one_verdict_stands() -> None:
    judgement = passing().marked([0], Verdict.QUARANTINE, "one").marked([0, 2], Verdict.QUARANTINE, "two")
    assert [judgement.reason_of(row) for row in range(3)] == ["one", "", "two"]


def test_rows_are_marked_by_mask_or_by_number() -> None:
    by_mask = passing().marked(np.array([True, False, True]), Verdict.DUPLICATE, "again")
    by_number = passing().marked([0, 2], Verdict.DUPLICATE, "again")
    assert by_mask.verdict.tolist() == by_number.verdict.tolist() == [2, 0, 2]


def test_marking_no_row_changes_nothing() -> None:
    judgement = passing()
    assert judgement.marked(np.zeros(3, bool), Verdict.QUARANTINE, "never") is judgement


def test_a_reason_is_kept_once() -> None:
    judgement = passing().marked([0], Verdict.QUARANTINE, "one").marked([1], Verdict.QUARANTINE, "one")
    assert judgement.reasons == ("", "one")


def test_every_code_of_a_source_has_words_except_none() -> None:
    assert [bool(code.reason) for code in RowCode] == [False, True, True]
