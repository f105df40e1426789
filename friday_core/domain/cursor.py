"""Where somebody who reads rows in their order stands."""

from __future__ import annotations

from typing import Self

import msgspec

from friday_core.domain.chunk import Chunk, Universe
from friday_core.domain.instruments import InstrumentId, check_id


class Cursor(msgspec.Struct, frozen=True, order=True):
    """The last row that was taken, by its time (microseconds UTC) and its instrument; sorts as rows do.

    Rows that share both have one cursor: whoever goes on after it gets none of them again. The
    instrument need not be known to whoever is asked to go on. ``ValueError`` for a time that is no
    ``int`` and for an instrument that is no ``InstrumentId``.
    """

    ts_event: int
    instrument: InstrumentId

    def __post_init__(self) -> None:
        check_id(self.instrument)
        if type(self.ts_event) is not int:
            raise ValueError(f"cursor at {self.instrument}: ts_event {self.ts_event!r} is not an int")

    @classmethod
    def at(cls, chunk: Chunk, universe: Universe, row: int = -1) -> Self:
        """The cursor of one row of a chunk, by default of its last; ``IndexError`` if there is no such row."""
        return cls(int(chunk.ts_event[row]), universe[int(chunk.inst[row])].id)
