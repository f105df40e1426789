"""Smaller targets in wild markets, in drawdowns and without confidence; never larger ones."""

from __future__ import annotations

import math
from typing import Any

import pytest
from fakes.sizing import EMPTY, INFY, bar
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from friday_core.domain.signals import Target
from friday_core.interfaces.risk_adjuster import RiskState
from friday_core.trading.adjusting import adjusted
from friday_plugins.risk_rules.risk_adjuster import Settings, SmallerTargets

DROPS = ({"drawdown": 0.05, "scale": 0.5}, {"drawdown": 0.1, "scale": 0.0})


def left(
    weight: float = 0.4, deepest: float = 0.0, *, columns: dict[str, float] | None = None, **settings: Any
) -> float | None:
    """The weight that the engine accepts from the adjuster."""
    adjuster = SmallerTargets(Settings(**settings))
    state = RiskState(drawdown=deepest / 2, deepest=deepest)
    target, _ = adjusted({"it": adjuster}, Target(INFY, weight, "why"), bar(**(columns or {})), EMPTY, state)
    return None if target is None else target.weight


@pytest.mark.parametrize(("volatility", "weight"), [(0.1, 0.4), (0.2, 0.4), (0.4, 0.2), (0.8, 0.1), (0.0, 0.4)])
def test_twice_the_calm_volatility_leaves_half(volatility: float, weight: float) -> None:
    assert left(volatility="vol", calm=0.2, columns={"vol": volatility}) == weight


@pytest.mark.parametrize(
    ("deepest", "weight"), [(0.0, 0.4), (0.0499, 0.4), (0.05, 0.2), (0.0999, 0.2), (0.1, 0.0), (0.9, 0.0)]
)
def test_the_deepest_drawdown_since_the_peak_counts(deepest: float, weight: float) -> None:
    assert left(deepest=deepest, drawdowns=DROPS) == weight


@pytest.mark.parametrize(("confidence", "weight"), [(1.0, 0.4), (1.5, 0.4), (0.5, 0.2), (0.3, 0.12), (0.29, 0.0)])
def test_the_confidence_scales_and_too_little_of_it_leaves_nothing(confidence: float, weight: float) -> None:
    found = left(confidence="sure", least_confidence=0.3, columns={"sure": confidence})
    assert found == pytest.approx(weight, rel=1e-15)


def test_what_is_set_multiplies() -> None:
    columns = {"vol": 0.4, "sure": 0.5}
    settings = {"volatility": "vol", "calm": 0.2, "drawdowns": DROPS, "confidence": "sure"}
    assert left(-0.8, 0.06, columns=columns, **settings) == -0.1


@pytest.mark.parametrize("unknown", [math.nan, -0.1])
def test_a_column_that_is_not_known_leaves_the_position_alone(unknown: float) -> None:
    assert left(volatility="vol", columns={"vol": unknown}) is None


def test_a_confidence_that_is_not_known_leaves_the_position_alone_and_a_negative_one_leaves_nothing() -> None:
    assert left(confidence="sure", columns={"sure": math.nan}) is None
    assert left(confidence="sure", columns={"sure": -0.1}) == 0.0


def test_the_columns_that_it_reads_are_declared() -> None:
    assert SmallerTargets(Settings(volatility="vol", confidence="sure")).inputs == ("vol", "sure")
    assert SmallerTargets(Settings(drawdowns=DROPS)).inputs == ()


def test_an_adjuster_that_would_adjust_nothing_is_refused() -> None:
    with pytest.raises(ValidationError, match="it would adjust nothing: set volatility, drawdowns or confidence"):
        Settings()


def test_steps_that_do_not_get_stricter_are_refused() -> None:
    with pytest.raises(ValidationError, match="each step needs a larger drawdown and a smaller scale"):
        Settings(drawdowns=tuple(reversed(DROPS)))


@given(
    st.floats(-5, 5),
    st.floats(0, 1),
    st.floats(allow_nan=True, allow_infinity=True),
    st.floats(allow_nan=True, allow_infinity=True),
)
def test_no_market_no_book_and_no_confidence_makes_a_target_larger(
    weight: float, deepest: float, volatility: float, confidence: float
) -> None:
    columns = {"vol": volatility, "sure": confidence}
    found = left(weight, deepest, columns=columns, volatility="vol", drawdowns=DROPS, confidence="sure")
    if found is not None:
        assert abs(found) <= abs(weight)
        assert found * weight >= 0.0
