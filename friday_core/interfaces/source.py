"""Role ``source``: where rows come from."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence

from friday_core.domain.chunk import Chunk
from friday_core.domain.instruments import Instrument
from friday_core.domain.market import CorporateAction
from friday_core.interfaces.component import Component


class HistoricalData(Component, ABC):
    """A source of bars that have already happened.

    The host asks for ``instruments`` first, then iterates ``bars`` once.
    """

    #: Columns of every chunk besides time and instrument.
    columns: tuple[str, ...] = ("open", "high", "low", "close", "volume")

    @abstractmethod
    def instruments(self) -> Sequence[Instrument]:
        """Every instrument that may occur, in any order. Raises ``DataSourceError``."""

    @abstractmethod
    def bars(self) -> Iterator[Chunk]:
        """Chunks in time order, each sorted by (``ts_event``, instrument id).

        ``inst`` is the position in ``instruments()`` sorted by id. Raises ``DataSourceError``
        that names the file, and where possible line and column.
        """

    def corporate_actions(self) -> Sequence[CorporateAction]:
        """Splits and dividends of these instruments, in any order."""
        return ()

    def row_count(self) -> int | None:
        """How many rows will come, if that is known: only for the progress bar."""
        return None
