"""Books at the closes of slices: what they are worth there, noted, and told to their limits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from friday_core.domain.chunk import MISSING_PRICE
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
        for point in self._worth(ts_event, session, closes):
            self._desks[point.strategy].state.mark(session, self._standing.equity[point.strategy], point.equity)
            if not self._at_this_close:
                self._note(point)

    def note_again(self, moment: Slice) -> None:
        """What was decided at a close has traded at it: only now is it known what the books are worth there."""
        for point in self._worth(moment.ts_event, moment.session, closes_of(moment)):
            self._note(point)

    def _worth(self, ts_event: int, session: int, closes: Closes) -> Iterator[EquityPoint]:
        """Each book at the slice's closes; those that are missing change nothing."""
        for name, desk in self._desks.items():
            book = desk.book
            for instrument, close in closes:
                if close != MISSING_PRICE:
                    book.mark(instrument, close)
            value, gross = book.worth
            yield EquityPoint(ts_event, session, name, book.cash, value, gross, book.cash + value)

    def _note(self, point: EquityPoint) -> None:
        self._standing.equity[point.strategy] = point.equity
        self._standing.note(point)


def closes_of(moment: Slice) -> Closes:
    """Of every instrument that traded."""
    return [(bar.instrument.id, bar.raw.close) for bar in moment.bars]
