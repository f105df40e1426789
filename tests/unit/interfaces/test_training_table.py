from __future__ import annotations

import numpy as np
import pytest
from fakes.training import rows, table, with_columns

from friday_core.errors import SchemaError
from friday_core.interfaces.model import NEVER, feature_hash


def test_columns_cannot_be_written_to() -> None:
    with pytest.raises(ValueError, match="read-only"):
        table().values[0, 0] = 1.0


def test_columns_are_the_tables_own() -> None:
    values = np.array([[1.0], [2.0]])
    ours = with_columns(rows([0.1, 0.2], [1, 2], [3, 4]), values=values)
    values[0, 0] = 9.0
    assert ours.values.tolist() == [[1.0], [2.0]]


def test_signs_are_one_above_zero_and_nan_where_nothing_is_known() -> None:
    signs = rows([0.1, 0.0, -0.1, np.nan], [1, 2, 3, 4], [5, 5, 5, NEVER]).signs
    np.testing.assert_array_equal(signs, [1.0, 0.0, 0.0, np.nan])


def test_taken_rows_keep_all_their_columns() -> None:
    whole = with_columns(table(5), weights=np.arange(15.0))
    part = whole.take(whole.inst == 1)
    assert part.weights is not None
    assert part.weights.tolist() == [1.0, 4.0, 7.0, 10.0, 13.0]
    assert part.values.tolist() == whole.values[1::3].tolist()
    assert part.label_end.tolist() == whole.label_end[1::3].tolist()


@pytest.mark.parametrize(
    ("column", "value", "words"),
    [
        ("values", np.zeros((2, 2)), r"2 rows of 1 features, but values of shape \(2, 2\)"),
        ("features", ("a", "a"), "values of shape"),
        ("labels", np.zeros(3), "differ in length"),
        ("weights", np.zeros(1), "differ in length"),
        ("inst", np.array([0, 1]), "1 rows of instruments that are not among the 1 named"),
        ("ts", np.array([2, 1]), "sorted by time and instrument"),
        ("ts", np.array([1, 1]), "sorted by time and instrument"),
        ("sessions", np.array([2, 1]), "sessions of a training table go back"),
        ("label_end", np.array([1, 4]), "known no later than its row"),
        ("labels", np.array([np.nan, 0.1]), "NaN has an end"),
        ("weights", np.array([1.0, -1.0]), "finite and not negative"),
    ],
)
def test_columns_that_do_not_fit_are_refused(column: str, value: object, words: str) -> None:
    with pytest.raises(SchemaError, match=words):
        with_columns(rows([0.1, 0.2], [1, 2], [3, 4]), **{column: value})


def test_two_features_of_one_name_are_refused() -> None:
    with pytest.raises(SchemaError, match="each its own: a, a"):
        with_columns(rows([0.1], [1], [2]), features=("a", "a"), values=np.zeros((1, 2)))


def test_the_hash_of_features_tells_their_order_and_where_names_end() -> None:
    hashes = [feature_hash(names) for names in (["a", "b"], ["b", "a"], ["ab"], ["a,b"], [])]
    assert len(set(hashes)) == 5
    assert feature_hash(("a", "b")) == hashes[0]
