"""Orders that columns ask for: what the values of a row say, in whole lots and whole ticks."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping

import numpy as np

from friday_core.domain.chunk import Float64, Int64
from friday_core.domain.market import Bar
from friday_core.domain.orders import Order, OrderType, Side, TimeInForce
from friday_core.domain.signals import Cancel
from friday_core.trading.asked import Asked, Unfit
from friday_core.trading.codes import Code

#: The outputs that decide: a signed number of shares, and that nothing shall work any longer.
ORDER, CANCEL = "order", "cancel"
#: Outputs that say at what prices an order trades, and is closed again; NaN where it does not.
PRICES = ("limit_price", "trigger_price", "stop_loss", "take_profit")
#: The last session of an order that works for more than one, in days since 1970-01-01, as ``m.session``.
GOOD_TILL = "good_till"
#: What the reason of a cancel begins with, as that of the order that it ends.
CANCELLED = "CANCELLED"
#: Prices are rounded to ticks from thousandths of a price unit, so that 100.05 as a float is 100.05.
FINE = 1_000.0
#: Floats are whole numbers without gaps up to here.
LARGEST_FLOAT = 2.0**53


def order_types_of(outputs: Collection[str]) -> frozenset[OrderType]:
    """What orders a program with these outputs may send, the legs of brackets included."""
    found = {OrderType.MARKET}
    if ORDER in outputs:
        limit, trigger, stop, target = (name in outputs for name in PRICES)
        found |= {OrderType.LIMIT} if limit or target else set()
        found |= {OrderType.STOP} if trigger or stop else set()
        found |= {OrderType.STOP_LIMIT} if limit and trigger else set()
    return frozenset(found)


def fault_of(outputs: Collection[str], declared: Collection[OrderType]) -> tuple[str, str] | None:
    """What is wrong with a strategy that has these outputs, and the mend; ``None`` for nothing."""
    if not {"signal", "target", ORDER} & {*outputs}:
        mend = 'return a column "signal", "target" or "order" from outputs(m)'
        return f"it decides nothing: its outputs are {', '.join(outputs)}", mend
    prices = [name for name in (*PRICES, GOOD_TILL) if name in outputs]
    if prices and ORDER not in outputs:
        mend = 'return the signed number of shares as a column "order", or give the column another name'
        return f"{', '.join(prices)} of its outputs belong to orders, and it orders nothing", mend
    lacking = sorted(order_types_of(outputs) - {*declared})
    if lacking:
        types = ", ".join(f"OrderType.{one.name}" for one in sorted(order_types_of(outputs)))
        return (
            f"its outputs make {', '.join(lacking)} orders, which it does not declare",
            f"order_types = frozenset({{{types}}})",
        )
    return None


def is_asked(value: float) -> bool:
    """Whether a value of ``order`` or ``cancel`` is one: NaN and 0 are none."""
    return not math.isnan(value) and value != 0.0


def asked_for(bar: Bar, values: Mapping[str, float], shown: str) -> Iterator[Asked]:
    """The decisions of one row: a cancel where there is one, then an order, or why it cannot be one.

    Shares are rounded down to whole lots. Prices are rounded to ticks so that an order trades at no worse
    price than was asked for, and no trigger is nearer: a buy's limit down, its trigger up, a sell's the other way.
    """
    cancel, wished = values.get(CANCEL, math.nan), values.get(ORDER, math.nan)
    if is_asked(cancel):
        yield Cancel(bar.instrument.id, f"{CANCELLED}: {shown}")
    if is_asked(wished):
        yield _order(bar, wished, values, shown)


def _order(bar: Bar, wished: float, values: Mapping[str, float], shown: str) -> Order | Unfit:
    instrument = bar.instrument

    def unfit(code: Code, detail: str) -> Unfit:
        return Unfit(instrument.id, wished, code, detail, shown)

    if abs(wished) >= LARGEST_FLOAT:
        return unfit(Code.OVERFLOW, f"{wished:.6g} shares were asked for")
    lot = instrument.lot_size
    quantity = int(abs(wished)) // lot * lot
    if not quantity:
        return unfit(Code.ZERO_SIZE, f"{wished:.6g} shares are less than one lot of {lot}")
    side = Side.BUY if wished > 0 else Side.SELL
    last = values.get(GOOD_TILL, math.nan)
    if abs(last) >= LARGEST_FLOAT:
        return unfit(Code.OVERFLOW, f"{last:.6g} is no session")
    try:
        limit, trigger, stop, target = (
            ticks(values.get(name, math.nan), bar, up=is_rounded_up(name, side)) for name in PRICES
        )
    except OverflowError as error:
        return unfit(Code.OVERFLOW, str(error))
    try:
        return Order(
            instrument.id, side, quantity, type_of(limit, trigger), limit, trigger,
            time_in_force=TimeInForce.DAY if math.isnan(last) else TimeInForce.GTD, reason=shown,
            good_till=None if math.isnan(last) else math.floor(last), stop_loss=stop, take_profit=target,
        )  # fmt: skip
    except ValueError as error:
        return unfit(Code.BAD_PRICES, str(error))


def whole_lots(orders: Float64, lots: Int64) -> Float64:
    """Signed shares as they are ordered; NaN stays."""
    return np.sign(orders) * (np.floor(np.abs(orders)) // lots * lots)  # type: ignore[no-any-return]


def type_of(limit: int | None, trigger: int | None) -> OrderType:
    """What an order with these prices is."""
    if trigger is None:
        return OrderType.MARKET if limit is None else OrderType.LIMIT
    return OrderType.STOP if limit is None else OrderType.STOP_LIMIT


def is_rounded_up(name: str, side: Side) -> bool:
    """A limit away from what is worse, a trigger away from the market; those of legs as of the other side."""
    return (side is Side.BUY) == (name in ("trigger_price", "take_profit"))


def ticks(price: float, bar: Bar, *, up: bool) -> int | None:
    """A column's price in whole ticks of what trades; ``None`` for NaN. ``OverflowError`` if it is no price at all."""
    if math.isnan(price):
        return None
    instrument = bar.instrument
    fine = price / bar.factor * (10.0**instrument.price_decimals * FINE)
    if not abs(fine) < LARGEST_FLOAT:
        raise OverflowError(f"{price:.6g} is no price")
    tick, whole = instrument.tick_size * int(FINE), round(fine)
    return (-(-whole // tick) if up else whole // tick) * instrument.tick_size
