"""What the market tells: bars as an author sees them, and corporate actions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import msgspec

from friday_core.domain.instruments import Instrument, InstrumentId


class RawBar(msgspec.Struct, frozen=True, gc=False):
    """Prices as they traded, in price units; ``open, high, low, close = bar.raw``."""

    open: int
    high: int
    low: int
    close: int

    def __iter__(self) -> Iterator[int]:
        return iter((self.open, self.high, self.low, self.close))


class Bar(msgspec.Struct, frozen=True, gc=False):
    """One closed bar of one instrument.

    ``open`` to ``close`` are floats in the currency, adjusted forward: raw price times the
    cumulative ``factor`` of the corporate actions known so far, so that a split leaves no step and
    the past never changes. ``raw`` has the prices as they traded, in price units: order prices are
    in these, and one that is missing is ``MISSING_PRICE`` there and NaN in the floats. ``volume`` is
    as it traded, in shares or contracts, and not adjusted for splits. ``ts_event`` is the close,
    microseconds UTC; ``session`` the trading date as days since 1970-01-01 in the exchange's zone:
    ``to_date(bar.session)`` is a ``datetime.date``. ``instrument`` is the ``Instrument``, its id
    ``bar.instrument.id``. ``columns`` holds what the source, transformers and the calendar added
    (``bar["month_end"]``); what has a field of its own, such as ``session``, is not among them.
    """

    instrument: Instrument
    ts_event: int
    session: int
    open: float
    high: float
    low: float
    close: float
    volume: float
    factor: float
    raw: RawBar
    columns: Mapping[str, float]

    def __getitem__(self, column: str) -> float:
        """A column of ``columns``; ``KeyError`` if there is none of that name."""
        return self.columns[column]


class CoarseSlice(NamedTuple):
    """Bars of a coarser clock domain with one close time, sorted by instrument."""

    domain: str
    ts_event: int
    bars: tuple[Bar, ...]


class CorporateAction(msgspec.Struct, frozen=True, tag=True):
    """A split, bonus or cash dividend that takes effect at the start of a session.

    A holding of ``q`` becomes ``q * numerator // denominator`` (the fraction is paid in cash), and
    ``dividend`` price units are paid per share held before. ``factor`` multiplies later raw
    prices so that they compare with earlier ones. ``session`` is the ex-date as days since
    1970-01-01.
    """

    instrument: InstrumentId
    session: int
    numerator: int = 1
    denominator: int = 1
    dividend: int = 0
    factor: float = 1.0

    def __post_init__(self) -> None:
        if self.numerator < 1 or self.denominator < 1 or self.dividend < 0 or not self.factor > 0:
            raise ValueError(f"corporate action of {self.instrument}: ratio, dividend and factor must be positive")
