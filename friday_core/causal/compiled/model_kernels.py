"""A model at full speed: the kernel of its kind, which reads its numbers by address."""

from __future__ import annotations

from typing import Any

import numpy as np

from friday_core.causal.compiled.entrance import Entrance
from friday_core.causal.compiled.model_words import CONTEXT_WORDS, NUMBERS, OUT, ROWS, VALUES, WIDTH, WORDS
from friday_core.domain.chunk import Float64, Int64

#: Rows that the kernel is given at once.
BLOCK = 1024


class ModelRows:
    """Predicts ``values[row, feature]`` by the kernel at an address; for one thread at a time.

    It keeps ``numbers`` and ``words`` alive, all that the kernel writes to, and ``owner``, whose the code is.
    """

    def __init__(
        self, entrance: Entrance, address: int, numbers: Float64, words: Int64, *, width: int, owner: object
    ) -> None:
        self._kept = entrance, numbers, words, owner
        self._values, self._out = np.zeros((BLOCK, width)), np.zeros(BLOCK)
        self._spare, self._context = np.zeros(2, np.int64), np.zeros(CONTEXT_WORDS, np.int64)
        to = self._context
        to[VALUES], to[OUT], to[WIDTH] = self._values.ctypes.data, self._out.ctypes.data, width
        to[NUMBERS], to[WORDS] = numbers.ctypes.data, words.ctypes.data
        self._rows: Any = memoryview(to)  # type: ignore[arg-type]
        self._enter = entrance.into(address, self._spare.ctypes.data, to.ctypes.data)

    def __call__(self, values: Float64) -> Float64:
        """``ValueError`` for rows of another width."""
        rows, width = values.shape
        if width != self._values.shape[1]:
            raise ValueError(f"{self._values.shape[1]} features, but {width} values")
        out = np.empty(rows)
        for start in range(0, rows, BLOCK):
            block = min(rows - start, BLOCK)
            self._values[:block] = values[start : start + block]
            self._rows[ROWS] = block
            self._enter()
            out[start : start + block] = self._out[:block]
        return out
