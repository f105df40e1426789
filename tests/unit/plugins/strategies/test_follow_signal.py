import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from friday_core.causal import batch
from friday_core.causal.oracle import Oracle
from friday_core.causal.program import Program, trace_program
from friday_core.domain.chunk import Float64
from friday_core.errors import TraceError
from friday_plugins.strategies.follow_signal import FollowSignal

NAN = float("nan")


def program(**settings: Any) -> Program:
    return trace_program(FollowSignal(FollowSignal.Settings(**settings)).outputs, ["signal", "other"])


def followed(signals: Sequence[float], sessions: Sequence[int] = (), **settings: Any) -> Float64:
    days = np.array(sessions or range(len(signals)), np.float64)
    rows = {"signal": np.array(signals), "session": days, "ts": np.arange(len(signals))}
    return batch.run(program(**settings), rows)["signal"]


def same(found: Float64, expected: Sequence[float]) -> None:
    np.testing.assert_array_equal(found, np.array(expected))


def test_the_column_is_the_signal_from_the_first_row_on() -> None:
    same(followed([0.5, 0.5, NAN, -1.0, 0.0]), [0.5, 0.5, NAN, -1.0, 0.0])
    assert program().warmup == {"1d": 0}


def test_another_column_may_be_the_signal() -> None:
    found = batch.run(program(column="other"), {"other": np.array([0.25])})
    same(found["signal"], [0.25])


def test_a_column_that_nobody_adds_is_refused_when_the_plugin_is_loaded() -> None:
    with pytest.raises(TraceError, match="the market has no 'sginal'; did you mean 'signal'"):
        program(column="sginal")


def test_a_signal_that_is_no_longer_given_ends_after_so_many_days() -> None:
    same(followed([NAN, 1.0, NAN, NAN, NAN, 0.5], expiry=2), [NAN, 1, 1, 1, 0, 0.5])


def test_days_without_a_session_count() -> None:
    friday, monday, tuesday = 4, 7, 8
    same(followed([1.0, NAN, NAN], [friday, monday, tuesday], expiry=3), [1, 1, 0])


def test_rows_of_the_day_of_the_last_signal_keep_it() -> None:
    same(followed([1.0, NAN, NAN, NAN], [1, 1, 1, 2], expiry=0), [1, 1, 1, 0])


@given(st.lists(st.sampled_from([NAN, 0.0, 0.5, -1.0]), min_size=1, max_size=20), st.integers(0, 20), st.integers(0, 3))
def test_a_snapshot_goes_on_with_the_same_bits(signals: list[float], at: int, expiry: int) -> None:
    made, at = program(expiry=expiry), min(at, len(signals))
    rows = {"signal": np.array(signals), "session": np.arange(len(signals)), "ts": np.arange(len(signals))}
    first, second = Oracle(made, [1.0]), Oracle(made, [1.0])
    batch.feed(first, {name: values[:at] for name, values in rows.items()})
    second.restore(first.snapshot())
    found = batch.feed(second, {name: values[at:] for name, values in rows.items()})["signal"]
    same(found, followed(signals, expiry=expiry)[at:].tolist())
    assert not any(math.isnan(one) for one in found[1:]) or math.isnan(signals[0])


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"column": ""}, "at least 1 character"),
        ({"expiry": -1}, "greater than or equal to 0"),
        ({"signal": "x"}, "Extra inputs are not permitted"),
    ],
)
def test_settings_that_cannot_be_are_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        FollowSignal.Settings(**settings)
