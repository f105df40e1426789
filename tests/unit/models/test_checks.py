from __future__ import annotations

import numpy as np
import pytest
from fakes.training import table, with_columns

from friday_core.interfaces.model import TrainingTable
from friday_core.models.checks import Requirements, faults


def whole(**columns: object) -> TrainingTable:
    """300 rows of two features, every label known."""
    ours = table(101)
    return with_columns(ours.take(~np.isnan(ours.labels)), **columns)


def test_good_rows_have_no_fault() -> None:
    assert faults(whole(), "return") == ()
    assert faults(whole(), "probability") == ()


def test_no_row_is_one_fault() -> None:
    assert faults(whole().take([]), "return") == ("there is no row whose label is known",)


def test_few_rows_are_named_with_what_is_needed() -> None:
    assert faults(whole().take(slice(19)), "return") == ("19 rows for 2 features: at least 20 are needed",)
    assert faults(whole().take(slice(20)), "return") == ()


def test_the_least_can_be_set() -> None:
    assert faults(whole().take(slice(19)), "return", Requirements(rows_per_feature=9)) == ()


@pytest.mark.parametrize(("missing", "found"), [(150, ()), (151, ("feature 'x1' is there on 50% of 300 rows",))])
def test_a_feature_must_be_there_on_half_of_the_rows(missing: int, found: tuple[str, ...]) -> None:
    ours = whole().values.copy()
    ours[:missing, 1] = np.nan
    assert tuple(one.split(":")[0] for one in faults(whole(values=ours), "return")) == found


def test_an_infinite_feature_is_named() -> None:
    ours = whole().values.copy()
    ours[[3, 9], 0] = np.inf, -np.inf
    assert faults(whole(values=ours), "return") == ("feature 'x0' is infinite on 2 rows",)


def test_labels_that_are_all_equal_teach_nothing() -> None:
    same = whole(labels=np.full(300, 0.25))
    assert faults(same, "return") == ("every label is 0.25: there is nothing to tell apart",)


def test_labels_of_one_sign_teach_no_probability() -> None:
    rising = whole(labels=np.abs(whole().labels) + 1e-6)
    assert faults(rising, "return") == ()
    assert faults(rising, "probability") == ("every label has the same sign: there is nothing to tell apart",)


def test_an_infinite_label_is_counted() -> None:
    labels = whole().labels.copy()
    labels[5] = np.inf
    assert faults(whole(labels=labels), "return")[0] == "the label is not a finite number on 1 rows"


def test_two_columns_that_are_one_are_named() -> None:
    column = whole().values[:, :1].copy()
    column[:5] = np.nan
    twice = whole(values=np.hstack([column, column]))
    assert faults(twice, "return") == ("features 'x0' and 'x1' are the same column",)


def test_a_feature_that_is_the_label_is_named() -> None:
    ours = whole().values.copy()
    ours[:, 1] = 3.0 * whole().labels + 1.0
    assert faults(whole(values=ours), "return") == (
        "feature 'x1' correlates 1.000 with the label: it holds what is known only later",
    )


def test_a_constant_feature_is_no_fault() -> None:
    ours = whole().values.copy()
    ours[:, 1] = 0.1
    assert faults(whole(values=ours), "return") == ()


def test_weights_that_are_all_zero_are_a_fault() -> None:
    assert faults(whole(weights=np.zeros(300)), "return") == ("every row weighs nothing",)


def test_all_faults_are_listed_at_once() -> None:
    ours = whole().values.copy()
    ours[0, 0] = np.inf
    found = faults(whole(values=ours, labels=np.zeros(300)).take(slice(10)), "return")
    assert [one.split(" ")[0] for one in found] == ["10", "feature", "every"]
