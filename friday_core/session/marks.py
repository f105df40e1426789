"""Books at the closes of slices: what they are worth there, noted, and told to their limits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from friday_core.domain.instruments import InstrumentId
from friday_core.domain.outcomes import EquityPoint
from friday_core.session.desk import Desk
from friday_core.session.slices import Slice
from friday_core.session.standing import Standing

#: What closed at which price, in price units.
Closes = Sequence[tuple[InstrumentId, int]]


class Marks:
    """The third step of the driver. ``at_this_close`` says that books trade at the very close they are marked at."""

    def __init__(self, desks: Mapping[str, Desk], standing: Standing, *, at_this_close: bool) -> None:
        self._desks = desks
        self._standing = standing
        self._at_this_close = at_this_close

    def mark(self, ts_event: int, session: int, closes: Closes) -> None:
        """Limits see it, and so does the result. Deciding moves no money."""
        known = self._standing.equity
        for name, desk in self._desks.items():
            book = desk.book
            value, gross = book.marked(closes)
            equity = book.cash + value
            desk.state.mark(session, known[name], equity)
            if not self._at_this_close:
                known[name] = equity
                self._standing.note(EquityPoint(ts_event, session, name, book.cash, value, gross, equity))

    def note_again(self, moment: Slice) -> None:
        """What was decided at a close has traded at it: only now is it known what the books are worth there."""
        closes = closes_of(moment)
        for name, desk in self._desks.items():
            book = desk.book
            value, gross = book.marked(closes)
            equity = self._standing.equity[name] = book.cash + value
            ts, session = moment.ts_event, moment.session
            self._standing.note(EquityPoint(ts, session, name, book.cash, value, gross, equity))


def closes_of(moment: Slice) -> Closes:
    """Of every instrument that traded."""
    return [(bar.instrument.id, bar.raw.close) for bar in moment.bars]
