"""The bars of a slice as an exchange needs them: with what may be taken of each, and its price bands."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from friday_core.domain.instruments import InstrumentId
from friday_core.domain.market import Bar, RawBar
from friday_core.simulation.fill_rules import (
    NO_PRICE,
    is_row,
    lower_band,
    upper_band,
    volume_room,
    whole_volume,
)
from friday_core.simulation.matching_rules import MatchingRules

#: 1.0 on the bar with which the session ends, by the calendar.
_SESSION_END = "session_end"


@dataclass(slots=True)
class Row:
    """One bar on which orders can trade.

    ``room`` is what all orders together may take, ``taken`` what they took so far. ``lower`` and ``upper`` are
    its price bands, ``NO_PRICE`` where there are none.
    """

    bar: Bar
    volume: int
    room: int
    lower: int = NO_PRICE
    upper: int = NO_PRICE
    taken: int = 0

    @property
    def is_last(self) -> bool:
        """Whether the calendar knows it as the last of its session."""
        return self.bar.columns.get(_SESSION_END) == 1.0

    @property
    def is_locked(self) -> bool:
        """Whether everything traded at one price."""
        return self.bar.raw.high == self.bar.raw.low

    @property
    def closing(self) -> RawBar:
        """What is left of it for those who see only its close."""
        close = self.bar.raw.close
        return RawBar(close, close, close, close)


def is_whole(bar: Bar) -> bool:
    """Whether a bar is a row."""
    raw = bar.raw
    return is_row(raw.open, raw.high, raw.low, raw.close)


class Rows:
    """The rows of one slice after the other. Of a slice that comes again, what was taken stays taken."""

    def __init__(self) -> None:
        self._ordinal = -1
        self._slice: Sequence[Bar] = ()
        self._bars: dict[InstrumentId, Bar] = {}
        self._rows: dict[InstrumentId, Row | None] = {}
        self.closes = Closes()

    def enter(self, ordinal: int, bars: Sequence[Bar], rules: MatchingRules) -> None:
        """Slice ``ordinal`` is at hand."""
        if ordinal == self._ordinal and bars is self._slice:
            return
        self._ordinal, self._slice, self._rows = ordinal, bars, {}
        self._bars = {bar.instrument.id: bar for bar in bars}
        if rules.band_ppm:
            self.closes.note(bar for bar in bars if is_whole(bar))

    def of(self, instrument: InstrumentId, rules: MatchingRules) -> Row | None:
        """The row of an instrument; ``None`` without a bar, or for one that has no price to trade at."""
        if instrument not in self._rows:
            bar = self._bars.get(instrument)
            self._rows[instrument] = None if bar is None or not is_whole(bar) else self._row(bar, rules)
        return self._rows[instrument]

    def _row(self, bar: Bar, rules: MatchingRules) -> Row:
        volume = whole_volume(bar.volume)
        row = Row(bar, volume, volume_room(volume, rules.participation_ppm or 0))
        if rules.band_ppm:
            before, tick = self.closes.before(bar), bar.instrument.tick_size
            row.lower = lower_band(before, rules.band_ppm, tick)
            row.upper = upper_band(before, rules.band_ppm, tick)
        return row


class Print(NamedTuple):
    """A close in price units, with the session and the factor of its bar."""

    session: int
    close: int
    factor: float


class Closes:
    """The last print of the latest session of each instrument, and of the session before it."""

    def __init__(self) -> None:
        self.latest: dict[InstrumentId, Print] = {}
        self.earlier: dict[InstrumentId, Print] = {}

    def note(self, bars: Iterable[Bar]) -> None:
        """These bars are the latest."""
        for bar in bars:
            name = bar.instrument.id
            latest = self.latest.get(name)
            if latest is not None and bar.session > latest.session:
                self.earlier[name] = latest
            self.latest[name] = Print(bar.session, bar.raw.close, bar.factor)

    def before(self, bar: Bar) -> int:
        """The last close of the session before that of ``bar``, in its prices; ``NO_PRICE`` if there was none."""
        before = self.earlier.get(bar.instrument.id)
        if before is None:
            return NO_PRICE
        if before.factor == bar.factor:
            return before.close
        return int(before.close * (before.factor / bar.factor) + 0.5)
