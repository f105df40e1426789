"""The kill switch: what a person stops holds until a person re-arms it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from friday_core.domain.instruments import InstrumentId
from friday_core.domain.orders import TimeInForce, WorkingOrder
from friday_core.domain.records import Action, Command, Intent, PlaceOrder
from friday_core.session.arrivals import Arrivals
from friday_core.session.custody import against
from friday_core.session.desk import Desk
from friday_core.session.log import SessionLog
from friday_core.session.slices import Slice
from friday_core.session.working_orders import WorkingOrders

#: Microseconds until a position is closed again whose order came to nothing: a broker that refuses is not pressed.
_AGAIN = 60_000_000


class Halting:
    """What a session was told to stop; a part of the driver, whose working orders and log it writes."""

    def __init__(self, desks: Mapping[str, Desk], working: WorkingOrders, arrivals: Arrivals, log: SessionLog) -> None:
        self._desks = desks
        self._working = working
        self._arrivals = arrivals
        self._log = log
        #: What holds, ``None`` if nothing does.
        self.latched: Command | None = None
        #: By strategy and instrument, the time of the slice at which an order that closes was made.
        self._tried: dict[tuple[str, InstrumentId], int] = {}

    @property
    def reason(self) -> str:
        """Why the session is stopped, as orders and decisions tell it; empty if it is not."""
        latched = self.latched
        if latched is None:
            return ""
        by = f" by {latched.who}" if latched.who else ""
        return f"{latched.action.name}{by}: {latched.reason}"

    def obey(self, command: Command) -> None:
        """It holds from here on; of two the stronger one, until somebody re-arms the session."""
        self._tried.clear()
        stronger = self.latched is None or _STRENGTH[command.action] > _STRENGTH[self.latched.action]
        if command.action is Action.REARM:
            self.latched = None
        elif stronger:
            self.latched = command
        for desk in self._desks.values():
            desk.state.halted = self.reason

    def withdrawn(self) -> Iterator[tuple[WorkingOrder, str]]:
        """The orders that are to end now, and why; those that close positions for it go on."""
        if self.latched is not None and self.latched.action is not Action.PAUSE:
            for one in self._working:
                if one.order.strategy and not one.is_forced and not one.withdrawn:
                    yield one, f"HALTED: {self.reason}"

    def closing(self, moment: Slice) -> Iterator[Intent]:
        """Orders that close what is held; an instrument of which an order still works waits for its end.

        One that came to nothing is made again a minute later at the earliest.
        """
        if self.latched is None or self.latched.action is not Action.FLATTEN:
            return
        for desk in self._desks.values():
            for name, held in desk.book.positions().items():
                tried = self._tried.get((desk.name, name))
                if self._working.of(desk.name, name) or (tried is not None and moment.ts_event < tried + _AGAIN):
                    continue
                self._tried[desk.name, name] = moment.ts_event
                product = desk.products.of(name)
                order = against(
                    desk, name, held, moment, f"HALTED: {self.reason}", product=product, time_in_force=TimeInForce.GTC
                )
                working = self._working.add(order, self._arrivals.following(moment), desk.book.price(name))
                working.is_forced = True
                self._log.orders.append(working)
                yield PlaceOrder(order)


_STRENGTH = {Action.REARM: 0, Action.PAUSE: 1, Action.CANCEL: 2, Action.FLATTEN: 3}
