"""All that holds for one exchange, segment and day, as integers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from friday_core.domain.money import divide_half_even
from friday_core.domain.orders import Side
from friday_core.market.charges.lines import LEVIES, PARTS, Line
from friday_core.market.charges.rows import BrokerageRow, FeeRow, GstRow, LevyRow, RoundingRow, Segment
from friday_core.market.charges.tables import RateTables

#: A tax of 18.0% is 180 of these.
GST_BASE = 1_000


@dataclass(frozen=True, slots=True)
class Brokerage:
    """``flat`` and a share of what was traded, between ``least`` and ``most``; parts of a paisa, per order."""

    share: int
    flat: int
    least: int
    most: int | None

    def of(self, notional: int) -> int:
        """Brokerage for an executed order of so many paise, in parts."""
        parts = max(self.least, self.flat + notional * self.share)
        return parts if self.most is None else min(parts, self.most)


@dataclass(frozen=True, slots=True)
class Terms:
    """``levies`` are parts of a paisa per paisa traded, ``gst`` thousandths, ``fees`` paise before GST."""

    levies: Mapping[Side, Mapping[Line, int]]
    brokerage: Brokerage
    gst: int
    gst_on: frozenset[Line]

    def parts(self, side: Side, notional: int) -> dict[Line, int]:
        """The exact lines of an order, without GST."""
        lines = {line: notional * share for line, share in self.levies[side].items()}
        return {Line.BROKERAGE: self.brokerage.of(notional), **lines}

    def tax(self, lines: Mapping[Line, int]) -> int:
        """GST on exact lines, exact."""
        return sum(lines[line] for line in self.gst_on) * self.gst // GST_BASE


def terms(tables: RateTables, exchange: str, segment: Segment, day: dt.date) -> Terms:
    """``DataError`` names what the tables do not have for the day."""
    rows = {line: tables.find(day, (line, exchange, segment), LevyRow) for line in LEVIES}
    gst = tables.find(day, ("gst",), GstRow)
    return Terms(
        levies={
            Side.BUY: {line: _share(row.buy) for line, row in rows.items()},
            Side.SELL: {line: _share(row.sell) for line, row in rows.items()},
        },
        brokerage=_brokerage(tables.find(day, ("brokerage", segment), BrokerageRow)),
        gst=int(gst.percent * 10),
        gst_on=frozenset(gst.on),
    )


def _share(percent: Decimal) -> int:
    return int(percent.scaleb(-2) * PARTS)


def _rupees(rupees: Decimal) -> int:
    return int(rupees * 100) * PARTS


def _brokerage(row: BrokerageRow) -> Brokerage:
    most = None if row.most is None else _rupees(row.most)
    return Brokerage(_share(row.percent), _rupees(row.flat), _rupees(row.least), most)


def fee(tables: RateTables, line: Line, holder: str, day: dt.date) -> int:
    """A fee with its GST, in parts of a paisa."""
    parts = _rupees(tables.find(day, fee_key(tables, line, holder), FeeRow).rupees)
    return parts + parts * int(tables.find(day, ("gst",), GstRow).percent * 10) // GST_BASE


def fee_key(tables: RateTables, line: Line, holder: str) -> tuple[str, ...]:
    """What a fee is found by: that of any holder where there is none for this one."""
    return (line, holder) if tables.knows((line, holder)) else (line, "any")


def term_keys(exchange: str, segment: Segment) -> list[tuple[str, ...]]:
    """What ``terms`` looks up."""
    return [*((line, exchange, segment) for line in LEVIES), ("brokerage", segment), ("gst",)]


@dataclass(frozen=True, slots=True)
class Rounding:
    """How the lines of a day are rounded; ``note`` and ``estimate`` in paise, ties in ``even`` to the even multiple."""

    note: Mapping[Line, int]
    estimate: Mapping[Line, int]
    even: frozenset[Line]

    def paid(self, line: Line, parts: int) -> int:
        """What the contract note says of a line, in paise."""
        return self._nearest(line, parts, self.note[line])

    def to_the_paisa(self, line: Line, parts: int) -> int:
        """The nearest paisa, whatever the contract note does."""
        return self._nearest(line, parts, 1)

    def estimated(self, line: Line, parts: int) -> int:
        """What the broker's estimate says of a line, in parts of a paisa."""
        unit = self.estimate[line]
        return self._nearest(line, parts, unit) * PARTS if unit else parts

    def _nearest(self, line: Line, parts: int, unit: int) -> int:
        step = unit * PARTS
        if line in self.even:
            return divide_half_even(parts, step) * unit
        return (2 * parts + step) // (2 * step) * unit


def rounding(tables: RateTables, day: dt.date) -> Rounding:
    """``DataError`` names the line that the tables do not round on that day."""
    rows = {line: tables.find(day, ("rounding", line), RoundingRow) for line in Line}
    return Rounding(
        note={line: row.note for line, row in rows.items()},
        estimate={line: row.estimate for line, row in rows.items()},
        even=frozenset(line for line, row in rows.items() if row.ties == "even"),
    )
