"""Models of option prices against closed forms, and what holds of every price."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from friday_core.market.margins.option_prices import bachelier, black_76, cumulative, implied_volatility

forwards = st.floats(1.0, 50_000.0)
ratios = st.floats(0.5, 2.0)
deviations = st.floats(0.001, 2.0)


def test_at_the_money_black_76_is_the_mass_within_half_a_deviation() -> None:
    # F (2 Phi(s / 2) - 1), Phi(0.1) = 0.539827837277029
    assert black_76(100.0, 100.0, 0.2, 1) == pytest.approx(7.965567455405804, rel=1e-12)


def test_at_the_money_bachelier_is_the_deviation_over_the_root_of_two_pi() -> None:
    assert bachelier(100.0, 100.0, 20.0, -1) == pytest.approx(20.0 * 0.3989422804014327, rel=1e-12)


def test_bachelier_values_a_call_on_a_negative_price() -> None:
    # d = -1: s (phi(1) - Phi(-1)) = 30 (0.24197072451914337 - 0.15865525393145707)
    assert bachelier(-20.0, 10.0, 30.0, 1) == pytest.approx(2.499464117630590, rel=1e-12)


@given(forwards, ratios, deviations)
def test_a_call_less_a_put_is_the_forward_less_the_strike(forward: float, ratio: float, deviation: float) -> None:
    strike = forward * ratio
    for model, unit in ((black_76, 1.0), (bachelier, forward)):
        call, put = (model(forward, strike, deviation * unit, sign) for sign in (1, -1))
        assert call - put == pytest.approx(forward - strike, abs=1e-8 * forward)


@given(forwards, ratios, deviations, st.sampled_from([1, -1]))
def test_an_option_is_never_below_its_exercise(forward: float, ratio: float, deviation: float, sign: int) -> None:
    strike = forward * ratio
    assert black_76(forward, strike, deviation, sign) >= max(0.0, sign * (forward - strike)) - 1e-9 * forward


@pytest.mark.parametrize(("forward", "deviation"), [(-5.0, 0.2), (0.0, 0.2), (80.0, 0.0)])
def test_without_time_or_above_zero_an_option_is_what_exercise_brings(forward: float, deviation: float) -> None:
    assert black_76(forward, 100.0, deviation, -1) == 100.0 - forward
    assert black_76(forward, 100.0, deviation, 1) == 0.0


def test_the_tails_keep_their_digits() -> None:
    assert cumulative(-10.0) == pytest.approx(7.61985302416e-24, rel=1e-10)


@given(st.floats(0.05, 1.5), st.floats(0.8, 1.25), st.floats(0.02, 1.0), st.sampled_from([1, -1]))
def test_the_implied_volatility_gives_the_price_back(volatility: float, ratio: float, years: float, sign: int) -> None:
    price = black_76(100.0, 100.0 * ratio, volatility * math.sqrt(years), sign)
    floor = max(0.0, sign * (100.0 - 100.0 * ratio))
    if price - floor > 1e-6:
        found = implied_volatility(price, 100.0, 100.0 * ratio, years, sign)
        assert black_76(100.0, 100.0 * ratio, found * math.sqrt(years), sign) == pytest.approx(price, rel=1e-9)


@pytest.mark.parametrize(("price", "years"), [(20.0, 0.1), (130.0, 0.1), (30.0, 0.0)])
def test_a_price_that_no_volatility_gives_is_refused(price: float, years: float) -> None:
    with pytest.raises(ValueError, match=r"no volatility gives .* between 20\.0 and 120\.0"):
        implied_volatility(price, 120.0, 100.0, years, 1)
