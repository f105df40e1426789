"""Which orders of the strategies the broker sees as one, and which of them meet inside the account."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from friday_core.domain.chunk import Universe
from friday_core.domain.instruments import InstrumentId
from friday_core.domain.orders import Order, OrderStatus, OrderType, Side, TimeInForce, WorkingOrder
from friday_core.domain.outcomes import OrdersNetted
from friday_core.domain.records import Intent, PlaceOrder
from friday_core.session.log import AccountOrder, NettingLog
from friday_core.session.net import DAY_ENDED, Net, are_several, described, end, signed, tags
from friday_core.session.slices import Slice
from friday_core.session.working_orders import ACCOUNT, Tags, WorkingOrders
from friday_core.trading.crossing import Meeting, crossed
from friday_core.trading.parts import Part

_PLAIN = frozenset({TimeInForce.DAY, TimeInForce.GTC})


class Netting:
    """The nets of a session; keeps the account's orders among the working orders.

    Without a log it nets nothing, and every order goes to the broker as it is. ``at_close`` says that market
    orders trade at the close of a slice, and not at its open: what books cross does so too.
    """

    def __init__(
        self, universe: Universe, working: WorkingOrders, log: NettingLog | None, *, at_close: bool = False
    ) -> None:
        self._universe = universe
        self._working = working
        self._log = log
        self._at_close = at_close
        self._tags = Tags()
        self._nets: list[Net] = []
        self._covered: set[str] = set()
        self._queued: dict[WorkingOrder, Net] = {}
        self._meeting: list[Net] = []

    @property
    def is_idle(self) -> bool:
        """Whether there is no net: slices change nothing here until there is one."""
        return not self._nets

    @property
    def nets_nothing(self) -> bool:
        """Whether every order goes to the broker as it is."""
        return self._log is None

    def covers(self, tag: str) -> bool:
        """Whether the broker does not know this order, because an account order stands for it."""
        return tag in self._covered

    def net_of(self, order: WorkingOrder) -> Net | None:
        """The net that an order of the ``queue`` stands for; ``None`` for an order of a strategy."""
        return self._queued.get(order)

    def queue(self, moment: Slice) -> list[WorkingOrder]:
        """What the matcher is given: slice by slice, sells before buys, then in arrival order.

        Besides the orders that the broker knows there is a standby on both sides of each net that is
        about to cross: who cannot settle inside the account trades on this very row at the broker.
        """
        self._queued = {net.account: net for net in self._nets if net.account is not None}
        self._meeting = []
        if self._log is None:
            return list(self._working)
        for net in self._nets:
            both = min(sum(one.remaining for one in net.on(side)) for side in Side)
            if both and net.price(moment) is not None:
                first = net.working[0]
                orders = (
                    Order(net.instrument.id, side, both, ts_decided=moment.ts_event, product=first.order.product)
                    for side in Side
                )
                reference = first.reference
                net.standbys = [WorkingOrder(order, net.active_from, reference) for order in orders]
                self._queued |= dict.fromkeys(net.standbys, net)
                self._meeting.append(net)
        self._meeting.sort(key=lambda net: (net.active_from, net.instrument.id))
        standbys = [order for net in self._meeting for order in net.standbys]
        return sorted([*self.known(), *standbys], key=_in_turn)

    def in_order(self) -> list[WorkingOrder]:
        """The orders of strategies in the order in which they trade where there is no net, as ``queue`` has them."""
        return list(self._working) if self._log is None else sorted(self._working, key=_in_turn)

    @property
    def is_meeting(self) -> bool:
        """Whether there is something left to cross on the slice that is at hand."""
        return bool(self._meeting)

    def known(self) -> list[WorkingOrder]:
        """The working orders that the broker knows, in arrival order."""
        return [working for working in self._working if not self.covers(working.order.tag)]

    def stale(self) -> list[Net]:
        """The nets whose account order is about to be withdrawn or made anew."""
        return [net for net in self._nets if net.is_stale]

    def settle_standby(self, standby: WorkingOrder, net: Net, quantity: int, moment: Slice) -> None:
        """A standby becomes an order of the account for what it is about to trade, or is gone."""
        if not quantity or self._log is None:
            standby.move(OrderStatus.CANCELLED, "CROSSED: nothing is left for the broker")
            return
        tag, parents = self._tags.next(moment.session, ACCOUNT), net.on(standby.order.side)
        standby.order = msgspec.structs.replace(standby.order, quantity=quantity, tag=tag, reason=described(parents))
        self._log.orders.append(AccountOrder(standby, tags(parents)))

    def groups(self, placed: Sequence[WorkingOrder]) -> list[list[WorkingOrder]]:
        """New orders: those to be netted together by instrument and product, any other by itself.

        Netted is what comes from two strategies or more, plainly at market and in whole lots.
        """
        alone: list[list[WorkingOrder]] = []
        by_instrument: dict[tuple[InstrumentId, str], list[WorkingOrder]] = {}
        for one in placed:
            if self._can_net(one.order) and not one.is_forced:
                by_instrument.setdefault((one.order.instrument, one.order.product), []).append(one)
            else:
                alone.append([one])
        for _, group in sorted(by_instrument.items()):
            alone += [group] if are_several(group) else [[one] for one in group]
        return alone

    def _can_net(self, order: Order) -> bool:
        lot = self._universe.instrument(order.instrument).lot_size
        is_plain = order.type is OrderType.MARKET and order.time_in_force in _PLAIN
        is_plain &= order.protection_ppm is None and not order.is_bracket
        return self._log is not None and is_plain and order.quantity % lot == 0

    def form(self, groups: Iterable[Sequence[WorkingOrder]], moment: Slice) -> list[Intent]:
        """Groups with orders of several strategies become nets; what is to be sent for them, sells first."""
        intents: list[Intent] = []
        for group in sorted(groups, key=lambda one: signed(one) > 0):
            if self._log is None or not are_several(group):
                continue
            net = Net(self._universe.instrument(group[0].order.instrument), group, at_close=self._at_close)
            self._nets.append(net)
            self._covered.update(parent.order.tag for parent in group)
            intents += self._issue(net, moment)
            bought, sold = (sum(one.remaining for one in net.on(side)) for side in (Side.BUY, Side.SELL))
            tag = net.account.order.tag if net.account else ""
            self._log.nettings.append(
                OrdersNetted(moment.ts_event, net.instrument.id, bought, sold, tag, tags(net.working))
            )
        return intents

    def replace(self, parent: WorkingOrder, replacement: WorkingOrder) -> None:
        """A parent's order was given another quantity and tag; nothing happens for an order that is no parent."""
        for net in self._nets:
            if parent in net.parents:
                net.parents[net.parents.index(parent)] = replacement
                self._covered.add(replacement.order.tag)
                net.changed = True

    def open(self, moment: Slice) -> list[Intent]:
        """Before a slice's fills: parents whose day is over expire, those with their first row open."""
        for net in self._nets:
            for parent in net.working:
                if parent.order.time_in_force is TimeInForce.DAY and 0 <= parent.session < moment.session:
                    parent.move(OrderStatus.EXPIRED, DAY_ENDED)
        intents = self.renew(moment)
        for net in self._nets:
            if net.price(moment) is None:
                continue
            for parent in net.working:
                if parent.status is OrderStatus.INTENT:
                    parent.move(OrderStatus.OPEN)
                parent.session = moment.session if parent.session < 0 else parent.session
        return intents

    def cross(self, moment: Slice, until: int, cash: Mapping[str, int]) -> list[Part]:
        """What the nets with a row cross, among those that became active up to slice ``until``."""
        self._meeting = [net for net in self._meeting if net.on(Side.BUY) and net.on(Side.SELL)]
        meetings = [
            Meeting(net.instrument, price, net.on(Side.BUY), net.on(Side.SELL))
            for net in self._meeting
            if net.active_from <= until and (price := net.price(moment)) is not None
        ]
        return crossed(meetings, cash)

    def follow(self) -> list[Intent]:
        """After the fills of a slice: the standbys that became orders, to be told to the broker.

        Where an account order came to its end, its parents go the same way, unless it ended for want of cash.
        """
        intents: list[Intent] = []
        for net in self._nets:
            intents += [PlaceOrder(one.order) for one in net.standbys if one.order.tag]
            net.standbys = []
            account = net.account
            if account is None or not account.status.terminal:
                continue
            if account.status is not OrderStatus.FILLED and not net.unpaid:
                for parent in net.on(account.order.side):
                    end(parent, account.status, account.reason)
            net.account, net.unpaid = None, False
        return intents

    def renew(self, moment: Slice) -> list[Intent]:
        """Account orders that no longer say what their parents want are withdrawn, and others take their place."""
        intents: list[Intent] = []
        for net in list(self._nets):
            if net.is_stale:
                intents += net.withdraw()
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
            reason=described(parents),
            tag=self._tags.next(moment.session, ACCOUNT),
            ts_decided=moment.ts_event,
            product=parents[0].order.product,
        )
        net.account = self._working.add(order, net.active_from, parents[0].reference)
        self._log.orders.append(AccountOrder(net.account, tags(parents)))
        return [PlaceOrder(order)]


def _in_turn(one: WorkingOrder) -> tuple[int, bool]:
    """By slice, sells before buys; what is equal stays in order of arrival."""
    return one.active_from, one.order.side is Side.BUY
