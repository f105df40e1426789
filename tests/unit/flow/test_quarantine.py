"""What a stream held back, and what it let go of."""

from __future__ import annotations

import numpy as np
from fakes.bars import UNIVERSE

from friday_core.domain.chunk import Chunk
from friday_core.domain.verdicts import Verdict
from friday_core.flow.quarantine import Quarantine


def quarantine(*seqs: int) -> Quarantine:
    """Rows with these numbers, held in this order."""
    found = Quarantine("market_data", UNIVERSE)
    chunk = Chunk(np.arange(10), np.zeros(10), {"volume": np.zeros(10)})
    for seq in seqs:
        found.hold("outliers", Verdict.QUARANTINE, "odd" if seq % 2 else "even", chunk, seq)
    return found


def test_those_that_arrived_first_go_first() -> None:
    held = quarantine(3, 1, 4, 0)
    assert [row.seq for row in held.release(1)] == [0, 1, 3]
    assert ([row.seq for row in held.rows], len(held)) == ([4], 1)


def test_what_was_let_go_of_still_counts() -> None:
    held = quarantine(0, 1, 2, 3, 5)
    before = held.counts
    held.release(2)
    assert held.counts == before == {
        ("outliers", "QUARANTINE", "even"): 2,
        ("outliers", "QUARANTINE", "odd"): 3,
    }  # fmt: skip


def test_rows_that_may_stay_do() -> None:
    held = quarantine(0, 1)
    assert (held.release(2), len(held)) == ([], 2)
