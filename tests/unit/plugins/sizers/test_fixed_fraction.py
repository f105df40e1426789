"""The same share of equity for every full-strength signal."""

from __future__ import annotations

import pytest
from fakes.sizing import EMPTY, INFY, bar

from friday_core.domain.signals import Signal, Target
from friday_plugins.sizers.fixed_fraction import FixedFraction, Settings


@pytest.mark.parametrize(("strength", "weight"), [(1.0, 0.2), (-0.5, -0.1), (0.0, 0.0)])
def test_the_weight_is_the_fraction_times_the_strength(strength: float, weight: float) -> None:
    target = FixedFraction(Settings(fraction=0.2)).size(Signal(INFY, strength, "why"), bar(), EMPTY)
    assert target == Target(INFY, weight, "why")
