"""Where two runs differ: the first row, and of it the first column."""

from __future__ import annotations

import pyarrow as pa
import pytest

from friday_core.orchestration.oracle_run import MEND, Checked, Difference, first_difference


def table(**columns: list[object]) -> pa.Table:
    return pa.table(columns)


DECISIONS = table(strategy=["a", "a", "b"], value=[1.0, float("nan"), 0.5], asked=[5, None, 7])


def test_equal_tables_do_not_differ() -> None:
    again = table(strategy=["a", "a", "b"], value=[1.0, float("nan"), 0.5], asked=[5, None, 7])
    assert first_difference("decisions", DECISIONS, again) is None


@pytest.mark.parametrize(
    ("other", "row", "column", "values"),
    [
        (table(strategy=["a", "a", "b"], value=[1.0, 0.0, 0.5], asked=[5, None, 7]), 1, "value", ("nan", "0.0")),
        (table(strategy=["a", "a", "b"], value=[1.0, float("nan"), 0.5], asked=[5, 6, 7]), 1, "asked", ("null", "6")),
        (table(strategy=["a", "c", "b"], value=[1.0, 2.0, 0.5], asked=[5, None, 7]), 1, "strategy", ("a", "c")),
        (table(strategy=["a", "a", "c"], value=[1.0, 2.0, 0.5], asked=[5, None, 7]), 1, "value", ("nan", "2.0")),
        (DECISIONS.slice(0, 2), 2, "row", ("there", "None")),
        (DECISIONS.select(["strategy"]), 0, "columns", ("['strategy', 'value', 'asked']", "['strategy']")),
        (None, 0, "table", ("there", "None")),
    ],
    ids=["a number", "a null", "the first of two columns", "the first of two rows", "a row less", "columns", "none"],
)  # fmt: skip
def test_the_first_difference_is_named(other: pa.Table | None, row: int, column: str, values: tuple[str, str]) -> None:
    found = first_difference("decisions", DECISIONS, other)
    assert found is not None
    assert (found.table, found.row, found.column) == ("decisions", row, column)
    assert (str(found.first), str(found.other)) == values


def test_a_row_more_in_plain_python_is_a_difference_too() -> None:
    found = first_difference("fills", DECISIONS.slice(0, 2), DECISIONS)
    assert found == Difference("fills", 2, "row", None, "there", "b")
    assert str(found) == "fills, row 2 (b), row: no such row, and there in plain Python"


def test_what_was_held_back_may_be_written_in_another_order() -> None:
    held = table(stream=["a", "a", "b"], seq=[1, 2, 1], stage=["x"] * 3, reason=["r"] * 3)
    assert first_difference("quarantine", held, held.take([2, 0, 1])) is None


def test_what_agrees_is_counted() -> None:
    told = str(Checked({"decisions": 1_234, "fills": 56}, 3_529, "d"))
    assert told == "1,234 decisions, 56 fills, equity of 3,529 slices: equal"


def test_what_differs_is_told_with_the_mend() -> None:
    told = str(Checked(difference=Difference("fills", 3, "price", "1.05", "1.10", "2024-01-01 cross INFY.NSE")))
    first = "not equal: fills, row 3 (2024-01-01 cross INFY.NSE), price: 1.05, and 1.10 in plain Python"
    assert told == f"{first}\n    mend: {MEND}"
