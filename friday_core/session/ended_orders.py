"""Orders that have reached their end."""

from __future__ import annotations

from collections.abc import Mapping

from friday_core.domain.orders import OrderEnded, OrderStatus
from friday_core.session.desk import Desk
from friday_core.session.log import SessionLog
from friday_core.session.working_orders import WorkingOrders


class EndedOrders:
    """Takes them from those that work, logs them, and tells a strategy of its own that did not simply fill."""

    def __init__(self, desks: Mapping[str, Desk], working: WorkingOrders, log: SessionLog) -> None:
        self._desks = desks
        self._working = working
        self._log = log

    def settle(self, ts_event: int) -> None:
        """All that have ended by now, as of this time."""
        if not len(self._working):
            return
        for working in self._working.drop_ended():
            order, status = working.order, working.status
            if not order.strategy:
                continue
            ended = OrderEnded(
                order.tag, order.instrument, order.strategy, status, working.filled, working.reason, ts_event
            )
            self._log.ended.append(ended)
            if status is not OrderStatus.FILLED:
                self._desks[order.strategy].runner.tell(ended)
