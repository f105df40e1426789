"""What the market and the broker do to positions by themselves, and refuse, on the rows of a block."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from friday_core.domain.chunk import MISSING_PRICE, Array, Chunk, Int64, Universe
from friday_core.domain.products import DERIVATIVES, Product
from friday_core.errors import DataError
from friday_core.session.custody import Custody
from friday_core.session.desk import Desk
from friday_core.simulation.compiled import words as w
from friday_core.trading.endings import Ending
from friday_core.trading.entry_rules import EntryRules, Members
from friday_core.trading.session_times import SessionTimes


class Kept:
    """Knows beforehand on which rows a custody does something, and what entry rules refuse on each.

    What it does not know is the driver's: what is settled on a row on which something ends, and an entry for which
    the list of the day is missing.
    """

    def __init__(self, universe: Universe, desks: Sequence[Desk], custody: Custody | None) -> None:
        self._universe = universe
        self._custody = custody
        engines = [desk.risk for desk in desks]
        self._entries = engines[0].entries if engines else None
        #: Whether entries are the driver's, because strategies have different rules.
        self.differs = any(one.entries != self._entries for one in engines)
        self._has_intraday = any(desk.products.usual == Product.INTRADAY for desk in desks)
        self._closes: dict[int, Int64] = {}
        #: What ends next, and the rows on which it is over.
        self._ending: tuple[int, Int64] | None = None

    @property
    def borrow_ppm(self) -> int:
        """What shorts pay a year."""
        return 0 if self._custody is None else self._custody.terms.borrow_ppm

    def bind(self, rows: Chunk) -> Mapping[int, Array]:
        """The rows of a block; what the kernel has to know of each, by its word in the context."""
        if self._custody is None and self._entries is None:
            return {}
        self._rows, self._session = rows, rows["session"].astype(np.int64)
        self._closes, self._ending = {}, None
        found: dict[int, Array] = {}
        if self._custody is not None:
            watched = [name for name in self._custody.watched if name in self._universe]
            known = rows["close"] != MISSING_PRICE
            for inst in map(self._universe.position, watched):
                self._closes[inst] = np.flatnonzero(known & (rows.inst == inst))
            due = self._due()
            if due is not None:
                found[w.DUE_AT] = due
        if self._entries is not None:
            found[w.REFUSED_AT] = self._refused(self._entries)
        return found

    def ends_row(self, row: int) -> int:
        """The next row on which something is settled that has come to its end."""
        ends = None if self._custody is None else self._custody.next_end
        if ends is None or self._custody is None:
            return w.NEVER
        if self._ending is None or self._ending[0] != ends:
            is_over = _is_over(self._custody.terms.times, ends, self._session, self._rows.ts_event)
            self._ending = ends, np.flatnonzero(is_over)
        found = self._ending[1]
        place = int(np.searchsorted(found, row))
        return int(found[place]) if place < len(found) else w.NEVER

    def catch_up(self, first: int, row: int) -> None:
        """The custody is told of the closes that it watches, from one row on and before another."""
        for inst, places in self._closes.items():
            begin, end = np.searchsorted(places, [first, row])
            if begin < end and self._custody is not None:
                place = int(places[end - 1])
                close = int(self._rows["close"][place])
                self._custody.note(self._universe[inst].id, close, int(self._session[place]))

    def _due(self) -> Int64 | None:
        """Of each row the next one, itself counted, on which intraday positions are to be closed."""
        times = None if self._custody is None else self._custody.terms.intraday
        if times is None or not self._has_intraday:
            return None
        is_due = self._rows.ts_event + times.lead > self._by_session(times.closing)
        places = np.where(is_due, np.arange(len(is_due)), w.NEVER)
        return np.minimum.accumulate(places[::-1])[::-1].copy()

    def _refused(self, entries: EntryRules) -> Int64:
        bits, rows = np.zeros(len(self._session), np.int64), self._rows
        for name, ending in entries.endings.items():
            if name in self._universe:
                bits[self._ended(entries.times, name_at=self._universe.position(name), ending=ending)] |= w.R_ASKED
        for members, bit in ((entries.universe, w.R_UNLISTED), (entries.shortable, w.R_UNBORROWED)):
            if members is not None:
                bits |= self._listed(members, bit)
        times = entries.intraday
        if times is not None and self._has_intraday:
            is_late = rows.ts_event >= self._by_session(times.last_entries)
            bits[is_late | (rows.ts_event + times.lead > self._by_session(times.closing))] |= w.R_LATE
        return bits

    def _ended(self, times: SessionTimes, *, name_at: int, ending: Ending) -> Array:
        rows = self._rows
        found: Array = (rows.inst == name_at) & _is_over(times, ending.session, self._session, rows.ts_event)
        return found

    def _listed(self, members: Members, bit: int) -> Int64:
        """The bit on rows of what was not on the list; where there is no list, the driver is asked."""
        sessions, place = np.unique(self._session, return_inverse=True)
        table = np.zeros((len(sessions), len(self._universe)), np.int64)
        shares = [n for n, one in enumerate(self._universe) if one.kind not in DERIVATIVES]
        for number, session in enumerate(sessions.tolist()):
            try:
                listed = members(session)
            except DataError:
                table[number, shares] = w.R_ASKED
            else:
                table[number, shares] = [0 if self._universe[n].id.symbol in listed else bit for n in shares]
        found: Int64 = table[place, self._rows.inst]
        return found

    def _by_session(self, of: Callable[[int], int]) -> Int64:
        sessions, place = np.unique(self._session, return_inverse=True)
        found: Int64 = np.array([of(one) for one in sessions.tolist()], np.int64)[place]
        return found


def _is_over(times: SessionTimes, last: int, session: Int64, ts: Int64) -> Array:
    """Whether a session is later than the last one, or at its end."""
    bounds = times(last)
    is_over: Array = session > last
    return is_over if bounds is None else is_over | ((session == last) & (ts >= bounds[1]))
