"""One net: orders of several strategies that the broker sees as one."""

from __future__ import annotations

from collections.abc import Iterable

from friday_core.domain.instruments import Instrument
from friday_core.domain.orders import ORDER_TRANSITIONS, OrderStatus, Side, WorkingOrder
from friday_core.domain.records import CancelOrder, Intent
from friday_core.session.slices import Slice
from friday_core.simulation.rows import is_whole

DAY_ENDED = "DAY_ENDED: the session for which it was placed is over"
_ANEW = "NETTED_ANEW: the orders behind it changed"


class Net:
    """Market orders of several strategies in one instrument, decided on one slice.

    ``account`` is the account's order for what they do not cross; ``standbys``, while a slice is
    matched, are orders for what they should cross and cannot. ``unpaid`` says that the matcher was
    answered with less than it proposed, ``changed`` that an order behind the account's was replaced.
    """

    __slots__ = ("account", "at_close", "changed", "instrument", "parents", "standbys", "unpaid")

    def __init__(self, instrument: Instrument, parents: Iterable[WorkingOrder], *, at_close: bool = False) -> None:
        self.instrument = instrument
        self.parents = list(parents)
        self.at_close = at_close
        self.account: WorkingOrder | None = None
        self.standbys: list[WorkingOrder] = []
        self.unpaid = False
        self.changed = False

    @property
    def active_from(self) -> int:
        """The ordinal of the first slice on which they may trade; parents are decided, and arrive, together."""
        return self.parents[0].active_from

    @property
    def working(self) -> list[WorkingOrder]:
        """The parents that are not at their end, in arrival order."""
        return [parent for parent in self.parents if not parent.status.terminal]

    def on(self, side: Side) -> list[WorkingOrder]:
        """The working parents of one side."""
        return [parent for parent in self.working if parent.order.side is side]

    @property
    def rest(self) -> int:
        """What the broker is to trade: signed, 0 if all parents meet."""
        return signed(self.working)

    @property
    def is_stale(self) -> bool:
        """Whether the account's order no longer says what the parents want."""
        return self.changed or self.rest != (signed([self.account]) if self.account is not None else 0)

    @property
    def is_growing(self) -> bool:
        """Whether the account's order is about to become larger, or one of the other side."""
        sent = signed([self.account]) if self.account is not None else 0
        return self.is_stale and (self.rest * sent < 0 or abs(self.rest) > abs(sent))

    def room(self, order: WorkingOrder) -> int:
        """What an order of the account may trade; a standby what its side wants beyond the account's order."""
        side, account = order.order.side, self.account
        wanted = sum(parent.remaining for parent in self.on(side))
        if order is account or account is None or account.status.terminal or account.order.side is not side:
            return wanted
        return max(0, wanted - account.remaining)

    def price(self, moment: Slice) -> int | None:
        """Where parents cross on this slice, ``None`` if it is too early or the instrument has no row."""
        bar = moment.by_instrument.get(self.instrument.id)
        if bar is None or not is_whole(bar) or self.active_from > moment.ordinal:
            return None
        return bar.raw.close if self.at_close else bar.raw.open

    def withdraw(self) -> list[Intent]:
        """End the account's order: it expires by itself at the broker if its day is over, else it is cancelled."""
        account, self.account, self.changed = self.account, None, False
        if account is None:
            return []
        if not self.working and all(parent.status is OrderStatus.EXPIRED for parent in self.parents):
            end(account, OrderStatus.EXPIRED, DAY_ENDED)
        else:
            account.move(OrderStatus.CANCELLED, _ANEW)
        expired = account.status is OrderStatus.EXPIRED
        return [] if expired else [CancelOrder(account.order.tag, account.reason)]


def signed(orders: Iterable[WorkingOrder]) -> int:
    """What remains of the orders, buys less sells."""
    return sum(one.order.side.sign * one.remaining for one in orders)


def are_several(orders: Iterable[WorkingOrder]) -> bool:
    """Whether they come from two strategies or more."""
    return len({one.order.strategy for one in orders}) > 1


def end(working: WorkingOrder, status: OrderStatus, reason: str) -> None:
    """Move an order to ``status``, or to CANCELLED where that is not among those that may follow."""
    legal = status in ORDER_TRANSITIONS[working.status]
    working.move(status if legal else OrderStatus.CANCELLED, reason)


def described(orders: Iterable[WorkingOrder]) -> str:
    """Who wants what, for a reason."""
    return "nets " + ", ".join(f"{signed([one]):+} of {one.order.strategy}" for one in orders)


def tags(orders: Iterable[WorkingOrder]) -> tuple[str, ...]:
    return tuple(one.order.tag for one in orders)
