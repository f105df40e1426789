"""From a weight of equity to a whole number of lots."""

from __future__ import annotations

from friday_core.domain.instruments import Instrument
from friday_core.domain.money import MINOR_DIGITS

#: Largest quantity and largest notional: what an order, a ledger and a kernel hold in 64 bits.
LARGEST = 2**63 - 1


def quantity_for_weight(weight_ppm: int, equity: int, price: int, instrument: Instrument) -> int:
    """``w * equity / (price * lot)`` lots, rounded toward zero, as a signed quantity.

    ``weight_ppm`` in parts per million of ``equity`` (minor units), ``price`` in price units.
    Zero where the book has no equity or the price is not positive. ``OverflowError`` if the quantity
    or what it is worth is more than ``LARGEST``; nothing on the way there is rounded or cut.
    """
    if equity <= 0 or price <= 0:
        return 0
    shift = instrument.price_decimals - MINOR_DIGITS[instrument.currency]
    numerator, denominator = abs(weight_ppm) * equity, 1_000_000 * price * instrument.lot_size
    if shift > 0:
        numerator *= 10**shift
    elif shift < 0:
        denominator *= 10**-shift
    quantity = numerator // denominator * instrument.lot_size
    # A weight is worth no more than its numerator, and neither is the quantity: most are seen to fit at once.
    if numerator > LARGEST and max(quantity, worth := instrument.notional(price, quantity)) > LARGEST:
        raise OverflowError(f"{quantity} of {instrument.id}, worth {worth} minor units, do not fit into 64 bits")
    return quantity if weight_ppm >= 0 else -quantity


def units_worth(amount: int, price: int, instrument: Instrument) -> int:
    """The largest quantity whose notional, before rounding, does not exceed ``amount`` minor units."""
    if amount <= 0 or price <= 0:
        return 0
    shift = instrument.price_decimals - MINOR_DIGITS[instrument.currency]
    return amount * int(10 ** max(shift, 0)) // (price * int(10 ** max(-shift, 0)))
