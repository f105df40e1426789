"""The Turtles' unit: an average true range costs every position the same."""

from __future__ import annotations

import math
from typing import Any

import pytest
from fakes.sizing import EMPTY, INFY, bar
from hypothesis import given
from hypothesis import strategies as st

from friday_core.domain.instruments import Instrument, InstrumentId
from friday_core.domain.signals import Signal, Target
from friday_core.trading.sizing import quantity_for_weight
from friday_plugins.sizers.atr_unit import AtrUnit, Settings


def sized(strength: float, close: float, atr: float, **settings: Any) -> Target | None:
    return AtrUnit(Settings(**settings)).size(Signal(INFY, strength, "why"), bar(close, atr=atr), EMPTY)


def test_the_turtles_heating_oil_unit_is_16_contracts() -> None:
    # 1% of 1,000,000 dollars at N = 0.0141 dollars a gallon: 16.88 contracts of 42,000 gallons.
    target = sized(1.0, 0.8, 0.0141, risk=0.01, cap=10)
    assert target is not None
    oil = Instrument(InstrumentId("HO", "NYMEX"), "USD", 4, lot_size=42_000, kind="future")
    assert quantity_for_weight(target.ppm, 100_000_000, 8_000, oil) == 16 * 42_000


def test_the_weight_is_the_risk_times_the_price_in_ranges() -> None:
    assert sized(1.0, 100.0, 5.0, risk=0.01) == Target(INFY, 0.2, "why")
    assert sized(-0.5, 100.0, 5.0, risk=0.01) == Target(INFY, -0.1, "why")


def test_the_cap_holds_however_narrow_the_range() -> None:
    assert sized(1.0, 100.0, 0.001, cap=0.3) == Target(INFY, 0.3, "why")
    assert sized(-0.5, 100.0, 5e-324, cap=0.3) == Target(INFY, -0.15, "why")


@pytest.mark.parametrize("atr", [math.nan, 0.0, -1.0])
def test_there_is_no_target_while_the_range_is_not_known(atr: float) -> None:
    assert sized(1.0, 100.0, atr) is None


def test_a_flat_signal_needs_no_range() -> None:
    assert sized(0.0, 100.0, math.nan) == Target(INFY, 0.0, "why")


def test_the_column_is_declared_under_the_name_that_is_set() -> None:
    assert AtrUnit(Settings()).inputs == ("atr",)
    assert AtrUnit(Settings(column="range")).inputs == ("range",)


@given(st.floats(0.01, 1e6), st.floats(0.001, 1e5), st.floats(0.001, 1.0), st.floats(0.01, 1e3))
def test_a_move_of_one_range_costs_the_risk_at_most(close: float, atr: float, risk: float, cap: float) -> None:
    target = sized(1.0, close, atr, risk=risk, cap=cap)
    assert target is not None
    assert target.weight * atr / close <= risk * (1 + 1e-12)
