"""What the kernel of a model is told: places in its context, of int64 words; an address unless it says otherwise."""

from __future__ import annotations

# Rows of features, float64, one row after the other, and where their predictions go; how many rows and
# features, no addresses; what the model holds, float64 and int64.
VALUES, OUT, ROWS, WIDTH, NUMBERS, WORDS = range(6)
CONTEXT_WORDS = 6
