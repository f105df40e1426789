"""On which slice of a block an order that works may next do anything."""

from __future__ import annotations

from friday_core.domain.orders import OrderStatus, Side, TimeInForce, WorkingOrder
from friday_core.session.quiet.block import Block, Traded
from friday_core.simulation.fill_rules import ON_ITS_WAY

#: Bars that are looked at in one go.
_WINDOW = 512


def rests_until(working: WorkingOrder, block: Block, inst: int, stop: int) -> int:
    """The first slice, from the one at hand up to ``stop``, on which the order may open, trade, be touched or expire.

    Nothing is missed, within a session and without price bands; what is found may turn out to be no trade.
    ``inst`` is the position of its instrument in the universe.
    """
    order, ordinal = working.order, block.first + block.at
    if working.active_from > ordinal:
        return block.at if working.active_from == ON_ITS_WAY else min(stop, working.active_from - block.first)
    last = order.good_till
    if order.time_in_force is TimeInForce.AT_CLOSE or (last is not None and last < block.sessions[block.at]):
        return block.at
    traded = block.traded(inst)
    first = int(traded.slices.searchsorted(block.at))
    found = first
    if working.status in {OrderStatus.OPEN, OrderStatus.PARTIAL}:
        found += _untouched(working, traded, first)
    return min(stop, int(traded.slices[found])) if found < len(traded.slices) else stop


def _untouched(working: WorkingOrder, traded: Traded, first: int) -> int:
    """How many bars from ``first`` on do not reach the price that the order waits for, of a window at most."""
    order = working.order
    is_stop = order.trigger_price is not None and not working.triggered
    price = order.trigger_price if is_stop else order.limit_price
    if price is None:
        return 0
    window = slice(first, first + _WINDOW)
    looks_up = is_stop == (order.side is Side.BUY)
    reached = traded.high[window] >= price if looks_up else traded.low[window] <= price
    return int(reached.argmax()) if reached.any() else len(reached)
