import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from friday_core.market.corporate_actions.recognition import Gap, likely_ratio, spread_of, turnover_of


def gap(ratio: float, **known: float) -> Gap:
    """A bar that opens and closes exactly where a ratio would put it."""
    price = 1_000.0 / ratio
    given = {"open": price, "high": price * 1.01, "close": price, "spread": 0.015, "turnover": 0.0, **known}
    return Gap(1_000.0, **given)


def probability(one: Gap) -> float:
    likely = likely_ratio(one)
    return 0.0 if likely is None else likely.probability


@pytest.mark.parametrize(
    "ratio", [Fraction(4, 3), Fraction(3, 2), Fraction(2), Fraction(5, 2), Fraction(3), Fraction(5), Fraction(10)]
)
def test_an_exact_ratio_is_recognised(ratio: Fraction) -> None:
    likely = likely_ratio(gap(float(ratio)))
    assert likely is not None
    assert (likely.ratio, likely.probability > 0.8) == (ratio, True)


def test_a_ratio_is_written_as_new_shares_for_old_ones() -> None:
    assert str(likely_ratio(gap(1.5))) == "3:2"


def test_of_two_ratios_that_fit_alike_the_frequent_one_is_likelier() -> None:
    # Half way between 5:3, of which a list of 249 has one, and 3:2, of which it has twenty-four.
    likely = likely_ratio(gap(math.sqrt(5 / 3 * 3 / 2)))
    assert likely is not None
    assert likely.ratio == Fraction(3, 2)


def test_a_gap_between_ratios_is_less_of_one_than_a_gap_on_one() -> None:
    assert probability(gap(1.74, turnover=1.0)) < 0.2
    assert probability(gap(1.5, turnover=1.0)) > 0.7


@pytest.mark.parametrize("close", [750.0, 1_000.0])
def test_a_bar_that_does_not_stay_there_is_behind_no_split(close: float) -> None:
    assert probability(gap(2.0, close=close, high=close)) < 0.05


def test_a_bar_whose_high_is_near_the_old_price_is_behind_no_split() -> None:
    assert probability(gap(2.0, high=800.0)) < 0.05


def test_a_fall_on_many_times_the_usual_turnover_is_a_crash() -> None:
    noise = {"open": 530.0, "close": 480.0, "high": 540.0}
    assert probability(gap(2.0, turnover=0.0, **noise)) > 0.9
    assert probability(gap(2.0, turnover=2.5, **noise)) < 0.5


def test_apple_s_fall_by_half_in_september_2000_is_no_split() -> None:
    # 53.50 dollars, then 28.19 to 25.75 on ten times the usual turnover; without it, it would be one.
    crash = Gap(53.50, 28.19, 29.00, 25.75, 1.0, spread=0.039, turnover=2.30)
    assert probability(crash) < 0.4
    assert probability(crash._replace(turnover=math.nan)) > 0.7


@pytest.mark.parametrize("ratio", [0.1, 0.5, 0.99, 1.0, 1.15])
def test_a_rise_and_a_small_fall_are_not_judged(ratio: float) -> None:
    assert likely_ratio(gap(ratio)) is None


def test_the_longer_the_absence_the_less_a_gap_says() -> None:
    noise = {"open": 480.0, "close": 470.0}
    sure, unsure = (probability(gap(2.0, days=days, spread=0.03, **noise)) for days in (1.0, 300.0))
    assert unsure < sure


def test_without_a_past_the_usual_spread_and_turnover_are_taken() -> None:
    assert probability(Gap(1_000.0, 500.0, 505.0, 498.0)) > 0.8


@given(st.floats(0.01, 100), st.floats(0.01, 100), st.floats(0, 0.2), st.floats(0.0, 0.1))
def test_a_probability_is_one(opens: float, closes: float, high: float, spread: float) -> None:
    likely = likely_ratio(Gap(1.0, opens, max(opens, closes) + high, closes, 1.0, spread))
    assert likely is None or 0.0 <= likely.probability <= 1.0


@given(st.floats(1.3, 30), st.integers(1, 10**6))
def test_the_unit_of_prices_does_not_matter(ratio: float, unit: int) -> None:
    one = gap(ratio)
    scaled = one._replace(**{name: getattr(one, name) * unit for name in ("last_close", "open", "high", "close")})
    first, second = likely_ratio(one), likely_ratio(scaled)
    assert (first is None) == (second is None)
    if first is not None and second is not None:
        assert second.probability == pytest.approx(first.probability, rel=1e-6, abs=1e-9)


def test_a_spread_is_that_of_a_normal_distribution() -> None:
    assert math.isnan(spread_of([0.01] * 19))
    assert spread_of([-0.01, 0.01] * 20) == pytest.approx(0.014826)


def test_a_turnover_is_told_against_the_median_of_earlier_ones() -> None:
    assert turnover_of(200.0, [100.0, 1.0, 900.0]) == pytest.approx(math.log(2))
    assert all(math.isnan(one) for one in (turnover_of(0.0, [1.0]), turnover_of(1.0, []), turnover_of(1.0, [0.0])))
