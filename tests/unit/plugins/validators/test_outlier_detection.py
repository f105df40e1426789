import math
from collections.abc import Sequence
from itertools import pairwise
from statistics import median
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from friday_core.api import MISSING_PRICE, Chunk, Instrument, InstrumentId, Judgement, Universe, Verdict
from friday_plugins.validators.outlier_detection import OutlierDetection

UNIVERSE = Universe(Instrument(InstrumentId(symbol, "NSE"), "INR", tick_size=5) for symbol in "ABC")
PASSES = (Verdict.PASS, "")
#: 100 rupees up and down by one: returns of 0.01 about a median of nearly 0.
CALM = [10_000, 10_100] * 15
MAD = math.log(1.01)


class Row(NamedTuple):
    """A bar; without open, high and low they are the close."""

    close: int
    volume: float = 1000.0
    factor: float = 1.0
    open: int | None = None
    high: int | None = None
    low: int | None = None
    inst: int = 0
    session: int | None = None


def chunk(rows: Sequence[Row]) -> Chunk:
    columns: dict[str, Any] = {"close": np.array([row.close for row in rows])}
    for name in ("open", "high", "low"):
        given = [getattr(row, name) for row in rows]
        columns[name] = np.array([row.close if one is None else one for row, one in zip(rows, given, strict=True)])
    columns |= {"volume": np.array([row.volume for row in rows]), "factor": np.array([row.factor for row in rows])}
    columns["session"] = np.array([float(n if row.session is None else row.session) for n, row in enumerate(rows)])
    return Chunk(np.arange(len(rows)), np.array([row.inst for row in rows]), columns)


def validator(**settings: Any) -> OutlierDetection:
    """Every row is a session of its own: what is said of a floor holds for both."""
    floors = {"night_floor": settings["floor"]} if "floor" in settings else {}
    return OutlierDetection(OutlierDetection.Settings(**{**floors, **settings}), UNIVERSE)


def told(judgement: Judgement) -> list[tuple[Verdict, str]]:
    return [(Verdict(int(verdict)), judgement.reason_of(row)) for row, verdict in enumerate(judgement.verdict)]


def after_calm(*rows: Row | int, **settings: Any) -> list[tuple[Verdict, str]]:
    """What is said of rows that follow thirty calm ones, the last of which closed at 101 rupees."""
    given = {"floor": 0.05, "bands": [], **settings}
    calm = [Row(close) for close in CALM]
    judged = told(
        validator(**given).validate(chunk([*calm, *(Row(one) if isinstance(one, int) else one for one in rows)]))
    )
    assert judged[: len(calm)] == [PASSES] * len(calm)
    return judged[len(calm) :]


def verdicts(found: Sequence[tuple[Verdict, str]]) -> list[Verdict]:
    return [verdict for verdict, _ in found]


HELD, GOOD = Verdict.QUARANTINE, Verdict.PASS


def test_calm_prices_pass() -> None:
    assert after_calm(10_000, 10_100) == [PASSES, PASSES]


def test_a_wild_price_is_held_back_with_the_value_and_the_limits() -> None:
    # The 29 returns are 15 times +MAD and 14 times -MAD: median +MAD, deviation of it 0, so the floor rules.
    low, high = MAD - 0.05, MAD + 0.05
    move = math.log(12_000 / 10_100)
    reason = f"close 120 after 101: log return {move:+.4f} is not in {low:+.4f} to {high:+.4f}"
    assert after_calm(Row(12_000, open=10_100, high=12_000, low=10_100), 10_100) == [
        (HELD, reason.replace("close", "high")),
        PASSES,
    ]


def test_the_limit_is_so_many_median_absolute_deviations_off_the_median() -> None:
    steps = [0.00, 0.01, 0.02, 0.03, 0.05] * 6
    closes = np.rint(1e9 * np.exp(np.cumsum([0.0, *steps]))).astype(int).tolist()
    # Median 0.02; deviations 0.02, 0.01, 0, 0.01, 0.03, so their median is 0.01: limits -0.03 to 0.07.
    inside, outside = (round(closes[-1] * math.exp(move)) for move in (0.0699, 0.0701))
    below = round(closes[-1] * math.exp(-0.0301))
    one = validator(threshold=5, floor=0.001, window=30, bands=[], split_probability=1, wrong_ratio=100, memory=99)
    one.validate(chunk([Row(close) for close in closes]))
    state = one.snapshot()
    found = []
    for close in (inside, outside, below):
        one.restore(state)
        found += verdicts(told(one.validate(chunk([Row(close, session=99)]))))
    assert found == [GOOD, HELD, HELD]


@pytest.mark.parametrize("name", ["open", "high", "low"])
def test_each_price_of_the_bar_is_judged(name: str) -> None:
    (found,) = after_calm(Row(10_000, **{name: 15_000}))
    assert found[0] is HELD
    assert found[1].startswith(f"{name} 150 after 101: log return +0.3955")


# The last close is 101 rupees and the reach 0.05, so that an open is alone beyond 0.02: 103.04 and 99.00.
LONE = {"lone_open": 0.4}


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (Row(10_100, open=10_310), "open 103.1 stands alone: 101 before it and 101 at the close"),
        (Row(10_050, open=9_850), "open 98.5 stands alone: 101 before it and 100.5 at the close"),
        (Row(5_050, factor=2.0, open=5_155), "open 51.55 stands alone: 50.5 before it and 50.5 at the close"),
    ],
)
def test_an_open_that_nothing_before_and_after_it_supports_is_held_back(row: Row, reason: str) -> None:
    edges = row._replace(high=max(row.open or 0, row.close), low=min(row.open or 0, row.close))
    assert after_calm(edges, 10_100 if row.factor == 1.0 else Row(5_050, factor=2.0), **LONE) == [
        (HELD, reason),
        PASSES,
    ]


@pytest.mark.parametrize(
    "row",
    [
        pytest.param(Row(10_100, open=10_300, high=10_300), id="not far enough"),
        pytest.param(Row(10_250, open=10_310, high=10_310), id="near the close"),
        pytest.param(Row(10_000, open=10_310, high=10_320), id="not at the edge"),
        pytest.param(Row(10_400, open=10_310, high=10_400), id="on the other side of the close"),
    ],
)
def test_an_open_that_something_supports_passes(row: Row) -> None:
    assert after_calm(row._replace(low=min(row.close, row.open or 0)), **LONE) == [PASSES]


def test_with_a_share_of_one_no_open_stands_alone() -> None:
    row = Row(10_100, open=10_570, high=10_570)
    assert verdicts(after_calm(row, **LONE)) == [HELD]
    assert verdicts(after_calm(row, lone_open=1.0)) == [GOOD]


def test_a_held_bar_does_not_become_the_past() -> None:
    found = after_calm(12_000, 10_100, 12_000, 10_100, 12_000, 10_100)
    assert verdicts(found) == [HELD, GOOD] * 3


def test_before_enough_returns_are_known_only_another_instrument_is_held_back() -> None:
    rows = [Row(10_000), Row(20_000), Row(3_000), Row(30_100)]
    found = told(validator(bands=[], split_probability=1).validate(chunk(rows)))
    assert verdicts(found) == [GOOD, GOOD, GOOD, HELD]
    assert found[3][1].startswith(
        "another instrument? open 301 after 30: log return +2.3059 is not in -2.3026 to +2.3026"
    )


def test_ten_times_the_price_is_another_instrument_however_wild_the_past() -> None:
    wild = [Row(close) for close in [1_000, 8_000] * 15]
    found = told(validator(threshold=100, bands=[], split_probability=1).validate(chunk([*wild, Row(81_000)])))
    assert found[-1][1].startswith("another instrument? ")


def test_instruments_have_pasts_of_their_own() -> None:
    rows = [Row(close, inst=inst) for close in CALM for inst in (0, 1)]
    assert told(validator(floor=0.05).validate(chunk([*rows, Row(500, inst=2)]))) == [PASSES] * 61


# Corporate actions


def test_an_announced_split_is_no_jump() -> None:
    assert after_calm(Row(5_050, factor=2.0), Row(5_000, factor=2.0), split_probability=1) == [PASSES, PASSES]


def test_a_factor_without_the_jump_that_it_tells_of_is_held_back() -> None:
    assert verdicts(after_calm(Row(10_100, factor=2.0))) == [HELD]


BEHIND = "behind a split 2:1 that nobody announced"
#: A price after the thirty calm rows, the last of which closed at 101 rupees, and what is said of it.
AFTER_2_1 = Row(5_100, open=5_000, high=5_150, low=5_000)


def test_a_split_that_nobody_announced_is_held_back_with_its_likely_ratio() -> None:
    ((verdict, reason),) = after_calm(AFTER_2_1)
    assert verdict is HELD
    assert reason == "as after a split 2:1 that nobody announced: open 50 after 101, probability 0.99"


@pytest.mark.parametrize(
    ("split", "close"),
    [("3:2", 6_733), ("5:1", 2_020), ("2:1", 5_050), ("10:1", 1_010), ("4:3", 7_575), ("5:2", 4_040), ("20:1", 505)],
)
def test_ratios_of_splits_and_bonuses_are_told_apart(split: str, close: int) -> None:
    ((verdict, reason),) = after_calm(close)
    assert (verdict, reason[: reason.index(":", 20)]) == (HELD, f"as after a split {split} that nobody announced")


def test_every_bar_that_goes_on_behind_the_gap_is_held_back() -> None:
    found = after_calm(AFTER_2_1, 5_050, 5_200, 5_350, 5_250, floor=0.25)
    assert found[1:] == [(HELD, BEHIND)] * 4


def test_once_the_split_is_announced_the_bars_behind_it_pass() -> None:
    announced = [Row(5_050, factor=2.0), Row(5_000, factor=2.0)]
    assert after_calm(AFTER_2_1, 5_050, *announced)[2:] == [PASSES, PASSES]


def test_a_gap_that_closes_again_was_an_error() -> None:
    assert after_calm(AFTER_2_1, 10_000, 10_100)[1:] == [PASSES, PASSES]


def test_after_so_many_days_the_price_behind_the_gap_is_believed() -> None:
    # The last believed bar is of session 29.
    found = after_calm(AFTER_2_1, *[5_050] * 3, memory=3)
    assert verdicts(found) == [HELD] * 3 + [GOOD]
    assert found[3] == (GOOD, "believed: nothing was for 4 days")


def test_an_outlier_behind_the_gap_does_not_end_the_wait() -> None:
    assert after_calm(AFTER_2_1, 50, 5_050, 5_100)[2:] == [(HELD, BEHIND)] * 2


def test_with_a_remark_the_bar_behind_the_gap_passes_and_is_believed() -> None:
    found = after_calm(AFTER_2_1, 5_050, on_split="remark")
    assert found[0] == (GOOD, "as after a split 2:1 that nobody announced: open 50 after 101, probability 0.99")
    assert found[1] == PASSES


def test_a_split_is_held_back_however_wild_the_past() -> None:
    # 15 deviations of 0.04 allow a fall by half.
    wild = [round(10_000 * math.exp(move)) for move in [0.0, 0.04, 0.0, -0.04, 0.0] * 8]
    found = told(validator(bands=[]).validate(chunk([*map(Row, wild), Row(5_000)])))
    assert (verdicts(found[:-1]), found[-1][0]) == ([GOOD] * len(wild), HELD)
    assert found[-1][1].startswith("as after a split 2:1 that nobody announced")


def test_a_split_is_recognised_before_enough_returns_are_known() -> None:
    found = told(validator().validate(chunk([Row(10_000), Row(10_100), Row(5_050)])))
    assert verdicts(found) == [GOOD, GOOD, HELD]


@pytest.mark.parametrize("close", [20_200, 50_500, 101_000])
def test_a_rise_is_no_split(close: int) -> None:
    assert "split" not in after_calm(close)[0][1]


def test_a_crash_on_heavy_volume_is_no_split() -> None:
    crash = Row(5_400, volume=30_000.0, open=5_600, high=5_700, low=5_200)
    assert "is not in" in after_calm(crash)[0][1]
    assert "split 2:1" in after_calm(crash._replace(volume=2_000.0))[0][1]


def test_within_a_session_nothing_is_a_split() -> None:
    halved = Row(5_050, session=29)
    assert "split" not in after_calm(halved)[0][1]


def test_a_price_after_a_long_absence_says_nothing_of_a_split() -> None:
    assert "split 2:1" in after_calm(Row(5_050, session=36))[0][1]
    assert after_calm(Row(5_050, session=60)) == [(GOOD, "believed: nothing was for 31 days")]


def test_a_bar_that_opens_as_after_a_split_and_does_not_stay_there_is_an_outlier() -> None:
    ((verdict, reason),) = after_calm(Row(10_000, open=5_050, high=10_000, low=5_050))
    assert (verdict, reason.split()[0]) == (HELD, "open")


def test_a_gap_is_looked_at_only_right_behind_the_believed_level() -> None:
    found = after_calm(14_000, 5_050)
    assert verdicts(found) == [HELD, HELD]
    assert "split" not in found[1][1]


def test_a_probability_of_one_is_never_exceeded() -> None:
    assert "is not in" in after_calm(AFTER_2_1, split_probability=1)[0][1]


# Circuit limits


BANDS = {"bands": [0.05, 0.1, 0.2], "split_probability": 1}


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (Row(11_110), "locked at the upper circuit limit of 0.1"),
        (Row(12_115, open=11_000, low=10_500), "locked at the upper circuit limit of 0.2"),
        (Row(9_090), "locked at the lower circuit limit of 0.1"),
        (Row(8_080, open=9_000, high=9_500), "locked at the lower circuit limit of 0.2"),
    ],
)
def test_a_bar_locked_at_a_circuit_limit_passes_with_the_reason(row: Row, reason: str) -> None:
    assert after_calm(row, **BANDS) == [(GOOD, reason)]


@pytest.mark.parametrize(
    "row",
    [
        Row(11_116),
        Row(11_110, high=11_200),
        Row(11_110, low=8_000),
        Row(11_800),
    ],
)
def test_a_bar_off_the_limit_or_beyond_it_is_held_back(row: Row) -> None:
    assert verdicts(after_calm(row, **BANDS)) == [HELD]


def test_the_limit_is_counted_from_the_close_of_the_session_before() -> None:
    # Within session 30 the price first rises by 4%; 10% are counted from 101 rupees, not from 105.
    risen = Row(10_500, session=30)
    assert after_calm(risen, Row(11_110, session=30), **BANDS, floor=0.045, threshold=1)[1] == (
        GOOD,
        "locked at the upper circuit limit of 0.1",
    )
    assert verdicts(after_calm(risen, Row(11_550, session=30), **BANDS, floor=0.045, threshold=1)) == [GOOD, HELD]


def test_the_limit_is_counted_from_the_adjusted_close() -> None:
    assert after_calm(Row(5_555, factor=2.0), **BANDS) == [(GOOD, "locked at the upper circuit limit of 0.1")]


# New levels


def test_a_new_level_is_believed_after_so_many_bars_in_a_row() -> None:
    found = after_calm(14_000, 14_100, 14_200, 14_100, 10_100)
    assert verdicts(found) == [HELD, HELD, GOOD, GOOD, HELD]
    assert found[2] == (GOOD, "new level believed after 3 bars")


def test_bars_that_disagree_with_one_another_make_no_new_level() -> None:
    assert verdicts(after_calm(14_000, 18_000, 14_000, 18_000, 10_100)) == [HELD] * 4 + [GOOD]


def test_a_believed_bar_between_them_begins_the_count_again() -> None:
    assert verdicts(after_calm(14_000, 14_000, 10_100, 14_000, 14_000)) == [HELD, HELD, GOOD, HELD, HELD]


def test_nothing_locks_an_instrument_out_for_ever() -> None:
    wild = [14_000, 18_000] * 5
    found = after_calm(*wild, patience=6, split_probability=1)
    assert verdicts(found)[:7] == [HELD] * 6 + [GOOD]
    assert found[6] == (GOOD, "believed after 6 bars held back in a row: the past is forgotten")
    assert found[7:] == [PASSES] * 3


def test_a_price_of_long_ago_says_nothing_of_the_next() -> None:
    # The last believed bar is of session 29.
    assert verdicts(after_calm(Row(14_000, session=59), memory=30)) == [HELD]
    found = after_calm(Row(14_000, session=60), Row(14_100, session=61), Row(18_000, session=62), memory=30)
    assert found[:2] == [(GOOD, "believed: nothing was for 31 days"), PASSES]
    assert found[2][0] is HELD


def test_the_days_are_counted_from_the_last_bar_that_was_believed() -> None:
    held = [Row(14_000 + 4_000 * (day % 2), session=30 + day) for day in range(5)]
    found = after_calm(*held, Row(25_000, session=40), memory=10)
    assert verdicts(found) == [HELD] * 5 + [GOOD]


def test_the_first_bar_of_a_session_has_a_floor_of_its_own() -> None:
    # 6% up over night, then another 6% within the session.
    night, day = Row(10_725, session=30), Row(11_390, session=30)
    assert verdicts(after_calm(night, day, threshold=1, floor=0.04, night_floor=0.1)) == [GOOD, HELD]
    assert verdicts(after_calm(night, day, threshold=1, floor=0.1, night_floor=0.1)) == [GOOD, GOOD]
    assert verdicts(after_calm(night, threshold=1, floor=0.1, night_floor=0.04)) == [HELD]


def test_a_stuck_price_proves_no_new_level() -> None:
    stuck = [Row(14_000), *[Row(14_000, volume=0.0)] * 3]
    assert verdicts(after_calm(*stuck, relearn=2, stale_after=10)) == [HELD] * 4
    assert verdicts(after_calm(*stuck, relearn=2, stale_after=10, patience=1)) == [HELD] * 4


# Stale prices


def test_one_price_without_volume_is_stale_from_the_nth_bar_on() -> None:
    quiet = [Row(10_100, volume=0.0)] * 4
    found = after_calm(*quiet, Row(10_100), Row(10_100, volume=0.0), stale_after=3)
    reason = "stale: 3 bars or more at one price without volume"
    assert found == [PASSES, PASSES, (HELD, reason), (HELD, reason), PASSES, PASSES]


def test_an_index_without_any_volume_is_not_stale() -> None:
    rows = [Row(10_000 + 10 * (n % 2), volume=0.0) for n in range(40)]
    assert told(validator(stale_after=2).validate(chunk(rows))) == [PASSES] * 40


def test_an_index_that_moves_within_its_bars_and_closes_where_it_was_is_not_stale() -> None:
    rows = [Row(10_100, volume=0.0, high=10_100 + 10 * (n % 2), low=10_090) for n in range(40)]
    assert told(validator(stale_after=2).validate(chunk(rows))) == [PASSES] * 40


def test_quiet_bars_do_not_make_the_past_look_calm() -> None:
    quiet = [Row(10_100, volume=0.0)] * 50
    swings = {"floor": 0.001, "threshold": 3, "stale_after": 99, "bands": [], "split_probability": 1, "memory": 99}
    before = [Row(round(10_000 * math.exp(move))) for move in [0.0, 0.01, 0.03, 0.02, 0.0] * 6]
    for rows in ([*before, *quiet], before):
        one = validator(**swings)
        one.validate(chunk(rows))
        assert verdicts(told(one.validate(chunk([Row(10_150, session=99)])))) == [GOOD]


@pytest.mark.parametrize("close", [MISSING_PRICE, 0, -5])
def test_a_row_without_a_positive_price_is_not_judged_and_leaves_no_trace(close: int) -> None:
    assert after_calm(close, 10_000) == [PASSES, PASSES]
    assert after_calm(Row(10_000, low=close), 10_000) == [PASSES, PASSES]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"split_probability": 0}, "greater than 0"),
        ({"on_split": "believe"}, "Input should be 'quarantine' or 'remark'"),
        ({"bands": [5.0]}, "5.0 is not a circuit limit"),
        ({"window": 10, "least": 11}, "nothing would ever be judged"),
        ({"wrong_ratio": 1}, "greater than 1"),
        ({"lone_open": 0}, "greater than 0"),
        ({"memory": 0}, "greater than or equal to 1"),
        ({"night_floor": 0}, "greater than 0"),
    ],
)
def test_settings_that_cannot_be_are_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        validator(**settings)


# Properties

SETTINGS = {"window": 6, "least": 3, "floor": 0.02, "relearn": 2, "patience": 5, "stale_after": 3, "memory": 2}
ROWS = st.lists(
    st.builds(
        Row,
        close=st.sampled_from([MISSING_PRICE, 0, 500, 4_950, 5_000, 9_500, 9_900, 10_000, 10_050, 11_000, 200_000]),
        volume=st.sampled_from([0.0, 1000.0]),
        factor=st.sampled_from([1.0, 1.0, 2.0]),
        open=st.sampled_from([None, None, None, 12_000]),
        high=st.none(),
        low=st.none(),
        inst=st.integers(0, 2),
        session=st.integers(0, 3),
    ),
    min_size=1,
    max_size=40,
)


def judged(rows: Sequence[Row], one: OutlierDetection | None = None) -> list[tuple[Verdict, str]]:
    return told((one or validator(**SETTINGS)).validate(chunk(rows)))


@given(ROWS, st.lists(st.integers(0, 40), max_size=6))
def test_verdicts_do_not_depend_on_the_cuts(rows: list[Row], cuts: list[int]) -> None:
    edges = sorted({0, len(rows), *(cut for cut in cuts if cut < len(rows))})
    one = validator(**SETTINGS)
    parts = [each for start, stop in pairwise(edges) for each in judged(rows[start:stop], one)]
    assert parts == judged(rows)


@given(ROWS, ROWS)
def test_later_rows_change_no_earlier_verdict(past: list[Row], future: list[Row]) -> None:
    assert judged([*past, *future])[: len(past)] == judged(past)


@given(ROWS, ROWS)
def test_a_snapshot_goes_on_where_it_was_taken(first: list[Row], second: list[Row]) -> None:
    one, other = validator(**SETTINGS), validator(**SETTINGS)
    one.validate(chunk(first))
    other.restore(one.snapshot())
    assert judged(second, other) == judged(second, one)


def test_a_snapshot_finds_its_instruments_in_another_session() -> None:
    one = validator(floor=0.05, bands=[])
    one.validate(chunk([Row(close, inst=1) for close in CALM]))
    settings = OutlierDetection.Settings(floor=0.05, night_floor=0.05, bands=[])
    alone = OutlierDetection(settings, Universe([UNIVERSE[1]]))
    alone.restore(one.snapshot())
    assert verdicts(told(alone.validate(chunk([Row(12_000, session=30)])))) == [HELD]


@given(ROWS)
def test_instruments_do_not_touch_one_another(rows: list[Row]) -> None:
    mixed = dict(zip(range(len(rows)), judged(rows), strict=True))
    for inst in {row.inst for row in rows}:
        own = [n for n, row in enumerate(rows) if row.inst == inst]
        assert judged([rows[n] for n in own]) == [mixed[n] for n in own]


@given(ROWS)
def test_reasons_are_short(rows: list[Row]) -> None:
    assert max(len(reason) for _, reason in judged(rows)) < 140


@given(st.lists(st.integers(1, 10**9), min_size=60, max_size=60))
def test_no_more_bars_in_a_row_are_held_back_than_patience_allows(closes: list[int]) -> None:
    found = verdicts(judged([Row(close) for close in closes]))
    assert [HELD] * 6 not in [found[n : n + 6] for n in range(len(found))]


@given(st.lists(st.floats(-0.05, 0.05), min_size=8, max_size=30), st.floats(-0.5, 0.5))
def test_a_return_is_held_back_exactly_beyond_the_limits(moves: list[float], last: float) -> None:
    closes = [round(1e9 * math.exp(sum(moves[:n]))) for n in range(len(moves) + 1)]
    returns = [math.log(after / before) for before, after in pairwise(closes)]
    middle = median(returns)
    reach = max(0.3, 4 * median(abs(one - middle) for one in returns))
    close = round(closes[-1] * math.exp(last))
    settings = {"window": 30, "least": 8, "floor": 0.3, "threshold": 4, "bands": [], "split_probability": 1}
    found = told(validator(**settings).validate(chunk([Row(one) for one in [*closes, close]])))
    expected = GOOD if abs(math.log(close / closes[-1]) - middle) <= reach else HELD
    assert verdicts(found) == [GOOD] * len(closes) + [expected]
