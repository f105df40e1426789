"""Signals, targets and cancels: what cannot be meant is refused where it is written."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from friday_core.domain.instruments import Instrument, InstrumentId
from friday_core.domain.orders import Order, Side
from friday_core.domain.signals import Cancel, Signal, Target

INFY = InstrumentId("INFY", "NSE")


@pytest.mark.parametrize("strength", [-1.0, 0.0, 1.0, 1, np.float64(0.5), np.float32(0.5), np.int64(1)])
def test_a_strength_is_a_plain_float(strength: Any) -> None:
    signal = Signal(INFY, strength)
    assert (type(signal.strength), signal.strength) == (float, float(strength))


@pytest.mark.parametrize("strength", [1.0000001, -1.1, 2])
def test_a_strength_beyond_one_is_refused(strength: float) -> None:
    with pytest.raises(ValueError, match=r"signal for INFY\.NSE: strength .* is not in \[-1, 1\]"):
        Signal(INFY, strength)


@pytest.mark.parametrize("kind", [Signal, Target])
@pytest.mark.parametrize("number", [float("nan"), float("inf"), np.float64("nan")])
def test_a_number_that_is_not_finite_is_refused(kind: Callable[..., object], number: float) -> None:
    with pytest.raises(ValueError, match=r"for INFY\.NSE: .* is not finite"):
        kind(INFY, number)


@pytest.mark.parametrize("kind", [Signal, Target])
@pytest.mark.parametrize("number", [None, "much", [0.5]])
def test_what_is_no_number_is_refused(kind: Callable[..., object], number: Any) -> None:
    with pytest.raises(ValueError, match=r"for INFY\.NSE: .* is not a number"):
        kind(INFY, number)


def test_a_weight_in_the_wrong_unit_is_refused() -> None:
    assert Target(INFY, -1_000.0).weight == -1_000.0
    with pytest.raises(ValueError, match=r"weight 50000\.0 is more than 1000"):
        Target(INFY, 50_000)


@pytest.mark.parametrize(
    ("weight", "ppm"),
    [(0.1, 100_000), (-0.25, -250_000), (1 / 3, 333_333), (2 / 3, 666_667), (5e-7, 0), (1.5e-6, 2), (2.5e-6, 2)],
)
def test_a_weight_in_parts_per_million_is_rounded_half_even(weight: float, ppm: int) -> None:
    assert Target(INFY, weight).ppm == ppm


@pytest.mark.parametrize(
    "make",
    [
        lambda one: Signal(one, 1.0),
        lambda one: Target(one, 1.0),
        Cancel,
        lambda one: Order(one, Side.BUY, 1),
    ],
)
@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ("INFY.NSE", r"^'INFY\.NSE' is not an InstrumentId$"),
        (Instrument(INFY, "INR"), r"is not an InstrumentId, write bar\.instrument\.id$"),
    ],
)
def test_a_decision_names_its_instrument_by_id(make: Callable[[Any], object], wrong: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make(wrong)
