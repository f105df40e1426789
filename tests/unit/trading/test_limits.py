"""``[risk]`` in integers."""

from __future__ import annotations

from friday_core.plugin.sections import DrawdownTier, RiskSettings
from friday_core.trading.limits import Limits, Tier


def test_what_is_not_set_is_no_limit_but_gross_exposure_the_buffer_and_shorts() -> None:
    made = Limits.of(RiskSettings(), "INR")
    assert made == Limits(gross_ppm=1_000_000, buffer_ppm=20_000, margin_buffer_ppm=100_000)
    assert not made.allow_short


def test_money_is_in_minor_units_and_shares_in_parts_per_million() -> None:
    settings = RiskSettings(
        max_order_value=5,
        min_order_value=2,
        max_position_weight=0.1,
        max_gross_exposure=1.5,
        max_net_exposure=0.0,
        max_concentration=0.4,
        concentration_positions=3,
        allow_short=True,
        max_drawdown=0.2,
        drawdown_tiers=(DrawdownTier(drawdown=0.05, scale=0.5), DrawdownTier(drawdown=0.1, scale=0)),
        max_day_loss=0.02,
        max_orders_per_session=7,
        max_orders_per_minute=6,
        max_orders_per_second=5,
        max_open_orders=4,
        cash_buffer=0.03,
        margin_buffer=0.25,
    )
    expected = Limits(
        order_value=500,
        min_order_value=200,
        position_ppm=100_000,
        gross_ppm=1_500_000,
        net_ppm=0,
        concentration_ppm=400_000,
        concentration_positions=3,
        allow_short=True,
        drawdown_ppm=200_000,
        tiers=(Tier(50_000, 500_000), Tier(100_000, 0)),
        day_loss_ppm=20_000,
        orders_per_session=7,
        orders_per_minute=6,
        orders_per_second=5,
        open_orders=4,
        buffer_ppm=30_000,
        margin=True,
        margin_buffer_ppm=250_000,
    )
    assert Limits.of(settings, "INR", margin=True) == expected
    assert Limits.of(settings, "JPY").order_value == 5


def test_an_infinite_share_is_no_limit() -> None:
    made = Limits.of(RiskSettings(max_gross_exposure=float("inf"), max_net_exposure=float("inf")), "INR")
    assert (made.gross_ppm, made.net_ppm) == (None, None)


def test_the_buffered_price_is_rounded_up() -> None:
    made = Limits(buffer_ppm=20_000)
    assert [made.buffered(price) for price in (100, 101, 50)] == [102, 104, 51]
