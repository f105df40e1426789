"""A tariff as the kernel reads it: shares of the notional, or by period the terms of each instrument and product."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from fractions import Fraction

import numpy as np

from friday_core.domain.bill_terms import Amount, BillLine, BillTerms
from friday_core.domain.chunk import Int64
from friday_core.domain.instruments import Instrument
from friday_core.domain.known_dates import KnownDates
from friday_core.domain.orders import Side
from friday_core.domain.products import Product
from friday_core.interfaces.broker import Tariff
from friday_core.simulation.compiled import words as w
from friday_core.simulation.scaled_costs import has_bill_terms, known_shares

#: What charges may be, one share of the other; more of them have to be terms.
MOST_SHARES = 2
#: No sum or product of the kernel's is larger: of a few, all fit.
_LARGEST = 2**60
_NEVER = 2**62
#: By their numbers in the kernel.
CODES = ("", *Product)


class Rates:
    """What orders cost, in words; ``products`` are those that orders may have, by the names that they have."""

    def __init__(
        self, tariff: Tariff, instruments: Sequence[Instrument], products: frozenset[str], known: KnownDates | None
    ) -> None:
        shares = known_shares(tariff)
        self.known = known
        self.shares = shares if shares is not None and len(shares) <= MOST_SHARES else None
        self._tariff = tariff
        self._instruments = instruments
        self._products = [product if product in products else None for product in CODES]
        self._places: dict[BillTerms, int] = {}
        self._terms: list[int] = []
        #: Of each period its last session, then the places of terms.
        self.periods: Int64 = np.empty(0, np.int64)
        #: The latest period, which a block may share with the one before, and its first session.
        self._since, self._latest = 0, [w.NONE]

    @property
    def terms(self) -> Int64:
        """The words of all terms, one after the other."""
        return np.array(self._terms, np.int64)

    def cover(self, sessions: Int64) -> None:
        """``periods`` become those of these sessions, in order."""
        if self.shares is not None:
            return
        rows, last = [], -1
        for session in sessions.tolist():
            if session > last:
                if not self._since <= session <= self._latest[0]:
                    self._since, self._latest = session, self._period(session)
                rows.append(self._latest)
                last = self._latest[0]
        rows.append([_NEVER, *([w.NONE] * (2 * len(CODES) * len(self._instruments)))])
        self.periods = np.array(rows, np.int64).reshape(-1)

    def _period(self, session: int) -> list[int]:
        """Until when the terms of a session are in force, and their places."""
        found = [self._found(*one, session) for one in self._keys()]
        last = min(session if one is None else one.until for one in found)
        return [last, *(w.NONE if one is None else self._place(one) for one in found)]

    def _keys(self) -> Iterator[tuple[Instrument, Side, str | None]]:
        for product in self._products:
            for instrument in self._instruments:
                yield instrument, Side.SELL, product
                yield instrument, Side.BUY, product

    def _found(self, instrument: Instrument, side: Side, product: str | None, session: int) -> BillTerms | None:
        """``None`` where the driver has to ask: it says what is wrong."""
        if product is None:
            return _NOT_ASKED
        try:
            terms = self._tariff.bill_terms(instrument, side, product, session)
        except Exception:  # noqa: BLE001 - a tariff may lack rates for what is never ordered
            return None
        return terms if isinstance(terms, BillTerms) and _fits(terms) and terms.until >= session else None

    def _place(self, terms: BillTerms) -> int:
        if terms is _NOT_ASKED:
            return w.NONE
        if terms not in self._places:
            self._places[terms] = len(self._terms)
            self._terms += _words(terms)
        return self._places[terms]


_NOT_ASKED = BillTerms(())


def is_known(tariff: Tariff) -> bool:
    """Whether the kernel can charge what the tariff charges."""
    shares = known_shares(tariff)
    return (shares is not None and len(shares) <= MOST_SHARES) or has_bill_terms(tariff)


def _amounts(terms: BillTerms) -> list[Amount]:
    return [one for line in terms.lines for one in (line.amount, line.met) if one is not None]


def _fractions(amount: Amount) -> list[Fraction]:
    return [amount.share, amount.flat, amount.least, *([] if amount.most is None else [amount.most])]


def _whole(terms: BillTerms) -> int:
    """Of so many parts of a minor unit every exact amount is a whole number."""
    return math.lcm(1, *(one.denominator for amount in _amounts(terms) for one in _fractions(amount)))


def _largest_worth(terms: BillTerms) -> int:
    """The largest notional of which every line and the tax fit; below 1 if there is none."""
    whole = _whole(terms)
    share = sum((one.share for one in _amounts(terms)), Fraction(0)) * whole
    fixed = sum((max(one.flat, one.least) for one in _amounts(terms)), Fraction(0)) * whole
    times = max(1, terms.tax.numerator)
    return math.floor((Fraction(_LARGEST, times) - fixed) / max(share, Fraction(1)))


def _fits(terms: BillTerms) -> bool:
    whole, units = _whole(terms), [terms.tax_unit, *(line.unit for line in terms.lines)]
    numbers = [one for amount in _amounts(terms) for one in _fractions(amount)]
    if min([terms.tax, terms.scale, Fraction(terms.delivery_fee), *numbers]) < 0 or min(units) < 1:
        return False
    steps = [whole * terms.tax.denominator * terms.tax_unit, *(whole * line.unit for line in terms.lines)]
    large = [*steps, terms.delivery_fee, terms.scale.numerator, terms.scale.denominator]
    large += [one.most.numerator * whole for one in _amounts(terms) if one.most is not None]
    return max(large) < _LARGEST and _largest_worth(terms) >= 1


def _words(terms: BillTerms) -> list[int]:
    whole = _whole(terms)
    words = [0] * w.TERMS_WORDS
    words[w.T_MOST], words[w.T_LINES] = _largest_worth(terms), len(terms.lines)
    words[w.T_TAX], words[w.T_TAX_STEP] = terms.tax.numerator, whole * terms.tax.denominator * terms.tax_unit
    words[w.T_TAX_UNIT], words[w.T_TAX_ROUNDING] = terms.tax_unit, int(terms.tax_rounding)
    words[w.T_FEE], words[w.T_SCALE] = terms.delivery_fee, terms.scale.numerator
    words[w.T_SCALE_OF] = terms.scale.denominator
    return words + [word for line in terms.lines for word in _line(line, whole)]


def _line(line: BillLine, whole: int) -> list[int]:
    words = [0] * w.TL_WORDS
    words[w.TL_UNIT], words[w.TL_STEP], words[w.TL_ROUNDING] = line.unit, whole * line.unit, int(line.rounding)
    words[w.TL_IS_TAXED], words[w.TL_HAS_MET] = int(line.is_taxed), int(line.met is not None)
    words[w.TL_OWN : w.TL_OWN + w.AMOUNT_WORDS] = _amount(line.amount, whole)
    words[w.TL_MET : w.TL_MET + w.AMOUNT_WORDS] = _amount(line.met or Amount(), whole)
    return words


def _amount(amount: Amount, whole: int) -> list[int]:
    words = [0] * w.AMOUNT_WORDS
    words[w.A_SHARE], words[w.A_FLAT] = int(amount.share * whole), int(amount.flat * whole)
    words[w.A_LEAST] = int(amount.least * whole)
    words[w.A_MOST] = _LARGEST if amount.most is None else int(amount.most * whole)
    return words
