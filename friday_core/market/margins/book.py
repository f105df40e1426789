"""Margins of positions and of orders on one day."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from friday_core.domain.instruments import InstrumentId
from friday_core.errors import DataError
from friday_core.market.margins.estimate import MarginEstimate, OrderMargin
from friday_core.market.margins.legs import Leg, netted
from friday_core.market.margins.quotes import Quotes
from friday_core.market.margins.rows import CashRow, ExpiryDayRow, ExposureRow, ScanRow, ShortOptionRow, life
from friday_core.market.margins.scan import PARTS, Risk, parts, risk
from friday_core.market.margins.shipped import margin_tables
from friday_core.market.margins.span import Scanned, requirement, share
from friday_core.market.margins.tables import MarginTables

#: Options that live longer are judged by rows of their own, where there are some.
_LONG_MONTHS = 9
#: Percent more than what was scanned: our prices are not those of the clearing corporation.
CUSHION = Decimal(5)


@dataclass(frozen=True, slots=True)
class _Contract:
    """A leg in a future or an option with what one unit of it may lose, in parts of a paisa."""

    leg: Leg
    risk: Risk
    price: int

    @property
    def size(self) -> int:
        return abs(self.leg.quantity)

    @property
    def sold_option(self) -> bool:
        return self.leg.is_option and self.leg.quantity < 0

    @property
    def notional(self) -> int:
        """What it is worth or written on; nothing for a bought option, which can lose no more than its premium."""
        return 0 if self.leg.is_option and self.leg.quantity > 0 else self.size * self.risk.level


class MarginBook:
    """Estimates from dated tables and the quotes of a day. Guarantees, of every estimate:

    no part is negative; positions together ask for no more than each of them alone; a bare sale asks
    for more the larger it is. ``cushion`` is in percent of what is scanned, 0 or more, else
    ``ValueError``. ``DataError`` names whatever is missing or cannot be, and a day that the tables do
    not answer for.
    """

    def __init__(self, tables: MarginTables, quotes: Quotes, *, cushion: Decimal = CUSHION) -> None:
        if not cushion >= 0:
            raise ValueError(f"a cushion of {cushion} percent would lower the estimate: it is 0 or more")
        self._tables = tables
        self._quotes = quotes
        self._cushion = cushion

    def margin_of(self, positions: Iterable[Leg]) -> MarginEstimate:
        """What positions tie up together."""
        legs = netted(positions)
        self._quotes.check(legs)
        held = [self._contract(leg) for leg in legs if leg.contract is not None]
        options = [one for one in held if one.leg.is_option]
        return MarginEstimate(
            self._quotes.day,
            cash=_paise(sum(self._cash(leg) for leg in legs if leg.contract is None)),
            span=_paise(self._span(held)),
            exposure=_paise(sum(self._exposure(one) for one in held)),
            premium=_paise(sum(one.size * one.price for one in options if not one.sold_option)),
            additional=_paise(sum(self._last_days(one) for one in held)),
            received=sum(one.size * one.price for one in options if one.sold_option) // PARTS,
        )

    def order_margin(self, order: Leg, positions: Sequence[Leg] = ()) -> OrderMargin:
        """What an order ties up besides what is held, or sets free."""
        return OrderMargin(self.margin_of(positions), self.margin_of([*positions, order]))

    def _cash(self, leg: Leg) -> int:
        row = self._tables.find(self._quotes.day, ("cash", leg.product), CashRow)
        if leg.quantity < 0 and leg.product != "intraday":
            raise DataError(
                f"{leg.instrument.id}: {-leg.quantity} more sold as {leg.product} than are held; sell short as intraday"
            )
        return share(abs(leg.quantity) * parts(leg.instrument, self._quotes.prices[leg.instrument.id]), row.percent)

    def _contract(self, leg: Leg) -> _Contract:
        price = parts(leg.instrument, self._quotes.prices[leg.instrument.id])
        row = self._tables.find(self._quotes.day, self._key("scan", leg), ScanRow)
        return _Contract(leg, risk(leg, row, self._quotes), price)

    def _key(self, table: str, leg: Leg) -> tuple[str, str, str]:
        """The key of a leg's row; long-lived options have one of their own in some tables."""
        contract = leg.derivative
        long = (table, contract.kind, life(_LONG_MONTHS))
        if leg.is_option and contract.lives_over(_LONG_MONTHS, self._quotes.day) and self._tables.knows(long):
            return long
        return table, contract.kind, life(0)

    def _span(self, held: Sequence[_Contract]) -> int:
        """Of each underlying and product by itself: an intraday position sets off no other."""
        groups: dict[tuple[InstrumentId, str], list[_Contract]] = defaultdict(list)
        for one in held:
            groups[one.leg.derivative.underlying, one.leg.product].append(one)
        total = sum(self._requirement(group) for group in groups.values())
        return total + share(total, self._cushion)

    def _requirement(self, group: Sequence[_Contract]) -> int:
        day, kind = self._quotes.day, group[0].leg.derivative.kind
        calendar = self._tables.calendar(day, kind)
        apart = [] if calendar.on_expiry_day else [day.toordinal()]
        return requirement([self._scanned(one) for one in group], calendar.percent, apart)

    def _scanned(self, one: _Contract) -> Scanned:
        leg = one.leg
        least = self._tables.find(self._quotes.day, ("short_options", leg.derivative.kind), ShortOptionRow).least
        return Scanned(
            leg.derivative.expiry.toordinal(),
            leg.quantity,
            one.risk,
            value=leg.quantity * one.price if leg.is_option else 0,
            least=share(one.notional, least) if one.sold_option else 0,
        )

    def _exposure(self, one: _Contract) -> int:
        row = self._tables.find(self._quotes.day, self._key("exposure", one.leg), ExposureRow)
        deep = one.sold_option and row.deep_beyond is not None and self._beyond(one.leg) > float(row.deep_beyond)
        return share(one.notional, row.percent + row.deep if deep else row.percent)

    def _beyond(self, leg: Leg) -> float:
        """How far an option is out of the money, in percent; negative in it."""
        contract = leg.derivative
        underlying = self._quotes.prices[contract.underlying]
        sign = contract.right.sign if contract.right else 1
        return (
            100.0
            * sign
            * ((contract.strike or 0) - underlying)
            / self._quotes.level(contract.underlying, contract.underlying)
        )

    def _last_days(self, one: _Contract) -> int:
        """More on the last day of a sold option, and in the last days of what ends in delivery."""
        leg, day, due = one.leg, self._quotes.day, 0
        if one.sold_option and leg.derivative.expiry == day:
            rule = self._tables.find(day, ("expiry_day", leg.derivative.kind), ExpiryDayRow)
            due = share(one.notional, rule.short_options)
        row = self._tables.last_days(day, leg.derivative.kind, (leg.derivative.expiry - day).days)
        if row is None:
            return due
        if leg.is_option and leg.quantity > 0:
            in_the_money = self._beyond(leg) < 0.0
            return due + (share(one.size * one.risk.level, row.long_options) if in_the_money else 0)
        return due + share(one.notional, row.others)


def margin_of(
    positions: Iterable[Leg],
    prices: Mapping[InstrumentId, int],
    volatilities: Mapping[InstrumentId, float],
    day: dt.date,
) -> MarginEstimate:
    """``MarginBook.margin_of`` with the tables that come with Friday."""
    return MarginBook(margin_tables(), Quotes(day, prices, volatilities)).margin_of(positions)


def _paise(amount: int) -> int:
    """Parts as whole paise, rounded up."""
    return -(-amount // PARTS)
