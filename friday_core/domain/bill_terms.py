"""What an order is charged, as numbers: for kernels, which cannot ask a tariff."""

from __future__ import annotations

import enum
import math
from dataclasses import dataclass
from fractions import Fraction

from friday_core.domain.executed import ExecutedOrder
from friday_core.domain.money import divide_half_even

#: Terms that hold on every day to come.
FOR_EVER = 2**62


class BillRounding(enum.IntEnum):
    """To whole multiples of a unit: the nearest, where a half goes up or to the even one; or the one below."""

    HALF_UP = 0
    HALF_EVEN = 1
    DOWN = 2

    def of(self, exact: Fraction, unit: int) -> int:
        """An amount that is not negative, in minor units."""
        units = exact / unit
        if self is BillRounding.HALF_EVEN:
            return divide_half_even(units.numerator, units.denominator) * unit
        return math.floor(units + (Fraction(1, 2) if self is BillRounding.HALF_UP else 0)) * unit


@dataclass(frozen=True, slots=True)
class Amount:
    """``flat`` and a ``share`` of the notional, together at least ``least`` and at most ``most``; minor units."""

    share: Fraction = Fraction(0)
    flat: Fraction = Fraction(0)
    least: Fraction = Fraction(0)
    most: Fraction | None = None

    def of(self, notional: int) -> Fraction:
        """What it comes to, exact."""
        exact = max(self.least, self.flat + self.share * notional)
        return exact if self.most is None else min(self.most, exact)


@dataclass(frozen=True, slots=True)
class BillLine:
    """One line of a bill, rounded to whole multiples of ``unit`` minor units; with ``is_taxed`` it bears the tax.

    ``met`` is charged instead on what of an order meets an order of the other side on the same day; ``None``
    where that makes no difference.
    """

    amount: Amount
    met: Amount | None = None
    unit: int = 1
    rounding: BillRounding = BillRounding.HALF_UP
    is_taxed: bool = False

    def exact(self, notional: int, met: int) -> Fraction:
        """For so many minor units, of which ``met`` were bought and sold on the same day."""
        if self.met is None or met == 0:
            return self.amount.of(notional)
        return self.met.of(met) + (self.amount.of(notional - met) if met < notional else 0)


@dataclass(frozen=True, slots=True)
class BillTerms:
    """What orders in one instrument, of one side and product, are charged up to session ``until``.

    The sum of the ``lines``, of a ``tax`` on the exact amounts of those that bear it, and of ``delivery_fee``:
    minor units that the first order of a session pays of which something is delivered. The whole is multiplied by
    ``scale`` and rounded half-even, unless that is 1. No number is negative.
    """

    lines: tuple[BillLine, ...]
    tax: Fraction = Fraction(0)
    tax_unit: int = 1
    tax_rounding: BillRounding = BillRounding.HALF_UP
    delivery_fee: int = 0
    scale: Fraction = Fraction(1)
    until: int = FOR_EVER

    def charges_of(self, order: ExecutedOrder) -> int:
        """As ``Tariff.charges_of``, of an order that was traded: not squared off by the broker, not settled."""
        met = divide_half_even(order.notional * order.same_day, order.quantity)
        exact = [line.exact(order.notional, met) for line in self.lines]
        total = sum(line.rounding.of(one, line.unit) for line, one in zip(self.lines, exact, strict=True))
        taxed = sum((one for line, one in zip(self.lines, exact, strict=True) if line.is_taxed), Fraction(0))
        total += self.tax_rounding.of(taxed * self.tax, self.tax_unit)
        if order.same_day < order.quantity and not order.depository_paid:
            total += self.delivery_fee
        return divide_half_even(total * self.scale.numerator, self.scale.denominator)
