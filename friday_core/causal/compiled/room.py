"""Memory that is used again: what the system gives anew it has to clear first, which costs more than many a step."""

from __future__ import annotations

from typing import Any

import numpy as np

from friday_core.domain.chunk import Float64

#: Bytes that are kept at most while nobody has them.
MOST = 1 << 26
#: Shorter columns are cheap to have anew, and longer ones are too much to keep.
_LEAST_ROWS, _MOST_ROWS = 1 << 13, 1 << 22
#: Memory may be so many times as large as the column that it is lent for.
_LARGER = 4


class Room:
    """Lends memory for columns, and takes it back when the last array on it is gone. Threads may share it.

    There is no lock: memory may come back while some is being lent, wherever the collector runs.
    """

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._free: dict[int, Float64] = {}

    def empty(self, rows: int) -> Float64:
        """A column whose values are not set yet."""
        if not _LEAST_ROWS <= rows <= _MOST_ROWS:
            return np.empty(rows)
        # A list of pairs would make objects while the dictionary is read, and so let the collector change it.
        for key in list(self._free):
            block = self._free.get(key)
            if block is None or not rows <= len(block) <= _LARGER * rows:
                continue
            if self._free.pop(key, None) is block:
                return np.asarray(_Lent(self, block, rows))
        return np.asarray(_Lent(self, np.empty(rows), rows))

    def take_back(self, block: Float64) -> None:
        """It is lent again, unless there is enough."""
        if sum(one.nbytes for one in list(self._free.values())) + block.nbytes <= self._most:
            self._free[id(block)] = block


class _Lent:
    """Whose memory an array has; it lives as long as the array and all its parts."""

    __slots__ = ("_block", "_room", "_rows")

    def __init__(self, room: Room, block: Float64, rows: int) -> None:
        self._room, self._block, self._rows = room, block, rows

    @property
    def __array_interface__(self) -> dict[str, Any]:
        return {**self._block.__array_interface__, "shape": (self._rows,)}

    def __del__(self) -> None:
        self._room.take_back(self._block)
