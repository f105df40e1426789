from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from friday_core.api import MISSING_PRICE, Chunk, Judgement, RowCode, Verdict
from friday_plugins.validators import bar_sanity
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


# Few rows and many ------------------------------------------------------------------------------


class Many(BarSanity):
    """Judges any chunk as it judges large ones."""

    def validate(self, chunk: Chunk) -> Judgement:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(bar_sanity, "FEW", 0)
            return super().validate(chunk)


def said(validator: BarSanity, pieces: Sequence[Chunk]) -> list[tuple[Verdict, str]]:
    found = []
    for piece in pieces:
        judgement = validator.validate(piece)
        found += [(Verdict(int(judgement.verdict[n])), judgement.reason_of(n)) for n in range(len(piece))]
    return found


#: Whatever a source may deliver, garbage too.
ANYTHING = st.lists(
    st.builds(
        lambda ts, inst, prices, volume, code: (ts, inst, *prices, volume, code),
        st.sampled_from([-(2**62), -1, 0, 1, 2, 2**53, 2**53 + 1, 2**62]),
        st.integers(0, 2),
        st.tuples(*[st.sampled_from([MISSING_PRICE, -5, 0, 90, 100, 110, 2**60, 2**60 + 1])] * 4)
        | st.sampled_from([(100, 110, 90, 105), (100, 110, 90, 106)]),
        st.sampled_from([1000.0, 1000.0, 0.0, -0.0, -1.0, NAN, float("inf"), float("-inf")]),
        st.sampled_from([0, 0, 0, 0, 1, 2, 77]),
    ),
    min_size=1,
    max_size=60,
)
CUTS = st.lists(st.integers(1, 59), max_size=5)


def pieces(rows: Sequence[Row], cuts: Sequence[int]) -> list[Chunk]:
    """With a further column in which values are missing at times."""
    known = [NAN if row[2] % 7 == 5 else float(row[2]) for row in rows]
    whole = chunk(rows).with_columns({"open_interest": np.array(known)})
    edges = sorted({0, len(rows), *(cut for cut in cuts if cut < len(rows))})
    return [whole.take(slice(start, stop)) for start, stop in pairwise(edges)]


@given(ANYTHING, CUTS)
def test_few_rows_are_judged_as_many_are_and_leave_the_same_state(rows: list[Row], cuts: list[int]) -> None:
    few, many = BarSanity(), Many()
    assert said(few, pieces(rows, cuts)) == said(many, pieces(rows, []))
    assert few.snapshot() == many.snapshot()


@given(ANYTHING, CUTS)
def test_few_and_many_rows_in_turn_are_judged_as_many_are(rows: list[Row], cuts: list[int]) -> None:
    mixed, last, found = BarSanity(), b"", []
    for number, piece in enumerate(pieces(rows, cuts)):
        mixed = Many() if number % 2 else BarSanity()
        if last:
            mixed.restore(last)
        found += said(mixed, [piece])
        last = mixed.snapshot()
    many = Many()
    assert found == said(many, pieces(rows, []))
    assert last == many.snapshot()


@given(ANYTHING)
def test_large_chunks_are_judged_as_their_rows_are_one_by_one(rows: list[Row]) -> None:
    rows = rows * (1 + bar_sanity.FEW // len(rows))
    one, other = BarSanity(), BarSanity()
    assert said(one, pieces(rows, range(len(rows)))) == said(other, pieces(rows, []))
    assert one.snapshot() == other.snapshot()


def test_a_snapshot_between_rows_that_come_alone_goes_on_with_the_same_verdicts() -> None:
    first, second = BarSanity(), BarSanity()
    said(first, pieces([row(1), row(2, inst=3), row(3)], [1, 2]))
    second.restore(first.snapshot())
    rows = [row(3), row(1, inst=3), row(2, inst=3, volume=9.0), row(4)]
    assert said(second, pieces(rows, [1, 2, 3])) == [
        (Verdict.DUPLICATE, "the same bar again"),
        quarantined("time runs backwards"),
        quarantined("two different bars for one time"),
        PASSES,
    ]


def test_columns_in_another_order_are_the_same_bar() -> None:
    one = chunk([row()]).with_columns({"x": np.array([1.0]), "y": np.array([2.0])})
    other = chunk([row()]).with_columns({"y": np.array([2.0]), "x": np.array([1.0])})
    assert [verdict for verdict, _ in said(BarSanity(), [one, other, one])] == [
        Verdict.PASS, Verdict.DUPLICATE, Verdict.DUPLICATE,
    ]  # fmt: skip


def test_a_slice_that_is_cut_in_two_plainly_passes() -> None:
    validator = BarSanity()
    parts = [[row(ts, inst) for ts, inst in places] for places in ([(1, 0), (1, 1), (2, 0)], [(2, 1), (3, 0)])]
    assert [validator._all_pass(chunk(part)) for part in parts] == [True, True]
    assert validator._last is not None
    assert (validator._last.ts_event.tolist(), validator._last.inst.tolist()) == ([3, 2], [0, 1])


def test_rows_that_come_again_in_the_next_chunk_do_not_plainly_pass() -> None:
    validator = BarSanity()
    assert validator._all_pass(chunk([row(1, 0), row(2, 0), row(2, 1)]))
    assert not validator._all_pass(chunk([row(2, 1), row(3, 0)]))
