"""Corporate actions in a session: what becomes of positions and of working orders on an ex-date."""

from __future__ import annotations

from collections.abc import Mapping

from friday_core.domain.chunk import Universe
from friday_core.domain.market import CorporateAction
from friday_core.domain.orders import OrderType, TimeInForce
from friday_core.domain.records import Intent, PlaceOrder
from friday_core.session.desk import Desk
from friday_core.session.log import SessionLog
from friday_core.session.release import Release
from friday_core.session.slices import Slice
from friday_core.session.working_orders import WorkingOrders, cancelled

_FOR_ITS_DAY = frozenset({TimeInForce.DAY, TimeInForce.AT_CLOSE})


class CorporateActions:
    """The first step of the driver: those that were announced are applied before the first fill of their ex-date."""

    def __init__(
        self,
        universe: Universe,
        desks: Mapping[str, Desk],
        working: WorkingOrders,
        release: Release,
        log: SessionLog,
    ) -> None:
        self._universe = universe
        self._desks = desks
        self._working = working
        self._release = release
        self._log = log
        self._waiting: list[CorporateAction] = []
        #: The first session that one waits for.
        self.next: int | None = None

    def announce(self, action: CorporateAction) -> None:
        """It waits for its session."""
        self._waiting.append(action)
        self._waiting.sort(key=lambda one: (one.session, one.instrument))
        self.next = self._waiting[0].session

    def due(self, session: int) -> list[CorporateAction]:
        """Those that have come, which no longer wait."""
        count = sum(one.session <= session for one in self._waiting)
        due, self._waiting = self._waiting[:count], self._waiting[count:]
        self.next = self._waiting[0].session if self._waiting else None
        return due

    def apply(self, action: CorporateAction, moment: Slice) -> list[Intent]:
        """Book it; a split ends orders."""
        instrument = self._universe.instrument(action.instrument)
        for desk in self._desks.values():
            if (applied := desk.apply_action(action, instrument, moment)) is not None:
                self._log.actions.append(applied)
        return self._reissue_orders(action, moment) if action.numerator != action.denominator else []

    def _reissue_orders(self, action: CorporateAction, moment: Slice) -> list[Intent]:
        """Orders that name a price end; market orders are replaced by one of the new quantity."""
        intents: list[Intent] = []
        ratio = f"{action.numerator}:{action.denominator}"
        for working in self._working:
            order = working.order
            if order.instrument != action.instrument or not order.strategy:
                continue
            reference = working.reference * action.denominator // action.numerator
            day_is_over = order.time_in_force in _FOR_ITS_DAY and 0 <= working.session < moment.session
            intents += cancelled(f"CORPORATE_ACTION: split {ratio}", [working])
            lot = self._universe.instrument(order.instrument).lot_size
            quantity = working.remaining * action.numerator // action.denominator // lot * lot
            is_renewed = order.type is OrderType.MARKET and not order.is_bracket and not working.is_elsewhere
            if is_renewed and quantity and not day_is_over:
                reason = f"replaces {order.tag} after a split {ratio}"
                added = self._release.reissue(working, quantity, reference, reason, moment.session)
                intents.append(PlaceOrder(added.order))
        return intents
