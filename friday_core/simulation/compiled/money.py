"""Exact money in 64 bits: what does not fit is a fault, and the slice becomes the driver's."""

from __future__ import annotations

from friday_core.domain.money import divide_half_even
from friday_core.simulation.compiled.memory import Memory
from friday_core.simulation.compiled.places import instrument_at
from friday_core.simulation.compiled.words import (
    CHARGE_DENOMINATOR,
    CHARGE_NUMERATOR,
    CHARGE_STAGES,
    DIVISOR,
    FAULT,
    MULTIPLIER,
    OVERFLOW,
    PPM,
)

#: A product that is divided at once may be so large; the margin is more than what a float rounds.
_LARGEST_PRODUCT = 9.0e18
#: An amount may be so large: sums of two, checked each, are exact.
LARGEST_AMOUNT = 10**18


def times(m: Memory, a: int, b: int) -> int:
    """``a * b``, or a fault and 0."""
    if abs(float(a) * float(b)) > _LARGEST_PRODUCT:
        m.c[FAULT] = OVERFLOW
        return 0
    return a * b


def amount(m: Memory, value: int) -> int:
    """The value, or a fault and 0 if it is too large to be added to others."""
    if value > LARGEST_AMOUNT or value < -LARGEST_AMOUNT:
        m.c[FAULT] = OVERFLOW
        return 0
    return value


def notional(m: Memory, inst: int, price: int, quantity: int) -> int:
    """As ``Instrument.notional``; ``quantity`` is not negative."""
    at = instrument_at(m, inst)
    product = times(m, price, quantity)
    if m.s[at + DIVISOR] != 1:
        product = divide_half_even(product, m.s[at + DIVISOR])
    elif m.s[at + MULTIPLIER] != 1:
        product = times(m, product, m.s[at + MULTIPLIER])
    return amount(m, product)


def charges(m: Memory, worth: int) -> int:
    """What an order of this notional is charged."""
    charged = worth
    for stage in range(m.c[CHARGE_STAGES]):
        product = times(m, charged, m.c[CHARGE_NUMERATOR + stage])
        # A division by what the compiler knows costs a fifth of one by what it does not.
        if m.c[CHARGE_DENOMINATOR + stage] == PPM:
            charged = divide_half_even(product, PPM)
        else:
            charged = divide_half_even(product, m.c[CHARGE_DENOMINATOR + stage])
    return amount(m, charged) if m.c[CHARGE_STAGES] > 0 else 0


def share(m: Memory, ppm: int, of: int) -> int:
    """``ppm`` parts per million of what is not negative, rounded down."""
    return times(m, of // PPM, ppm) + of % PPM * ppm // PPM


def units_worth(m: Memory, inst: int, worth: int, price: int) -> int:
    """As ``sizing.units_worth``."""
    if worth <= 0 or price <= 0:
        return 0
    at = instrument_at(m, inst)
    return times(m, worth, m.s[at + DIVISOR]) // times(m, price, m.s[at + MULTIPLIER])


def nearest(value: float) -> int:
    """As ``round``: to the nearest whole number, ties to even; of at most 2 ** 52 either way."""
    size = abs(value)
    whole = int(size)
    rest = size - whole
    if rest > 0.5 or (rest == 0.5 and whole % 2 == 1):
        whole += 1
    return whole if value >= 0.0 else -whole
