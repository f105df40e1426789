"""What a margin is asked for: positions, and orders, which are what they will change."""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from friday_core.domain.instruments import Instrument, InstrumentId
from friday_core.errors import DataError
from friday_core.market.margins.rows import CashProduct, Underlying

#: Products of each kind of instrument; the first is that of a leg that names none.
PRODUCTS: Mapping[str, tuple[str, ...]] = {
    "equity": tuple(CashProduct),
    "future": ("normal", "intraday"),
    "option": ("normal", "intraday"),
}


class Right(enum.StrEnum):
    CALL = "call"
    PUT = "put"

    @property
    def sign(self) -> int:
        """+1 for a call, -1 for a put."""
        return 1 if self is Right.CALL else -1


@dataclass(frozen=True, slots=True)
class Contract:
    """The terms of a future or, with ``strike`` and ``right``, of an option.

    The strike is in price units of the instrument, and so is every price of the underlying.
    """

    underlying: InstrumentId
    kind: Underlying
    expiry: dt.date
    strike: int | None = None
    right: Right | None = None

    def __post_init__(self) -> None:
        if (self.strike is None) != (self.right is None):
            raise ValueError(f"contract on {self.underlying}: an option has a strike and a right, a future neither")

    def years(self, day: dt.date) -> float:
        """What is left of its life, the last day counted whole."""
        return ((self.expiry - day).days + 1) / 365.0

    def lives_over(self, months: int, day: dt.date) -> bool:
        """Whether more than so many months are left."""
        left = (self.expiry.year - day.year) * 12 + self.expiry.month - day.month
        return left > months or (left == months and self.expiry.day > day.day)


@dataclass(frozen=True, slots=True)
class Leg:
    """A signed quantity of an instrument, in shares or units, not in lots.

    As a position what is held, negative if sold; as an order what it will add. ``product`` is one of
    ``PRODUCTS``, empty for the first of them. Futures and options come with their ``contract``.
    """

    instrument: Instrument
    quantity: int
    product: str = ""
    contract: Contract | None = None

    @property
    def derivative(self) -> Contract:
        """The contract of a leg that ``checked`` has let through and that has one."""
        if self.contract is None:
            raise DataError(f"{self.instrument.id}: a {self.instrument.kind} without the terms of its contract")
        return self.contract

    @property
    def is_option(self) -> bool:
        return self.contract is not None and self.contract.right is not None


def netted(legs: Iterable[Leg]) -> list[Leg]:
    """One leg for each instrument and product, without those that come to nothing; sorted.

    ``DataError`` for a leg that cannot be judged, and for one instrument with two kinds of terms.
    """
    found: dict[tuple[InstrumentId, str], Leg] = {}
    for leg in map(_checked, legs):
        key = (leg.instrument.id, leg.product)
        before = found.get(key)
        if before is None:
            found[key] = leg
        elif (before.instrument, before.contract) != (leg.instrument, leg.contract):
            raise DataError(f"{leg.instrument.id}: two legs with different terms; one of them is wrong")
        else:
            found[key] = replace(before, quantity=before.quantity + leg.quantity)
    return [found[key] for key in sorted(found) if found[key].quantity]


def _checked(leg: Leg) -> Leg:
    """The leg with its product; ``DataError`` for what it cannot be."""
    instrument, contract = leg.instrument, leg.contract
    products = PRODUCTS.get(instrument.kind)
    if products is None or instrument.currency != "INR":
        raise DataError(
            f"{instrument.id}: no Indian margin for kind {instrument.kind!r} in {instrument.currency}; "
            f"there are some for {', '.join(PRODUCTS)} in INR"
        )
    product = leg.product or products[0]
    if product not in products:
        known = ", ".join(products)
        raise DataError(f"{instrument.id}: unknown product {product!r} of kind {instrument.kind!r}; known: {known}")
    if (instrument.kind == "equity") != (contract is None) or (instrument.kind == "option") != leg.is_option:
        raise DataError(
            f"{instrument.id}: a share has no contract, a future one without and an option one with a strike"
        )
    return replace(leg, product=product)
