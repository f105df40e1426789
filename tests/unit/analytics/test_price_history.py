"""Excursions and buy and hold, by hand."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from friday_core.analytics.price_history import Excursion, PriceHistory, buy_and_hold, excursion
from friday_core.analytics.round_trips import RoundTrip


def history(rows: Sequence[tuple[float, float, float]], factors: Sequence[float] = (), first: int = 0) -> PriceHistory:
    """(high, low, close) at the moments first, first + 1, ..."""
    high, low, close = (np.array(column, np.float64) for column in zip(*rows, strict=True))
    factor = np.array(factors or [1.0] * len(rows))
    return PriceHistory(np.arange(first, first + len(rows), dtype=np.int64), high, low, close, factor)


def trip(entry: float, leave: float, opened: int, closed: int, quantity: int = 1) -> RoundTrip:
    return RoundTrip("one", "X", quantity, opened, closed, entry, leave, 0, 0, 0, 0)


BARS = history([(105, 95, 100), (120, 90, 110), (130, 60, 100)])


def test_a_long_suffers_from_lows_and_gains_from_highs() -> None:
    # Bought at 100 in the first bar, sold at 108 in the third: its own high and low come after the sale.
    assert excursion(trip(100, 108, 0, 2), BARS) == Excursion(pytest.approx(-0.1), pytest.approx(0.2))


def test_a_short_suffers_from_highs() -> None:
    assert excursion(trip(100, 108, 0, 2, -1), BARS) == Excursion(pytest.approx(-0.2), pytest.approx(0.1))


def test_the_price_of_the_exit_counts() -> None:
    assert excursion(trip(100, 50, 0, 1), BARS) == Excursion(pytest.approx(-0.5), pytest.approx(0.05))


def test_entry_and_exit_in_one_bar_leave_only_the_exit() -> None:
    assert excursion(trip(100, 101, 1, 1), BARS) == Excursion(0.0, pytest.approx(0.01))


def test_a_split_is_no_excursion() -> None:
    split = history([(100, 100, 100), (50, 50, 50)], [1.0, 2.0])
    assert excursion(trip(100, 50, 0, 1), split) == Excursion(0.0, 0.0)


def test_a_lot_that_a_corporate_action_ended_has_no_price_to_leave_at() -> None:
    assert excursion(trip(100, 0, 0, 2), BARS) == Excursion(pytest.approx(-0.1), pytest.approx(0.2))


def test_without_prices_there_is_no_excursion() -> None:
    assert excursion(trip(100, 108, 0, 2), history([(1, 1, 1)]).of(np.array([False]))) == Excursion(0.0, 0.0)


def test_each_instrument_gets_an_equal_share_at_its_first_close() -> None:
    # 500 each. The first doubles; the second begins at the second moment and falls by half.
    held = [history([(1, 1, 100), (1, 1, 200), (1, 1, 200)]), history([(1, 1, 10), (1, 1, 5)], first=1)]
    assert buy_and_hold(held, np.arange(3, dtype=np.int64), 1_000.0).tolist() == [1_000.0, 1_500.0, 1_250.0]


def test_after_its_last_close_an_instrument_keeps_its_value() -> None:
    assert buy_and_hold([history([(1, 1, 10), (1, 1, 20)])], np.arange(4, dtype=np.int64), 100.0)[-1] == 200.0


def test_splits_and_dividends_do_not_move_the_benchmark() -> None:
    split = history([(1, 1, 100), (1, 1, 50)], [1.0, 2.0])
    assert buy_and_hold([split], np.arange(2, dtype=np.int64), 100.0).tolist() == [100.0, 100.0]


def test_a_close_that_is_missing_is_passed_over() -> None:
    gap = history([(1, 1, np.nan), (1, 1, 10), (1, 1, np.nan), (1, 1, 20)])
    assert buy_and_hold([gap], np.arange(4, dtype=np.int64), 100.0).tolist() == [100.0, 100.0, 100.0, 200.0]


def test_without_an_instrument_the_capital_stays() -> None:
    assert buy_and_hold([], np.arange(2, dtype=np.int64), 100.0).tolist() == [100.0, 100.0]


def test_a_chart_ends_at_the_price_of_the_day() -> None:
    assert history([(1, 1, 100), (1, 1, 50)], [1.0, 2.0]).adjusted.tolist() == [50.0, 50.0]
