"""The margin of what a book holds: contracts told by their symbols, volatilities by what they are written on."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from friday_core.domain.instruments import Instrument, InstrumentId
from friday_core.domain.schedule import Schedule
from friday_core.domain.sessions import to_date
from friday_core.errors import DataError
from friday_core.market.instruments.contract_names import ContractName, contract_name
from friday_core.market.instruments.dated_facts import InstrumentFacts
from friday_core.market.instruments.expiry_rules import monthly_expiry
from friday_core.market.margins.book import MarginBook
from friday_core.market.margins.estimate import MarginEstimate
from friday_core.market.margins.legs import Contract, Leg, Right
from friday_core.market.margins.quotes import Quotes
from friday_core.market.margins.rows import Underlying
from friday_core.market.margins.tables import MarginTables

#: Indices by their name in the symbols of contracts, as they are listed themselves.
INDICES: Mapping[str, InstrumentId] = {
    "NIFTY": InstrumentId("NIFTY 50", "NSE"),
    "BANKNIFTY": InstrumentId("NIFTY BANK", "NSE"),
    "FINNIFTY": InstrumentId("NIFTY FIN SERVICE", "NSE"),
    "MIDCPNIFTY": InstrumentId("NIFTY MID SELECT", "NSE"),
    "NIFTYNXT50": InstrumentId("NIFTY NEXT 50", "NSE"),
    "SENSEX": InstrumentId("SENSEX", "BSE"),
    "BANKEX": InstrumentId("BANKEX", "BSE"),
}
_MEND = "\n    mend: keep it out of what is estimated, or name its terms to MarginBook"
_RIGHTS = {"CE": Right.CALL, "PE": Right.PUT}


@dataclass(frozen=True, slots=True)
class Volatilities:
    """Annual fractions, 0.15 for 15%: of an underlying by its name in symbols (``NIFTY``), else of its kind."""

    index: float
    stock: float
    by_name: Mapping[str, float]

    def of(self, name: str, kind: Underlying) -> float:
        return self.by_name.get(name, self.index if kind is Underlying.INDEX else self.stock)


class HoldingsMargin:
    """``MarginBook`` for instruments of a run: shares of one ``product``, contracts on NFO and BFO as ``normal``.

    A monthly contract expires by the rule of its month, a holiday of ``sessions`` before it taken into account.
    """

    def __init__(
        self,
        tables: MarginTables,
        facts: InstrumentFacts,
        sessions: Schedule,
        volatilities: Volatilities,
        product: str = "delivery",
    ) -> None:
        self._tables = tables
        self._facts = facts
        self._sessions = sessions
        self._volatilities = volatilities
        self._product = product
        self._terms = cache(self._read)

    def estimate(
        self, session: int, holdings: Mapping[Instrument, int], prices: Mapping[InstrumentId, int]
    ) -> MarginEstimate:
        """What signed quantities tie up together on a date, in days since 1970-01-01, at prices in price units.

        ``prices`` has all that is held, and what options are written on. ``DataError`` for whatever is missing,
        for a contract whose symbol or expiry is not known, and for a date without rules.
        """
        legs, volatilities = [], {}
        for instrument, quantity in holdings.items():
            if quantity and instrument.kind in {"future", "option"}:
                contract, volatility = self._terms(instrument)
                legs.append(Leg(instrument, quantity, contract=contract))
                volatilities[contract.underlying] = volatility
            elif quantity:
                legs.append(Leg(instrument, quantity, self._product))
        quotes = Quotes(to_date(session), prices, volatilities)
        return MarginBook(self._tables, quotes).margin_of(legs)

    def _read(self, instrument: Instrument) -> tuple[Contract, float]:
        """A contract's terms, and the volatility of what it is written on."""
        contract = contract_of(instrument, self._facts, self._sessions)
        name = contract_name(instrument.id.symbol)
        assert name is not None
        return contract, self._volatilities.of(name.underlying, contract.kind)


def contract_of(instrument: Instrument, facts: InstrumentFacts, sessions: Schedule) -> Contract:
    """The terms of a contract on NFO or BFO, by its symbol and, of a monthly one, by the rule for its expiry.

    ``DataError`` for a symbol that tells no terms, and for a month of which no rule or no session is known.
    """
    name = contract_name(instrument.id.symbol)
    if name is None or instrument.id.exchange not in {"NFO", "BFO"}:
        raise DataError(f"{instrument.id}: no contract of NFO or BFO is called so{_MEND}")
    listed = INDICES.get(name.underlying)
    kind = Underlying.STOCK if listed is None else Underlying.INDEX
    underlying = listed or InstrumentId(name.underlying, "NSE" if instrument.id.exchange == "NFO" else "BSE")
    try:
        strike = None if name.strike is None else instrument.units(name.strike)
    except ValueError as error:
        raise DataError(f"the strike of {error}{_MEND}") from error
    return Contract(underlying, kind, _expiry(instrument, name, facts, sessions), strike, _RIGHTS.get(name.kind))


def _expiry(instrument: Instrument, name: ContractName, facts: InstrumentFacts, sessions: Schedule) -> dt.date:
    if name.day:
        return dt.date(name.year, name.month, name.day)
    if name.underlying not in INDICES and instrument.id.exchange != "NFO":
        raise DataError(f"{instrument.id}: no rule says when it expires{_MEND}")
    cycle = name.underlying if name.underlying in INDICES else "stocks"
    return monthly_expiry(facts, cycle, name.year, name.month, sessions)
