import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from friday_core.api import MISSING_PRICE, Chunk
from friday_plugins.transformers.realised_volatility import RealisedVolatility


def transformer(**settings: Any) -> RealisedVolatility:
    return RealisedVolatility(RealisedVolatility.Settings(**settings))


def chunk(closes: Sequence[int], factors: Sequence[float] | None = None, inst: Sequence[int] | None = None) -> Chunk:
    n = len(closes)
    columns = {"close": np.array(closes, np.int64), "factor": np.ones(n) if factors is None else np.array(factors)}
    return Chunk(np.arange(n), np.zeros(n) if inst is None else np.array(inst), columns)


def walk(n: int) -> list[int]:
    steps = np.random.Generator(np.random.PCG64(3)).integers(-60, 61, n)
    return [int(close) for close in 10_000 + np.cumsum(steps)]


@pytest.mark.parametrize("window", [5, 20, 63])
def test_values_are_those_of_a_rolling_standard_deviation(window: int) -> None:
    closes = walk(300)
    ours = transformer(window=window).transform(chunk(closes))["volatility"]
    prices = pd.Series(closes, dtype=float)
    returns = pd.Series(np.log(prices / prices.shift()))
    expected = math.sqrt(252) * returns.rolling(window).std(ddof=1)
    np.testing.assert_allclose(ours, expected, rtol=1e-12)


def test_prices_that_grow_evenly_have_no_volatility() -> None:
    assert transformer(window=3).transform(chunk([100, 200, 400, 800]))["volatility"][3] == 0.0


def test_a_known_answer() -> None:
    found = transformer(window=2, periods_per_year=1).transform(chunk([100, 200, 100]))["volatility"]
    assert found[2] == pytest.approx(math.log(2) * math.sqrt(2), rel=1e-15)


def test_a_split_leaves_no_trace() -> None:
    plain = transformer(window=3).transform(chunk([1000, 1010, 1020, 1030, 1040]))["volatility"]
    split = transformer(window=3).transform(chunk([1000, 1010, 510, 515, 520], [1.0, 1.0, 2.0, 2.0, 2.0]))
    assert split["volatility"].tobytes() == plain.tobytes()


def test_instruments_do_not_touch_one_another() -> None:
    alone = transformer(window=3).transform(chunk(walk(50)))["volatility"]
    mixed = [value for close in walk(50) for value in (close, 777)]
    both = transformer(window=3).transform(chunk(mixed, inst=[0, 1] * 50))["volatility"]
    assert both[::2].tobytes() == alone.tobytes()


@pytest.mark.parametrize("absent", [MISSING_PRICE, 0, -5])
def test_a_row_without_a_price_is_unknown_and_counts_for_nothing(absent: int) -> None:
    with_gap = transformer(window=2).transform(chunk([100, 110, absent, 120, 130]))["volatility"]
    without = transformer(window=2).transform(chunk([100, 110, 120, 130]))["volatility"]
    assert math.isnan(with_gap[2])
    assert np.delete(with_gap, 2).tobytes() == without.tobytes()


def test_the_column_s_name_is_a_setting() -> None:
    one = transformer(column="sigma")
    assert one.outputs == ("sigma",)
    assert "sigma" in one.transform(chunk([100])).columns


CLOSES = st.lists(st.tuples(st.integers(-1, 10**9), st.integers(0, 2)), min_size=1, max_size=60)


@given(CLOSES, st.lists(st.integers(0, 60), max_size=6))
def test_values_do_not_depend_on_the_cuts_to_the_bit(rows: list[tuple[int, int]], cuts: list[int]) -> None:
    whole = chunk([close for close, _ in rows], inst=[inst for _, inst in rows])
    edges = sorted({0, len(rows), *(cut for cut in cuts if cut < len(rows))})
    cut = transformer(window=3)
    parts = [cut.transform(whole.take(slice(start, stop)))["volatility"] for start, stop in pairwise(edges)]
    assert np.concatenate(parts).tobytes() == transformer(window=3).transform(whole)["volatility"].tobytes()


@given(st.lists(st.integers(1, 10**6), min_size=10, max_size=60), st.integers(1, 5))
def test_values_do_not_depend_on_where_the_series_starts_to_the_bit(closes: list[int], dropped: int) -> None:
    whole = transformer(window=4).transform(chunk(closes))["volatility"]
    later = transformer(window=4).transform(chunk(closes[dropped:]))["volatility"]
    assert later[4:].tobytes() == whole[dropped + 4 :].tobytes()


def test_a_window_of_one_return_is_refused() -> None:
    with pytest.raises(ValidationError, match="greater than or equal to 2"):
        transformer(window=1)
