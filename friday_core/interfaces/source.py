"""Role ``source``: where rows come from."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Protocol, runtime_checkable

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


@runtime_checkable
class Fetches(Protocol):
    """A source that fetches its bars from elsewhere and keeps them in files; optional.

    It fetches what is missing when its bars are first asked for, and ``friday history NAME`` lets it do so by itself.
    """

    def fetch(self, advance: Callable[[int, int, str], None]) -> Sequence[Path]:
        """Fetch what is missing, and tell the files that have something of what the settings ask for.

        ``advance(done, total, what)`` is called after each part. Whatever ends it, what was fetched before is whole,
        and is not fetched again. Raises ``DataSourceError``.
        """
        ...


class LiveData(HistoricalData, ABC):
    """A source of rows that happen now: it goes on until nobody wants them any more.

    ``bars`` yields rows as they come and, while none come, an empty chunk **at least once a second**: a sign of
    life, which says that no row of an earlier time is on its way (see ``complete``). By it slices are complete,
    positions are squared off and sessions end where no row says so. Rows that have no ``ts_recv`` of their own get
    the time at which they left the source. It needs ``[clock] kind = "wall"`` without a speed.

    A session that another process began asks ``bars_after`` the last row that it had, which may fill in what
    was missed, and need not. The host tells from the rows alone that some are missing, and lets nothing be added to
    a position until they come again.

    A plugin, complete; what a vendor's client puts into a queue, in its own thread::

        import queue
        import time

        from friday_core.api import Chunk, ComponentSpec, Instrument, InstrumentId, LiveData, hookimpl


        class Client:
            def __init__(self):
                self.told, self.is_open = queue.SimpleQueue(), True
                for seconds, price in ((120, 10_000), (60, 10_050), (0, 9_950)):  # price units, here 0.01
                    self.told.put((time.time_ns() // 1_000 - seconds * 1_000_000, price))


        class Harbour(LiveData):
            interval = "1m"

            def __init__(self, client=None):
                self.client = client or Client()

            def instruments(self):
                return [Instrument(InstrumentId("WAVE", "SEA"), "INR", price_decimals=2)]

            def bars(self):
                while self.client.is_open:
                    try:
                        yield self.rows([self.client.told.get(timeout=0.5)])
                    except queue.Empty:
                        yield self.rows([])

            def rows(self, told):
                prices = [price for _, price in told]
                columns = {**dict.fromkeys(["open", "high", "low", "close"], prices), "volume": [100.0] * len(told)}
                return Chunk([at for at, _ in told], [0] * len(told), columns)

            def stop_reading(self):
                self.client.is_open = False

            def outage(self):
                return "" if self.client.is_open else "the client is closed"


        @hookimpl
        def friday_components():
            return [ComponentSpec("source", "harbour", Harbour)]
    """

    def stop_reading(self) -> None:
        """No row is wanted any more: ``bars`` may end. Called once, while it runs, by another thread; never raises."""

    def complete(self, now: int) -> int:
        """The time that a sign of life speaks of, microseconds UTC: ``now``, unless overridden.

        An earlier one where rows of the time after it are on their way, as while what was missed is fetched.
        Asked after each sign of life, in the thread that iterates ``bars``.
        """
        return now

    def outage(self) -> str:
        """Why rows that happen now cannot come, as while a line is down; empty, unless overridden, if they can.

        Asked after each chunk, in the thread that iterates ``bars``.
        """
        return ""
