import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from friday_core.domain.chunk import Array
from friday_core.market.corporate_actions.finding import find_gaps

WALK = np.array([1_012, 1_008, 1_005, 1_020, 1_010, 1_000] * 10)


def rows(closes: Array, sessions: Array | None = None, volume: Array | None = None) -> dict[str, Array]:
    shares = np.full(len(closes), 100.0) if volume is None else volume
    days = np.arange(len(closes)) if sessions is None else sessions
    return {"session": days, "open": closes, "high": closes + 5, "close": closes, "volume": shares}


def split_at(row: int, ratio: int) -> dict[str, Array]:
    after = np.arange(len(WALK)) >= row
    return rows(np.where(after, WALK // ratio, WALK), volume=np.where(after, 100.0 * ratio, 100.0))


def test_a_split_is_found_where_it_took_effect() -> None:
    (one,) = find_gaps(split_at(40, 5))
    assert (one.row, one.session, str(one.likely), one.stays) == (40, 40, "5:1", True)
    assert (one.last_close, one.open, one.close) == (1_020.0, 202.0, 202.0)


def test_a_price_that_comes_back_did_not_stay() -> None:
    closes = WALK.copy()
    closes[40] //= 2
    (one,) = find_gaps(rows(closes))
    assert one.stays is False


def test_of_the_last_row_nobody_knows_whether_it_stays() -> None:
    (one,) = find_gaps({name: values[:41] for name, values in split_at(40, 2).items()})
    assert one.stays is None


def test_rows_without_a_price_are_passed_over() -> None:
    table = split_at(40, 2)
    table["open"] = np.where(np.arange(len(WALK)) == 39, 0, table["open"])
    (one,) = find_gaps(table)
    assert (one.row, one.last_close) == (40, float(WALK[38]))


@pytest.mark.parametrize(("absence", "found"), [(30, 1), (31, 0)])
def test_beyond_a_month_of_absence_nothing_is_told(absence: int, found: int) -> None:
    sessions = np.arange(len(WALK)) + np.where(np.arange(len(WALK)) >= 40, absence - 1, 0)
    assert len(find_gaps({**split_at(40, 2), "session": sessions})) == found


@given(st.integers(1, 58), st.sampled_from([2, 5, 10]), st.data())
def test_later_rows_do_not_change_what_is_found(row: int, ratio: int, data: st.DataObject) -> None:
    table = split_at(row, ratio)
    end = data.draw(st.integers(row + 1, len(WALK)))
    short = find_gaps({name: values[:end] for name, values in table.items()})
    long = [one for one in find_gaps(table) if one.row < end]
    assert [(one.row, one.likely) for one in short] == [(one.row, one.likely) for one in long]


@given(st.lists(st.floats(-0.15, 0.15), min_size=30, max_size=60))
def test_falls_of_less_than_a_sixth_are_never_found(moves: list[float]) -> None:
    closes = np.rint(1e6 * np.exp(np.cumsum(moves))).astype(int)
    assert find_gaps(rows(closes)) == []


def test_an_empty_table_has_no_gaps() -> None:
    assert find_gaps(rows(np.array([], int))) == []
