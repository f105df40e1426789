"""Charges of one executed order from dated tables."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Literal

from friday_core.domain.bill_terms import BillTerms
from friday_core.domain.executed import ExecutedOrder
from friday_core.domain.instruments import Instrument
from friday_core.domain.known_dates import KnownDates
from friday_core.domain.money import divide_half_even
from friday_core.domain.orders import Side
from friday_core.domain.sessions import to_date, to_days
from friday_core.errors import DataError
from friday_core.market.charges.bill import bill_of
from friday_core.market.charges.lines import LEDGER_LINES, PARTS, Charges, Estimate, Line
from friday_core.market.charges.rows import LevyRow, Segment
from friday_core.market.charges.tables import RateTables
from friday_core.market.charges.terms import Rounding, Terms, fee, fee_key, rounding, term_keys, terms

#: Products of each kind of instrument, and the segment whose rates they have.
SEGMENTS = {
    "equity": {"delivery": Segment.DELIVERY, "intraday": Segment.INTRADAY, "mtf": Segment.MTF},
    "future": {"normal": Segment.FUTURES, "intraday": Segment.FUTURES},
    "option": {"normal": Segment.OPTIONS, "intraday": Segment.OPTIONS},
}
#: Segments in which shares change hands.
DELIVERED = frozenset({Segment.DELIVERY, Segment.MTF})
#: The first holder of the account, as far as fees differ.
Holder = Literal["any", "woman"]


class IndianTariff:
    """What orders cost with one broker; ``product`` is that of shares whose order names none.

    A future or an option without a product is ``normal``. ``DataError`` for a day that the tables
    do not answer for, for an exchange or a kind of instrument without rates, for a product that the
    instrument does not have, and for a currency other than INR.
    """

    def __init__(self, tables: RateTables, *, product: str = "delivery", holder: Holder = "any") -> None:
        self.tables = tables
        self._product = product
        self._holder = holder
        self._terms: dict[tuple[str, Segment, int], Terms] = {}
        self._rounding: dict[int, Rounding] = {}

    def charges(self, order: ExecutedOrder, *, to_the_paisa: bool = False) -> Charges:
        """The order as if it stood alone in its contract note, in paise.

        ``to_the_paisa`` leaves out the coarser rounding of the note: nearer to what an order adds
        to a note with many.
        """
        lines, rule = self.exact(order), self.rounding(order.session)
        nearest = rule.to_the_paisa if to_the_paisa else rule.paid
        return Charges.of({line: nearest(line, parts) for line, parts in lines.items()})

    def bill_terms(
        self, instrument: Instrument, side: Side, product: str, session: int, *, to_the_paisa: bool = False
    ) -> BillTerms:
        """What ``charges`` of the orders of a session come from, for those who cannot ask."""
        order = ExecutedOrder(instrument, side, 1, 0, session, product)
        segment, rule = self.segment(order), self.rounding(session)
        delivers = segment in DELIVERED
        fee = self.fee(Line.DEPOSITORY, session) if delivers and side is Side.SELL else 0
        return bill_of(
            self._terms_of(order, segment),
            self._terms_of(order, Segment.INTRADAY) if delivers else None,
            rule,
            side,
            unit_of=(lambda _line: 1) if to_the_paisa else rule.note.__getitem__,
            fee=(rule.to_the_paisa if to_the_paisa else rule.paid)(Line.DEPOSITORY, fee),
            until=to_days(self.tables.unchanged_until(to_date(session))),
        )

    def estimate(self, order: ExecutedOrder) -> Estimate:
        """The order as the broker's API estimates it: most lines exact."""
        lines, rule = self.exact(order), self.rounding(order.session)
        return Estimate({line: rule.estimated(line, parts) for line, parts in lines.items()})

    def exact(self, order: ExecutedOrder) -> dict[Line, int]:
        """Every line in parts of a paisa, nothing rounded."""
        same_day = divide_half_even(order.notional * order.same_day, order.quantity)
        return self.note_lines(order, same_day) | self._ledger_lines(order)

    def note_lines(self, order: ExecutedOrder, same_day: int) -> dict[Line, int]:
        """The lines of the contract note, exact, if so many paise of a delivery order were not delivered."""
        segment = self.segment(order)
        if order.settled:
            return self._settlement_lines(order, segment)
        if segment not in DELIVERED or same_day == 0:
            return self._lines(order, segment, order.notional)
        lines = self._lines(order, Segment.INTRADAY, same_day)
        if same_day == order.notional:
            return lines
        rest = self._lines(order, segment, order.notional - same_day)
        return {line: parts + rest[line] for line, parts in lines.items()}

    def segment(self, order: ExecutedOrder) -> Segment:
        """The segment of an order; ``DataError`` for a product that its instrument does not have."""
        instrument = order.instrument
        products = SEGMENTS.get(instrument.kind)
        if products is None or instrument.currency != "INR":
            known = ", ".join(SEGMENTS)
            raise DataError(
                f"{instrument.id}: no Indian charges for kind {instrument.kind!r} in {instrument.currency}; "
                f"there are some for {known} in INR"
            )
        product = order.product or self._usual_product(instrument)
        if product not in products:
            known = ", ".join(products)
            raise DataError(f"{instrument.id}: unknown product {product!r} of kind {instrument.kind!r}; known: {known}")
        return products[product]

    def known(self, instruments: Iterable[Instrument]) -> KnownDates | None:
        """The days on which each of these has rates, as an order in it that names no product needs them.

        Those that have none on any day are left out; ``None`` if all are. ``FactsError`` if there is no such day.
        """
        traded = {(one.id.exchange, segment) for one in instruments if (segment := self._usual(one)) is not None}
        keys = {key for exchange, segment in traded for key in self._keys(exchange, segment)}
        days = self.tables.common(sorted(keys))
        mend = f"say the missing rates with their sources in {self.tables.own}"
        return None if days is None else KnownDates(to_days(days.first), to_days(days.last), mend)

    def rounding(self, session: int) -> Rounding:
        """How the lines of a session are rounded."""
        if session not in self._rounding:
            self._rounding[session] = rounding(self.tables, to_date(session))
        return self._rounding[session]

    def exercise_tax(self, instrument: Instrument, intrinsic: int, day: dt.date) -> int:
        """STT for an option that is exercised, in paise to the rupee, on its intrinsic value in paise."""
        parts = intrinsic * self._exercise_share(instrument, day)
        return rounding(self.tables, day).paid(Line.STT, parts)

    def _usual(self, instrument: Instrument) -> Segment | None:
        """The segment of an order that names no product, if there is one."""
        products = SEGMENTS.get(instrument.kind, {})
        return products.get(self._usual_product(instrument)) if instrument.currency == "INR" else None

    def _usual_product(self, instrument: Instrument) -> str:
        return self._product if instrument.kind == "equity" else "normal"

    def _keys(self, exchange: str, segment: Segment) -> list[tuple[str, ...]]:
        """What an order needs; nothing if some of it is known on no day at all."""
        keys = [*term_keys(exchange, segment), *(("rounding", line) for line in Line)]
        if segment in DELIVERED:
            # What is sold on the day of its purchase is not delivered.
            keys += [*term_keys(exchange, Segment.INTRADAY), fee_key(self.tables, Line.DEPOSITORY, self._holder)]
        return keys if all(self.tables.knows(key) for key in keys) else []

    def _lines(self, order: ExecutedOrder, segment: Segment, notional: int) -> dict[Line, int]:
        found = self._terms_of(order, segment)
        lines = found.parts(order.side, notional)
        lines[Line.GST] = found.tax(lines)
        return lines

    def _terms_of(self, order: ExecutedOrder, segment: Segment) -> Terms:
        known = (order.instrument.id.exchange, segment, order.session)
        if known not in self._terms:
            self._terms[known] = terms(self.tables, *known[:2], to_date(order.session))
        return self._terms[known]

    def _settlement_lines(self, order: ExecutedOrder, segment: Segment) -> dict[Line, int]:
        """A contract that expires is no trade: nothing but the tax on what an option that is held is worth."""
        lines = {line: 0 for line in Line if line not in LEDGER_LINES}
        if segment is Segment.OPTIONS and order.side is Side.SELL and order.notional:
            lines[Line.STT] = order.notional * self._exercise_share(order.instrument, to_date(order.session))
        return lines

    def _exercise_share(self, instrument: Instrument, day: dt.date) -> int:
        """STT on a paisa of intrinsic value, in parts of a paisa."""
        row = self.tables.find(day, (Line.STT, instrument.id.exchange, Segment.EXERCISE), LevyRow)
        return int(row.buy.scaleb(-2) * PARTS)

    def _ledger_lines(self, order: ExecutedOrder) -> dict[Line, int]:
        """What is charged beside the contract note."""
        sells = order.side is Side.SELL and order.same_day < order.quantity
        delivers = sells and not order.depository_paid and self.segment(order) in DELIVERED
        due = {Line.DEPOSITORY: delivers, Line.SQUARE_OFF: order.squared_off}
        return {line: self.fee(line, order.session) if due[line] else 0 for line in LEDGER_LINES}

    def fee(self, line: Line, session: int) -> int:
        """``DEPOSITORY`` or ``SQUARE_OFF`` with GST, in parts of a paisa."""
        return fee(self.tables, line, self._holder, to_date(session))
