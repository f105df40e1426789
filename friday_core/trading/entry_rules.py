"""What may be entered on a day: members of a universe, shorts that can be borrowed, contracts that still trade."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from friday_core.domain.instruments import InstrumentId
from friday_core.domain.orders import Side
from friday_core.domain.products import DERIVATIVES, Product
from friday_core.domain.sessions import to_date
from friday_core.errors import DataError
from friday_core.interfaces.risk_rule import Proposal, Ruling
from friday_core.trading.codes import Code
from friday_core.trading.endings import Ending
from friday_core.trading.session_times import IntradayTimes, SessionTimes

#: The symbols of a dated list on a session; ``DataError`` for one that it does not reach.
Members = Callable[[int], frozenset[str]]
#: In the words of rulings.
THE_UNIVERSE, THE_SHORTABLE = "the universe", "the list of shortable"
TOO_LATE = "too late to open an intraday position in this session"


@dataclass(frozen=True, slots=True)
class EntryRules:
    """Dated facts that an order must respect in what it adds to a position; what reduces one always passes.

    ``universe`` and ``shortable`` are lists of symbols, ``None`` for no list: of shares and the like, since a contract
    comes and goes by its expiry. ``endings`` are the last sessions of instruments, ``times`` when sessions are, and
    ``intraday`` until when they take entries.
    """

    times: SessionTimes
    endings: Mapping[InstrumentId, Ending] = field(default_factory=lambda: MappingProxyType({}))
    universe: Members | None = None
    shortable: Members | None = None
    intraday: IntradayTimes | None = None

    @property
    def is_empty(self) -> bool:
        """Whether nothing is ever refused."""
        return not (self.endings or self.universe or self.shortable or self.intraday)

    def ended(self, instrument: InstrumentId, session: int, ts_event: int) -> Ruling | None:
        """Why nothing can be ordered any more at a close: there is no later bar to trade on."""
        ending = self.endings.get(instrument)
        if ending is None or session < ending.session:
            return None
        bounds = self.times(session)
        if session == ending.session and (bounds is None or ts_event < bounds[1]):
            return None
        return Ruling(0, ending.code, f"the last session was that of {to_date(ending.session)}")

    def rulings(self, proposal: Proposal, ts_event: int) -> Iterator[Ruling]:
        """Why nothing may be added by what is decided at this close."""
        order, session = proposal.order, proposal.session
        ended = self.ended(order.instrument, session, ts_event)
        if ended is not None:
            yield ended
        if proposal.instrument.kind not in DERIVATIVES:
            yield from _listed(self.universe, proposal, Code.NOT_IN_UNIVERSE, THE_UNIVERSE)
            if order.side is Side.SELL:
                yield from _listed(self.shortable, proposal, Code.NOT_SHORTABLE, THE_SHORTABLE)
        if (
            order.product == Product.INTRADAY
            and self.intraday is not None
            and not self.intraday.takes_entries(session, ts_event)
        ):
            yield Ruling(0, Code.INTRADAY_CUT_OFF, TOO_LATE)


def _listed(members: Members | None, proposal: Proposal, code: Code, what: str) -> Iterator[Ruling]:
    if members is None:
        return
    instrument = proposal.order.instrument
    try:
        found = members(proposal.session)
    except DataError as error:
        yield Ruling(0, code, str(error).partition("\n")[0])
    else:
        if instrument.symbol not in found:
            yield Ruling(0, code, not_listed(instrument, what, proposal.session))


def not_listed(instrument: InstrumentId, what: str, session: int) -> str:
    """Why nothing is added to a position in an instrument."""
    return f"{instrument.symbol} was not in {what} on {to_date(session)}"
