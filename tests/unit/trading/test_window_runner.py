"""A strategy in pandas: asked bar by bar, and stopped when it breaks its contract."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd
import pytest
from fakes.bars import UNIVERSE, A, B
from fakes.windows import BOOK, Decides, bar, decided, said
from hypothesis import given
from hypothesis import strategies as st

from friday_core.causal.program import trace_program
from friday_core.domain.orders import OrderType
from friday_core.domain.signals import Signal
from friday_core.errors import PluginContractError
from friday_core.trading.column_runner import ColumnRunner
from friday_core.trading.window_runner import WindowRunner

FIVE = [bar(day, 100.0 + day) for day in range(1, 6)]


def test_it_is_asked_once_a_bar_as_soon_as_the_window_is_full() -> None:
    seen: list[list[float]] = []
    decided(3, lambda bars: seen.append(bars["close"].tolist()), FIVE)
    assert seen == [[101.0, 102.0, 103.0], [102.0, 103.0, 104.0], [103.0, 104.0, 105.0]]


def test_a_window_has_what_bars_have_and_the_columns_that_transformers_added() -> None:
    seen: list[pd.DataFrame] = []
    decided(2, seen.append, [bar(1, 10.0, gap=0.5), bar(2, 20.0, gap=math.nan)])
    (frame,) = seen
    assert frame.fillna(-1.0).to_dict("list") == {
        **{name: [10.0, 20.0] for name in ("open", "high", "low", "close")},
        "volume": [1_000.0, 1_000.0],
        "factor": [1.0, 1.0],
        "session": [1.0, 2.0],
        "gap": [0.5, -1.0],
    }
    assert [str(time) for time in frame.index] == ["1970-01-02 10:00:00+00:00", "1970-01-03 10:00:00+00:00"]
    assert set(frame.dtypes.astype(str)) == {"float64"}


def test_bars_of_one_slice_go_to_their_instruments_windows() -> None:
    seen: list[list[float]] = []
    runner = WindowRunner("mine", Decides(2, lambda bars: seen.append(bars["close"].tolist())))
    for day in (1, 2):
        slice_ = [bar(day, 1.0 * day, A), bar(day, 5.0 * day, B)]
        assert runner.decide(slice_[0].ts_event, slice_, BOOK) == []
    assert seen == [[1.0, 2.0], [5.0, 10.0]]


def test_instruments_that_the_strategy_does_not_see_have_no_window() -> None:
    runner = WindowRunner("mine", Decides(1, lambda bars: {"target": 0.5}), [B])
    assert said(runner, [bar(1, 10.0, A), bar(1, 10.0, B)]) == [(1, "B", "target", 0.5)]


def test_a_bare_number_is_a_signal_and_a_decision_when_it_changes() -> None:
    answers = iter([0.0, 1.0, 1.0, math.nan, -0.5])
    found, _ = decided(1, lambda bars: next(answers), FIVE)
    assert found == [(2, "A", "signal", 1.0), (5, "A", "signal", -0.5)]


def test_every_target_is_a_decision() -> None:
    answers = iter([{"target": 0.1}, {"target": 0.1}, {"target": None}, None, {"target": 0.0}])
    found, _ = decided(1, lambda bars: next(answers), FIVE)
    assert found == [(1, "A", "target", 0.1), (2, "A", "target", 0.1), (5, "A", "target", 0.0)]


def test_signals_of_two_instruments_change_on_their_own() -> None:
    found, _ = decided(1, lambda bars: 1.0, [bar(1, 10.0, A), bar(1, 10.0, B), bar(2, 10.0, A)])
    assert found == [(1, "A", "signal", 1.0), (1, "B", "signal", 1.0)]


def test_the_reason_shows_all_that_was_answered() -> None:
    runner = WindowRunner("mine", Decides(1, lambda bars: {"signal": 1, "z": 2.5}))
    assert runner.decide(0, FIVE[:1], BOOK) == [Signal(A, 1.0, "signal 1, z 2.5")]


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ({"weight": 1.0}, "PluginContractError: strategy 'mine' decides nothing: it answered weight"),
        ("buy", "PluginContractError: strategy 'mine': its signal is 'buy', which is no number"),
        (True, "PluginContractError: strategy 'mine': its signal is True, which is no number"),
        (2.0, "ValueError: signal for A.NSE: strength 2.0 is not in [-1, 1]"),
        ({"target": math.inf}, "ValueError: target for A.NSE: inf is not finite"),
    ],
)
def test_a_wrong_answer_stops_the_strategy_and_says_what_is_wrong(answer: Any, error: str) -> None:
    found, stopped = decided(1, lambda bars: answer, FIVE)
    assert found == []
    assert stopped.startswith(error)


def test_an_author_who_raises_is_stopped_and_asked_no_more() -> None:
    asked: list[int] = []

    def fail(bars: pd.DataFrame) -> object:
        asked.append(int(bars["session"].iloc[-1]))
        return bars["spread"]

    runner = WindowRunner("mine", Decides(2, fail))
    assert said(runner, FIVE) == []
    assert asked == [2]
    assert runner.stopped is not None
    assert (runner.stopped.ts_event, runner.stopped.error) == (FIVE[1].ts_event, "KeyError: 'spread'")
    assert 'return bars["spread"]' in runner.stopped.traceback


def test_an_author_who_changes_the_window_harms_nobody() -> None:
    def spoil(bars: pd.DataFrame) -> float:
        answer = bars["close"].mean() / 1_000
        bars.iloc[:, :] = -1.0
        return answer

    spoilt, clean = decided(3, spoil, FIVE), decided(3, lambda bars: bars["close"].mean() / 1_000, FIVE)
    assert spoilt == clean
    assert [value for *_, value in clean[0]] == pytest.approx([0.102, 0.103, 0.104])
    assert [bar(day, 100.0 + day) for day in range(1, 6)] == FIVE


def test_rows_that_are_not_set_are_refused_before_the_first_bar() -> None:
    with pytest.raises(PluginContractError, match=r"its rows are None; set self\.rows"):
        WindowRunner("mine", Decides(None, lambda bars: None))


def test_its_orders_are_market_orders() -> None:
    assert WindowRunner("mine", Decides(1, lambda bars: None)).order_types == {OrderType.MARKET}


closes = st.lists(st.tuples(st.sampled_from([A, B]), st.integers(1_00, 100_000_00)), min_size=1, max_size=60)


@given(closes, st.integers(1, 12))
def test_a_window_decides_when_columns_do_and_as_much_to_within_rounding(
    prices: list[tuple[Any, int]], window: int
) -> None:
    program = trace_program(lambda m: {"target": m.close / m.close.rolling(window).mean() - 1})
    bars = [bar(day, price / 100, instrument) for day, (instrument, price) in enumerate(prices)]
    columns = said(ColumnRunner("columns", program, UNIVERSE), bars)

    def above_the_mean(frame: pd.DataFrame) -> dict[str, float]:
        return {"target": frame["close"].iloc[-1] / frame["close"].rolling(window).mean().iloc[-1] - 1}

    windows, stopped = decided(window, above_the_mean, bars)
    assert stopped == ""
    assert [one[:3] for one in windows] == [one[:3] for one in columns]
    assert [one[3] for one in windows] == pytest.approx([one[3] for one in columns], rel=1e-9, abs=1e-9)
