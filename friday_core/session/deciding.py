"""What strategies decide on a slice, and what is sent because of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from friday_core.domain.chunk import Universe
from friday_core.domain.records import CancelOrder, Intent
from friday_core.session.arrivals import Arrivals
from friday_core.session.desk import Desk
from friday_core.session.ended_orders import EndedOrders
from friday_core.session.log import SessionLog
from friday_core.session.marks import Closes, closes_of
from friday_core.session.plain_orders import PlainOrders
from friday_core.session.slices import Slice
from friday_core.session.working_orders import WorkingOrders, cancelled
from friday_core.trading.asked import Asked


class Deciding:
    """Steps 4 and 5 of the driver: asks a desk, logs its decisions, and has its orders work."""

    def __init__(
        self,
        universe: Universe,
        desks: Mapping[str, Desk],
        working: WorkingOrders,
        log: SessionLog,
        *,
        arrivals: Arrivals,
        ended: EndedOrders,
    ) -> None:
        self._working = working
        self._log = log
        self._arrivals = arrivals
        self._ended = ended
        plain = (desk for desk in desks.values() if PlainOrders.is_possible(desk))
        self._plain = {one.name: PlainOrders(one, universe, working, log, is_marked=True) for one in plain}

    def decide(self, desk: Desk, moment: Slice) -> list[Intent]:
        """The strategy is asked; what its limits no longer allow is cancelled before."""
        intents: list[Intent] = []
        for forbidden, why in desk.forbidden(self._working):
            intents += cancelled(why, [forbidden])
        was_running = desk.runner.stopped is None
        return intents + self.decided(desk, moment, desk.asked(moment, self._working), was_running)

    def sent(self, desk: Desk, moment: Slice, decisions: Sequence[Asked], closes: Closes) -> Sequence[Intent] | None:
        """What is to be sent where that is plain; else ``None``, and nothing has happened."""
        plain = self._plain.get(desk.name)
        if plain is None or len(self._working):
            return None
        return plain.take(decisions, moment, closes, self._arrivals.active_from(moment))

    def decided(self, desk: Desk, moment: Slice, decisions: Sequence[Asked], was_running: bool) -> list[Intent]:
        """What becomes of what a strategy wants; ``was_running`` tells whether it ran before it was asked."""
        if decisions and (sent := self.sent(desk, moment, decisions, closes_of(moment))) is not None:
            return [*sent]
        intents: list[Intent] = []
        for taken, intent in desk.act(decisions, moment, self._working, self._arrivals.active_from(moment)):
            self._log.decisions.append(taken)
            if isinstance(intent, CancelOrder):
                self._working[intent.tag].withdraw(intent.reason)
            elif intent is not None:
                self._log.orders.append(self._working[intent.order.tag])
            if intent is not None:
                intents.append(intent)
        if was_running and desk.runner.stopped is not None:
            self._log.stopped.append(desk.runner.stopped)
            reason = f"STRATEGY_STOPPED: {desk.runner.stopped.error}"
            intents += cancelled(reason, self._working.of(desk.name))
        self._ended.settle(moment.ts_event)
        return intents
