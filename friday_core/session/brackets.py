"""Brackets: what an order trades is closed by a stop and a limit order, of which one ends the other."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

import msgspec

from friday_core.domain.instruments import InstrumentId
from friday_core.domain.orders import Order, OrderStatus, OrderType, Side, TimeInForce, WorkingOrder
from friday_core.domain.records import CancelOrder, Intent, PlaceOrder
from friday_core.session.arrivals import Arrivals
from friday_core.session.desk import Desk
from friday_core.session.log import SessionLog
from friday_core.session.slices import Slice
from friday_core.session.working_orders import WorkingOrders

#: What the reasons of its orders begin with.
HEAD = "BRACKET"
#: How the reason of an order begins that its broker had and does not have any more: nobody saw it end.
_UNSEEN = "MISSING_ORDER"


def closes(entry: str) -> str:
    """Why an order of a bracket is placed; ``entry`` is the tag of what it closes."""
    return f"{HEAD}: closes {entry}"


def left_to_close(left: int, entry: str) -> str:
    """Why an order of a bracket is withdrawn."""
    return f"{HEAD}: {left} of {entry} are left to close"


@dataclass(frozen=True, slots=True)
class _Leg:
    """An order that is to be placed; ``triggered`` says whether its trigger has been touched already.

    ``instead`` is the one whose place it takes: before that has ended, both could trade.
    """

    order: Order
    triggered: bool = False
    instead: WorkingOrder | None = None

    def may_be_placed(self, differs: Container[InstrumentId], *, is_new_day: bool) -> bool:
        """After one that its day ended, in the next; if that may have traded unseen, not while positions differ."""
        before = self.instead
        if before is None or before.status is not OrderStatus.EXPIRED:
            return before is None or before.status.terminal
        return is_new_day and not (before.reason.startswith(_UNSEEN) and self.order.instrument in differs)


@dataclass(slots=True)
class Bracket:
    """What one fill of an entry opened, and the orders that are to close it.

    ``left`` is what is still to be closed; ``due`` are the legs to be placed; ``legs`` those that were, the latest of
    them in ``session``.
    """

    entry: Order
    left: int
    due: list[_Leg]
    legs: list[WorkingOrder] = field(default_factory=list)
    session: int = 0

    def pair(self) -> None:
        """Of orders that close the same, each counts with the one before it."""
        for stop, other in zip(self.legs, self.legs[1:], strict=False):
            other.twin = stop


class Brackets:
    """The brackets of a session. Its legs are orders like any other, with tags of their own.

    - Each fill of an entry has legs of its own, for the quantity that it added to the position, placed after the
      fills of the slice: they trade from the next slice on, plus latency. The stop arrives before the limit
      order, so that of a bar that reaches both it is the stop that trades.
    - They are good till cancelled. A broker gets them for the day, and anew with the first slice of the next session;
      but one that nobody saw end waits for a person where the account's position is not that of the books.
    - What one leg trades, the other is cancelled by; if something is left to close, one of that quantity takes its
      place, with the trigger touched if it was.
    - They close and never open: what the position is closed by otherwise ends them, or makes them smaller.
    - A leg that ends in any other way is not placed again: a strategy that cancels its orders gives up both.
    """

    def __init__(self, desks: Mapping[str, Desk], working: WorkingOrders, arrivals: Arrivals, log: SessionLog) -> None:
        self._desks = desks
        self._working = working
        self._arrivals = arrivals
        self._log = log
        self._brackets: list[Bracket] = []
        self._withdrawn: list[Intent] = []

    def follow(self, traded: WorkingOrder, quantity: int) -> None:
        """A quantity of an order of a strategy is booked: what it opens is noted, and the legs that it ends."""
        order = traded.order
        if order.is_bracket:
            self._brackets.append(Bracket(order, quantity, [_Leg(leg) for leg in self._legs(order)]))
        if not self._brackets:
            return
        held = self._desks[order.strategy].book.position(order.instrument)
        for bracket in self._brackets:
            if (bracket.entry.strategy, bracket.entry.instrument) == (order.strategy, order.instrument):
                if traded in bracket.legs:  # at a broker both may trade before one is withdrawn
                    bracket.left = max(0, bracket.left - quantity)
                bracket.left = min(bracket.left, max(0, bracket.entry.side.sign * held))
                self._withdraw(bracket)

    def place(self, moment: Slice) -> list[Intent]:
        """After the fills of a slice: the cancels and the new legs, to be told to the broker."""
        intents, self._withdrawn = self._withdrawn, []
        for bracket in self._brackets:
            self._renew(bracket)
            due, bracket.due = bracket.due, []
            differs = self._desks[bracket.entry.strategy].state.differs if due else ()
            for leg in due if bracket.left else ():
                if not leg.may_be_placed(differs, is_new_day=moment.session > bracket.session):
                    bracket.due.append(leg)
                    continue
                placed = self._placed(bracket, leg.order, moment)
                placed.triggered = leg.triggered
                intents.append(PlaceOrder(placed.order))
            bracket.legs = [leg for leg in bracket.legs if not leg.status.terminal]
            bracket.pair()
        self._brackets = [one for one in self._brackets if one.legs or one.due]
        return intents

    @property
    def are_due(self) -> bool:
        """Whether orders are to be placed with the next slice."""
        return bool(self._withdrawn) or any(one.due for one in self._brackets)

    def standing(self) -> tuple[Bracket, ...]:
        """All that there are, the oldest first."""
        return tuple(self._brackets)

    def resume(self, brackets: Iterable[Bracket]) -> None:
        """Go on with these, which were followed elsewhere; nothing is due."""
        self._brackets = list(brackets)
        for bracket in self._brackets:
            bracket.pair()

    def split(self, instrument: InstrumentId) -> None:
        """Its prices are others now: what was to be placed is not."""
        for bracket in self._brackets:
            if bracket.entry.instrument == instrument:
                bracket.due.clear()

    def _renew(self, bracket: Bracket) -> None:
        """What a broker ended with the day is due in the next session."""
        if self._working.elsewhere:
            bracket.due += [
                _Leg(leg.order, leg.triggered, instead=leg)
                for leg in bracket.legs
                if leg.status is OrderStatus.EXPIRED and not leg.withdrawn
            ]

    def _withdraw(self, bracket: Bracket) -> None:
        """End the legs that would close more than is left."""
        for leg in bracket.legs:
            if leg.status.terminal or leg.remaining <= bracket.left or leg.withdrawn:
                continue
            reason = left_to_close(bracket.left, bracket.entry.tag)
            if leg.withdraw(reason):
                self._withdrawn.append(CancelOrder(leg.order.tag, reason))
            bracket.due.append(_Leg(leg.order, leg.triggered, instead=leg))

    def _placed(self, bracket: Bracket, leg: Order, moment: Slice) -> WorkingOrder:
        entry = bracket.entry
        tag = self._desks[entry.strategy].next_tag(moment.session)
        order = msgspec.structs.replace(leg, quantity=bracket.left, tag=tag, ts_decided=moment.ts_event)
        price = order.limit_price if order.trigger_price is None else order.trigger_price
        working = self._working.add(order, self._arrivals.following(moment), price or 0)
        bracket.legs.append(working)
        bracket.session = moment.session
        self._log.orders.append(working)
        return working

    def _legs(self, entry: Order) -> Iterator[Order]:
        """The orders that close an entry, as templates: the stop first."""
        side = Side.SELL if entry.side is Side.BUY else Side.BUY
        plain = Order(
            entry.instrument,
            side,
            entry.quantity,
            time_in_force=TimeInForce.DAY if self._working.elsewhere else TimeInForce.GTC,
            reason=closes(entry.tag),
            strategy=entry.strategy,
            product=entry.product,
        )
        if entry.stop_loss is not None:
            yield msgspec.structs.replace(plain, type=OrderType.STOP, trigger_price=entry.stop_loss)
        if entry.take_profit is not None:
            yield msgspec.structs.replace(plain, type=OrderType.LIMIT, limit_price=entry.take_profit)
