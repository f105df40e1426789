"""Smaller positions in wilder instruments."""

from __future__ import annotations

import math

import pytest
from fakes.sizing import EMPTY, INFY, bar

from friday_core.domain.signals import Signal, Target
from friday_plugins.sizers.volatility_target import Settings, VolatilityTarget


def sized(strength: float, volatility: float) -> Target | None:
    sizer = VolatilityTarget(Settings(target=0.05, cap=0.25))
    return sizer.size(Signal(INFY, strength, "why"), bar(volatility=volatility), EMPTY)


@pytest.mark.parametrize(
    ("strength", "volatility", "weight"),
    [(1.0, 0.4, 0.125), (-0.5, 0.4, -0.0625), (1.0, 0.2, 0.25), (1.0, 0.1, 0.25), (0.0, math.nan, 0.0)],
)
def test_the_weight_is_the_target_in_volatilities_up_to_the_cap(
    strength: float, volatility: float, weight: float
) -> None:
    assert sized(strength, volatility) == Target(INFY, weight, "why")


@pytest.mark.parametrize("volatility", [math.nan, 0.0])
def test_there_is_no_target_while_the_volatility_is_not_known(volatility: float) -> None:
    assert sized(1.0, volatility) is None
