"""The arithmetic of fills: what holds for all numbers, and that it is the same compiled to 64 bits."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from fractions import Fraction
from types import FunctionType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from friday_core.simulation import fill_rules as fills
from friday_core.simulation.fill_rules import BUY, NO_PRICE, PPM, SELL

MOST = 2**59
sides = st.sampled_from([BUY, SELL])
amounts = st.one_of(st.integers(0, MOST), st.integers(0, 10_000_000))
shares = st.integers(0, PPM)
ticks = st.integers(1, 10_000)
near = st.integers(900, 1_100)
maybe_near = st.one_of(st.just(NO_PRICE), near)


@st.composite
def bars(draw: st.DrawFn) -> tuple[int, int, int, int]:
    """Open, high, low and close."""
    low, one, other, high = sorted(draw(st.tuples(near, near, near, near)))
    opened, close = (one, other) if draw(st.booleans()) else (other, one)
    return opened, high, low, close


# --- shares and ticks ---------------------------------------------------------------------------


@given(amounts, shares)
def test_a_share_is_exact_and_rounded_to_either_side(value: int, ppm: int) -> None:
    exact = Fraction(value * ppm, PPM)
    assert (fills.share_down(value, ppm), fills.share_up(value, ppm)) == (math.floor(exact), math.ceil(exact))


@given(amounts, amounts)
def test_a_part_in_parts_per_million_is_exact_and_never_more_than_the_whole(part: int, whole: int) -> None:
    expected = PPM if part >= whole else part * PPM // whole
    assert fills.ppm_of(part, whole) == expected


@given(amounts, ticks)
def test_whole_ticks_are_the_nearest_on_either_side(price: int, tick: int) -> None:
    down, up = fills.ticks_down(price, tick), fills.ticks_up(price, tick)
    assert (down % tick, up % tick) == (0, 0)
    assert price - tick < down <= price <= up < price + tick


@pytest.mark.parametrize(
    ("volume", "whole"), [(0.0, 0), (-1.0, 0), (math.nan, 0), (math.inf, 0), (10.9, 10), (0.5, 0), (1e300, MOST)]
)
def test_a_volume_is_whole_and_nothing_where_it_is_not_known(volume: float, whole: int) -> None:
    assert fills.whole_volume(volume) == whole


# --- prices -------------------------------------------------------------------------------------


@given(sides, bars(), maybe_near, st.one_of(st.none(), near))
def test_before_slippage_a_price_lies_in_the_bar_and_within_the_bound(
    side: int, bar: tuple[int, int, int, int], bound: int, trigger: int | None
) -> None:
    opened, high, low, _ = bar
    price = opened
    if trigger is not None and fills.is_touched(side, trigger, high, low):
        price = fills.stop_price(side, opened, trigger)
    asked = fills.asked_price(side, price, bound, high, low)
    if asked != NO_PRICE:
        assert low <= asked <= high
        assert bound == NO_PRICE or side * asked <= side * bound


@given(sides, bars(), near, near)
def test_who_bids_more_trades_whenever_who_bids_less_does(
    side: int, bar: tuple[int, int, int, int], one: int, other: int
) -> None:
    opened, high, low, _ = bar
    tight, loose = sorted((one, other), key=lambda limit: side * limit)
    if fills.asked_price(side, opened, tight, high, low) != NO_PRICE:
        assert fills.asked_price(side, opened, loose, high, low) != NO_PRICE


@given(sides, bars(), near)
def test_an_order_with_a_limit_trades_through_it_at_the_better_of_open_and_limit(
    side: int, bar: tuple[int, int, int, int], limit: int
) -> None:
    opened, high, low, _ = bar
    best = low if side == BUY else high
    asked = fills.asked_price(side, opened, limit, high, low)
    assert (asked != NO_PRICE) == (side * best < side * limit)
    assert asked in {NO_PRICE, (min if side == BUY else max)(opened, limit)}


@given(sides, near, st.integers(0, 500), ticks, st.integers(0, 5))
def test_slippage_is_against_the_trader_in_whole_ticks_and_no_more_than_was_asked_for(
    side: int, price: int, units: int, tick: int, count: int
) -> None:
    worse = side * (fills.slipped(side, price, units, tick, count) - price)
    most = count * tick + fills.ticks_up(units, tick)
    if side == BUY:
        assert worse == most
    else:
        assert fills.slipped(side, price, units, tick, count) == max(price - most, tick)


@given(near, shares, shares, shares)
def test_impact_grows_with_the_share_of_the_volume(price: int, one: int, other: int, impact: int) -> None:
    less, more = sorted((one, other))
    assert fills.impact_slip(price, less, impact) <= fills.impact_slip(price, more, impact) <= price


def test_impact_is_that_of_ziplines_formula() -> None:
    # volume_share ** 2 * price_impact * price: 0.025 ** 2 * 0.1 * 1,600,000 = 100. Of 62.5 millionths of the price
    # 62 are kept, which are 99.2.
    assert fills.impact_slip(1_600_000, 25_000, 100_000) == 100
    # A tenth of the volume: 0.01 * 0.1 * 100,000.
    assert fills.impact_slip(100_000, 100_000, 100_000) == 100


@given(sides, near, shares, ticks)
def test_a_protection_is_in_whole_ticks_and_never_farther_than_it_says(
    side: int, reference: int, ppm: int, tick: int
) -> None:
    bound = fills.protected_bound(side, reference, ppm, tick)
    if ppm == 0:
        assert bound == NO_PRICE
        return
    assert bound % tick == 0
    farther = side * bound - side * reference > Fraction(reference * ppm, PPM)
    assert not farther or (side == SELL and bound == tick)


# --- bands --------------------------------------------------------------------------------------


@given(st.integers(1, 10**7), st.integers(1, PPM), ticks)
def test_bands_are_the_outermost_ticks_that_the_share_allows(close: int, band: int, tick: int) -> None:
    lower, upper = fills.lower_band(close, band, tick), fills.upper_band(close, band, tick)
    away = close * band // PPM
    assert lower == max(math.ceil((close - away) / tick) * tick, tick)
    assert upper == max((close + away) // tick * tick, tick)


@given(sides, bars(), maybe_near, maybe_near)
def test_nothing_trades_beyond_a_band(side: int, bar: tuple[int, int, int, int], one: int, other: int) -> None:
    lower, upper = sorted((one, other))
    if lower == NO_PRICE:
        return
    opened, high, low, _ = bar
    if fills.can_trade(side, opened, lower, upper, high == low):
        assert lower <= opened <= upper
        price = fills.slipped(side, opened, 0, 5, 3)
        assert lower <= fills.bounded(side, price, upper if side == BUY else lower) <= upper


def test_at_a_locked_bar_only_those_who_wait_there_do_not_trade() -> None:
    told = {
        (side, price): fills.can_trade(side, price, 950, 1_050, True) for side in (BUY, SELL) for price in (950, 1_050)
    }
    assert told == {(BUY, 950): True, (BUY, 1_050): False, (SELL, 950): False, (SELL, 1_050): True}


# --- time ---------------------------------------------------------------------------------------


def test_an_order_has_arrived_before_a_slice_that_opens_after_it() -> None:
    assert [fills.has_arrived(100, before, 1, 1) for before in (99, 100, 101)] == [False, True, True]
    assert fills.has_arrived(100, 50, 1, 2)


@pytest.mark.parametrize(
    ("validity", "over"),
    [(fills.DAY, [False, True]), (fills.AT_CLOSE, [False, True]), (fills.GTC, [False, False])],
)
def test_an_order_is_over_with_its_session_unless_it_is_good_till_cancelled(validity: int, over: list[bool]) -> None:
    assert [fills.is_over(validity, True, 5, 0, session) for session in (5, 6)] == over
    assert not fills.is_over(validity, False, -1, 0, 6)


def test_one_that_is_good_till_a_date_is_over_after_it_whether_it_opened_or_not() -> None:
    assert [fills.is_over(fills.GTD, opened, -1, 6, day) for day in (6, 7) for opened in (True, False)] == [
        False, False, True, True
    ]  # fmt: skip


# --- compiled -----------------------------------------------------------------------------------


FUNCTIONS = {name: one for name, one in vars(fills).items() if isinstance(one, FunctionType)}
_KINDS: dict[str, Any] = {
    "side": sides,
    "is_open": st.booleans(),
    "is_locked": st.booleans(),
    "validity": st.sampled_from([fills.DAY, fills.GTC, fills.GTD, fills.AT_CLOSE]),
    "bound": st.one_of(st.just(NO_PRICE), amounts),
    "volume": amounts,
    "tick": ticks,
    "lot": ticks,
    "ticks": st.integers(0, 1_000),
    "whole": amounts,
}


def _argument(name: str) -> st.SearchStrategy[Any]:
    return _KINDS.get(name, shares if name.endswith("ppm") else amounts)


@pytest.fixture(scope="module")
def compiled() -> dict[str, Callable[..., Any]]:
    """The same functions as they stand, compiled, calling one another compiled."""
    numba = pytest.importorskip("numba", reason="the compiler is not installed")
    space: dict[str, Any] = {"__name__": "compiled_fill_rules"}
    exec(compile(inspect.getsource(fills), "fill_rules", "exec"), space)
    for name in FUNCTIONS:
        space[name] = numba.njit(space[name])
    return {name: space[name] for name in FUNCTIONS}


@settings(deadline=None)
@given(data=st.data())
def test_compiled_they_give_the_same_up_to_the_largest_numbers(
    data: st.DataObject, compiled: dict[str, Callable[..., Any]]
) -> None:
    for name, function in FUNCTIONS.items():
        if name == "whole_volume":
            arguments = [data.draw(st.floats())]
        else:
            arguments = [data.draw(_argument(one)) for one in inspect.signature(function).parameters]
        assert compiled[name](*arguments) == function(*arguments), (name, arguments)
