"""Instruments and limits as the words that the kernel reads."""

from __future__ import annotations

from friday_core.domain.instruments import Instrument
from friday_core.domain.money import MINOR_DIGITS
from friday_core.domain.products import DERIVATIVES, products_of
from friday_core.simulation.compiled import words as w
from friday_core.simulation.compiled.rates import CODES
from friday_core.trading.limits import Limits

#: As ``column_orders.FINE``: thousandths of a price unit.
FINE = 1_000


def products_words(kind: str) -> int:
    """A bit for each product in which instruments of a kind may be held."""
    return sum(1 << CODES.index(product) for product in ("", *products_of(kind)))


def instrument_words(one: Instrument, products: int) -> list[int]:
    shift = one.price_decimals - MINOR_DIGITS[one.currency]
    words = [0] * w.INSTRUMENT_WORDS
    words[w.TICK], words[w.LOT] = one.tick_size, one.lot_size
    words[w.MULTIPLIER], words[w.DIVISOR] = int(10 ** max(-shift, 0)), int(10 ** max(shift, 0))
    words[w.DERIVATIVE] = int(one.kind in DERIVATIVES)
    words[w.PRODUCTS_OF], words[w.FINE] = products, int(10**one.price_decimals * FINE)
    return words


def some(limit: int | None) -> int:
    return w.NONE if limit is None else limit


def limit_words(limits: Limits) -> list[int]:
    words = [0] * w.LIMIT_WORDS
    words[w.L_ORDER_VALUE], words[w.L_MIN_ORDER_VALUE] = some(limits.order_value), some(limits.min_order_value)
    words[w.L_POSITION], words[w.L_GROSS] = some(limits.position_ppm), some(limits.gross_ppm)
    words[w.L_DRAWDOWN], words[w.L_DAY_LOSS] = some(limits.drawdown_ppm), some(limits.day_loss_ppm)
    words[w.L_TIER] = limits.tiers[0].drawdown_ppm if limits.tiers else w.NONE
    words[w.L_ORDERS], words[w.L_OPEN_ORDERS] = some(limits.orders_per_session), some(limits.open_orders)
    words[w.L_BUFFER] = limits.buffer_ppm
    words[w.L_MARGIN] = w.PPM - limits.margin_buffer_ppm if limits.margin else w.NONE
    return words
