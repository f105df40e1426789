"""What leaves for the broker: after every book has decided, within the account's limits, and netted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from friday_core.domain.orders import OrderStatus, Side, WorkingOrder
from friday_core.domain.records import CancelOrder, Intent, PlaceOrder
from friday_core.interfaces.risk_rule import Ruling
from friday_core.session.desk import Desk
from friday_core.session.log import SessionLog
from friday_core.session.net import signed
from friday_core.session.netting import Netting
from friday_core.session.slices import Slice
from friday_core.session.working_orders import WorkingOrders
from friday_core.trading.account_risk import AccountRisk, Outgoing
from friday_core.trading.parts import shares


class Release:
    """The last step of a slice: the strategies' new orders become the orders that the broker is sent."""

    def __init__(
        self,
        desks: Mapping[str, Desk],
        working: WorkingOrders,
        netting: Netting,
        risk: AccountRisk,
        log: SessionLog,
    ) -> None:
        self._desks = desks
        self._working = working
        self._netting = netting
        self._risk = risk
        self._log = log

    def released(self, decided: Sequence[Intent], moment: Slice) -> list[Intent]:
        """The intents of the desks as the broker is to see them: without orders that an account order stands for."""
        placed = [self._working[one.order.tag] for one in decided if isinstance(one, PlaceOrder)]
        groups = self._netting.groups(placed)
        replaced: list[Intent] = []
        if not self._risk.limits_nothing and placed:
            groups, replaced = self._within_limits(groups, moment)
        renewed = self._netting.renew(moment)
        netted = self._netting.form(groups, moment)
        return self.known([*decided, *replaced]) + renewed + netted

    def known(self, intents: Sequence[Intent]) -> list[Intent]:
        """Those intents whose orders the broker knows, or is to know, by themselves."""
        return [one for one in intents if self._is_known(one)]

    def reissue(self, working: WorkingOrder, quantity: int, reference: int, reason: str, session: int) -> PlaceOrder:
        """An order of another quantity in the place of one that has ended, under a new tag; ``reason`` tells why."""
        order = working.order
        replacement = msgspec.structs.replace(
            order, quantity=quantity, tag=self._desks[order.strategy].next_tag(session), reason=reason
        )
        added = self._working.add(replacement, working.active_from, reference)
        self._log.orders.append(added)
        self._netting.replace(working, added)
        return PlaceOrder(replacement)

    def _is_known(self, intent: Intent) -> bool:
        if isinstance(intent, CancelOrder):
            return not self._netting.covers(intent.tag)
        tag = intent.order.tag
        return not self._netting.covers(tag) and self._working[tag].status is not OrderStatus.DENIED

    def _within_limits(
        self, groups: Sequence[Sequence[WorkingOrder]], moment: Slice
    ) -> tuple[list[list[WorkingOrder]], list[Intent]]:
        """The groups after the account's limits, and the orders that replace those that were cut."""
        new = {one.order.tag for group in groups for one in group}
        at_broker = [self._outgoing([one], {}) for one in self._netting.known() if one.order.tag not in new]
        closing = {one.order.tag: part for desk in self._desks.values() for one, part in desk.closing(self._working)}
        asked = [self._outgoing(group, closing) for group in groups]
        outgoing = [one for one in asked if one is not None]
        rulings = iter(self._risk.rulings(outgoing, [one for one in at_broker if one is not None]))
        kept: list[list[WorkingOrder]] = []
        replaced: list[Intent] = []
        for group, one in zip(groups, asked, strict=True):
            ruling = next(rulings) if one is not None else Ruling(0)
            intents = self._cut(group, one, ruling, closing, moment) if one is not None and ruling.code else []
            replaced += intents
            tags = [intent.order.tag for intent in intents if isinstance(intent, PlaceOrder)]
            left = [order for order in group if not order.status.terminal]
            kept.append([*left, *(self._working[tag] for tag in tags)])
        return [group for group in kept if group], replaced

    def _outgoing(self, group: Sequence[WorkingOrder], closing: Mapping[str, int]) -> Outgoing | None:
        """What of a group the broker would be sent; ``None`` if its orders meet."""
        rest = signed(group)
        if not rest:
            return None
        side = Side.BUY if rest > 0 else Side.SELL
        order = msgspec.structs.replace(group[0].order, side=side, quantity=abs(rest))
        closes = sum(closing.get(one.order.tag, 0) for one in group if one.order.side is side)
        return Outgoing(order, self._working.reference(group[0]), closes)

    def _cut(
        self,
        group: Sequence[WorkingOrder],
        outgoing: Outgoing,
        ruling: Ruling,
        closing: Mapping[str, int],
        moment: Slice,
    ) -> list[Intent]:
        """Deny what may not be sent to those who open something, in proportion, in whole lots, the limit kept."""
        side, instrument = outgoing.order.side, outgoing.order.instrument
        lot = moment.by_instrument[instrument].instrument.lot_size
        opening = [one for one in group if one.order.side is side and one.remaining - closing[one.order.tag] >= lot]
        weights = [(one.remaining - closing[one.order.tag]) // lot for one in opening]
        refused = -(-(outgoing.order.quantity - ruling.quantity) // lot)
        intents: list[Intent] = []
        for one, count in zip(opening, shares(min(refused, sum(weights)), weights), strict=True):
            left = one.remaining - count * lot
            if count:
                reason = f"{ruling.code}: {left} of {one.remaining} pass: {ruling.detail}"
                one.move(OrderStatus.DENIED, reason)
            if count and left:
                told = f"replaces {one.order.tag}: {ruling.code}"
                intents.append(self.reissue(one, left, self._working.reference(one), told, moment.session))
        return intents
