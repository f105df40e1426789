from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from friday_core.api import MISSING_PRICE, Chunk, RowCode, Verdict
from friday_plugins.validators.bar_sanity import BarSanity

#: time, instrument, open, high, low, close, volume, code
Row = tuple[int, int, int, int, int, int, float, int]
NAN = float("nan")


def row(
    ts: int = 1,
    inst: int = 0,
    prices: tuple[int, int, int, int] = (100, 110, 90, 105),
    volume: float = 1000.0,
    code: int = 0,
) -> Row:
    return (ts, inst, *prices, volume, code)


def chunk(rows: Sequence[Row]) -> Chunk:
    ts, inst, opened, high, low, close, volume, code = (np.array(column) for column in zip(*rows, strict=True))
    columns = {"open": opened, "high": high, "low": low, "close": close, "volume": volume}
    return Chunk(ts, inst, columns, code=code)


def verdicts(*rows: Row) -> list[tuple[Verdict, str]]:
    judgement = BarSanity().validate(chunk(rows))
    return [(Verdict(int(judgement.verdict[n])), judgement.reason_of(n)) for n in range(len(rows))]


PASSES = (Verdict.PASS, "")


def quarantined(reason: str) -> tuple[Verdict, str]:
    return (Verdict.QUARANTINE, reason)


def test_a_sound_bar_passes() -> None:
    assert verdicts(row()) == [PASSES]


def test_a_bar_without_any_movement_or_volume_passes() -> None:
    assert verdicts(row(prices=(100, 100, 100, 100), volume=0.0)) == [PASSES]


@pytest.mark.parametrize(
    ("faulty", "reason"),
    [
        (row(code=RowCode.OFF_GRID), "a price finer than the instrument's price unit"),
        (row(code=RowCode.MISSING_PRICE), "a price is missing or not finite"),
        (row(code=77), "marked by the source with code 77"),
        (row(prices=(100, 110, MISSING_PRICE, 105)), "low is missing"),
        (row(prices=(100, 110, 90, 0)), "close is zero or negative"),
        (row(prices=(-100, 110, 90, 105)), "open is zero or negative"),
        (row(prices=(100, 90, 110, 105)), "high is below low"),
        (row(prices=(120, 110, 90, 105)), "high is below open"),
        (row(prices=(100, 110, 90, 115)), "high is below close"),
        (row(prices=(80, 110, 90, 105)), "low is above open"),
        (row(prices=(100, 110, 90, 85)), "low is above close"),
        (row(volume=NAN), "volume is missing or not finite"),
        (row(volume=float("inf")), "volume is missing or not finite"),
        (row(volume=-1.0), "volume is negative"),
    ],
)
def test_a_bar_that_contradicts_itself_is_held_back_with_the_reason(faulty: Row, reason: str) -> None:
    assert verdicts(faulty) == [quarantined(reason)]


def test_the_mark_of_the_source_is_the_reason_that_stands() -> None:
    faulty = row(prices=(100, 110, 90, MISSING_PRICE), code=RowCode.MISSING_PRICE)
    assert verdicts(faulty) == [quarantined(RowCode.MISSING_PRICE.reason)]


def test_the_same_bar_again_is_a_duplicate() -> None:
    assert verdicts(row(), row(), row()) == [PASSES] + [(Verdict.DUPLICATE, "the same bar again")] * 2


def test_another_bar_for_the_same_time_is_held_back() -> None:
    other = row(volume=1001.0)
    assert verdicts(row(), other, row()) == [
        PASSES,
        quarantined("two different bars for one time"),
        (Verdict.DUPLICATE, "the same bar again"),
    ]


def test_a_time_before_that_of_the_last_good_bar_is_held_back() -> None:
    assert verdicts(row(2), row(1), row(3)) == [PASSES, quarantined("time runs backwards"), PASSES]


def test_a_bar_that_was_held_back_does_not_move_time() -> None:
    assert verdicts(row(1), row(9, volume=-1.0), row(2)) == [PASSES, quarantined("volume is negative"), PASSES]


def test_the_right_bar_may_follow_a_wrong_one_of_the_same_time() -> None:
    assert verdicts(row(1, volume=-1.0), row(1)) == [quarantined("volume is negative"), PASSES]


def test_instruments_are_compared_with_themselves_only() -> None:
    assert verdicts(row(2, inst=0), row(1, inst=1), row(2, inst=1)) == [PASSES] * 3


def test_the_last_bar_is_remembered_over_chunks() -> None:
    validator = BarSanity()
    validator.validate(chunk([row(5), row(5, inst=3)]))
    validator.validate(chunk([row(6, inst=3)]))
    judgement = validator.validate(chunk([row(5), row(5, inst=3)]))
    assert judgement.verdict.tolist() == [Verdict.DUPLICATE, Verdict.QUARANTINE]


def test_values_that_are_missing_in_both_bars_are_equal() -> None:
    both = chunk([row(), row()]).with_columns({"open_interest": np.array([NAN, NAN])})
    assert BarSanity().validate(both).verdict.tolist() == [Verdict.PASS, Verdict.DUPLICATE]


ROWS = st.lists(
    st.builds(
        row,
        ts=st.integers(1, 4),
        inst=st.integers(0, 3),
        prices=st.sampled_from([(100, 110, 90, 105), (100, 110, 90, 106), (100, 90, 110, 105)]),
        volume=st.sampled_from([1000.0, NAN]),
        code=st.sampled_from([0, 0, 0, 1]),
    ),
    min_size=1,
    max_size=30,
)


def one_by_one(rows: Sequence[Row]) -> list[Verdict]:
    """What the words of the contract say, in plain Python."""
    last: dict[int, Row] = {}
    found = []
    for one in rows:
        ts, inst, *_, high, low, _close, volume, code = one
        before = last.get(inst)
        if code or high < low or volume != volume:  # noqa: PLR0124
            found.append(Verdict.QUARANTINE)
        elif before is None or ts > before[0]:
            last[inst] = one
            found.append(Verdict.PASS)
        else:
            found.append(Verdict.DUPLICATE if one == before else Verdict.QUARANTINE)
    return found


@given(ROWS)
def test_verdicts_are_those_of_the_rows_taken_one_by_one(rows: list[Row]) -> None:
    assert [verdict for verdict, _ in verdicts(*rows)] == one_by_one(rows)


@given(ROWS, st.lists(st.integers(0, 30), max_size=5))
def test_verdicts_and_reasons_do_not_depend_on_the_cuts(rows: list[Row], cuts: list[int]) -> None:
    validator = BarSanity()
    edges = sorted({0, len(rows), *(cut for cut in cuts if cut < len(rows))})
    found = []
    for start, stop in pairwise(edges):
        judgement = validator.validate(chunk(rows[start:stop]))
        found += [(Verdict(int(judgement.verdict[n])), judgement.reason_of(n)) for n in range(stop - start)]
    assert found == verdicts(*rows)
