"""When Kite takes an order: by the dated facts about the exchanges, and by its own cut-off of intraday orders."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from friday_core.api import FridayError, MarketSessions, Refused, get_logger, library_sessions, session_files
from friday_plugins.zerodha.instruments import Listed, Listing
from friday_plugins.zerodha.token_file import IST

_CLOSED, _CONTINUOUS = "closed", "continuous"
#: Phases in which an exchange takes no order at all.
_DEAF = frozenset({"pre_open_matching", "closing_reference", "closing_matching"})
_CASH = frozenset({"NSE", "BSE"})


class Moment(NamedTuple):
    """The phase at a moment, and when the continuous trading of its date begins and ends, microseconds UTC."""

    phase: str
    first: int = 0
    last: int = 0

    @property
    def is_open(self) -> bool:
        """Whether anything may be sent but after-market orders. After the close it may not, whatever trades there."""
        return self.phase not in (_CLOSED, "post_close")


class TradingHours:
    """The phases of each segment, read when it is first asked about.

    Of a date that the facts do not know, nothing is said, and Kite decides.
    """

    def __init__(self, cut_offs: Mapping[str, dt.time]) -> None:
        self._cut_offs = cut_offs
        self._segments: dict[tuple[str, str | None], MarketSessions | None] = {}

    def at(self, listed: Listed, listing: Listing, now: dt.datetime) -> Moment | None:
        """``None`` where it is not known."""
        sessions = self._sessions(listed, listing)
        if sessions is None:
            return None
        try:
            spans = sessions.phases(now.astimezone(IST).date())
        except FridayError as error:
            get_logger("zerodha").warning("the exchange's hours are not known, and not looked at", why=str(error))
            return None
        moment = _microseconds(now)
        traded = [span for span in spans if span.phase == _CONTINUOUS]
        phase = next((str(span.phase) for span in spans if span.open <= moment < span.close), _between(spans, moment))
        return Moment(phase, traded[0].open if traded else 0, traded[-1].close if traded else 0)

    def check(self, form: Mapping[str, Any], at: Moment | None, now: dt.datetime, *, reduces: bool) -> None:
        """``Refused`` for an order that Kite or the exchange would refuse at this time.

        What reduces a position is held back only while the exchange is closed: the rest may be wrong about a day.
        """
        if form["variety"] == "amo" or at is None:
            return
        words = [*self._wrong(form, at, now)] if not reduces or not at.is_open else []
        if words:
            raise Refused(f"order {form['tag']} is not sent: {'; '.join(words)}")

    def _wrong(self, form: Mapping[str, Any], at: Moment, now: dt.datetime) -> Iterator[str]:
        exchange, clock = form["exchange"], now.astimezone(IST).time()
        if not at.is_open:
            yield f"{exchange} is closed at {clock:%H:%M} IST"
            return
        if at.phase in _DEAF:
            yield f"{exchange} takes no orders at {clock:%H:%M} IST: {at.phase.replace('_', ' ')}"
        elif at.phase != _CONTINUOUS and form.get("trigger_price"):
            yield f"{exchange} takes no stops before and after continuous trading, and it is {clock:%H:%M} IST"
        cut_off = self._cut_offs.get(exchange)
        if form["product"] == "MIS" and cut_off is not None and at.first <= _at(now, cut_off) <= _microseconds(now):
            yield f"Kite takes no intraday orders on {exchange} after {cut_off:%H:%M} IST"

    def _sessions(self, listed: Listed, listing: Listing) -> MarketSessions | None:
        has_auction = listed.exchange in _CASH and listing.has_contracts(listed)
        key = (listed.exchange, "equity_with_derivatives" if has_auction else None)
        if key not in self._segments:
            self._segments[key] = _read(*key)
        return self._segments[key]


def _read(exchange: str, segment: str | None) -> MarketSessions | None:
    try:
        return MarketSessions(session_files(exchange), exchange, segment, library_sessions)
    except FridayError as error:
        get_logger("zerodha").warning("the exchange's hours are not known, and not looked at", why=str(error))
        return None


def _between(spans: Any, moment: int) -> str:
    """Of a moment outside of every phase: between two phases of a session the exchange only takes no orders."""
    open_ones = [span for span in spans if span.phase != "post_close"]
    is_within = bool(open_ones) and open_ones[0].open <= moment < open_ones[-1].close
    return "closing_matching" if is_within else _CLOSED


def _at(now: dt.datetime, time: dt.time) -> int:
    """A time of that day in India."""
    return _microseconds(dt.datetime.combine(now.astimezone(IST).date(), time, IST))


def _microseconds(when: dt.datetime) -> int:
    return round(when.timestamp() * 1_000_000)
