"""What a simulated broker keeps: the life of an order at an exchange made of bars."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import msgspec

from friday_core.domain.instruments import InstrumentId
from friday_core.domain.market import Bar
from friday_core.domain.orders import Order, OrderStatus, OrderType, Side, TimeInForce, WorkingOrder
from friday_core.domain.records import CancelOrder, PlaceOrder
from friday_core.errors import InvariantError
from friday_core.interfaces.broker import SimulatedBroker
from friday_core.session.slices import Slice
from friday_core.testing import moments
from friday_core.testing.outcomes import Broken, DoesNotApply
from friday_core.testing.rule import Rule
from friday_core.testing.rules import wording
from friday_core.testing.subject import Subject
from friday_core.testing.watching import watching

#: How much of a proposal is booked: all of it, or what a short purse pays for.
_Books = Callable[[int], int]
_Traded = list[tuple[int, str, int, int]]


def _all(quantity: int) -> int:
    return quantity


def _is_honest(subject: Subject) -> None:
    made: Any = subject.make()
    if not isinstance(made.order_types, frozenset) or not made.order_types <= frozenset(OrderType):
        raise Broken(f"its order_types are {made.order_types!r:.80}, and must be a frozenset of OrderType")
    if not made.order_types:
        raise Broken("it takes no type of order")
    provided = subject.spec.provides & set(OrderType)
    if provided and provided != made.order_types:
        said, has = (", ".join(sorted(map(str, types))) for types in (provided, made.order_types))
        raise Broken(f"its spec provides {said}, and its order_types are {has}")


def _takes_what_it_declares(subject: Subject) -> None:
    made = _simulated(subject)
    made.initialize()
    made.start()
    orders = [order for order in _orders(_moments(subject), 0) if order.type in made.order_types]
    made.send([])
    for order in orders:
        made.send([PlaceOrder(order)])
        made.send([CancelOrder(order.tag, "CANCELLED: by the kit")])
    made.stop()
    working = [WorkingOrder(order, 1) for order in orders]
    _play(subject, working, _all)
    waiting = {str(one.order.type) for one in working if one.status is OrderStatus.INTENT}
    if waiting:
        raise Broken(f"{', '.join(sorted(waiting))} orders never reach its exchange; it declares them")


def _trades_within_the_bar(subject: Subject) -> None:
    """Quantity within what remains, price within what the order allows, never before it is active."""
    latency = _simulated(subject).matcher().latency
    if type(latency) is not int or latency < 0:
        raise Broken(f"its latency is {latency!r}, and must be a whole number of slices")
    working = _working(subject)
    traded = _play(subject, working, _all)
    if not traded:
        raise Broken(f"of {len(working)} orders on liquid bars none trades")
    by_tag = {one.order.tag: one for one in working}
    for ordinal, tag, quantity, price in traded:
        order, bar = by_tag[tag].order, _bar(subject, ordinal, by_tag[tag].order.instrument)
        what = f"order {tag} to {order.side} {order.quantity} ({order.type})"
        if bar is None:
            raise Broken(f"{what} trades on slice {ordinal}, which has no bar of {order.instrument}")
        if ordinal < by_tag[tag].active_from:
            raise Broken(f"{what} trades on slice {ordinal}, before it is active on {by_tag[tag].active_from}")
        if quantity < 1 or price < 1:
            raise Broken(f"{what} trades {quantity} at {price}")
        limit = order.limit_price
        if limit is not None and (price - limit) * order.side.sign > 0:
            raise Broken(f"{what} with the limit {limit} trades at {price}")


def _fills_in_parts(subject: Subject) -> None:
    """Where less is booked than was proposed, no more than that counts, and the rest trades later or ends."""
    working = _working(subject)
    _play(subject, working, lambda wanted: wanted // 2)
    for one in working:
        if one.status is OrderStatus.FILLED and one.filled != one.order.quantity:
            raise Broken(f"order {one.order.tag} is called filled with {one.filled} of {one.order.quantity}")


def _leaves_ended_orders(subject: Subject) -> None:
    """An order that ended, or that nobody knows about, does not trade; a slice that comes twice trades once."""
    ends = (OrderStatus.CANCELLED, OrderStatus.EXPIRED, OrderStatus.REJECTED, OrderStatus.FILLED)
    for end in ends:
        working = _working(subject)
        for one in working:
            one.move(OrderStatus.OPEN)
            one.status = end
        traded = _play(subject, working, _all)
        if traded:
            raise Broken(f"order {traded[0][1]} trades {traded[0][2]} though it is {end}")
    working, moment = _working(subject), _moments(subject)[40]
    matcher = _simulated(subject).matcher()
    first = list(_matched(matcher, 40, moment.bars, working, _all))
    again = list(_matched(matcher, 40, moment.bars, [one for one in working if one.status.terminal], _all))
    if again:
        raise Broken(f"the same slice once more fills order {again[0][1]} again, after {len(first)} fills")


def _ends_day_orders(subject: Subject) -> None:
    working = [one for one in _working(subject) if one.order.time_in_force is TimeInForce.DAY]
    _play(subject, working, _all)
    open_ones = [one for one in working if not one.status.terminal]
    if open_ones:
        one = open_ones[0]
        raise Broken(f"order {one.order.tag}, good for its day, is {one.status} at the end of the market")
    silent = next((one for one in working if one.status is not OrderStatus.FILLED and not one.reason), None)
    if silent is not None:
        raise Broken(f"order {silent.order.tag} is {silent.status} without a reason")


def _is_repeatable(subject: Subject) -> None:
    first = _play(subject, _working(subject), _all)
    with watching(subject.packages) as watch:
        second = _play(subject, _working(subject), _all)
    wording.require_none(watch)
    if first != second:
        raise Broken(f"a second matcher gives {len(second)} fills where the first gave {len(first)}, or other ones")


def _play(subject: Subject, working: list[WorkingOrder], books: _Books) -> _Traded:
    """The market from beginning to end with these orders: (slice, tag, quantity proposed, price)."""
    matcher, traded = _simulated(subject).matcher(), []
    for ordinal, moment in enumerate(_moments(subject)):
        live = [one for one in working if not one.status.terminal or ordinal == 0]
        traded += list(_matched(matcher, ordinal, moment.bars, live, books))
    return traded


def _matched(
    matcher: Any, ordinal: int, bars: Sequence[Bar], orders: list[WorkingOrder], books: _Books
) -> Iterator[tuple[int, str, int, int]]:
    """One slice, each proposal booked as the driver does it."""
    executions = matcher.match(ordinal, bars, orders)
    try:
        execution = next(executions, None)
        while execution is not None:
            one: WorkingOrder = execution.order
            if one.status.terminal:
                yield ordinal, one.order.tag, execution.quantity, execution.price
                return
            booked = books(execution.quantity)
            if booked:
                one.fill(booked)
            yield ordinal, one.order.tag, execution.quantity, execution.price
            execution = executions.send(booked)
    except StopIteration:
        return
    except InvariantError as error:
        raise Broken(f"on slice {ordinal}: {error}") from error


def _working(subject: Subject) -> list[WorkingOrder]:
    types = _simulated(subject).order_types
    slices = _moments(subject)
    orders = [one for at in (5, len(slices) // 4, len(slices) // 2) for one in _orders(slices, at) if one.type in types]
    latency = _simulated(subject).matcher().latency
    return [WorkingOrder(order, order.ts_decided + 1 + latency) for order in orders]


def _orders(slices: Sequence[Slice], at: int) -> Iterator[Order]:
    """Of every type, side and validity about the bars of one slice, whose number stands in ``ts_decided``."""
    for bar in slices[at].bars:
        tick, lot, close = bar.instrument.tick_size, bar.instrument.lot_size, bar.raw.close
        for n, side in enumerate(Side):
            for kind in OrderType:
                limit = close - side.sign * 3 * tick if kind.has_limit else None
                trigger = close + side.sign * 2 * tick if kind.has_trigger else None
                force = TimeInForce.DAY if kind is not OrderType.STOP_LIMIT else TimeInForce.GTC
                tag = f"F{at:03}{bar.instrument.id.symbol}{n}{list(OrderType).index(kind)}"
                order = Order(bar.instrument.id, side, 20 * lot, kind, limit, trigger, force)
                yield msgspec.structs.replace(order, tag=tag, strategy="trial", ts_decided=at)


def _moments(subject: Subject) -> list[Slice]:
    return subject.once("slices", lambda: moments.slices(subject.markets.daily))


def _bar(subject: Subject, ordinal: int, instrument: InstrumentId) -> Bar | None:
    return _moments(subject)[ordinal].by_instrument.get(instrument)


def _simulated(subject: Subject) -> SimulatedBroker:
    made = subject.make()
    if not isinstance(made, SimulatedBroker):
        raise DoesNotApply("it is no simulation")
    return made


RULES = (
    Rule(
        "its order types are what it takes",
        "strategies are checked against them before a run; one that is declared and not taken is refused in the run",
        "declare order_types as a frozenset of OrderType; leave provides out, or hand it the same",
        _is_honest,
    ),
    Rule(
        "every order of a declared type is accepted",
        "an order that never reaches the exchange reserves cash and waits for ever",
        "move an order to OPEN on its first bar, and take PlaceOrder and CancelOrder in send()",
        _takes_what_it_declares,
    ),
    Rule(
        "an order trades when it is active, on a bar of its own, within its limit",
        "a fill that no exchange would give earns in every simulation",
        "skip orders with active_from after this slice and instruments without a bar; never beyond limit_price",
        _trades_within_the_bar,
    ),
    Rule(
        "an order that fills in parts never fills beyond what was asked",
        "books and orders would differ for ever from there on",
        "propose at most working.remaining, and read what was booked from the answer to yield",
        _fills_in_parts,
    ),
    Rule(
        "an order that ended does not trade again",
        "updates come late and twice; a fill after the end is a position that nobody wanted",
        "look at status.terminal before each proposal",
        _leaves_ended_orders,
    ),
    Rule(
        "an order for the day ends with it, and says why",
        "a strategy is told of the end of its orders, and waits for it",
        "move it to EXPIRED, with a code and a sentence, on the first slice of a later session",
        _ends_day_orders,
    ),
    Rule(
        "the same orders on the same bars fill alike",
        "a backtest that cannot be repeated proves nothing",
        "keep all state in the working orders; draw nothing, look at no clock",
        _is_repeatable,
    ),
)
