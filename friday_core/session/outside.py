"""What comes to a session besides rows: a broker's words, a person's, and that rows or time go by."""

from __future__ import annotations

from collections.abc import Mapping

from friday_core.domain.money import MINOR_DIGITS
from friday_core.domain.records import (
    Action,
    Armed,
    BrokerRead,
    ClockAdvanced,
    Command,
    Intent,
    OrderTold,
    RowsMissing,
    SendAnswered,
)
from friday_core.errors import InvariantError
from friday_core.session.arrivals import Arrivals
from friday_core.session.at_broker import AtBroker, InDoubtPolicy
from friday_core.session.booking import Booking
from friday_core.session.brackets import Brackets
from friday_core.session.custody import Custody
from friday_core.session.desk import Desk
from friday_core.session.halting import Halting
from friday_core.session.log import SessionLog
from friday_core.session.slices import Slice
from friday_core.session.working_orders import WorkingOrders, cancelled
from friday_core.trading.account_risk import AccountRisk

#: What happens between slices.
FromOutside = SendAnswered | OrderTold | BrokerRead | Command | RowsMissing | Armed | ClockAdvanced
#: Microseconds between two attempts to close intraday positions by the clock alone.
_AGAIN = 60_000_000


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
        custody: Custody | None = None,
        risk: AccountRisk | None = None,
    ) -> None:
        self._desks = desks
        self._working = working
        self._log = log
        self._brackets = brackets
        self._custody = custody
        self._risk = risk
        #: The stream of which rows are missing, and since when by the clock intraday positions are being closed.
        self._missing = ""
        self._squared: int | None = None
        self._is_over = False
        self._halting = Halting(desks, working, arrivals, log)
        self._at_broker = None if policy is None else AtBroker(desks, working, booking, log, policy=policy)

    @property
    def is_silent(self) -> bool:
        """Whether nothing but rows moves the session: no broker has its orders, and nobody stopped it."""
        return self._at_broker is None and self._halting.latched is None and not self._missing

    @property
    def hears_time(self) -> bool:
        """Whether time alone moves it: orders that a broker has trade without a row."""
        return self._at_broker is not None and self._custody is not None

    def unclear(self) -> list[str]:
        """What is in doubt at the broker, or differs there, in words."""
        states = [desk.state for desk in self._desks.values()]
        differs = {f"{name}: {what}" for state in states for name, what in state.differs.items()}
        lacks = {state.lacks_cash for state in states if state.lacks_cash}
        doubts = [] if self._at_broker is None else self._at_broker.doubts
        halted = [f"halted: {self._halting.reason}"] if self._halting.latched is not None else []
        return [*halted, *(f"order {one.order.tag} is in doubt" for one in doubts), *sorted(differs), *sorted(lacks)]

    def adds(self, tag: str) -> bool:
        """Whether a working order may add to a position of its book, all that works before it counted."""
        if (one := self._working.get(tag)) is None:
            return True
        if one.is_alternative:  # of two exits the one that is not counted, as its twin is
            return False
        closing = {
            other.order.tag: part for desk in self._desks.values() for other, part in desk.closing(self._working)
        }
        return closing.get(tag, 0) < one.remaining

    def take(self, record: FromOutside, latest: Slice | None) -> list[Intent]:
        """One of it, after the slice ``latest``; returns what follows from it."""
        intents: list[Intent] = []
        session = 0 if latest is None else latest.session
        match record:
            case Command():
                self._halting.obey(record)
                if self._at_broker is not None and record.action is Action.REARM:
                    self._at_broker.accept()
            case RowsMissing():
                self._miss(record)
            case Armed(capital=capital):
                self._allow(capital)
            case ClockAdvanced(ts):
                return self._at_time(ts, latest)
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

    def _miss(self, record: RowsMissing) -> None:
        """Rows do not come that should, or come again."""
        self._log.missing.append(record)
        self._missing = "" if record.is_over else record.stream
        for desk in self._desks.values():
            desk.state.rows_missing = "" if record.is_over else f"no row of {record.stream}: {record.reason}"

    def _allow(self, capital: int) -> None:
        """All positions together may be worth so much, in whole units."""
        currency = next(iter(self._desks.values())).book.currency
        if self._risk is not None:
            self._risk.armed = capital * 10 ** MINOR_DIGITS[currency]

    def _at_time(self, ts: int, latest: Slice | None) -> list[Intent]:
        """Intraday positions are closed when it is time, whether a row comes or not; again where that was refused."""
        if self._custody is None or latest is None or self._is_over:
            return []
        if self._squared is not None and ts < self._squared + _AGAIN:
            return []
        intents = [one for desk in self._desks.values() for one in self._custody.squared_off_at(ts, desk, latest)]
        self._squared = ts if intents else self._squared
        return intents

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
