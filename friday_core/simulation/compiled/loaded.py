"""The compiled kernel in this process; imported only where something is compiled, for that needs a compiler."""

from __future__ import annotations

import ctypes

import numpy as np

from friday_core.causal.compiled.fingerprint import Routine
from friday_core.causal.compiled.kernels import Kernels
from friday_core.domain.chunk import Float64
from friday_core.simulation.compiled import words as w
from friday_core.simulation.compiled.arena import Arena

_HERE = "friday_core.simulation.compiled"
_MODULES = (
    "slices", "stretches", "asking", "squaring", "deciding", "releasing", "ruling", "sharing", "limiting", "wanting",
    "filling", "keeping", "drafts", "ordering", "placing", "legs", "cancelling", "bills", "books", "money", "places",
    "memory", "words",
)  # fmt: skip
ENTRY = Routine(
    f"{_HERE}.entry",
    "enter",
    (
        *(f"{_HERE}.{name}" for name in _MODULES),
        "friday_core.simulation.fill_rules",
        "friday_core.domain.money",
        "friday_core.domain.chunk",
        "friday_core.causal.op",
    ),
    "the kernel of backtests",
    ("follow", "place_legs", "count_open", "ordering", "cancelling"),
)


class Compiled:
    """Runs the kernel on an arena; loaded from disk, or compiled once, which takes seconds."""

    def __init__(self, kernels: Kernels) -> None:
        self._kernels = kernels  # they must live as long as what jumps into them
        address = kernels.routine(ENTRY)
        self._call = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64)(address)
        self._spare = np.zeros(2, np.int64)

    def empty(self, words: int) -> Float64:
        """Memory of eight bytes a word, which is lent again when nobody has it any more."""
        return self._kernels.room.empty(words)

    def __call__(self, arena: Arena) -> None:
        for place, array in enumerate(arena.arrays()[1:]):
            arena.context[w.ADDRESSES + place] = array.ctypes.data
        spare = self._spare.ctypes.data
        self._call(spare, spare + 8, arena.context.ctypes.data)
