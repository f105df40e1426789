"""Performance figures: by hand, against numpy and pandas, and where there is nothing to say."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence

import msgspec
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from friday_core.analytics.performance import Performance, performance
from friday_core.domain.outcomes import EquityPoint

CAPITAL = 100_000


def points(equities: Sequence[int], gross: Sequence[int] | None = None, *, per_session: int = 1) -> list[EquityPoint]:
    """One strategy's equity after each slice, so many slices to a session."""
    shown = gross or [0] * len(equities)
    return [
        EquityPoint(n, n // per_session, "one", equity - held, held, held, equity)
        for n, (equity, held) in enumerate(zip(equities, shown, strict=True))
    ]


def figures(equities: Sequence[int], *, fills_value: int = 0, per_session: int = 1) -> Performance:
    return performance(CAPITAL, "INR", points(equities, per_session=per_session), fills_value)


def test_figures_by_hand() -> None:
    # 1,000 rupees; 1,100; 990; 1,089: returns +10%, -10%, +10%. Mean 1/30, deviations 1/15, -2/15,
    # 1/15: variance (1 + 4 + 1) / 225 / 2 = 6/450, std 0.11547. Drawdown from 1,100 to 990 is 10%.
    found = performance(CAPITAL, "INR", points([110_000, 99_000, 108_900], [55_000, 0, 108_900]), 211_933)
    assert (found.sessions, found.start_equity, found.end_equity) == (3, 1_000.0, 1_089.0)
    assert found.total_return == pytest.approx(0.089)
    assert found.annual_return == pytest.approx(1.089**84 - 1)
    assert found.annual_volatility == pytest.approx(math.sqrt(252 * 6 / 450))
    assert found.sharpe == pytest.approx(math.sqrt(252) / 30 / math.sqrt(6 / 450))
    assert found.max_drawdown == pytest.approx(0.1)
    assert found.average_exposure == pytest.approx((0.5 + 0 + 1) / 3)
    # 2,119.33 traded over a mean equity of 1,059.6667.
    assert found.turnover == pytest.approx(2.0, abs=1e-5)


def test_returns_are_taken_from_the_last_slice_of_each_session_and_drawdown_from_all() -> None:
    found = figures([50_000, 110_000, 40_000, 121_000], per_session=2)
    assert found.sessions == 2
    assert found.annual_volatility == pytest.approx(0.0, abs=1e-12)
    assert found.max_drawdown == pytest.approx(1 - 40_000 / 110_000)


def test_strategies_are_summed_slice_by_slice() -> None:
    two = [
        EquityPoint(ts, ts, name, 0, equity, gross, equity)
        for ts, row in enumerate([((60_000, 60_000), (40_000, 0)), ((50_000, 0), (80_000, 65_000))])
        for name, (equity, gross) in zip("ab", row, strict=True)
    ]
    found = performance(CAPITAL, "INR", two, 0)
    assert (found.sessions, found.end_equity) == (2, 1_300.0)
    assert found.average_exposure == pytest.approx((0.6 + 0.5) / 2)


def test_the_first_drawdown_is_measured_from_the_capital() -> None:
    assert figures([90_000, 95_000]).max_drawdown == pytest.approx(0.1)


def test_without_a_slice_nothing_has_happened() -> None:
    found = figures([])
    assert found == Performance(0, 1_000.0, 1_000.0, 0.0, None, None, None, 0.0, 0.0, 0.0)


def test_one_session_has_a_return_and_no_spread() -> None:
    found = figures([101_000])
    assert found.annual_return == pytest.approx(1.01**252 - 1)
    assert (found.annual_volatility, found.sharpe) == (None, None)


def test_constant_equity_has_no_sharpe_ratio() -> None:
    found = figures([CAPITAL] * 5)
    assert (found.annual_return, found.annual_volatility, found.sharpe, found.max_drawdown) == (0.0, 0.0, None, 0.0)


@pytest.mark.parametrize("end", [0, -50_000])
def test_a_book_that_lost_everything_has_no_annual_return(end: int) -> None:
    found = figures([50_000, end])
    assert found.annual_return is None
    assert found.total_return == end / CAPITAL - 1
    assert found.max_drawdown == 1 - end / CAPITAL


def test_a_session_that_begins_without_equity_has_no_return() -> None:
    # Returns: -100% and then, from 50,000, +10%; the one from 0 is left out.
    found = figures([0, 50_000, 55_000])
    assert found.annual_volatility == pytest.approx(math.sqrt(252) * np.std([-1.0, 0.1], ddof=1))


def test_an_annual_return_beyond_all_numbers_is_not_told() -> None:
    assert figures([CAPITAL * 1_000]).annual_return is None


def test_turnover_of_a_book_without_mean_equity_is_zero() -> None:
    assert figures([-100_000], fills_value=500).turnover == 0.0


equities = st.lists(st.integers(1, 10**9), min_size=2, max_size=40)


@given(equities)
def test_figures_equal_those_of_numpy_and_pandas(series: list[int]) -> None:
    found = figures(series)
    closes = pd.Series([CAPITAL, *series], dtype=float)
    returns = closes.pct_change().dropna()
    volatility = float(np.sqrt(252) * returns.std(ddof=1))
    assert found.total_return == pytest.approx(closes.iloc[-1] / CAPITAL - 1)
    assert found.annual_volatility == pytest.approx(volatility, rel=1e-9, abs=1e-12)
    assert found.max_drawdown == pytest.approx(float((1 - closes / closes.cummax()).max()), abs=1e-12)
    if volatility > 1e-6:
        assert found.sharpe == pytest.approx(252 * float(returns.mean()) / volatility, rel=1e-6, abs=1e-9)


@given(
    st.lists(st.tuples(st.integers(-(10**15), 10**15), st.integers(0, 10**15)), max_size=20),
    st.integers(1, 10**15),
    st.integers(0, 10**18),
    st.integers(1, 3),
)
def test_whatever_the_series_the_figures_are_valid_json(
    series: list[tuple[int, int]], capital: int, fills_value: int, per_session: int
) -> None:
    listed = points([one for one, _ in series], [held for _, held in series], per_session=per_session)
    found = msgspec.to_builtins(performance(capital, "JPY", listed, fills_value))
    assert json.loads(json.dumps(found, allow_nan=False)) == found
