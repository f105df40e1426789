"""Lots, ticks, freeze quantities and days of expiry as of a day: the row that answers, or a refusal that names it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import TypeVar

from friday_core.errors import FactsError
from friday_core.market.facts import FactsTable
from friday_core.market.instruments.dated_file import InstrumentFile, facts_table, read_facts
from friday_core.market.instruments.dated_rows import WEEKDAYS, Cycle, ExpiryDayRow, FactRow, TickKind
from friday_core.market.instruments.near import did_you_mean

_FOLDER = Path(__file__).parents[1] / "data" / "instruments"
RowT = TypeVar("RowT", bound=FactRow)


class InstrumentFacts:
    """Several files of facts; where two answer for a question, the earlier of the list does.

    Never the nearest row: a day that no row answers for is refused with ``FactsError``.
    """

    def __init__(self, files: Sequence[InstrumentFile]) -> None:
        self.files = tuple(files)

    def lot_size(self, underlying: str, expiry: dt.date, day: dt.date) -> int:
        """Units of one contract of an index that expires on ``expiry``, as traded on ``day``."""
        rows = [row for file in self.files for row in _valid(file, file.lots, day) if row.is_of(expiry)]
        of = f"lot of {underlying} contracts that expire on {expiry}"
        found = next((row for row in rows if row.underlying == underlying), None)
        if found is None:
            raise self._missing(of, ("lot", underlying), day)
        return found.lot

    def freeze_quantity(self, underlying: str, day: dt.date) -> int:
        """The largest quantity of one order in contracts of an index, in units."""
        found = self.known_freeze_quantity(underlying, day)
        if found is None:
            raise self._missing(f"freeze quantity of {underlying}", ("freeze quantity", underlying), day)
        return found

    def known_freeze_quantity(self, underlying: str, day: dt.date) -> int | None:
        """The same, or ``None`` where no row answers."""
        rows = (row for file in self.files for row in _valid(file, file.freeze, day))
        return next((row.quantities[underlying] for row in rows if underlying in row.quantities), None)

    def tick_size(self, kind: TickKind, close: Decimal | str, day: dt.date) -> Decimal:
        """The step of prices on NSE in rupees.

        ``close`` is what the share, or the index, closed at on the last trading day of the month before,
        in rupees and paise; of options and ETFs it makes no difference.
        """
        price = Decimal(close)
        for file in self.files:
            for row in _valid(file, file.ticks, day):
                if kind in row.kinds and row.is_of(price):
                    return row.tick
        raise self._missing(f"tick of kind {kind} at {price}", ("tick", kind), day)

    def expiry_days(self, underlying: str, cycle: Cycle) -> list[tuple[InstrumentFile, ExpiryDayRow]]:
        """The rows about an underlying, to be asked with ``weekday_on``; ``FactsError`` if there is none at all."""
        found = [(file, row) for file in self.files for row in file.expiry_days if row.cycle == cycle]
        own = [(file, row) for file, row in found if underlying in row.underlyings]
        if not own:
            raise self._missing(f"{cycle} expiry of {underlying}", (cycle, underlying), None)
        return own

    def weekday(self, underlying: str, cycle: Cycle, day: dt.date) -> int:
        """The day of the week of expiries around ``day``, Monday being 0."""
        for file, row in self.expiry_days(underlying, cycle):
            if row.covers(day) and day <= file.known_until:
                return WEEKDAYS.index(row.weekday)
        raise self._missing(f"{cycle} expiry of {underlying}", (cycle, underlying), day)

    def _missing(self, what: str, key: tuple[str, ...], day: dt.date | None) -> FactsError:
        on = "" if day is None else f" on {day}"
        rows = [(file, row, one) for file in self.files for _, _, row in file.rows() for one in row.keys]
        alike = [(file, one) for file, _, one in rows if one[0] == key[0]]
        names = ", ".join(dict.fromkeys(file.name for file, _ in alike)) or "any file of facts"
        spans = _joined(
            (row.first, min(row.until or file.known_until, file.known_until)) for file, row, one in rows if one == key
        )
        if not spans:
            hint = did_you_mean(key[1], {one[1] for _, one in alike})
            return FactsError(f"no {what}{on} in {names}{hint}\n    mend: {_MEND}")
        there = "answers for " + "; ".join(f"{first} to {last}" for first, last in spans)
        if day is not None and any(first <= day <= last for first, last in spans):
            there = "has rows for that day, but none for this"
        return FactsError(f"no {what}{on} in {names}, which {there}\n    mend: {_MEND}")


_MEND = "read it in the day's list of instruments, or say it with its source in a file of your own"


def instrument_facts(own: Path | None = None) -> InstrumentFacts:
    """The facts that come with Friday; a file of one's own goes before them.

    ``DataSourceError`` for a file of one's own that cannot be read or has faults, each with its line.
    """
    shipped = [read_facts(path) for path in _shipped()]
    return InstrumentFacts(shipped if own is None else [read_facts(own), *shipped])


def instrument_tables() -> tuple[FactsTable, ...]:
    """What the facts that come with Friday cover, and how far they are known."""
    return tuple(facts_table(path) for path in _shipped())


def _shipped() -> list[Path]:
    return sorted(_FOLDER.glob("*.toml"))


def _valid(file: InstrumentFile, rows: Sequence[RowT], day: dt.date) -> Iterator[RowT]:
    return (row for row in rows if row.covers(day) and day <= file.known_until)


def _joined(spans: Iterable[tuple[dt.date, dt.date]]) -> list[tuple[dt.date, dt.date]]:
    """Spans in order; those that overlap or follow one another made one."""
    joined: list[tuple[dt.date, dt.date]] = []
    for first, last in sorted(spans):
        if joined and first <= joined[-1][1] + dt.timedelta(days=1):
            joined[-1] = (joined[-1][0], max(last, joined[-1][1]))
        else:
            joined.append((first, last))
    return joined
