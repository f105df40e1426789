"""What leaves for the broker: after every book has decided, within the account's limits, and netted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from friday_core.domain.chunk import Universe
from friday_core.domain.orders import OrderStatus, Side, WorkingOrder
from friday_core.domain.records import CancelOrder, Intent, PlaceOrder
from friday_core.interfaces.risk_rule import Ruling
from friday_core.session.desk import Desk
from friday_core.session.log import SessionLog
from friday_core.session.net import end, signed
from friday_core.session.netting import Netting
from friday_core.session.slices import Slice
from friday_core.session.working_orders import WorkingOrders
from friday_core.trading.account_risk import AccountRisk, Outgoing
from friday_core.trading.parts import shares


class Release:
    """The last step of a slice: the strategies' new orders become the orders that the broker is sent."""

    def __init__(
        self,
        universe: Universe,
        desks: Mapping[str, Desk],
        working: WorkingOrders,
        netting: Netting,
        *,
        risk: AccountRisk,
        log: SessionLog,
    ) -> None:
        self._universe = universe
        self._desks = desks
        self._working = working
        self._netting = netting
        self._risk = risk
        self._log = log

    def released(self, decided: Sequence[Intent], moment: Slice) -> list[Intent]:
        """The intents of the desks as the broker is to see them: without orders that an account order stands for.

        An order that its own strategy ended on this very slice is sent, and then its cancel.
        """
        if self._netting.nets_nothing and self._risk.limits_nothing:
            return self.known(decided)
        placed = (self._working.get(one.order.tag) for one in decided if isinstance(one, PlaceOrder))
        groups = self._netting.groups([one for one in placed if one is not None])
        replaced: list[Intent] = []
        if not self._risk.limits_nothing:
            groups, replaced = self._within_limits(groups, moment.session)
        renewed = self._netting.renew(moment)
        netted = self._netting.form(groups, moment)
        return self.known([*decided, *replaced]) + renewed + netted

    def known(self, intents: Sequence[Intent]) -> list[Intent]:
        """Those intents whose orders the broker knows, or is to know, by themselves."""
        return [one for one in intents if self._is_known(one)]

    def reissue(self, working: WorkingOrder, quantity: int, reference: int, reason: str, session: int) -> WorkingOrder:
        """An order of another quantity in the place of one that has ended, under a new tag; ``reason`` tells why."""
        order = working.order
        replacement = msgspec.structs.replace(
            order, quantity=quantity, tag=self._desks[order.strategy].next_tag(session), reason=reason
        )
        added = self._working.add(replacement, working.active_from, reference)
        added.is_forced = working.is_forced
        self._log.orders.append(added)
        self._netting.replace(working, added)
        return added

    def _is_known(self, intent: Intent) -> bool:
        if isinstance(intent, CancelOrder):
            return not self._netting.covers(intent.tag)
        tag = intent.order.tag
        working = self._working.get(tag)
        return not self._netting.covers(tag) and (working is None or working.status is not OrderStatus.DENIED)

    def _within_limits(
        self, groups: Sequence[Sequence[WorkingOrder]], session: int
    ) -> tuple[list[list[WorkingOrder]], list[Intent]]:
        """The groups after the account's limits, and the orders that replace those that were cut.

        Nets whose account order is about to grow, because an order on its other side ended, are judged with them.
        """
        stale = self._netting.stale()
        judged = [*groups, *(net.working for net in stale if net.is_growing)]
        out = {one.order.tag for group in groups for one in group}
        out |= {net.account.order.tag for net in stale if net.account is not None}
        known = [[one] for one in self._netting.known() if one.order.tag not in out and not one.is_alternative]
        known += [net.working for net in stale if net.rest and not net.is_growing]
        at_broker = [self._outgoing(group, {}) for group in known]
        closing = {one.order.tag: part for desk in self._desks.values() for one, part in desk.closing(self._working)}
        asked = [(group, self._outgoing(group, closing)) for group in judged if signed(group)]
        replaced: list[Intent] = []
        replacements: dict[str, WorkingOrder] = {}
        for (group, one), ruling in zip(asked, self._risk.rulings([one for _, one in asked], at_broker), strict=True):
            for cut, order in self._cut(group, one, ruling, closing, session) if ruling.code else ():
                replaced.append(PlaceOrder(order.order))
                replacements[cut.order.tag] = order
        kept = ([replacements.get(one.order.tag, one) for one in group] for group in groups)
        working = [[one for one in group if not one.status.terminal] for group in kept]
        return [group for group in working if group], replaced

    def _outgoing(self, group: Sequence[WorkingOrder], closing: Mapping[str, int]) -> Outgoing:
        """What of a group the broker would be sent."""
        rest = signed(group)
        side = Side.BUY if rest > 0 else Side.SELL
        order = msgspec.structs.replace(group[0].order, side=side, quantity=abs(rest))
        closes = sum(closing.get(one.order.tag, 0) for one in group if one.order.side is side)
        return Outgoing(order, group[0].reference, closes)

    def _cut(
        self,
        group: Sequence[WorkingOrder],
        outgoing: Outgoing,
        ruling: Ruling,
        closing: Mapping[str, int],
        session: int,
    ) -> Iterator[tuple[WorkingOrder, WorkingOrder]]:
        """Deny what may not be sent to those who open something, in proportion, in whole lots, the limit kept.

        Yields each order of which a part passes, and the one that replaces it.
        """
        lot = self._universe.instrument(outgoing.order.instrument).lot_size
        openings = ((one, (one.remaining - closing[one.order.tag]) // lot) for one in group)
        opening = [(one, weight) for one, weight in openings if weight and one.order.side is outgoing.order.side]
        weights = [weight for _, weight in opening]
        refused = -(-(outgoing.order.quantity - ruling.quantity) // lot)
        for (one, _), count in zip(opening, shares(min(refused, sum(weights)), weights), strict=True):
            left = one.remaining - count * lot
            if not count:
                continue
            end(one, OrderStatus.DENIED, f"{ruling.code}: {left} of {one.remaining} pass: {ruling.detail}")
            if left:
                reason = f"replaces {one.order.tag}: {ruling.code}"
                yield one, self.reissue(one, left, one.reference, reason, session)
