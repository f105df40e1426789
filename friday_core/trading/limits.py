"""``[risk]`` in integers: money in minor units, shares in parts per million."""

from __future__ import annotations

import math
from dataclasses import dataclass

from friday_core.domain.money import MINOR_DIGITS
from friday_core.plugin.sections import AccountSettings, RiskSettings

PPM = 1_000_000


@dataclass(frozen=True, slots=True)
class Tier:
    """From a drawdown of ``drawdown_ppm`` on, a position may be brought to ``scale_ppm`` of what is asked for."""

    drawdown_ppm: int
    scale_ppm: int


@dataclass(frozen=True, slots=True)
class Limits:
    """What orders of one book may not pass; ``None`` is no limit.

    Values are minor units of the account's currency, names with ``ppm`` parts per million of the
    equity. ``margin`` says whether the required margin is compared with the equity.
    """

    order_value: int | None = None
    min_order_value: int | None = None
    position_ppm: int | None = None
    gross_ppm: int | None = None
    net_ppm: int | None = None
    concentration_ppm: int | None = None
    concentration_positions: int = 5
    drawdown_ppm: int | None = None
    tiers: tuple[Tier, ...] = ()
    day_loss_ppm: int | None = None
    orders_per_session: int | None = None
    orders_per_minute: int | None = None
    orders_per_second: int | None = None
    open_orders: int | None = None
    allow_short: bool = False
    buffer_ppm: int = 0
    margin: bool = False
    margin_buffer_ppm: int = 0

    @property
    def latch(self) -> bool:
        """Whether a slice may leave a book with reductions only."""
        return self.drawdown_ppm is not None or self.day_loss_ppm is not None or bool(self.tiers)

    @classmethod
    def of(cls, settings: RiskSettings, currency: str, *, margin: bool = False) -> Limits:
        """The limits that a configuration sets for books in ``currency``."""
        unit = 10 ** MINOR_DIGITS[currency]
        tiers = (Tier(round(one.drawdown * PPM), round(one.scale * PPM)) for one in settings.drawdown_tiers)
        return cls(
            order_value=_money(settings.max_order_value, unit),
            min_order_value=_money(settings.min_order_value, unit),
            position_ppm=_ppm(settings.max_position_weight),
            gross_ppm=_ppm(settings.max_gross_exposure),
            net_ppm=_ppm(settings.max_net_exposure),
            concentration_ppm=_ppm(settings.max_concentration),
            concentration_positions=settings.concentration_positions,
            drawdown_ppm=_ppm(settings.max_drawdown),
            tiers=tuple(tiers),
            day_loss_ppm=_ppm(settings.max_day_loss),
            orders_per_session=settings.max_orders_per_session,
            orders_per_minute=settings.max_orders_per_minute,
            orders_per_second=settings.max_orders_per_second,
            open_orders=settings.max_open_orders,
            allow_short=settings.allow_short,
            buffer_ppm=round(settings.cash_buffer * PPM),
            margin=margin,
            margin_buffer_ppm=round(settings.margin_buffer * PPM),
        )

    @classmethod
    def of_account(cls, settings: AccountSettings) -> Limits:
        """The limits that ``[account]`` sets for all books together."""
        value = _money(settings.max_order_value, 10 ** MINOR_DIGITS[settings.currency])
        return cls(order_value=value, gross_ppm=_ppm(settings.max_gross_exposure), allow_short=True)

    def buffered(self, price: int) -> int:
        """The price at which cash is reserved for a buy, rounded up."""
        return -(-price * (PPM + self.buffer_ppm) // PPM)


def _money(whole: int | None, unit: int) -> int | None:
    return None if whole is None else whole * unit


def _ppm(share: float | None) -> int | None:
    """Parts per million; ``None``, for no limit, also of an infinite share."""
    return None if share is None or math.isinf(share) else round(share * PPM)
