"""What holds of every estimate."""

from __future__ import annotations

from dataclasses import replace

import pytest
from fakes.margins import NIFTY, book, day, future, option, share
from hypothesis import given
from hypothesis import strategies as st

from friday_core.market.margins.legs import Leg
from friday_core.market.margins.option_prices import black_76
from friday_core.market.margins.rows import Underlying

DAYS = ("2026-05-05", "2026-05-26")
CONTRACTS = [
    *(future(75, expiry, "index", product) for expiry in ("2026-05-26", "2026-06-30") for product in ("", "intraday")),
    *(
        option(75, strike, right, expiry)
        for strike in (21_000, 23_900, 24_500)
        for right in ("call", "put")
        for expiry in ("2026-05-26", "2026-06-30")
    ),
]
SHARES = [share(1), share(1, "intraday", "TCS.NSE"), share(1, "mtf", "SBIN.NSE")]
PREMIUMS = st.floats(0.0, 3_000.0).map(lambda price: round(price, 2))


@st.composite
def markets(draw: st.DrawFn) -> dict[Leg, float]:
    """Prices of everything, whatever they are to one another."""
    return {leg: draw(PREMIUMS) if leg.is_option else draw(st.integers(20_000, 28_000)) for leg in CONTRACTS}


@st.composite
def positions(draw: st.DrawFn) -> list[Leg]:
    chosen = draw(st.lists(st.sampled_from(CONTRACTS), unique=True, max_size=6))
    bought = draw(st.lists(st.sampled_from(SHARES), unique=True, max_size=2))
    lots, kind = st.integers(-4, 4).filter(bool), draw(st.sampled_from(Underlying))
    return [replace(leg, quantity=75 * draw(lots), contract=replace(leg.derivative, kind=kind)) for leg in chosen] + [
        replace(leg, quantity=draw(st.integers(1, 500))) for leg in bought
    ]


VOLATILITIES = st.floats(0.05, 1.2)


@given(st.sampled_from(DAYS), markets(), VOLATILITIES, positions())
def test_positions_together_ask_for_no_more_than_each_alone(
    on: str, market: dict[Leg, float], volatility: float, legs: list[Leg]
) -> None:
    margins = book(on, {**market, **dict.fromkeys(SHARES, 1_500), NIFTY: 24_000}, {NIFTY: volatility})
    together, apart = margins.margin_of(legs), [margins.margin_of([leg]) for leg in legs]
    assert together.total <= sum(one.total for one in apart)
    assert together.span <= sum(one.span for one in apart)


@given(st.sampled_from(DAYS), markets(), VOLATILITIES, positions())
def test_no_part_is_negative(on: str, market: dict[Leg, float], volatility: float, legs: list[Leg]) -> None:
    margins = book(on, {**market, **dict.fromkeys(SHARES, 1_500), NIFTY: 24_000}, {NIFTY: volatility})
    found = margins.margin_of(legs)
    assert min(found.total, found.received, *found.parts.values()) >= 0
    assert found.total == sum(found.parts.values())


@given(markets(), VOLATILITIES, st.sampled_from(CONTRACTS), st.integers(1, 20), st.integers(1, 20))
def test_a_bare_sale_asks_for_more_the_larger_it_is(
    market: dict[Leg, float], volatility: float, leg: Leg, lots: int, more: int
) -> None:
    margins = book(DAYS[0], {**market, NIFTY: 24_000}, {NIFTY: volatility})
    small, large = (margins.margin_of([replace(leg, quantity=-75 * n)]) for n in (lots, lots + more))
    assert large.total > small.total
    assert large.span >= small.span


@given(st.sampled_from(DAYS), markets(), VOLATILITIES, st.sampled_from(CONTRACTS), st.sampled_from(CONTRACTS[4:]))
def test_a_bought_option_beside_a_sale_asks_for_no_more_than_its_premium(
    on: str, market: dict[Leg, float], volatility: float, sold: Leg, hedge: Leg
) -> None:
    if sold.instrument.id == hedge.instrument.id:
        return
    margins = book(on, {**market, NIFTY: 24_000}, {NIFTY: volatility})
    bare = margins.margin_of([replace(sold, quantity=-75)])
    hedged = margins.margin_of([replace(sold, quantity=-75), hedge])
    assert hedged.span <= bare.span
    assert hedged.total <= bare.total + hedged.premium


@given(st.sampled_from(DAYS), markets(), VOLATILITIES, positions(), st.sampled_from(CONTRACTS))
def test_an_order_and_its_opposite_leave_things_as_they_were(
    on: str, market: dict[Leg, float], volatility: float, legs: list[Leg], order: Leg
) -> None:
    kinds = [leg.contract.kind for leg in legs if leg.contract is not None]
    order = replace(order, contract=replace(order.derivative, kind=kinds[0] if kinds else Underlying.INDEX))
    margins = book(on, {**market, **dict.fromkeys(SHARES, 1_500), NIFTY: 24_000}, {NIFTY: volatility})
    there = margins.order_margin(order, legs)
    back = margins.order_margin(replace(order, quantity=-order.quantity), [*legs, order])
    assert (there.added, there.released) == (back.released, back.added)


@pytest.mark.parametrize("sign", [1, -1])
def test_a_spread_whose_prices_are_fair_asks_for_no_more_than_its_width(sign: int) -> None:
    right = "call" if sign > 0 else "put"
    sold, bought = (option(q, k, right, "2026-05-26") for q, k in ((-75, 24_000), (75, 24_000 + 100 * sign)))
    deviation = 0.12 * sold.derivative.years(day("2026-05-05")) ** 0.5
    fair = [round(black_76(24_000, strike, deviation, sign), 2) for strike in (24_000, 24_000 + 100 * sign)]
    margins = book("2026-05-05", {NIFTY: 24_000, sold: fair[0], bought: fair[1]}, {NIFTY: 0.12}, cushion=0)
    assert 75 * 99_00 < margins.margin_of([sold, bought]).span <= 75 * 100_01
    assert margins.margin_of([sold]).span > 15 * 75 * 100_00


def test_more_volatility_never_asks_for_less_of_a_sold_option() -> None:
    sold = option(-75, 25_000, "call", "2026-05-26")
    spans = [
        book("2026-05-05", {NIFTY: 24_000, sold: 100}, {NIFTY: volatility}).margin_of([sold]).span
        for volatility in (0.2, 0.3, 0.4, 0.6)
    ]
    assert spans == sorted(spans)
    assert len(set(spans)) == 4
