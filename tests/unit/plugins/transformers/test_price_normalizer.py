from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from friday_core.api import MISSING_PRICE, PRICE_COLUMNS, Chunk, Instrument, InstrumentId, Universe
from friday_plugins.transformers.price_normalizer import PriceNormalizer

#: Paise at a tick of 5, and dollars of four decimals at a tick of 100.
INFY, IBM = 0, 1
UNIVERSE = Universe(
    [
        Instrument(InstrumentId("A", "NSE"), "INR", tick_size=5),
        Instrument(InstrumentId("B", "US"), "USD", price_decimals=4, tick_size=100),
    ]
)


def normalizer(**settings: Any) -> PriceNormalizer:
    return PriceNormalizer(PriceNormalizer.Settings(**settings), UNIVERSE)


def chunk(
    bars: Sequence[Sequence[int]], factors: Sequence[float] | None = None, inst: Sequence[int] | None = None
) -> Chunk:
    n = len(bars)
    columns: dict[str, Any] = dict(zip(PRICE_COLUMNS, np.array(bars, np.int64).T, strict=True))
    columns["factor"] = np.ones(n) if factors is None else np.array(factors)
    return Chunk(np.arange(n), np.zeros(n) if inst is None else np.array(inst), columns)


def closes(prices: Sequence[int], **more: Any) -> Chunk:
    return chunk([[price] * 4 for price in prices], **more)


def test_a_price_between_two_ticks_is_kept_and_its_distance_told() -> None:
    done = normalizer().transform(closes([10_000, 10_002, 10_003]))
    assert done["close"].tolist() == [10_000, 10_002, 10_003]
    assert done["tick_error_close"].tolist() == [0.0, 0.4, -0.4]


def test_a_price_between_two_ticks_goes_to_the_nearest_one() -> None:
    done = normalizer(tick="round").transform(closes([10_000, 10_002, 10_003]))
    assert done["close"].tolist() == [10_000, 10_000, 10_005]
    assert done["tick_error_close"].tolist() == [0.0, 0.4, -0.4]


def test_a_price_in_the_middle_goes_to_the_even_tick_but_not_to_zero() -> None:
    done = normalizer(tick="round").transform(closes([50, 150, 250, -50], inst=[IBM] * 4))
    assert done["close"].tolist() == [100, 200, 200, 0]
    assert done["tick_error_close"].tolist() == [-0.5, -0.5, 0.5, -0.5]


def test_a_price_of_less_than_half_a_tick_does_not_become_zero() -> None:
    done = normalizer(tick="round").transform(closes([1, 2, 0]))
    assert done["close"].tolist() == [5, 5, 0]
    assert done["tick_error_close"].tolist() == [-0.8, -0.6, 0.0]


def test_every_instrument_has_its_own_grid_and_decimals() -> None:
    done = normalizer(tick="round").transform(closes([10_005, 10_005], inst=[INFY, IBM]))
    assert done["close"].tolist() == [10_005, 10_000]
    assert done["adj_close"].tolist() == [100.05, 1.0]


def test_adjusted_prices_are_in_the_currency_and_continue_over_a_split() -> None:
    done = normalizer().transform(
        chunk([[20_000, 20_200, 19_800, 20_000], [10_000, 10_100, 9_900, 10_000]], [1.0, 2.0])
    )
    assert [done[f"adj_{name}"].tolist() for name in PRICE_COLUMNS] == [
        [200.0, 200.0],
        [202.0, 202.0],
        [198.0, 198.0],
        [200.0, 200.0],
    ]


def test_adjusted_prices_are_made_from_the_rounded_ones() -> None:
    assert normalizer(tick="round").transform(closes([10_003], factors=[2.0]))["adj_close"].tolist() == [200.1]


@pytest.mark.parametrize("tick", ["keep", "round"])
def test_a_missing_price_stays_missing(tick: str) -> None:
    done = normalizer(tick=tick).transform(chunk([[10_000, 10_000, MISSING_PRICE, 10_000]]))
    assert done["low"].tolist() == [MISSING_PRICE]
    assert np.isnan([done["adj_low"][0], done["tick_error_low"][0]]).all()


def test_rows_and_other_columns_stay_as_they_are() -> None:
    before = closes([10_003, 10_004]).with_columns({"volume": np.array([7.0, 8.0])})
    done = normalizer().transform(before)
    assert set(done.columns) == {*before.columns, *PriceNormalizer.outputs}
    assert done["volume"].tolist() == [7.0, 8.0]


def test_a_transformer_cannot_reject() -> None:
    with pytest.raises(ValidationError, match="'keep' or 'round'"):
        normalizer(tick="reject")


PRICES = st.integers(-(2**40), 2**50 - 1)
ROWS = st.lists(st.tuples(PRICES, st.floats(1e-3, 1e3), st.sampled_from([INFY, IBM])), min_size=1, max_size=40)


def of_rows(rows: Sequence[tuple[int, float, int]]) -> Chunk:
    prices, factors, inst = zip(*rows, strict=True)
    return closes(prices, factors=factors, inst=inst)


@given(ROWS)
def test_the_raw_price_comes_back_from_the_adjusted_one_exactly(rows: list[tuple[int, float, int]]) -> None:
    before = of_rows(rows)
    done = normalizer().transform(before)
    scale = np.array([10.0 ** UNIVERSE[inst].price_decimals for inst in done.inst])
    assert np.rint(done["adj_close"] / done["factor"] * scale).astype(np.int64).tolist() == before["close"].tolist()


@given(ROWS)
def test_the_price_that_arrived_comes_back_from_the_rounded_one_exactly(rows: list[tuple[int, float, int]]) -> None:
    before = of_rows(rows)
    done = normalizer(tick="round").transform(before)
    tick = np.array([UNIVERSE[inst].tick_size for inst in done.inst])
    assert (done["close"] % tick).tolist() == [0] * len(rows)
    arrived = done["close"] + np.rint(done["tick_error_close"] * tick).astype(np.int64)
    assert arrived.tolist() == before["close"].tolist()


@given(st.lists(st.integers(1, 10**7), min_size=4, max_size=4))
def test_the_high_stays_the_highest_and_the_low_the_lowest(prices: list[int]) -> None:
    low, *between, high = sorted(prices)
    done = normalizer(tick="round").transform(chunk([[between[0], high, low, between[1]]]))
    opened, highest, lowest, close = (int(done[name][0]) for name in PRICE_COLUMNS)
    assert lowest <= min(opened, close)
    assert highest >= max(opened, close)


@given(ROWS, st.lists(st.integers(0, 40), max_size=5))
def test_values_do_not_depend_on_the_cuts(rows: list[tuple[int, float, int]], cuts: list[int]) -> None:
    whole = of_rows(rows)
    edges = sorted({0, len(rows), *(cut for cut in cuts if cut < len(rows))})
    one = normalizer(tick="round")
    parts = Chunk.concat([one.transform(whole.take(slice(start, stop))) for start, stop in pairwise(edges)])
    expected = normalizer(tick="round").transform(whole)
    assert [parts[name].tobytes() for name in expected.columns] == [
        expected[name].tobytes() for name in expected.columns
    ]
