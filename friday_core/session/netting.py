"""Which orders of the strategies the broker sees as one, and which of them meet inside the account."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from friday_core.domain.chunk import MISSING_PRICE, Universe
from friday_core.domain.instruments import Instrument, InstrumentId
from friday_core.domain.orders import (
    ORDER_TRANSITIONS,
    Order,
    OrderStatus,
    OrderType,
    Side,
    TimeInForce,
    WorkingOrder,
)
from friday_core.domain.outcomes import OrdersNetted
from friday_core.domain.records import CancelOrder, Intent, PlaceOrder
from friday_core.session.log import AccountOrder, NettingLog
from friday_core.session.slices import Slice
from friday_core.session.working_orders import ACCOUNT, Tags, WorkingOrders
from friday_core.trading.crossing import Meeting, crossed
from friday_core.trading.parts import Shared

_DAY_ENDED = "DAY_ENDED: the session for which it was placed is over"
_ANEW = "NETTED_ANEW: the orders behind it changed"


class Net:
    """Market orders of several strategies in one instrument, decided on one slice.

    ``account`` is the account's order for what they do not cross. ``unpaid`` says that the matcher
    was answered with less than it proposed, ``split`` that shares became others since it was sent.
    """

    __slots__ = ("account", "active_from", "instrument", "parents", "split", "unpaid")

    def __init__(self, instrument: Instrument, parents: Iterable[WorkingOrder]) -> None:
        self.instrument = instrument
        self.parents = list(parents)
        self.active_from = self.parents[0].active_from
        self.account: WorkingOrder | None = None
        self.unpaid = False
        self.split = False

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


class Netting:
    """The nets of a session; keeps the account's orders among the working orders.

    Without a log it nets nothing, and every order goes to the broker as it is.
    """

    def __init__(self, universe: Universe, working: WorkingOrders, log: NettingLog | None) -> None:
        self._universe = universe
        self._working = working
        self._log = log
        self._tags = Tags()
        self._nets: list[Net] = []
        self._covered: set[str] = set()

    def covers(self, tag: str) -> bool:
        """Whether the broker does not know this order, because an account order stands for it."""
        return tag in self._covered

    def net_of(self, account: WorkingOrder) -> Net | None:
        """The net that an order of the account stands for; ``None`` for an order of a strategy."""
        return next((net for net in self._nets if net.account is account), None)

    def queue(self) -> list[WorkingOrder]:
        """The orders that the broker knows: slice by slice, sells before buys, then in arrival order."""
        if self._log is None:
            return list(self._working)
        known = [working for working in self._working if not self.covers(working.order.tag)]
        return sorted(known, key=lambda one: (one.active_from, one.order.side is Side.BUY))

    def groups(self, placed: Sequence[WorkingOrder]) -> list[list[WorkingOrder]]:
        """New orders: those to be netted together by instrument, any other by itself.

        Netted is what comes from two strategies or more, at market and in whole lots.
        """
        alone: list[list[WorkingOrder]] = []
        by_instrument: dict[InstrumentId, list[WorkingOrder]] = {}
        for one in placed:
            if self._can_net(one.order):
                by_instrument.setdefault(one.order.instrument, []).append(one)
            else:
                alone.append([one])
        for _, group in sorted(by_instrument.items()):
            alone += [group] if _are_several(group) else [[one] for one in group]
        return alone

    def _can_net(self, order: Order) -> bool:
        lot = self._universe.instrument(order.instrument).lot_size
        return self._log is not None and order.type is OrderType.MARKET and order.quantity % lot == 0

    def form(self, groups: Iterable[Sequence[WorkingOrder]], moment: Slice) -> list[Intent]:
        """Groups with orders of several strategies become nets; what is to be sent for them, sells first."""
        intents: list[Intent] = []
        for group in sorted(groups, key=lambda one: signed(one) > 0):
            if self._log is None or not _are_several(group):
                continue
            net = Net(self._universe.instrument(group[0].order.instrument), group)
            self._nets.append(net)
            self._covered.update(parent.order.tag for parent in group)
            intents += self._issue(net, moment)
            bought, sold = (sum(one.remaining for one in net.on(side)) for side in (Side.BUY, Side.SELL))
            tag = net.account.order.tag if net.account else ""
            self._log.nettings.append(
                OrdersNetted(moment.ts_event, net.instrument.id, bought, sold, tag, _tags(net.working))
            )
        return intents

    def replace(self, parent: WorkingOrder, replacement: WorkingOrder) -> None:
        """A split gave a parent's order another quantity and tag; nothing for an order that is no parent."""
        for net in self._nets:
            if parent in net.parents:
                net.parents[net.parents.index(parent)] = replacement
                self._covered.add(replacement.order.tag)
                net.split = True

    def open(self, moment: Slice) -> list[Intent]:
        """Before a slice's fills: parents whose day is over expire, those with their first row open."""
        for net in self._nets:
            for parent in net.working:
                if parent.order.time_in_force is TimeInForce.DAY and 0 <= parent.session < moment.session:
                    parent.move(OrderStatus.EXPIRED, _DAY_ENDED)
        intents = self.renew(moment)
        for net in self._nets:
            if _open_price(net, moment) is None:
                continue
            for parent in net.working:
                if parent.status is OrderStatus.INTENT:
                    parent.move(OrderStatus.OPEN)
                parent.session = moment.session if parent.session < 0 else parent.session
        return intents

    def cross(self, moment: Slice, until: int, cash: Mapping[str, int]) -> Shared:
        """The crosses of nets that have a row, among those that became active up to slice ``until``.

        A seller whose buyer is short of cash has its first day still to come: so far no broker had its order.
        """
        nets = [net for net in self._nets if net.active_from <= until and net.on(Side.BUY) and net.on(Side.SELL)]
        nets.sort(key=lambda net: (net.active_from, net.instrument.id))
        meetings = [
            Meeting(net.instrument, price, net.on(Side.BUY), net.on(Side.SELL))
            for net in nets
            if (price := _open_price(net, moment)) is not None
        ]
        shared = crossed(meetings, cash) if meetings else Shared(())
        for net in nets:
            if any(order in net.parents for order, _ in shared.short):
                for seller in net.on(Side.SELL):
                    seller.session = -1
        return shared

    def follow(self) -> None:
        """An account order came to its end. Unless cash was short, its parents go the same way."""
        for net in self._nets:
            account = net.account
            if account is None or not account.status.terminal:
                continue
            if account.status is not OrderStatus.FILLED and not net.unpaid:
                for parent in net.on(account.order.side):
                    _end(parent, account.status, account.reason)
            net.account, net.unpaid = None, False

    def renew(self, moment: Slice) -> list[Intent]:
        """Account orders that no longer say what their parents want are withdrawn, and others take their place."""
        intents: list[Intent] = []
        for net in list(self._nets):
            current = signed([net.account]) if net.account is not None else 0
            if net.split or current != net.rest:
                if net.account is not None:
                    intents += _withdraw(net.account, net)
                net.account, net.split = None, False
                intents += self._issue(net, moment)
            net.parents = net.working
            if not net.parents:
                self._nets.remove(net)
        return intents

    def _issue(self, net: Net, moment: Slice) -> list[Intent]:
        """The account's order for the rest of a net, if there is any."""
        rest, parents = net.rest, net.working
        if not rest or self._log is None:
            return []
        day = all(parent.order.time_in_force is TimeInForce.DAY for parent in parents)
        order = Order(
            net.instrument.id,
            Side.BUY if rest > 0 else Side.SELL,
            abs(rest),
            time_in_force=TimeInForce.DAY if day else TimeInForce.GTC,
            reason="nets " + ", ".join(f"{signed([parent]):+} of {parent.order.strategy}" for parent in parents),
            tag=self._tags.next(moment.session, ACCOUNT),
            ts_decided=moment.ts_event,
        )
        net.account = self._working.add(order, net.active_from, self._working.reference(parents[0]))
        self._log.orders.append(AccountOrder(net.account, _tags(parents)))
        return [PlaceOrder(order)]


def signed(orders: Iterable[WorkingOrder]) -> int:
    """What remains of the orders, buys less sells."""
    return sum(one.order.side.sign * one.remaining for one in orders)


def _are_several(orders: Iterable[WorkingOrder]) -> bool:
    """Whether they come from two strategies or more."""
    return len({one.order.strategy for one in orders}) > 1


def _open_price(net: Net, moment: Slice) -> int | None:
    """Where the net crosses on this slice, ``None`` if it is too early or the instrument has no row."""
    bar = moment.by_instrument.get(net.instrument.id)
    if bar is None or MISSING_PRICE in bar.raw or net.active_from > moment.ordinal:
        return None
    return bar.raw.open


def _withdraw(account: WorkingOrder, net: Net) -> list[Intent]:
    """An order whose day is over ends by itself at the broker; any other has to be cancelled there."""
    if not net.working and all(parent.status is OrderStatus.EXPIRED for parent in net.parents):
        _end(account, OrderStatus.EXPIRED, _DAY_ENDED)
    else:
        account.move(OrderStatus.CANCELLED, _ANEW)
    expired = account.status is OrderStatus.EXPIRED
    return [] if expired else [CancelOrder(account.order.tag, account.reason)]


def _end(working: WorkingOrder, status: OrderStatus, reason: str) -> None:
    """Cancelled where that end is not among those that may follow."""
    legal = status in ORDER_TRANSITIONS[working.status]
    working.move(status if legal else OrderStatus.CANCELLED, reason)


def _tags(orders: Iterable[WorkingOrder]) -> tuple[str, ...]:
    return tuple(one.order.tag for one in orders)
