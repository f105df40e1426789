from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pytest
from fakes.training import DAY, close_of, rows, table, with_columns
from hypothesis import given
from hypothesis import strategies as st

from friday_core.interfaces.model import NEVER
from friday_core.models.splits import WalkForward, known_rows, purged_folds


def _dates(schedule: WalkForward, **of: Any) -> list[str]:
    refits = schedule.refits(table(400, 1, **of))
    return [str(dt.datetime.fromtimestamp(one.asof / 1e6, dt.UTC).date()) for one in refits]


def test_every_month_is_its_last_session() -> None:
    assert _dates(WalkForward("month", min_rows=1))[:3] == ["2024-01-31", "2024-02-29", "2024-03-31"]


def test_every_quarter_and_every_year_too() -> None:
    quarters = ["2024-03-31", "2024-06-30", "2024-09-30", "2024-12-31"]
    assert _dates(WalkForward("quarter", min_rows=1)) == quarters
    assert _dates(WalkForward("year", min_rows=1)) == ["2024-12-31"]


def test_a_number_of_sessions_counts_from_the_first() -> None:
    assert _dates(WalkForward(150, min_rows=1)) == ["2024-05-29", "2024-10-26"]


def test_the_first_refit_is_the_first_with_enough_rows() -> None:
    assert _dates(WalkForward("month", min_rows=90))[0] == "2024-04-30"


def test_once_begun_a_refit_is_not_left_out_for_want_of_rows() -> None:
    whole = table(400, 1)
    gap = whole.take((whole.sessions < whole.sessions[60]) | (whole.sessions >= whole.sessions[240]))
    found = WalkForward("month", min_rows=25, window=30).refits(gap)
    assert [len(one.rows) for one in found][:3] == [28, 28, 28]  # the newest two labels end with the refit and after it
    late = WalkForward("month", min_rows=25, window=30, embargo=100 * DAY).refits(gap)
    assert 0 in [len(one.rows) for one in late]


def test_rows_are_those_whose_label_ended_before_the_refit_by_hand() -> None:
    ours = rows([0.1] * 7, [1, 2, 3, 4, 5, 6, 7], [3, 4, 5, 6, 7, 8, 9])
    (first, second) = WalkForward(2, min_rows=1).refits(ours)
    assert (first.asof, first.rows.tolist()) == (4, [0])
    assert (second.asof, second.rows.tolist()) == (6, [0, 1, 2])


def test_a_label_that_ends_with_the_refit_is_left_out() -> None:
    ours = rows([0.1] * 3, [1, 2, 3], [2, 3, 4])
    assert known_rows(ours, 3).tolist() == [0]
    assert known_rows(ours, 4).tolist() == [0, 1]


def test_the_embargo_leaves_out_the_newest_labels() -> None:
    ours = rows([0.1] * 4, [10, 20, 30, 40], [20, 30, 40, 50])
    assert known_rows(ours, 60, 0).tolist() == [0, 1, 2, 3]
    assert known_rows(ours, 60, 20).tolist() == [0, 1]


def test_a_label_that_is_not_known_is_never_learned_from() -> None:
    ours = rows([0.1, np.nan], [1, 2], [2, NEVER])
    assert known_rows(ours, 10**18).tolist() == [0]


def test_a_window_keeps_the_last_sessions() -> None:
    ours = table(100, 2)
    expanding = WalkForward(50, min_rows=1).refits(ours)[0]
    rolling = WalkForward(50, min_rows=1, window=10).refits(ours)[0]
    first = ours.sessions[0]
    assert np.unique(ours.sessions[expanding.rows]).tolist() == list(range(first, first + 48))
    assert np.unique(ours.sessions[rolling.rows]).tolist() == list(range(first + 40, first + 48))


def test_later_rows_add_refits_and_change_none() -> None:
    whole = table(200, 2, horizon=3)
    for sessions in (60, 61, 91, 130):
        part = whole.take(whole.sessions < whole.sessions[0] + sessions)
        cut = part.ts[-1]
        part = with_columns(
            part,
            labels=np.where(part.label_end <= cut, part.labels, np.nan),
            label_end=np.where(part.label_end <= cut, part.label_end, NEVER),
        )
        short, long = (WalkForward("month", min_rows=50, embargo=DAY).refits(one) for one in (part, whole))
        assert [(a.asof, a.rows.tolist()) for a in short] == [(a.asof, a.rows.tolist()) for a in long[: len(short)]]


@given(st.integers(1, 40), st.integers(0, 5), st.integers(1, 6), st.sampled_from([None, 5, 30]))
def test_nothing_learned_from_was_unknown_at_the_refit(
    every: int, embargo: int, horizon: int, window: int | None
) -> None:
    ours = table(80, 2, horizon=horizon)
    for one in WalkForward(every, min_rows=1, window=window, embargo=embargo * DAY).refits(ours):
        assert (ours.label_end[one.rows] < one.asof - embargo * DAY).all()
        assert (ours.ts[one.rows] < one.asof).all()


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"refit_every": 0}, "at least one session, not 0"),
        ({"refit_every": "week"}, "month, quarter, year or a number of sessions, not 'week'"),
        ({"min_rows": 0}, "min_rows and window are at least 1"),
        ({"window": 0}, "min_rows and window are at least 1"),
        ({"embargo": -1}, "the embargo is not negative"),
    ],
)
def test_a_schedule_that_makes_no_sense_is_refused(settings: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        WalkForward(**settings)


def test_folds_by_hand() -> None:
    ours = rows([0.1] * 6, [10, 20, 30, 40, 50, 60], [25, 35, 45, 55, 65, 75])
    found = [(train.tolist(), test.tolist()) for train, test in purged_folds(ours, 3)]
    assert found == [
        ([3, 4, 5], [0, 1]),  # the test's labels end at 35: row 2, at 30, is left out
        ([0, 5], [2, 3]),  # the test begins at 30 and ends at 55: rows 1 (ends at 35) and 4 (at 50) are left out
        ([0, 1, 2], [4, 5]),  # the test begins at 50: row 3, which ends at 55, is left out
    ]


def test_the_embargo_leaves_out_rows_that_follow_the_test() -> None:
    ours = rows([0.1] * 6, [10, 20, 30, 40, 50, 60], [25, 35, 45, 55, 65, 75])
    train, test = next(purged_folds(ours, 3, embargo=15))
    assert (train.tolist(), test.tolist()) == ([5], [0, 1])  # the test's labels end at 35, with the embargo at 50


def test_every_row_with_a_label_is_tested_once() -> None:
    ours = table(30, 3, horizon=4)
    tested = np.concatenate([test for _, test in purged_folds(ours, 5)])
    assert sorted(tested.tolist()) == np.flatnonzero(ours.label_end != NEVER).tolist()


def test_rows_of_one_time_are_in_one_fold() -> None:
    ours = table(31, 3)
    for _, test in purged_folds(ours, 4):
        assert len(test) == 3 * len(np.unique(ours.ts[test]))


@given(st.integers(2, 6), st.integers(1, 8), st.integers(0, 4), st.integers(1, 3))
def test_no_training_label_overlaps_a_test_label(folds: int, horizon: int, embargo: int, instruments: int) -> None:
    ours = table(40, instruments, horizon=horizon)
    for train, test in purged_folds(ours, folds, embargo * DAY):
        assert len(test) > 0
        ends, begins = ours.label_end[train][:, None], ours.ts[train][:, None]
        apart = (ends < ours.ts[test]) | (begins > ours.label_end[test])
        assert apart.all()
        after = ours.ts[train][ours.ts[train] > ours.ts[test].max()]
        assert (after > ours.label_end[test].max() + embargo * DAY).all()


@pytest.mark.parametrize("folds", [1, 4])
def test_folds_that_cannot_be_are_refused(folds: int) -> None:
    with pytest.raises(ValueError, match=f"{folds} folds of 3 times"):
        list(purged_folds(rows([0.1] * 3, [1, 2, 3], [2, 3, 4]), folds))


def test_the_close_of_a_session_is_in_the_table() -> None:
    assert table(1, 1, horizon=1).ts.tolist() == [close_of(19_723)]
