"""The kernel of a kind of model: its step on one row after the other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from friday_core.causal.compiled.model_words import NUMBERS, OUT, ROWS, VALUES, WIDTH, WORDS
from friday_core.causal.compiled.pointers import floats, words


def over_rows(step: Any) -> Callable[[int], None]:
    """``kernel(context)``, by address like the driver."""

    def kernel(context: int) -> None:
        to = words(context)
        out, numbers, own = floats(to[OUT]), floats(to[NUMBERS]), words(to[WORDS])
        at, width = to[VALUES], 8 * to[WIDTH]
        for row in range(to[ROWS]):
            out[row] = step(floats(at + row * width), numbers, own)

    return kernel
