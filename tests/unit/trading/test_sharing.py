"""What orders of one slice share: one scale for all, whatever their names, and no limit is passed in the end."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from friday_core.domain.instruments import Instrument, InstrumentId
from friday_core.domain.orders import Order, OrderType, Side
from friday_core.plugin.sections import RiskSettings
from friday_core.trading.exposure import Claim, Exposure
from friday_core.trading.limits import PPM, Limits
from friday_core.trading.sharing import Sharing

NAMES = "ABCDEFGH"
#: 1,000 rupees in paise.
THOUSAND = 100_000


def claim(
    adding: int, name: str = "A", *, reducing: int = 0, price: int = 100, lot: int = 1, priced: bool = False
) -> Claim:
    """Signed counts at one rupee, held and bought at the same price; a market order unless it is ``priced``."""
    side = Side.BUY if adding + reducing > 0 else Side.SELL
    instrument = Instrument(InstrumentId(name, "NSE"), "INR", lot_size=lot)
    kind = OrderType.LIMIT if priced else OrderType.MARKET
    order = Order(instrument.id, side, max(1, abs(adding + reducing)), kind, limit_price=price if priced else None)
    return Claim(order, instrument, price, price, abs(reducing), abs(adding))


def cost_of(instrument: Instrument, side: Side, price: int, quantity: int) -> int:
    """Charges of 3 paise and a thousandth."""
    notional = instrument.notional(price, quantity)
    return side.sign * notional + 3 + notional // 1_000


def free(instrument: Instrument, side: Side, price: int, quantity: int) -> int:
    """No charges."""
    return side.sign * instrument.notional(price, quantity)


def limits(**risk: Any) -> Limits:
    margin = risk.pop("margin", False)
    return Limits.of(RiskSettings(**{"max_gross_exposure": None, "cash_buffer": 0.0, **risk}), "INR", margin=margin)


def shared(claims: Sequence[Claim], exposure: Exposure, *, costs: Any = free, **risk: Any) -> list[tuple[int, str]]:
    """Signed quantities that are left, with their codes."""
    rulings = Sharing(limits(**risk), exposure, claims, costs).rulings()
    return [
        (one.order.side.sign * ruling.quantity, str(ruling.code)) for one, ruling in zip(claims, rulings, strict=True)
    ]


def book(cash: int = THOUSAND, equity: int = THOUSAND, **positions: int) -> Exposure:
    """A book that holds these values."""
    net = sum(positions.values())
    worth = {InstrumentId(name, "NSE"): abs(value) for name, value in positions.items()}
    return Exposure(equity, cash, sum(worth.values()), net, net, 0, worth)


# Cash -------------------------------------------------------------------------------------------


def test_five_buys_that_exceed_the_cash_are_scaled_together() -> None:
    # 400 + 4 x 300 = 1,600 rupees are wanted, 1,000 are there: five eighths of each.
    claims = [claim(400, "A"), *(claim(300, name) for name in "BCDE")]
    assert shared(claims, book()) == [(250, "CLIPPED_CASH"), *[(187, "CLIPPED_CASH")] * 4]


def test_buys_that_the_cash_pays_for_stay_as_they_are() -> None:
    claims = [claim(500, "A"), claim(500, "B")]
    assert shared(claims, book()) == [(500, ""), (500, "")]


def test_the_buffer_and_the_charges_are_reserved_beside_the_price() -> None:
    # With 2% each share is reserved at 1.02 rupees, and 3 paise and a thousandth of charges an order.
    claims = [claim(600, "A"), claim(600, "B")]
    (first, _), (second, _) = shared(claims, book(), costs=cost_of, cash_buffer=0.02)
    reserved = sum(cost_of(claims[0].instrument, Side.BUY, 102, quantity) for quantity in (first, second))
    assert (first, second, reserved) == (489, 489, 99_860)


def test_what_sells_will_bring_pays_for_buys_of_the_slice() -> None:
    claims = [claim(0, "A", reducing=-400), claim(600, "B")]
    assert shared(claims, book(cash=20_000)) == [(-400, ""), (600, "")]


def test_a_sell_with_a_price_brings_nothing_before_it_fills() -> None:
    claims = [claim(0, "A", reducing=-400, priced=True), claim(600, "B")]
    assert shared(claims, book(cash=20_000)) == [(-400, ""), (200, "CLIPPED_CASH")]


def test_closing_a_short_is_paid_before_anything_is_bought() -> None:
    claims = [claim(0, "A", reducing=700), claim(600, "B")]
    assert shared(claims, book()) == [(700, ""), (300, "CLIPPED_CASH")]
    assert shared(claims, book(cash=60_000)) == [(700, ""), (0, "CLIPPED_CASH")]


def test_lots_are_rounded_down_and_what_that_leaves_stays_cash() -> None:
    claims = [claim(600, "A", lot=75), claim(600, "B", lot=75)]
    assert shared(claims, book()) == [(450, "CLIPPED_CASH"), (450, "CLIPPED_CASH")]


# Exposure ---------------------------------------------------------------------------------------


def test_gross_exposure_scales_longs_and_shorts_alike() -> None:
    claims = [claim(-800, "A"), claim(800, "B")]
    left = shared(claims, book(), max_gross_exposure=1.0)
    assert left == [(-500, "GROSS_EXPOSURE"), (500, "GROSS_EXPOSURE")]


def test_what_market_orders_close_makes_room_in_the_same_slice() -> None:
    claims = [claim(0, "A", reducing=-1_000), claim(1_000, "B")]
    assert shared(claims, book(A=THOUSAND), max_gross_exposure=1.0) == [(-1_000, ""), (1_000, "")]


def test_a_reversal_with_a_price_makes_room_for_itself_and_for_nobody_else() -> None:
    reversal, other = claim(-1_000, "A", reducing=-1_000, priced=True), claim(100, "B")
    exposure = book(A=THOUSAND)
    assert shared([reversal], exposure, max_gross_exposure=1.0) == [(-2_000, "")]
    assert shared([other], exposure, max_gross_exposure=1.0) == [(0, "GROSS_EXPOSURE")]


@pytest.mark.parametrize("sign", [1, -1])
def test_net_exposure_cuts_the_side_that_is_too_large(sign: int) -> None:
    claims = [claim(sign * 700, "A"), claim(sign * 300, "B"), claim(-sign * 500, "C")]
    left = shared(claims, book(cash=10 * THOUSAND), max_net_exposure=0.1)
    assert left == [(sign * 420, "NET_EXPOSURE"), (sign * 180, "NET_EXPOSURE"), (-sign * 500, "")]


def test_a_pair_passes_a_net_limit_that_neither_leg_would_pass_alone() -> None:
    pair = [claim(-500, "A"), claim(500, "B")]
    assert shared(pair, book(), max_net_exposure=0.0) == [(-500, ""), (500, "")]
    assert shared(pair[1:], book(), max_net_exposure=0.1) == [(100, "NET_EXPOSURE")]


def test_a_leg_with_a_price_hedges_nothing_before_it_fills() -> None:
    pair = [claim(-500, "A", priced=True), claim(500, "B")]
    assert shared(pair, book(), max_net_exposure=0.1) == [(-200, "NET_EXPOSURE"), (100, "NET_EXPOSURE")]


def test_limits_hold_in_the_end_though_one_cut_makes_another_necessary() -> None:
    # 1,000 rupees pay for 500 of the long leg's 1,000; the short leg then has to follow to stay neutral.
    pair = [claim(-1_000, "A"), claim(1_000, "B")]
    assert shared(pair, book(cash=50_000), max_net_exposure=0.0) == [(-500, "NET_EXPOSURE"), (500, "CLIPPED_CASH")]


# Concentration ----------------------------------------------------------------------------------


def test_concentration_brings_the_largest_positions_down_to_one_value() -> None:
    claims = [claim(600, "A"), claim(300, "B"), claim(100, "C")]
    left = shared(claims, book(), max_concentration=0.5, concentration_positions=2)
    assert left == [(250, "CONCENTRATION"), (250, "CONCENTRATION"), (100, "")]


def test_concentration_counts_what_is_held_and_sells_none_of_it() -> None:
    exposure = book(A=60_000)
    risk = {"max_concentration": 0.5, "concentration_positions": 1}
    assert shared([claim(10, "A"), claim(100, "B")], exposure, **risk) == [(0, "CONCENTRATION"), (100, "")]
    # 600 are held and 500 are the limit: another position may be as large as the largest is.
    assert shared([claim(700, "B")], exposure, **risk) == [(600, "CONCENTRATION")]


def test_two_orders_of_one_instrument_share_its_room_in_order_of_arrival() -> None:
    claims = [claim(300, "A"), claim(300, "A")]
    left = shared(claims, book(), max_concentration=0.4, concentration_positions=1)
    assert left == [(300, ""), (100, "CONCENTRATION")]


# Least value ------------------------------------------------------------------------------------


def test_an_order_that_the_common_scale_makes_too_small_is_dropped() -> None:
    claims = [claim(900, "A"), claim(900, "B"), claim(90, "C")]
    left = shared(claims, book(), min_order_value=50)
    assert left == [(476, "CLIPPED_CASH"), (476, "CLIPPED_CASH"), (0, "MIN_ORDER_VALUE")]


# Properties -------------------------------------------------------------------------------------

CLAIMS = st.lists(
    st.builds(
        lambda side, adding, reducing, name, price, lot, priced: claim(
            side * adding * lot, name, reducing=side * reducing, price=price, lot=lot, priced=priced
        ),
        st.sampled_from([1, -1]),
        st.integers(1, 60),
        st.integers(0, 40),
        st.sampled_from(NAMES),
        st.integers(1, 300),
        st.sampled_from([1, 1, 5, 25]),
        st.booleans(),
    ),
    min_size=1,
    max_size=6,
    unique_by=lambda one: one.order.instrument,
)
BOOKS = st.builds(
    lambda cash, equity, values: book(cash, equity, **values),
    st.integers(-1_000, 200_000),
    st.integers(-1_000, 200_000),
    st.dictionaries(st.sampled_from(NAMES), st.integers(-50_000, 50_000), max_size=4),
)
SHARES = st.none() | st.floats(0.01, 2)
RISK = st.fixed_dictionaries(
    {
        "max_gross_exposure": SHARES,
        "max_net_exposure": SHARES | st.just(0.0),
        "max_concentration": SHARES,
        "concentration_positions": st.integers(1, 3),
        "min_order_value": st.none() | st.integers(1, 40),
        "cash_buffer": st.sampled_from([0.0, 0.02]),
        "margin": st.booleans(),
    }
)


def left_of(claims: Sequence[Claim], exposure: Exposure, risk: dict[str, Any]) -> list[int]:
    """How much of each claim opens something in the end."""
    quantities = [abs(quantity) for quantity, _ in shared(claims, exposure, costs=cost_of, **risk)]
    return [quantity - one.reducing for quantity, one in zip(quantities, claims, strict=True)]


@given(CLAIMS, BOOKS, RISK)
def test_what_closes_a_position_passes_and_nothing_grows(
    claims: list[Claim], exposure: Exposure, risk: dict[str, Any]
) -> None:
    for one, adding in zip(claims, left_of(claims, exposure, risk), strict=True):
        assert 0 <= adding <= one.adding
        assert adding % one.instrument.lot_size == 0


@given(CLAIMS, BOOKS, RISK)
def test_no_limit_is_passed_by_what_is_opened(claims: list[Claim], exposure: Exposure, risk: dict[str, Any]) -> None:
    made, adding, equity = limits(**risk), left_of(claims, exposure, risk), max(0, exposure.equity)

    def total(use: Any, adds: Sequence[int]) -> int:
        return sum(use(one, quantity) for one, quantity in zip(claims, adds, strict=True))

    def holds(use: Any, before: int, most: int, side: Side | None = None) -> bool:
        """Within the limit, or nothing was opened by those that count."""
        concerned = [n for one, n in zip(claims, adding, strict=True) if side in (None, one.order.side)]
        return before + total(use, adding) <= most or not any(concerned)

    assert holds(lambda one, n: one.cash(n, made.buffered, cost_of), 0, exposure.cash, Side.BUY)
    if made.gross_ppm is not None:
        assert holds(Claim.gross, exposure.gross, made.gross_ppm * equity // PPM)
    if made.net_ppm is not None:
        most = made.net_ppm * equity // PPM
        assert holds(lambda one, n: one.net(n, Side.BUY), exposure.high, most, Side.BUY)
        assert holds(lambda one, n: one.net(n, Side.SELL), -exposure.low, most, Side.SELL)
    if made.margin:
        most = (PPM - made.margin_buffer_ppm) * equity // PPM
        assert holds(lambda one, n: one.gross(n) + one.charges(n, cost_of), exposure.gross, most)
    if made.min_order_value is not None:
        for one, quantity in zip(claims, adding, strict=True):
            worth = one.instrument.notional(one.price, one.reducing + quantity)
            assert quantity == 0 or worth >= made.min_order_value


@given(CLAIMS, BOOKS, RISK)
def test_the_largest_positions_are_worth_no_more_than_allowed_or_than_before(
    claims: list[Claim], exposure: Exposure, risk: dict[str, Any]
) -> None:
    made = limits(**risk)
    if made.concentration_ppm is None:
        return

    def largest(adding: Sequence[int]) -> int:
        worth = dict(exposure.worth)
        for one, quantity in zip(claims, adding, strict=True):
            name = one.order.instrument
            worth[name] = worth.get(name, 0) + one.gross(quantity)
        return sum(sorted((max(0, value) for value in worth.values()), reverse=True)[: made.concentration_positions])

    most = max(largest([0] * len(claims)), made.concentration_ppm * max(0, exposure.equity) // PPM)
    assert largest(left_of(claims, exposure, risk)) <= most


@given(CLAIMS, BOOKS, RISK, st.randoms(use_true_random=False))
def test_the_order_of_instruments_changes_nothing(
    claims: list[Claim], exposure: Exposure, risk: dict[str, Any], random: Any
) -> None:
    order = list(range(len(claims)))
    random.shuffle(order)
    left = left_of(claims, exposure, risk)
    shuffled = left_of([claims[n] for n in order], exposure, risk)
    assert shuffled == [left[n] for n in order]


@given(CLAIMS, st.integers(0, 20_000))
def test_the_common_scale_is_the_largest_that_the_cash_pays_for(claims: list[Claim], cash: int) -> None:
    buys = [one for one in claims if one.order.side is Side.BUY and one.reducing == 0]
    lots = [one.adding // one.instrument.lot_size for one in buys]
    scales = sorted({Fraction(step, most) for most in lots for step in range(most + 1)}, reverse=True)

    def scaled(scale: Fraction) -> list[int]:
        return [int(most * scale) * one.instrument.lot_size for one, most in zip(buys, lots, strict=True)]

    def cost(quantities: Sequence[int]) -> int:
        return sum(
            cost_of(one.instrument, Side.BUY, one.price, quantity)
            for one, quantity in zip(buys, quantities, strict=True)
            if quantity
        )

    tried = next((scaled(scale) for scale in scales if cost(scaled(scale)) <= cash), [])
    assert [quantity for quantity, _ in shared(buys, book(cash), costs=cost_of)] == tried
