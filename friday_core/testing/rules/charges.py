"""What a tariff, or a plan of charges, keeps."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise

from friday_core.domain.executed import ExecutedOrder
from friday_core.domain.instruments import Instrument, InstrumentId
from friday_core.domain.orders import Side
from friday_core.testing.outcomes import Broken
from friday_core.testing.rule import Rule
from friday_core.testing.rules import wording
from friday_core.testing.subject import Subject
from friday_core.testing.watching import watching

_SHARE = Instrument(InstrumentId("INFY", "NSE"), "INR", tick_size=5)
#: 2026-01-05, a Monday.
_SESSION = 20_458
_PRICES = (5, 495, 12_345, 9_876_500)
_QUANTITIES = (1, 2, 3, 7, 10, 11, 50, 99, 100, 1_000, 12_345, 1_000_000)


def _is_whole_and_not_negative(subject: Subject) -> None:
    charges = _charges(subject)
    for order in _orders():
        charged = charges(order)
        if type(charged) is not int or charged < 0:
            raise Broken(f"to {order.side} {order.quantity} for {order.notional} minor units costs {charged!r:.40}")


def _never_falls(subject: Subject) -> None:
    charges = _charges(subject)
    for few, many in pairwise(_orders()):
        if few.side is many.side and few.notional * many.quantity == many.notional * few.quantity:
            less, more = charges(few), charges(many)
            if more < less:
                at = f"at a price of {few.notional // few.quantity} to {few.side}"
                raise Broken(f"{at} {few.quantity} costs {less}, and {many.quantity} only {more}")


def _is_pure(subject: Subject) -> None:
    charges, orders = _charges(subject), list(_orders())
    with watching(subject.packages) as watch:
        there = [charges(order) for order in orders]
    wording.require_none(watch)
    for order, first in reversed(list(zip(orders, there, strict=True))):
        if charges(order) != first:
            asked = f"to {order.side} {order.quantity} for {order.notional} minor units"
            raise Broken(f"asked twice, {asked} costs {first} first, and then another sum")


def _charges(subject: Subject) -> Callable[[ExecutedOrder], int]:
    return subject.started().charges_of  # type: ignore[no-any-return]


def _orders() -> Iterator[ExecutedOrder]:
    """Of each side and price, ever larger; those of one price are neighbours."""
    for side in Side:
        for price in _PRICES:
            for quantity in _QUANTITIES:
                yield ExecutedOrder(_SHARE, side, quantity, quantity * price, _SESSION)


RULES = (
    Rule(
        "charges are whole minor units and never negative",
        "books are exact: a float, or money for trading, is refused and ends the run",
        "compute in integers, and round with friday_core.api.divide_half_even",
        _is_whole_and_not_negative,
    ),
    Rule(
        "more shares at one price never cost less",
        "cash is reserved for the whole order, and what can be paid for is found by halving",
        "let minima, maxima and steps depend on the amount so that the sum never falls",
        _never_falls,
    ),
    Rule(
        "the same order costs the same, whatever was asked before",
        "it is asked before an order is sent, and again as the order fills",
        "compute from what is handed in, and read tables in the factory",
        _is_pure,
    ),
)
