"""Flat charges, worked by hand."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from friday_core.domain.orders import Side
from friday_plugins.charges.flat_bps import FlatBps, friday_components


def charged(bps: float, notional: int, side: Side = Side.BUY) -> int:
    return FlatBps(FlatBps.Settings(bps=bps)).charges(side, 10, notional)


def test_a_basis_point_is_a_ten_thousandth() -> None:
    assert charged(1.0, 1_000_000) == 100


def test_three_basis_points_are_the_default() -> None:
    assert FlatBps(FlatBps.Settings()).charges(Side.BUY, 1, 1_000_000) == 300


@pytest.mark.parametrize("side", Side)
def test_both_sides_pay(side: Side) -> None:
    assert charged(2.0, 1_000_000, side) == 200


@pytest.mark.parametrize(("notional", "expected"), [(5_000, 0), (5_001, 1), (15_000, 2), (25_000, 2), (25_001, 3)])
def test_charges_are_rounded_half_even(notional: int, expected: int) -> None:
    assert charged(1.0, notional) == expected


def test_hundredths_of_a_basis_point_are_exact() -> None:
    # 0.29 * 100 is 28.999999999999996 in floating point
    assert charged(0.29, 1_000_000_000_000) == 29_000_000


def test_an_amount_beyond_a_float_is_exact() -> None:
    assert charged(10_000.0, 10**20 + 1) == 10**20 + 1


def test_nothing_may_be_charged() -> None:
    assert charged(0.0, 1_000_000) == 0


def test_finer_than_a_hundredth_is_refused() -> None:
    with pytest.raises(ValidationError, match=r"0\.005 basis points are finer than a hundredth of one"):
        FlatBps.Settings(bps=0.005)


@pytest.mark.parametrize("bps", [-0.01, 10_000.01, float("nan"), float("inf")])
def test_charges_lie_between_nothing_and_the_whole_notional(bps: float) -> None:
    with pytest.raises(ValidationError, match=r"(less than or equal to 10000|greater than or equal to 0)"):
        FlatBps.Settings(bps=bps)


def test_it_is_registered_with_its_settings() -> None:
    [spec] = friday_components()
    assert (spec.key, spec.factory, spec.settings, dict(spec.requires)) == (
        "charges.flat_bps", FlatBps, FlatBps.Settings, {},
    )  # fmt: skip
