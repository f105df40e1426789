"""From a weight of equity to a whole number of lots."""

from __future__ import annotations

from friday_core.domain.instruments import Instrument
from friday_core.domain.money import MINOR_DIGITS


def quantity_for_weight(weight_ppm: int, equity: int, price: int, instrument: Instrument) -> int:
    """``w * equity / (price * lot)`` lots, rounded toward zero, as a signed quantity.

    ``weight_ppm`` in parts per million of ``equity`` (minor units), ``price`` in price units.
    Zero where the book has no equity or the price is not positive.
    """
    if equity <= 0 or price <= 0:
        return 0
    shift = instrument.price_decimals - MINOR_DIGITS[instrument.currency]
    numerator = abs(weight_ppm) * equity * int(10 ** max(shift, 0))
    denominator = 1_000_000 * price * instrument.lot_size * int(10 ** max(-shift, 0))
    quantity = numerator // denominator * instrument.lot_size
    return quantity if weight_ppm >= 0 else -quantity
