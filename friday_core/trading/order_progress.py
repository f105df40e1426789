"""What a real broker's updates make of the orders that it was sent: every share and every step counts once."""

from __future__ import annotations

from dataclasses import dataclass

from friday_core.domain.order_updates import OrderUpdate
from friday_core.domain.orders import OrderStatus, WorkingOrder
from friday_core.errors import InvariantError

_S = OrderStatus
#: How far an order has come; what is not here is an end. A doubt is not told, so it is nowhere.
_RANK = {_S.INTENT: 0, _S.SENT: 0, _S.IN_DOUBT: 0, _S.ACKED: 1, _S.OPEN: 2, _S.PARTIAL: 3}
_END = 4


@dataclass(frozen=True, slots=True)
class News:
    """What an update tells of one of our orders that was not known before.

    ``quantity`` shares traded for ``notional`` minor units that had not been reported, 0 if there are
    none. ``status`` is where the order has moved to, ``None`` if it is where it was.
    """

    update: OrderUpdate
    order: WorkingOrder
    quantity: int
    notional: int
    status: OrderStatus | None


@dataclass(frozen=True, slots=True)
class Foreign:
    """An update of an order that is not ours."""

    update: OrderUpdate


@dataclass(slots=True)
class _Told:
    """All that has been told of an order so far, however it came."""

    order: WorkingOrder
    number: str = ""
    notional: int = 0
    rank: int = 0


class OrderProgress:
    """Applies updates to the orders of a session, those that have ended among them.

    Updates may be missing, late, doubled and in any order. What has traded is the most that any of
    them told, the status the furthest: once the last update of an order has come, its filled
    quantity, notional and status are those of that update, and the news of it sum to them.

    An order that has ended stays as it ended. Shares that are told after the end are real all the
    same (the word of a cancellation overtakes that of a trade) and are news without a status. An
    order in doubt is settled by any update that is not behind what was known of it before.
    """

    def __init__(self) -> None:
        self._told: dict[str, _Told] = {}

    def add(self, order: WorkingOrder) -> None:
        """From now on an order is ours; before it is sent. ``InvariantError`` if its tag is known."""
        tag = order.order.tag
        if tag in self._told:
            raise InvariantError(f"order {tag}: there are two of this tag")
        self._told[tag] = _Told(order)

    def knows(self, tag: str) -> bool:
        """Whether an order of this tag is ours."""
        return tag in self._told

    def apply(self, update: OrderUpdate) -> News | Foreign | None:
        """Move the order to where the update says it stands; ``None`` if that tells nothing new.

        ``InvariantError`` with the tag, and nothing changes, if the update cannot be true: more than
        was ordered, filled with less, a total that shrinks while the quantity grows, or a second
        order at the broker under one tag.
        """
        told = self._told.get(update.tag)
        if told is None:
            return Foreign(update)
        _check(told, update)
        order, before = told.order, told.order.status
        quantity = max(0, update.filled - order.filled)
        notional = update.notional - told.notional if quantity else 0
        moves = _moves(told, update)
        told.number, told.rank = update.number, max(told.rank, _rank(update.status))
        if not quantity and not moves:
            return None
        told.notional += notional
        _trade(order, quantity)
        if moves and not order.status.terminal:
            _move(order, update)
        return News(update, order, quantity, notional, None if order.status is before else order.status)


def _check(told: _Told, update: OrderUpdate) -> None:
    ordered, name = told.order.order.quantity, f"order {update.tag}"
    if update.filled > ordered:
        raise InvariantError(f"{name}: {update.filled} of {ordered} are told to have traded")
    if update.status is _S.FILLED and update.filled < ordered:
        raise InvariantError(f"{name}: it is told to be filled with {update.filled} of {ordered}")
    if told.number not in ("", update.number):
        raise InvariantError(f"{name}: the broker has two orders of this tag, {told.number} and {update.number}")
    if update.filled > told.order.filled and update.notional < told.notional:
        raise InvariantError(
            f"{name}: {update.filled} are told to have traded for {update.notional} minor units, "
            f"and {told.order.filled} of them for {told.notional}"
        )


def _moves(told: _Told, update: OrderUpdate) -> bool:
    """Whether the update's status is further than all before, or settles a doubt."""
    status, rank = told.order.status, _rank(update.status)
    if status.terminal:
        return False
    if status is _S.IN_DOUBT and rank == told.rank:
        return update.filled >= told.order.filled
    return rank > max(told.rank, _rank(status))


def _rank(status: OrderStatus) -> int:
    return _RANK.get(status, _END)


def _trade(order: WorkingOrder, quantity: int) -> None:
    if order.status is _S.INTENT:
        order.move(_S.SENT)
    if order.status.terminal:
        order.filled += quantity
    elif quantity:
        order.fill(quantity)


def _move(order: WorkingOrder, update: OrderUpdate) -> None:
    """The step to what the update says, seen with all that has traded."""
    status = update.status
    if order.filled and status is _S.REJECTED:
        status = _S.CANCELLED
    elif order.filled and not status.terminal:
        status = _S.PARTIAL
    if status is not order.status:
        order.move(status, update.reason)
