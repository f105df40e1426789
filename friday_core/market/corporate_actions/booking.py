"""From announcements to what a run books on the ex-date."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction

import numpy as np

from friday_core.domain.chunk import Chunk, Int64, Universe
from friday_core.domain.instruments import Instrument, InstrumentId
from friday_core.domain.market import CorporateAction
from friday_core.domain.money import divide_half_even
from friday_core.domain.sessions import to_days
from friday_core.errors import DataError, DataSourceError
from friday_core.market.corporate_actions.adjustment import last_close
from friday_core.market.corporate_actions.announcement import Announcement, Effect, by_ex_date, effects
from friday_core.market.corporate_actions.terms import place

_PAISE = 2


def booked(
    announcements: Sequence[Announcement], universe: Universe, rows: Chunk, sessions: Int64
) -> list[CorporateAction]:
    """What these announcements are in a run over ``rows``, whose ``sessions`` are given, sorted by time.

    A symbol is ``INFY`` or ``INFY.NSE``; those of no instrument here are left out, and so is what
    needs a price that is not there. A right and a demerged part are paid in cash at what they are
    worth by their formula: the new share is no instrument of the run. An announcement after the
    ex-date takes effect on its own day. Raises ``DataSourceError`` for a dividend that is not below
    the price, and for a symbol that two exchanges have.
    """
    found: list[CorporateAction] = []
    for name, ones in _by_instrument(announcements, universe).items():
        instrument, own = universe.instrument(name), rows.inst == universe.position(name)
        try:
            found += _booked(ones, instrument, sessions[own], rows["close"][own])
        except DataError as error:
            raise DataSourceError(str(error)) from error
    return found


def _booked(
    announcements: Sequence[Announcement], instrument: Instrument, sessions: Int64, closes: Int64
) -> Iterator[CorporateAction]:
    unit = Fraction(10) ** (_PAISE - instrument.price_decimals)
    ordered = sorted(announcements, key=lambda one: (one.ex_date, place(one.terms)))
    for day, ones in by_ex_date(ordered):
        close = last_close(closes[: int(np.searchsorted(sessions, to_days(day)))])
        for effect in effects(ones, None if close is None else close * unit):
            action = _action(effect, instrument, unit)
            if action is not None:
                yield action


def _action(effect: Effect, instrument: Instrument, unit: Fraction) -> CorporateAction | None:
    """``None`` if nothing is to be booked."""
    paid = effect.paid / unit
    units = divide_half_even(paid.numerator, paid.denominator)
    if effect.factor == 1 and units == 0:
        return None
    return CorporateAction(
        instrument.id,
        to_days(effect.announcement.effective),
        effect.shares.numerator,
        effect.shares.denominator,
        units,
        float(effect.factor),
    )


def _by_instrument(
    announcements: Sequence[Announcement], universe: Universe
) -> Mapping[InstrumentId, list[Announcement]]:
    names: dict[str, list[InstrumentId]] = {}
    for instrument in universe:
        names.setdefault(str(instrument.id), []).append(instrument.id)
        names.setdefault(instrument.id.symbol, []).append(instrument.id)
    found: dict[InstrumentId, list[Announcement]] = {}
    for one in announcements:
        known = names.get(one.symbol, [])
        if len(known) > 1:
            listed = " and ".join(map(str, known))
            raise DataSourceError(f"corporate action of {one.symbol!r} on {one.ex_date}: there are {listed}; name one")
        for name in known:
            found.setdefault(name, []).append(one)
    return found
