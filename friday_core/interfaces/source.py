"""Role ``source``: where rows come from."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence

from friday_core.domain.chunk import Chunk
from friday_core.domain.cursor import Cursor
from friday_core.domain.instruments import Instrument
from friday_core.domain.market import CorporateAction
from friday_core.interfaces.component import Component


class HistoricalData(Component, ABC):
    """A source of bars that have already happened.

    The host asks for ``instruments`` first, then iterates ``bars``, or ``bars_after`` a row that it
    took before, once, in a thread of its own; no two methods run at the same time, but not all in
    one thread.

    A plugin, complete; one instrument whose price swings round 100 rupees::

        import numpy as np

        from friday_core.api import (
            Chunk, ComponentSpec, HistoricalData, Instrument, InstrumentId, PluginSettings, hookimpl
        )

        DAY = 24 * 60 * 60 * 1_000_000  # microseconds


        class Settings(PluginSettings):
            days: int = 250


        class Waves(HistoricalData):
            def __init__(self, settings):
                self.days = np.arange(1, settings.days + 1)

            def instruments(self):
                return [Instrument(InstrumentId("WAVE", "SEA"), "INR", price_decimals=2)]

            def bars(self):
                price = np.rint(10_000 + 1_000 * np.sin(self.days / 20))
                columns = {**dict.fromkeys(["open", "high", "low", "close"], price), "volume": 0 * price + 500}
                yield Chunk(self.days * DAY, 0 * self.days, columns)


        @hookimpl
        def friday_components():
            return [ComponentSpec("source", "waves", Waves, Settings)]
    """

    #: Clock domain of its bars: ``"1d"``, ``"1m"``, ...
    interval: str = "1d"
    #: Columns of every chunk besides time and instrument.
    columns: tuple[str, ...] = ("open", "high", "low", "close", "volume")

    @abstractmethod
    def instruments(self) -> Sequence[Instrument]:
        """Every instrument that may occur, in any order. Raises ``DataSourceError``."""

    @abstractmethod
    def bars(self) -> Iterator[Chunk]:
        """Chunks whose rows come, from the first to the last of all, in the order of (``ts_event``, instrument id).

        ``inst`` is the position in ``instruments()`` sorted by id. Raises ``DataSourceError``
        that names the file, and where possible line and column.
        """

    def bars_after(self, cursor: Cursor) -> Iterator[Chunk]:
        """The rows of ``bars()`` that come after a row that was taken before, and no other.

        Chunks may be cut in other places; ``seq`` is the host's to number. Works for every source;
        one that finds its place faster than by reading overrides it. The cursor may name a time
        without a row and an instrument that is not offered. Raises as ``bars``.
        """
        first = sum(one.id <= cursor.instrument for one in self.instruments())
        for chunk in self.bars():
            later = chunk.ts_event > cursor.ts_event
            rest = later | ((chunk.ts_event == cursor.ts_event) & (chunk.inst >= first))
            if rest.all():
                yield chunk
            elif rest.any():
                yield chunk.take(rest)

    def corporate_actions(self) -> Sequence[CorporateAction]:
        """Splits and dividends of these instruments, in any order."""
        return ()

    @property
    def announces(self) -> bool:
        """Whether it may have corporate actions: columns see adjusted prices then, which are no whole numbers."""
        return type(self).corporate_actions is not HistoricalData.corporate_actions

    def row_count(self) -> int | None:
        """How many rows will come, if that is known: only for the progress bar."""
        return None
