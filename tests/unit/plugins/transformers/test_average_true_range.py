"""The average true range as a column of the stream."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from fakes.bars import UNIVERSE

from friday_core.api import Chunk
from friday_core.causal.program import trace_program
from friday_core.flow.column_stage import ColumnStage
from friday_plugins.transformers.average_true_range import AverageTrueRange

#: High, low and close in paise. Ranges from the second bar on: 300, 400 (a gap up), 600 (a gap down).
BARS = [(1_000, 900, 950), (1_200, 900, 1_100), (1_500, 1_400, 1_450), (1_000, 850, 900)]


def column(
    bars: Sequence[tuple[int, int, int]], factors: Sequence[float] | None = None, **settings: Any
) -> list[float]:
    transformer = AverageTrueRange(AverageTrueRange.Settings(**settings))
    stage = ColumnStage(trace_program(transformer.outputs, adjusted=True), UNIVERSE)
    high, low, close = (np.array(one, np.int64) for one in zip(*bars, strict=True))
    n = len(bars)
    columns = {"open": close, "high": high, "low": low, "close": close, "volume": np.ones(n)}
    columns["factor"] = np.ones(n) if factors is None else np.array(factors)
    found = stage.transform(Chunk(np.arange(n), np.zeros(n), columns))
    values: list[float] = found[settings.get("column", "atr")].tolist()
    return values


def test_a_range_reaches_from_the_close_before_over_a_gap() -> None:
    assert column(BARS, window=1)[1:] == [3.0, 4.0, 6.0]


def test_the_average_is_wilders() -> None:
    # The mean of the first two ranges, then a half of each new one.
    assert column(BARS, window=2)[2:] == [3.5, 4.75]


def test_it_is_not_known_until_the_window_is_full() -> None:
    assert [math.isnan(value) for value in column(BARS, window=2)] == [True, True, False, False]


def test_a_split_is_no_range() -> None:
    halved = [*BARS[:2], *((high // 2, low // 2, close // 2) for high, low, close in BARS[2:])]
    assert column(halved, [1.0, 1.0, 2.0, 2.0], window=2)[2:] == pytest.approx(column(BARS, window=2)[2:], rel=1e-12)


def test_the_column_has_the_name_that_is_set() -> None:
    assert column(BARS, window=1, column="range")[1] == 3.0
