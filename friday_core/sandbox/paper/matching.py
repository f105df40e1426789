"""At what price an order of the paper broker trades: the rules of ``friday_core.simulation.fill_rules``, bar by bar."""

from __future__ import annotations

from typing import NamedTuple

from friday_core.domain.orders import OrderType
from friday_core.sandbox.paper.messages import BookOrder
from friday_core.sandbox.paper.tape import Prices
from friday_core.simulation import fill_rules as fills
from friday_core.simulation.fill_rules import NO_PRICE


class Look(NamedTuple):
    """What an order is on a bar: its price there (``NO_PRICE``: it does not trade), and whether its stop is touched."""

    price: int
    triggered: bool


def is_immediate(order: BookOrder) -> bool:
    """Whether it trades at the open of the next bar whatever comes: that needs no bar that is closed."""
    return order.type is OrderType.MARKET and not order.protection_ppm


def look(order: BookOrder, bar: Prices, tick: int, slippage_ticks: int) -> Look:
    """Hold an order against a bar that closed after it was decided."""
    side, price, triggered = order.side.sign, bar.open, order.triggered
    if order.trigger_price is not None and not triggered:
        if not fills.is_touched(side, order.trigger_price, bar.high, bar.low):
            return Look(NO_PRICE, False)
        triggered = True
        if order.type is OrderType.STOP_LIMIT:
            return Look(NO_PRICE, True)
        price = fills.stop_price(side, bar.open, order.trigger_price)
    bound = bound_of(order, tick)
    price = fills.asked_price(side, price, bound, bar.high, bar.low)
    if price != NO_PRICE and order.limit_price is None:
        price = fills.bounded(side, fills.slipped(side, price, 0, tick, slippage_ticks), bound)
    return Look(price, triggered)


def bound_of(order: BookOrder, tick: int) -> int:
    """The price beyond which it does not trade; ``NO_PRICE`` if there is none."""
    if order.limit_price is not None:
        return order.limit_price
    reference = order.reference if order.trigger_price is None else order.trigger_price
    return fills.protected_bound(order.side.sign, reference, order.protection_ppm, tick)


def in_parts(quantity: int, parts: int) -> list[int]:
    """A quantity in so many parts that differ by at most one; fewer if there are not so many shares."""
    parts = max(1, min(parts, quantity))
    each, more = divmod(quantity, parts)
    return [each + (place < more) for place in range(parts)]


def worse(order: BookOrder, price: int, ticks: int, tick: int) -> int:
    """The price so many ticks worse for the trader, as far as its bound."""
    return fills.bounded(order.side.sign, fills.slipped(order.side.sign, price, 0, tick, ticks), bound_of(order, tick))
