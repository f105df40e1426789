import math
from collections.abc import Sequence
from functools import partial
from itertools import pairwise
from typing import Any

import msgspec
import numpy as np
import pytest
from fakes.bars import DAY, UNIVERSE, cut
from fakes.predictions import INF, NAN, Market, flowed, markets, restarted
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from friday_core.domain.chunk import MISSING_PRICE, Chunk, Float64, Universe
from friday_core.flow.plans import Named
from friday_core.models.labels import forward_return
from friday_plugins.transformers import confidence_scorer
from friday_plugins.transformers.confidence_scorer import ConfidenceScorer

#: Every row an outcome of its own, so that numbers can be written down.
PLAIN: dict[str, Any] = {"horizon": 1, "least": 1, "buckets": 1, "shrink": 2.0}


def scorer(*, universe: Universe = UNIVERSE, **settings: Any) -> ConfidenceScorer:
    return ConfidenceScorer(ConfidenceScorer.Settings(**settings), universe)


def of_a(predictions: Sequence[float], closes: Sequence[int], factor: float | Sequence[float] = 1.0) -> Chunk:
    """A day for each prediction of the first instrument."""
    n = len(predictions)
    columns = {"prediction": np.array(predictions), "close": np.array(closes), "factor": np.full(n, factor)}
    return Chunk(np.arange(n) * DAY, np.zeros(n, int), columns)


def table(predictions: Sequence[Sequence[float]], closes: Sequence[Sequence[int]]) -> Chunk:
    """A day for each row of numbers, an instrument for each column."""
    days, width = len(predictions), len(predictions[0])
    columns = {"prediction": np.ravel(predictions), "close": np.ravel(closes), "factor": np.ones(days * width)}
    return Chunk(np.repeat(np.arange(days), width) * DAY, np.tile(np.arange(width), days), columns)


def confidences(chunk: Chunk, **settings: Any) -> list[float]:
    found: list[float] = scorer(**{**PLAIN, **settings}).transform(chunk)["confidence"].tolist()
    return found


def same(found: Sequence[float] | Float64, expected: Sequence[float] | Float64) -> None:
    np.testing.assert_allclose(found, expected, rtol=1e-14)


def test_confidence_is_the_share_of_what_came_true_twice_drawn_to_its_prior() -> None:
    # Up and up: true. Up and down: not. Down and down: true. Each is known one day later.
    found = confidences(of_a([0.01, 0.01, -0.01, 0.01], [10_000, 10_100, 10_000, 9_900]))

    def confidence(hits: int, n: int) -> float:
        overall = (hits + 2 / 2) / (n + 2)
        return (hits + 2 * overall) / (n + 2)

    # The outcome of day 0 closes with day 1, and is known from day 2 on.
    same(found, [NAN, NAN, confidence(1, 1), confidence(1, 2)])
    assert found[2] == pytest.approx(7 / 9)


def test_an_outcome_counts_from_the_slice_after_the_one_that_closed_it() -> None:
    one = [[0.01, 0.01]] * 4
    found = confidences(table(one, [[10_000, 10_000], [10_100, 9_900], [10_000, 10_000], [10_000, 10_000]]))
    assert np.isnan(found).tolist() == [True] * 4 + [False] * 4
    assert found[4] == found[5], "both instruments of a slice are scored by the same outcomes"


def test_an_outcome_is_as_many_rows_away_as_the_horizon() -> None:
    # Day 0 to day 3, and day 1 to day 4: both rose. Day 2 to day 5 is known too late.
    found = confidences(of_a([0.01] * 6, [10_000, 9_000, 9_000, 10_100, 9_100, 1]), horizon=3)

    def confidence(n: int) -> float:
        weight = n / 3
        return (weight + 2 * (weight + 1) / (weight + 2)) / (weight + 2)

    same(found, [NAN] * 4 + [confidence(1), confidence(2)])


def test_a_horizon_of_rows_that_overlap_weighs_as_one_outcome() -> None:
    rising = of_a([0.01] * 40, [10_000 + 10 * day for day in range(40)])
    # Of 40 rows, the first 40 - 1 - 10 have an outcome that is known before the last one.
    weight, overall = 29 / 10, (29 / 10 + 1) / (29 / 10 + 2)
    same(confidences(rising, horizon=10)[-1:], [(weight + 2 * overall) / (weight + 2)])


def test_a_return_of_zero_is_neither_a_rise_nor_a_fall() -> None:
    still = [10_000] * 3
    assert confidences(of_a([0.01] * 3, still))[2] == confidences(of_a([-0.01] * 3, still))[2] < 0.5


def test_a_split_is_no_return() -> None:
    found = confidences(of_a([0.01] * 3, [10_000, 5_050, 5_050], factor=[1.0, 2.0, 2.0]))
    assert found[2] == pytest.approx(7 / 9), "50.50 after a split 2:1 is a rise of 1%"


def test_a_probability_is_for_a_rise_above_one_half() -> None:
    rising = [10_000, 10_100, 10_200]
    assert confidences(of_a([0.6] * 3, rising), predicts="probability")[2] == pytest.approx(7 / 9)
    assert confidences(of_a([0.4] * 3, rising), predicts="probability")[2] == pytest.approx(2 / 9)


def test_without_a_side_there_is_no_confidence_and_no_outcome() -> None:
    found = confidences(of_a([0.0, NAN, INF, 0.01, 0.01, 0.01, 0.0, NAN], [10_000 + day for day in range(8)]))
    assert np.isnan(found).tolist() == [True] * 5 + [False, True, True]


@pytest.mark.parametrize("absent", [MISSING_PRICE, 0])
def test_a_close_that_is_not_there_leaves_two_predictions_without_an_outcome(absent: int) -> None:
    found = confidences(of_a([0.01] * 5, [10_000, absent, 10_200, 10_300, 10_400]))
    assert np.isnan(found).tolist() == [True] * 4 + [False]


def test_nothing_is_known_before_the_least_number_of_outcomes() -> None:
    found = scorer(**{**PLAIN, "least": 5, "coverage": 0.5}).transform(of_a([0.01] * 9, [10_000] * 9))
    for name in ConfidenceScorer.outputs:
        assert np.isnan(found[name]).tolist() == [True] * 6 + [False] * 3


def test_instruments_may_have_outcomes_of_their_own() -> None:
    both = table([[0.01, 0.01]] * 3, [[10_000, 10_000], [10_100, 9_900], [10_100, 9_900]])
    same(confidences(both, pool="instrument")[4:], [7 / 9, (0 + 2 * (1 / 3)) / 3])
    same(confidences(both, pool="all")[4:], [0.5, 0.5])


def test_outcomes_that_left_the_window_no_longer_count() -> None:
    closes = [10_000, 9_000, 8_000, 7_000, 7_100, 7_200, 7_300]
    found = confidences(of_a([0.01] * 7, closes), window=2)
    same(found[-1:], confidences(of_a([0.01] * 4, closes[3:]), window=2)[-1:])


def after_strong_and_weak(probe: float, weak_hits: int, strong_hits: int, **settings: Any) -> float:
    """The confidence of ``probe`` after ten predictions of 0.01 and of 0.02, as many of which came true."""
    predictions: list[float] = []
    moves: list[int] = []
    for strength, hits in ((0.01, weak_hits), (0.02, strong_hits)):
        predictions += [strength] * 10
        moves += [1] * hits + [-1] * (10 - hits)
    closes = 10_000 + np.cumsum([0, *moves, 0])
    return confidences(of_a([*predictions, NAN, probe], closes.tolist()), buckets=2, **settings)[-1]


@pytest.mark.parametrize(("probe", "hits"), [(0.005, 4), (0.01, 4), (0.011, 9), (0.02, 9), (0.5, 9)])
def test_stronger_predictions_have_a_confidence_of_their_own(probe: float, hits: int) -> None:
    overall = (13 + 1) / (20 + 2)
    same([after_strong_and_weak(probe, 4, 9)], [(hits + 2 * overall) / 12])


@pytest.mark.parametrize("probe", [0.01, 0.02])
def test_confidence_never_falls_as_predictions_get_stronger(probe: float) -> None:
    overall = (13 + 1) / (20 + 2)
    same([after_strong_and_weak(probe, 9, 4)], [(13 + 4 * overall) / 24])


def test_groups_are_joined_by_how_much_they_weigh() -> None:
    # Six of 0.01 that all came true, two of 0.02 that did not: shares 7.4 / 8 and 1.4 / 4.
    closes = (10_000 + np.cumsum([0, *[1] * 6, *[-1] * 2, 0])).tolist()
    found = confidences(of_a([0.01] * 6 + [0.02] * 2 + [NAN, 0.02], closes), buckets=2)
    same(found[-1:], [(7.4 + 1.4) / 12])


def test_equal_strengths_are_not_torn_apart() -> None:
    closes = (10_000 + np.cumsum([0, 1, 1, 1, -1, -1, -1, 1, 1])).tolist()
    chunk = of_a([0.01] * 6 + [NAN, 0.01, 0.5], closes)
    # One bucket, whatever was asked for.
    same(confidences(chunk, buckets=3)[-2:], confidences(chunk, buckets=1)[-2:])


def test_the_interval_adds_residuals_by_their_rank() -> None:
    # Residuals of predictions of 0: the moves themselves, -4% to 4%.
    closes = [10_000_000.0]
    for move in (3, -2, 1, -4, 0, 4, -1, 2, -3):
        closes.append(closes[-1] * (1 + move / 100))
    chunk = of_a([0.0] * 10 + [0.05], [round(close) for close in closes] + [1])
    found = scorer(**{**PLAIN, "coverage": 0.8}).transform(chunk)
    # Nine residuals, k = floor(10 * 0.1) = 1: the smallest and the largest.
    assert [round(found[name][10], 4) for name in ("interval_low", "interval_high")] == [0.01, 0.09]
    narrow = scorer(**{**PLAIN, "coverage": 0.6}).transform(chunk)
    assert [round(narrow[name][10], 4) for name in ("interval_low", "interval_high")] == [0.02, 0.08]


def test_an_interval_that_few_outcomes_cannot_promise_is_not_known() -> None:
    chunk = of_a([0.01] * 11, [10_000 + day for day in range(11)])
    found = scorer(**{**PLAIN, "coverage": 0.8}).transform(chunk)["interval_low"]
    assert np.isnan(found).tolist() == [True] * 10 + [False]


def test_a_probability_has_no_interval() -> None:
    found = scorer(**{**PLAIN, "predicts": "probability"}).transform(of_a([0.6] * 30, [10_000] * 30))
    assert np.isnan(found["interval_low"]).all()
    assert np.isnan(found["interval_high"]).all()


def test_confidence_is_right_about_a_model_that_is_right_so_often() -> None:
    draw = np.random.Generator(np.random.PCG64(1))
    n = 12_000
    strength = draw.uniform(0.0, 0.02, n)
    true = draw.random(n) < 0.5 + 10 * strength  # from one half to seven in ten
    side = draw.choice([-1, 1], n)
    moves = np.where(true, side, -side)
    closes = 100_000_000 + 100 * np.concatenate([[0], np.cumsum(moves)[:-1]])
    scored = scorer(horizon=1, window=10_000, buckets=4).transform(of_a((side * strength).tolist(), closes.tolist()))
    found = scored["confidence"]
    later = np.arange(n) > 10_100
    for low in (0.0, 0.005, 0.01, 0.015):
        some = later & (strength >= low) & (strength < low + 0.005)
        assert found[some].mean() == pytest.approx(0.5 + 10 * (low + 0.0025), abs=0.03)


def test_the_interval_holds_the_share_of_outcomes_that_it_promises() -> None:
    draw = np.random.Generator(np.random.PCG64(2))
    n = 4_000
    returns = np.round(draw.standard_t(4, n) * 0.01, 6)
    prices = 1e9 * np.cumprod(1 + np.clip(returns, -0.2, 0.2))
    closes = np.rint(prices).astype(np.int64)
    chunk = of_a(draw.normal(0, 0.001, n).tolist(), closes.tolist())
    found = scorer(horizon=1, coverage=0.9).transform(chunk)
    outcome = closes[1:] / closes[:-1] - 1
    inside = (found["interval_low"][:-1] <= outcome) & (outcome <= found["interval_high"][:-1])
    assert inside[200:].mean() == pytest.approx(0.9, abs=0.01)


values = st.lists(st.tuples(st.floats(0, 1), st.floats(0.1, 10)), min_size=1, max_size=12)


@given(values)
def test_pooling_gives_the_nearest_sequence_that_never_falls(pairs: list[tuple[float, float]]) -> None:
    given_values, weights = zip(*pairs, strict=True)
    found = confidence_scorer._never_falling(given_values, weights)
    assert all(later >= earlier for earlier, later in pairwise(found))
    # The min-max formula of isotonic regression (Barlow et al., 1972).
    total, mass = np.cumsum([0, *np.multiply(given_values, weights)]), np.cumsum([0, *weights])
    n = len(pairs)
    expected = [
        max(min((total[b] - total[a]) / (mass[b] - mass[a]) for b in range(k + 1, n + 1)) for a in range(k + 1))
        for k in range(n)
    ]
    np.testing.assert_allclose(found, expected, atol=1e-9)


def pooled(pool: str) -> Sequence[Named]:
    own: dict[str, Any] = {"horizon": 2, "least": 2, "window": 6, "buckets": 2, "coverage": 0.3}
    return [("scorer", scorer(**own, pool=pool))]


POOLS = st.sampled_from(["all", "instrument"])
MARKETS = markets(7, prediction=(0.01, 0.02, -0.01, -0.02, 0.02, 0.0, NAN, INF))


@given(POOLS, MARKETS, st.sets(st.integers(1, 20)))
def test_values_do_not_depend_on_the_cuts(pool: str, market: Market, cuts: set[int]) -> None:
    stages = partial(pooled, pool)
    whole = flowed(stages, market)
    assert flowed(stages, market, cuts) == whole
    assert flowed(stages, market, None) == whole


@given(POOLS, MARKETS, MARKETS, st.integers(0, 21))
def test_whatever_comes_later_changes_no_earlier_value(pool: str, market: Market, other: Market, row: int) -> None:
    stages = partial(pooled, pool)
    alone, scrambled = flowed(stages, market)[0], flowed(stages, market.after(row, other))[0]
    assert scrambled[:row] == alone[:row]


@given(POOLS, MARKETS, st.integers(0, 21))
def test_a_snapshot_goes_on_where_it_was_taken(pool: str, market: Market, at: int) -> None:
    stages = partial(pooled, pool)
    assert restarted(stages, market, at) == flowed(stages, market)[0]


@given(POOLS, MARKETS)
def test_what_is_scored_lies_between_0_and_1_and_within_its_interval(pool: str, market: Market) -> None:
    for row in flowed(partial(pooled, pool), market)[0]:
        confidence, low, high = (float(row[name]) for name in ConfidenceScorer.outputs)
        assert math.isnan(confidence) or 0.0 < confidence < 1.0
        assert math.isnan(low) or low <= high


@given(st.integers(1, 4), MARKETS)
def test_outcomes_are_the_labels_that_models_learn_from(horizon: int, market: Market) -> None:
    chunk, said = market.chunk(), np.zeros(21)
    one = scorer(horizon=horizon, least=1, window=1_000, shrink=1e9)
    close, factor = chunk["close"], np.linspace(1.0, 2.0, 21)
    rows = Chunk(chunk.ts_event, chunk.inst, {"prediction": said, "close": close, "factor": factor})
    one.transform(rows)
    labels = forward_return(chunk.ts_event, chunk.inst, close / 100 * factor, horizon)
    state = msgspec.msgpack.decode(one.snapshot())
    residuals = [residual for part in ("known", "fresh") for *_, residual in state[part].get("", [])]
    assert residuals == labels.values[~np.isnan(labels.values)].tolist()


def test_a_snapshot_may_fall_within_a_slice_and_finds_its_instruments_again() -> None:
    chunk = table([[0.01, -0.01]] * 5, [[10_000 + 7 * day, 10_000 + 5 * day] for day in range(5)])
    whole = scorer(**PLAIN, pool="instrument")
    expected = whole.transform(chunk)["confidence"]
    first, second = scorer(**PLAIN, pool="instrument"), scorer(**PLAIN, pool="instrument")
    before, after = cut(chunk, [5])
    first.transform(before)
    second.restore(first.snapshot())
    np.testing.assert_array_equal(second.transform(after)["confidence"], expected[5:])
    alone = scorer(**PLAIN, pool="instrument", universe=Universe([UNIVERSE[1]]))
    alone.restore(whole.snapshot())
    later = {"prediction": np.array([-0.01]), "close": np.array([10_030]), "factor": np.ones(1)}
    found = alone.transform(Chunk(np.array([5 * DAY]), np.array([0]), later))["confidence"]
    # Four falls were foretold, and four rises came.
    same(found, [(0 + 2 * (1 / 6)) / 6])


def test_bytes_that_are_no_snapshot_are_refused() -> None:
    with pytest.raises(msgspec.ValidationError, match="Expected `object`, got `int`"):
        scorer().restore(b"\x01")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"horizon": 0}, "greater than or equal to 1"),
        ({"least": 50, "window": 40}, "least 50 is more than window 40"),
        ({"coverage": 1.0}, "less than 1"),
        ({"coverage": 0.0}, "greater than 0"),
        ({"shrink": 0.0}, "greater than 0"),
        ({"pool": "sector"}, "'all' or 'instrument'"),
        ({"bins": 3}, "Extra inputs are not permitted"),
    ],
)
def test_settings_that_cannot_be_are_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        scorer(**settings)
