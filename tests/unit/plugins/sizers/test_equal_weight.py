"""The same share of equity for every instrument."""

from __future__ import annotations

from typing import Any

import pytest
from fakes.bars import UNIVERSE
from fakes.sizing import EMPTY, INFY, bar

from friday_core.domain.chunk import Universe
from friday_core.domain.signals import Signal, Target
from friday_plugins.sizers.equal_weight import EqualWeight, Settings


def weight(strength: float, universe: Universe = UNIVERSE, **settings: Any) -> float:
    return EqualWeight(Settings(**settings), universe).size(Signal(INFY, strength), bar(), EMPTY).weight


def test_the_instruments_of_the_run_share_the_equity() -> None:
    assert len(UNIVERSE) == 3
    assert weight(1.0) == 1 / 3


def test_positions_that_are_named_share_the_equity_instead() -> None:
    assert weight(1.0, positions=8) == 0.125


@pytest.mark.parametrize(("strength", "expected"), [(0.5, 0.05), (-1.0, -0.1), (0.0, 0.0)])
def test_the_strength_scales_the_share(strength: float, expected: float) -> None:
    assert weight(strength, positions=10) == expected


def test_less_or_more_than_the_equity_may_be_invested() -> None:
    assert weight(1.0, positions=4, invested=0.5) == 0.125
    assert weight(1.0, positions=4, invested=2.0) == 0.5


def test_the_reason_is_kept() -> None:
    target = EqualWeight(Settings(positions=2), UNIVERSE).size(Signal(INFY, 1.0, "up"), bar(), EMPTY)
    assert target == Target(INFY, 0.5, "up")
