"""Figures that the broker published, and figures worked by hand."""

from __future__ import annotations

import math
from statistics import NormalDist

import pytest
from fakes.margins import NIFTY, book, day, future, option, paise, share

from friday_core.market.margins.estimate import MarginEstimate
from friday_core.market.margins.legs import Leg
from friday_core.market.margins.option_prices import implied_volatility
from friday_core.market.margins.rows import Underlying

#: Official mock of basket margins, 2023-07-05: its exposure of 29,151.225 is 2% of 75 at 19,434.15.
SOLD, BOUGHT = (option(n, k, "call", "2023-07-27") for n, k in ((-75, 20_600), (75, 20_700)))
PREMIUMS = {SOLD: "35.65", BOUGHT: "6.95"}


def implied(leg: Leg, premium: str) -> float:
    contract = leg.derivative
    years = contract.years(day("2023-07-05"))
    return implied_volatility(paise(premium), 19_434_15, contract.strike or 0, years, 1)


BASKET = book(
    "2023-07-05",
    {NIFTY: "19434.15", **PREMIUMS},
    {NIFTY: 0.11, **{leg: implied(leg, premium) for leg, premium in PREMIUMS.items()}},
)


def test_a_share_in_delivery_is_its_price_as_in_the_official_mock() -> None:
    shares = book("2023-01-06", {share(1): 1498})
    assert shares.margin_of([share(1)]) == MarginEstimate(day("2023-01-06"), cash=1_498_00)


def test_the_exposure_of_a_sold_call_is_that_of_the_official_mock_rounded_up() -> None:
    assert BASKET.margin_of([SOLD]).exposure == 29_151_23


def test_a_bought_call_costs_its_premium_as_in_the_official_mock() -> None:
    assert BASKET.margin_of([BOUGHT]).parts == {"cash": 0, "span": 0, "exposure": 0, "premium": 521_25, "additional": 0}


def test_a_sold_call_is_estimated_above_the_official_mock_by_less_than_four_percent() -> None:
    sold = BASKET.margin_of([SOLD])
    assert (sold.span, sold.total) == (69_361_15, 98_512_38)
    assert 66_832_50 < sold.span < 66_832_50 * 1.04
    assert 95_983_73 < sold.total < 95_983_73 * 1.03


def test_a_spread_is_estimated_above_the_official_mock_even_with_what_was_received() -> None:
    spread = BASKET.margin_of([SOLD, BOUGHT])
    assert (spread.span, spread.total, spread.received) == (11_357_69, 41_030_17, 2_673_75)
    assert 34_786_73 < spread.total - spread.received < 34_786_73 * 1.11


@pytest.mark.parametrize(
    ("on", "additional"), [("2024-11-19", 0), ("2024-11-20", 35_250_00), ("2026-11-03", 35_250_00)]
)
def test_the_last_day_of_a_sold_index_option_is_two_percent_more_as_zerodha_works_it(on: str, additional: int) -> None:
    sold = option(-75, 24_000, "call", on)
    assert book(on, {NIFTY: 23_500, sold: 1}, {NIFTY: 0.12}).margin_of([sold]).additional == additional


def test_a_hedge_does_not_spare_the_two_percent() -> None:
    sold, bought = option(-75, 24_000, "call", "2026-11-03"), option(75, 24_100, "call", "2026-11-03")
    held = book("2026-11-03", {NIFTY: 23_500, sold: 1, bought: 1}, {NIFTY: 0.12})
    assert held.margin_of([sold, bought]).additional == 35_250_00


def test_a_future_is_its_range_and_its_exposure() -> None:
    held = future(-75, "2026-05-26")
    found = book("2026-05-05", {held: 24_000}, {NIFTY: 0.12}, cushion=0).margin_of([held])
    # 9.3% and 2% of 18,00,000
    assert found == MarginEstimate(day("2026-05-05"), span=1_67_400_00, exposure=36_000_00)


def test_six_deviations_of_two_days_go_before_the_least_range() -> None:
    held = future(75, "2026-05-26")
    found = book("2026-05-05", {held: 24_000}, {NIFTY: 0.252}, cushion=0).margin_of([held])
    # 6 x 0.252 x sqrt(2 / 252) = 13.469966...% of 18,00,000, 2,42,459.392, rounded up
    assert found.span == 2_42_459_40


def test_the_cushion_is_on_what_is_scanned_only() -> None:
    held = future(75, "2026-05-26")
    found = book("2026-05-05", {held: 24_000}, {NIFTY: 0.12}).margin_of([held])
    assert (found.span, found.exposure) == (1_75_770_00, 36_000_00)


def test_the_worst_of_a_short_straddle_is_that_of_sixteen_scenarios() -> None:
    call, put = (option(-75, 24_000, right, "2026-05-26") for right in ("call", "put"))
    prices = {NIFTY: 24_000, call: 300, put: 300}
    found = book("2026-05-05", prices, {NIFTY: 0.12}, cushion=0).margin_of([call, put])
    assert found.span / 100 == pytest.approx(worst_of_straddle() + 2 * 75 * 300, abs=0.02)


def worst_of_straddle() -> float:
    """75 straddles at 24,000, 22 days with the last, 12% and 4 points up or down; in rupees."""
    phi, root = NormalDist(), (22 / 365) ** 0.5

    def value(forward: float, volatility: float) -> float:
        s = volatility * root
        d1 = math.log(forward / 24_000) / s + s / 2
        call = forward * phi.cdf(d1) - 24_000 * phi.cdf(d1 - s)
        return 2 * call - (forward - 24_000)

    now = value(24_000, 0.12)
    moved = [value(24_000 * (1 + 0.093 * third / 3), 0.12 + up) - now for third in range(-3, 4) for up in (0.04, -0.04)]
    extreme = [0.35 * (value(24_000 * (1 + 0.186 * sign), 0.12) - now) for sign in (1, -1)]
    return 75 * max(moved + extreme)


@pytest.mark.parametrize(
    ("on", "span"),
    [
        ("2025-01-20", 32_328_75),  # 9.3% of the 7,500 between them, and 1.75% of 18,07,500
        ("2025-01-30", 32_328_75),  # the last day of the near one, set off until 9 February 2025
    ],
)
def test_two_expiries_are_set_off_for_a_charge_on_the_far_one(on: str, span: int) -> None:
    near, far = future(75, "2025-01-30"), future(-75, "2025-02-27")
    held = book(on, {near: 24_000, far: 24_100}, {NIFTY: 0.12}, cushion=0)
    assert held.margin_of([near, far]).span == span


def test_on_its_last_day_a_contract_is_not_set_off_any_more() -> None:
    near, far = future(75, "2025-02-27"), future(-75, "2025-03-27")
    held = book("2025-02-27", {near: 24_000, far: 24_100}, {NIFTY: 0.12}, cushion=0)
    assert held.margin_of([near, far]).span == 1_67_400_00 + 1_68_097_50


@pytest.mark.parametrize(("on", "span"), [("2026-04-28", 14_790_00), ("2026-05-26", 1_81_050_00)])
def test_contracts_on_shares_are_set_off_on_the_last_day_until_5_may_2026(on: str, span: int) -> None:
    near, far = (future(q, when, "stock") for q, when in ((500, on), (-500, "2026-06-30")))
    held = book(on, {near: 1_270, far: 1_280}, {NIFTY: 0.2}, cushion=0)
    # 14.2% of what lies between, 710, and 2.2% of 6,40,000, 14,080; apart 14.2% of 6,35,000 and of 6,40,000
    assert held.margin_of([near, far]).span == span


def test_a_deep_option_on_an_index_has_three_percent_more_exposure() -> None:
    near, deep = (option(-75, strike, "put", "2026-05-26") for strike in (21_600, 21_550))
    held = book("2026-05-05", {NIFTY: 24_000, near: 1, deep: 1}, {NIFTY: 0.12})
    assert [held.margin_of([leg]).exposure for leg in (near, deep)] == [36_000_00, 90_000_00]


def test_a_commodity_option_has_a_least_margin() -> None:
    sold = option(-100, 9_000, "call", "2026-05-18", "crude")
    held = book("2026-04-20", {NIFTY: 5_000, sold: 1}, {NIFTY: 0.3}, cushion=0)
    # 33% of 5,00,000 and the premium that was received
    assert held.margin_of([sold]).span == 1_65_100_00


@pytest.mark.parametrize(("left", "percent"), [(9, 0), (8, 16), (4, 25), (0, 50)])
def test_a_bought_option_on_a_share_in_the_money_costs_more_in_its_last_days(left: int, percent: int) -> None:
    on = f"2026-05-{26 - left}"
    bought = option(500, 1_200, "call", "2026-05-26", "stock")
    held = book(on, {NIFTY: 1_270, bought: 75}, {NIFTY: 0.2})
    assert held.margin_of([bought]).additional == 6_35_000_00 * percent // 100


@pytest.mark.parametrize(("product", "quantity", "percent"), [("", 10, 100), ("intraday", -10, 20), ("mtf", 10, 50)])
def test_shares_tie_up_a_part_of_their_value(product: str, quantity: int, percent: int) -> None:
    held = book("2026-05-05", {share(1): 1_498})
    assert held.margin_of([share(quantity, product)]).cash == 14_980 * percent


def test_an_option_of_more_than_nine_months_is_scanned_further() -> None:
    long, short = (option(-75, 24_000, "put", expiry) for expiry in ("2027-06-24", "2027-02-05"))
    held = book("2026-05-05", {NIFTY: 24_000, long: 1_000, short: 1_000}, {NIFTY: 0.12}, cushion=0)
    assert [held.margin_of([leg]).exposure for leg in (short, long)] == [36_000_00, 90_000_00]
    assert held.margin_of([long]).span > 1.3 * held.margin_of([short]).span


def test_the_kinds_of_underlyings_are_those_of_the_tables() -> None:
    assert [kind.value for kind in Underlying] == ["index", "stock", "commodity", "crude"]
