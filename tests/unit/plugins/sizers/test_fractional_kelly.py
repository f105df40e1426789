"""A part of Kelly's share, known from closed forms, capped and never on the wrong side."""

from __future__ import annotations

import math
from typing import Any

import pytest
from fakes.sizing import EMPTY, INFY, bar
from hypothesis import given
from hypothesis import strategies as st

from friday_core.domain.signals import Signal, Target
from friday_plugins.sizers.fractional_kelly import FractionalKelly, Settings

FULL: dict[str, Any] = {"fraction": 1.0, "cap": 100.0}
ODDS: dict[str, Any] = {**FULL, "edge": "strength"}


def weight(strength: float, mu: float = 0.0, variance: float = 1.0, **settings: Any) -> float | None:
    sizer = FractionalKelly(Settings(**settings))
    target = sizer.size(Signal(INFY, strength), bar(expected_return=mu, variance=variance), EMPTY)
    return None if target is None else target.weight


def test_thorps_market_has_a_share_of_2_222() -> None:
    assert weight(1.0, 0.11, 0.15**2, risk_free=0.06, **FULL) == pytest.approx(0.05 / 0.0225, rel=1e-15)
    assert round(0.05 / 0.0225, 3) == 2.222


def test_a_coin_that_wins_53_times_in_100_has_a_share_of_6_hundredths() -> None:
    assert weight(0.06, **ODDS) == pytest.approx(0.06, rel=1e-14)


def test_a_win_that_pays_double_needs_less_of_a_chance() -> None:
    # p = 0.6, b = 2: 0.6 - 0.4 / 2 = 0.4.
    assert weight(0.2, payoff=2.0, **ODDS) == pytest.approx(0.4, rel=1e-14)


def test_odds_that_lose_in_the_long_run_get_nothing() -> None:
    # p = 0.6, b = 0.5: 0.6 - 0.4 / 0.5 is less than nothing.
    assert weight(0.2, payoff=0.5, **ODDS) == 0.0


def test_only_the_fraction_is_staked_up_to_the_cap() -> None:
    assert weight(1.0, 0.1, 0.25, fraction=0.25, cap=1.0) == 0.25 * 0.4
    assert weight(1.0, 0.1, 0.01, fraction=0.25, cap=0.2) == 0.2


def test_the_strength_scales_what_the_columns_say() -> None:
    assert weight(0.5, 0.1, 0.25, **FULL) == 0.2


def test_a_position_contributes_no_more_volatility_than_it_may() -> None:
    assert weight(1.0, 0.5, 0.25, most_volatility=0.1, **FULL) == 0.2


@pytest.mark.parametrize(("strength", "mu"), [(1.0, -0.1), (-1.0, 0.1), (1.0, 0.0)])
def test_an_edge_against_the_signal_is_no_position(strength: float, mu: float) -> None:
    assert weight(strength, mu, 0.04, allow_short=True) == 0.0


@pytest.mark.parametrize("settings", [{}, {"edge": "strength"}])
def test_a_short_needs_a_permission(settings: dict[str, Any]) -> None:
    assert weight(-1.0, -0.1, 0.04, **settings) == 0.0
    assert weight(-1.0, -0.1, 0.04, allow_short=True, **settings) == -0.25


@pytest.mark.parametrize(("mu", "variance"), [(math.nan, 0.04), (0.1, math.nan), (0.1, 0.0), (0.1, -1.0)])
def test_there_is_no_target_while_a_column_is_not_known(mu: float, variance: float) -> None:
    assert weight(1.0, mu, variance) is None


def test_a_flat_signal_needs_no_columns() -> None:
    assert FractionalKelly(Settings()).size(Signal(INFY, 0.0, "out"), bar(), EMPTY) == Target(INFY, 0.0, "out")


def test_only_what_is_read_is_declared() -> None:
    named = Settings(expected_return="mu", variance="var")
    assert FractionalKelly(named).inputs == ("mu", "var")
    assert FractionalKelly(Settings(edge="strength")).inputs == ()


@given(
    st.floats(-1, 1),
    st.floats(-10, 10),
    st.floats(1e-9, 10),
    st.fixed_dictionaries(
        {
            "fraction": st.floats(0.01, 1),
            "cap": st.floats(0.01, 2),
            "allow_short": st.booleans(),
            "edge": st.sampled_from(["columns", "strength"]),
            "payoff": st.floats(0.1, 5),
        }
    ),
)
def test_the_weight_is_on_the_signals_side_within_the_cap(
    strength: float, mu: float, variance: float, settings: dict[str, Any]
) -> None:
    found = weight(strength, mu, variance, **settings)
    assert found is not None
    assert found * strength >= 0.0
    assert abs(found) <= settings["cap"]
    assert found >= 0.0 or settings["allow_short"]
