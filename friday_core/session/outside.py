"""What comes to a session besides rows: a broker's words, and a person's."""

from __future__ import annotations

from collections.abc import Mapping

from friday_core.domain.records import Action, BrokerRead, Command, Intent, OrderTold, SendAnswered
from friday_core.errors import InvariantError
from friday_core.session.arrivals import Arrivals
from friday_core.session.at_broker import AtBroker, InDoubtPolicy
from friday_core.session.booking import Booking
from friday_core.session.brackets import Brackets
from friday_core.session.desk import Desk
from friday_core.session.halting import Halting
from friday_core.session.log import SessionLog
from friday_core.session.slices import Slice
from friday_core.session.working_orders import WorkingOrders, cancelled

#: What happens between slices.
FromOutside = SendAnswered | OrderTold | BrokerRead | Command


class Outside:
    """A part of the driver. With a ``policy`` a broker has the orders, and only it says what becomes of them."""

    def __init__(
        self,
        desks: Mapping[str, Desk],
        working: WorkingOrders,
        arrivals: Arrivals,
        log: SessionLog,
        *,
        booking: Booking,
        brackets: Brackets,
        policy: InDoubtPolicy | None,
    ) -> None:
        self._brackets = brackets
        self._is_over = False
        self._halting = Halting(desks, working, arrivals, log)
        self._at_broker = None if policy is None else AtBroker(desks, working, booking, log, policy=policy)

    @property
    def is_silent(self) -> bool:
        """Whether nothing but rows moves the session: no broker has its orders, and nobody stopped it."""
        return self._at_broker is None and not self.is_halted

    @property
    def is_halted(self) -> bool:
        """Whether a person stopped the session."""
        return self._halting.latched is not None

    def take(self, record: FromOutside, latest: Slice | None) -> list[Intent]:
        """One of it, after the slice ``latest``; returns what follows from it."""
        intents: list[Intent] = []
        session = 0 if latest is None else latest.session
        match record:
            case Command():
                self._halting.obey(record)
                if self._at_broker is not None and record.action is Action.REARM:
                    self._at_broker.accept()
            case _ if self._at_broker is None:
                raise InvariantError(f"{type(record).__name__} in a session whose fills are a matcher's")
            case SendAnswered():
                self._at_broker.answered(record)
            case OrderTold(update):
                self._at_broker.told(update, session)
            case BrokerRead():
                intents += self._at_broker.read(record, session)
        if latest is None or self._is_over:
            return intents
        return intents + self._brackets.place(latest) + self.halted(latest)

    def halted(self, moment: Slice) -> list[Intent]:
        """What a person's stop makes of working orders and positions."""
        if self._halting.latched is None:
            return []
        intents: list[Intent] = []
        for working, reason in self._halting.withdrawn():
            intents += cancelled(reason, [working])
        return [*intents, *self._halting.closing(moment)]

    def leaving(self, intents: list[Intent]) -> list[Intent]:
        """These are about to be sent."""
        if self._at_broker is not None:
            self._at_broker.hand_over(intents)
        return intents

    def end(self) -> None:
        """The session is over: nothing new is placed, whatever is told of what was."""
        self._is_over = True

    def resume(self, ts: int) -> None:
        """The process that began the session ended, and another one goes on."""
        if self._at_broker is not None:
            self._at_broker.resume(ts)
