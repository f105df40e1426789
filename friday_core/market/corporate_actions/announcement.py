"""A corporate action with its days: when it takes effect, and since when it is known."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import groupby
from operator import attrgetter

from friday_core.errors import DataError
from friday_core.market.corporate_actions.terms import Dividend, Terms, needs_price, place


@dataclass(frozen=True, slots=True)
class Announcement:
    """Terms of one symbol. ``announced`` is the first day on which they were known; ``None`` is the ex-date.

    ``text`` is what a list said, word for word.
    """

    symbol: str
    ex_date: dt.date
    terms: Terms
    announced: dt.date | None = None
    text: str = ""

    @property
    def effective(self) -> dt.date:
        """The first day on which prices may be adjusted for it: the ex-date, or later if it was known later."""
        return self.ex_date if self.announced is None else max(self.ex_date, self.announced)


@dataclass(frozen=True, slots=True)
class Effect:
    """What an announcement does: ``factor`` and ``shares`` as in ``terms``, ``paid`` paise per old share."""

    announcement: Announcement
    factor: Fraction
    shares: Fraction
    paid: Fraction


def effective(announcements: Iterable[Announcement], asof: dt.date, *, dividends: bool = True) -> list[Announcement]:
    """Those that are known and in effect on a day, in the order of ex-dates and of what comes first on one."""
    known = [
        one for one in announcements if one.effective <= asof and (dividends or not isinstance(one.terms, Dividend))
    ]
    return sorted(known, key=lambda one: (one.ex_date, place(one.terms)))


def effects(day: Iterable[Announcement], cum: Fraction | None) -> Iterator[Effect]:
    """What those of one symbol and one ex-date do one after the other, ``cum`` paise being the last price before.

    Without a price there is nothing before to be adjusted, and what needs one is left out.
    ``DataError`` names a dividend that is not below the price.
    """
    for one in day:
        if cum is None:
            if not needs_price(one.terms):
                yield Effect(one, one.terms.factor(Fraction(1)), one.terms.shares, Fraction(0))
            continue
        try:
            factor = one.terms.factor(cum)
        except ValueError as error:
            raise DataError(f"{one.symbol} {one.ex_date}: {error}") from error
        yield Effect(one, factor, one.terms.shares, one.terms.paid(cum))
        cum /= factor


def by_ex_date(ordered: Iterable[Announcement]) -> Iterator[tuple[dt.date, list[Announcement]]]:
    """The announcements of each ex-date together; ``ordered`` as from ``effective``."""
    for day, ones in groupby(ordered, key=attrgetter("ex_date")):
        yield day, list(ones)
