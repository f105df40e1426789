"""How far a price must go until a round trip has paid for itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from friday_core.domain.executed import ExecutedOrder
from friday_core.domain.instruments import Instrument
from friday_core.domain.orders import Side
from friday_core.interfaces.broker import Tariff

#: More ticks than this no price has: 2 ** 63 is what a column of prices holds.
_FAR = 2**63
#: Each step at least halves what is missing, if less than half of a price goes into charges.
_STEPS = 64


@dataclass(frozen=True, slots=True)
class RoundTrip:
    """A position and its two ends: opened by ``side`` at ``price`` price units, closed in session ``closed``."""

    instrument: Instrument
    side: Side
    quantity: int
    price: int
    opened: int
    closed: int
    product: str = ""


@dataclass(frozen=True, slots=True)
class BreakEven:
    """``move`` price units per share, whole ticks, in favour of the position; ``charges`` of both ends in minor units.

    ``gain`` is what the move brings before charges: at least ``charges``, and one tick less would not be.
    """

    ticks: int
    move: int
    gain: int
    charges: int


def break_even(tariff: Tariff, trip: RoundTrip) -> BreakEven | None:
    """The smallest move that pays for a round trip, exact to the tick; ``None`` if no price does.

    Charges of half a price or more count as never paid for.

    Exact also where a rounded line makes the last tick dearer than it brings: for a long, each step
    asks which move would pay what the last one costs, and never passes the answer, because more
    is charged at a higher price; for a short less is, and one bisection finds it.
    """
    found = _long(tariff, trip) if trip.side is Side.BUY else _short(tariff, trip)
    if found is None:
        return None
    return BreakEven(found, found * trip.instrument.tick_size, _gain(trip, found), _charges(tariff, trip, found))


def _long(tariff: Tariff, trip: RoundTrip) -> int | None:
    ticks = 0
    for _ in range(_STEPS):
        needed = _bringing(trip, _charges(tariff, trip, ticks), ticks)
        if needed == ticks:
            return ticks
        ticks = needed
    return None


def _bringing(trip: RoundTrip, due: int, low: int) -> int:
    """The first move from ``low`` ticks on that brings so much before charges."""
    return _first(low, _FAR, lambda ticks: _gain(trip, ticks) >= due)


def _short(tariff: Tariff, trip: RoundTrip) -> int | None:
    """The last price that can be paid is one tick, or less if the price is."""
    most = max(0, (trip.price - 1) // trip.instrument.tick_size)
    found = _first(0, most + 1, lambda ticks: _gain(trip, ticks) >= _charges(tariff, trip, ticks))
    return found if found <= most else None


def _first(low: int, high: int, holds: Callable[[int], bool]) -> int:
    """Bisection: the first number from ``low`` on that holds, ``high`` if none before it does."""
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle + 1, high)
    return low


def _gain(trip: RoundTrip, ticks: int) -> int:
    instrument, away = trip.instrument, ticks * trip.instrument.tick_size
    opened, closed = trip.price, trip.price + trip.side.sign * away
    return trip.side.sign * (instrument.notional(closed, trip.quantity) - instrument.notional(opened, trip.quantity))


def _charges(tariff: Tariff, trip: RoundTrip, ticks: int) -> int:
    """What both ends cost after a move of so many ticks."""
    moved = trip.price + trip.side.sign * ticks * trip.instrument.tick_size
    other = Side.SELL if trip.side is Side.BUY else Side.BUY
    opening = _executed(trip, trip.side, trip.price, trip.opened)
    return tariff.charges_of(opening) + tariff.charges_of(_executed(trip, other, moved, trip.closed))


def _executed(trip: RoundTrip, side: Side, price: int, session: int) -> ExecutedOrder:
    notional = trip.instrument.notional(price, trip.quantity)
    return ExecutedOrder(trip.instrument, side, trip.quantity, notional, session, trip.product)
