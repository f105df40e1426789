"""Which bars a stuck feed loses."""

from __future__ import annotations

import numpy as np
import pytest
from friday_core.api import PRICE_COLUMNS, Chunk, Verdict

from friday_moon.stale_price import Settings, StalePrice

NAN = float("nan")
#: (instrument, price, volume) of each row.
Rows = list[tuple[int, int, float]]
STUCK: Rows = [(0, 100, 5), (1, 7, 5), (0, 100, 5), (1, 8, 5), (0, 100, 5), (0, 100, 5), (0, 101, 5), (0, 101, 5)]


def chunk(rows: Rows) -> Chunk:
    inst, price, volume = (np.array(values) for values in zip(*rows, strict=True))
    return Chunk(np.arange(len(rows)), inst, {**dict.fromkeys(PRICE_COLUMNS, price), "volume": volume})


def stale(rows: Rows, most: int = 2, at_once: int = 100) -> list[int]:
    """The rows that are held back if ``at_once`` come in one chunk."""
    validator = StalePrice(Settings(most=most))
    parts = [rows[start : start + at_once] for start in range(0, len(rows), at_once)]
    verdicts = np.concatenate([validator.validate(chunk(part)).verdict for part in parts])
    return [int(row) for row in np.flatnonzero(verdicts == Verdict.QUARANTINE)]


def test_a_bar_like_as_many_before_it_as_are_believed_is_held_back() -> None:
    assert stale(STUCK) == [4, 5]


def test_one_more_is_believed_if_the_settings_say_so() -> None:
    assert stale(STUCK, most=3) == [5]


def test_a_bar_that_moves_is_believed_at_once() -> None:
    assert stale([(0, 100, 5), (0, 100, 5), (0, 101, 5)], most=1) == [1]


def test_another_volume_is_another_bar() -> None:
    assert stale([(0, 100, 5), (0, 100, 6), (0, 100, 5)], most=1) == []


def test_a_missing_volume_is_like_no_other() -> None:
    assert stale([(0, 100, NAN)] * 5, most=1) == []


def test_instruments_are_counted_apart() -> None:
    assert stale([(0, 100, 5), (1, 100, 5), (0, 100, 5), (1, 100, 5)], most=1) == [2, 3]


@pytest.mark.parametrize("at_once", range(1, len(STUCK) + 1))
def test_the_verdicts_do_not_depend_on_how_rows_are_cut_into_chunks(at_once: int) -> None:
    assert stale(STUCK, at_once=at_once) == [4, 5]


def test_the_reason_tells_the_limit() -> None:
    judgement = StalePrice(Settings(most=2)).validate(chunk(STUCK))
    assert judgement.reason_of(4) == "more than 2 bars alike in a row"
    assert judgement.reason_of(0) == ""
