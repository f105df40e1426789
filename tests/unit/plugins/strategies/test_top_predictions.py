from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pytest
from fakes.predictions import INF, NAN
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from friday_core.causal import batch
from friday_core.causal.oracle import Oracle
from friday_core.causal.program import Program, trace_program
from friday_core.domain.chunk import Array, Float64
from friday_plugins.strategies.top_predictions import TopPredictions


def program(**settings: Any) -> Program:
    strategy = TopPredictions(TopPredictions.Settings(**{"n": 2, "rebalance": "session", **settings}))
    return trace_program(strategy.outputs, ["prediction", "other"])


def table(slices: Sequence[Sequence[float]], **flags: Sequence[float]) -> dict[str, Array]:
    """A session for each slice; ``flags`` hold a value for each slice."""
    width = len(slices[0])
    given = {"session_end": [1.0] * len(slices), "month_end": [0.0] * len(slices), "week_end": [0.0] * len(slices)}
    columns = {name: np.repeat(np.array(values, np.float64), width) for name, values in {**given, **flags}.items()}
    times = np.repeat(np.arange(len(slices)), width)
    own = {"prediction": np.ravel(slices), "ts": times, "inst": np.tile(np.arange(width), len(slices))}
    return {"session": times.astype(np.float64), **columns, **own}


def targets(
    slices: Sequence[Sequence[float]], flags: Mapping[str, Sequence[float]] | None = None, **settings: Any
) -> Any:
    """The targets of each slice."""
    made, width = program(**settings), len(slices[0])
    found = batch.run(made, table(slices, **(flags or {})), [1.0] * width)["target"]
    return found.reshape(-1, width)


def same(found: Float64, expected: Sequence[Sequence[float]]) -> None:
    np.testing.assert_array_equal(found, np.array(expected))


def test_the_highest_predictions_are_held_in_equal_parts() -> None:
    same(targets([[0.01, 0.03, 0.02, 0.005]]), [[0, 0.5, 0.5, 0]])


def test_an_instrument_that_is_no_longer_among_them_is_sold() -> None:
    same(targets([[0.01, 0.03, 0.02], [0.04, 0.03, 0.02]]), [[0, 0.5, 0.5], [0.5, 0.5, 0]])


def test_between_month_ends_nothing_is_decided() -> None:
    hold = [NAN] * 3
    found = targets([[0.01, 0.03, 0.02]] * 4, {"month_end": [0, 1, 0, NAN]}, rebalance="month")
    same(found, [hold, [0, 0.5, 0.5], hold, hold])


def test_weeks_have_their_own_ends() -> None:
    flags = {"month_end": [1.0, 0.0], "week_end": [0.0, 1.0]}
    same(targets([[0.01, 0.02]] * 2, flags, rebalance="week", n=1), [[NAN, NAN], [0, 1]])


def test_within_a_session_only_the_bar_that_closes_with_it_decides() -> None:
    flags = {"session_end": [0.0, 1.0], "month_end": [1.0, 1.0]}
    same(targets([[0.01, 0.02]] * 2, flags, rebalance="month", n=1), [[NAN, NAN], [0, 1]])
    same(targets([[0.01, 0.02]] * 2, flags, rebalance="session", n=1), [[NAN, NAN], [0, 1]])


def test_what_is_not_above_the_least_prediction_is_not_held_and_its_part_stays_cash() -> None:
    same(targets([[-0.01, 0.03, 0.0]]), [[0, 0.5, 0]])
    same(targets([[0.4, 0.6, 0.5]], least=0.5), [[0, 0.5, 0]])
    same(targets([[-0.01, -0.03, -0.02]], least=-1.0), [[0.5, 0, 0.5]])


def test_what_lost_its_prediction_is_sold_while_the_others_have_theirs() -> None:
    same(targets([[0.01, 0.03, 0.02], [0.01, NAN, 0.02]]), [[0, 0.5, 0.5], [0.5, 0, 0.5]])
    same(targets([[0.01, 0.03, 0.02], [0.01, INF, 0.02]]), [[0, 0.5, 0.5], [0.5, 0, 0.5]])


def test_what_has_no_prediction_is_never_among_the_top_though_there_is_room() -> None:
    same(targets([[0.01, 0.03, 0.02], [NAN, NAN, 0.02]], n=3, quorum=0.0)[1:], [[0, 0, 1 / 3]])


def test_of_what_never_had_a_prediction_nothing_is_said() -> None:
    same(targets([[0.01, NAN, 0.02], [0.01, NAN, 0.02]]), [[0.5, NAN, 0.5]] * 2)


def test_a_model_that_fails_for_most_is_no_reason_to_sell() -> None:
    first, lost = [0.01, 0.03, 0.02, 0.005], [NAN, NAN, NAN, 0.005]
    hold = [NAN] * 4
    same(targets([first, lost, [NAN] * 4])[1:], [hold, hold])
    same(targets([first, lost], quorum=0.25)[1:], [[0, 0, 0, 0.5]])
    same(targets([first, [NAN, NAN, 0.02, 0.005]])[1:], [[0, 0, 0.5, 0.5]])


def test_nothing_is_decided_before_enough_instruments_had_a_prediction() -> None:
    slices = [[0.01, NAN, NAN], [0.01, 0.02, NAN], [0.01, 0.02, 0.03]]
    same(targets(slices), [[NAN] * 3, [0.5, 0.5, NAN], [0, 0.5, 0.5]])
    same(targets(slices, enough=3), [[NAN] * 3, [NAN] * 3, [0, 0.5, 0.5]])
    same(targets(slices, enough=1)[:1], [[0.5, NAN, NAN]])


def test_of_equal_predictions_the_earlier_instrument_is_taken() -> None:
    same(targets([[0.01] * 4]), [[0.5, 0.5, 0, 0]])


def test_a_row_that_is_not_there_is_decided_when_it_is_there_again() -> None:
    rows = table([[0.01, 0.03, 0.02], [0.04, 0.01, 0.02], [0.04, 0.01, 0.02]])
    there = np.arange(9) != 4
    found = batch.run(program(), {name: values[there] for name, values in rows.items()}, [1.0] * 3)["target"]
    same(found.reshape(1, -1), [[0, 0.5, 0.5, 0.5, 0.5, 0.5, 0, 0.5]])


def test_bars_of_one_session_are_told_apart() -> None:
    rows = table([[0.01, 0.03], [NAN, 0.03], [0.01, 0.03]]) | {"session": np.full(6, 20_000.0)}
    found = batch.run(program(quorum=0.0), rows, [1.0] * 2)["target"].reshape(-1, 2)
    same(found, [[0.5, 0.5], [0, 0.5], [0.5, 0.5]])


def test_another_column_may_hold_the_prediction() -> None:
    rows = table([[0.0, 0.0]]) | {"other": np.array([0.02, 0.01])}
    found = batch.run(program(column="other", n=1), rows, [1.0] * 2)["target"]
    same(found.reshape(1, -1), [[1, 0]])


predictions = st.lists(
    st.lists(st.sampled_from([NAN, -0.01, 0.0, 0.01, 0.01, 0.02]), min_size=4, max_size=4), min_size=1, max_size=6
)


@given(predictions, st.integers(1, 5))
def test_targets_of_a_slice_are_at_most_the_whole_equity_and_only_of_known_predictions(
    slices: list[list[float]], n: int
) -> None:
    for said, decided in zip(slices, targets(slices, n=n), strict=True):
        held = decided > 0
        assert held.sum() <= n
        assert all(one > 0.0 for one, is_held in zip(said, held, strict=True) if is_held)
        assert set(decided[held]) <= {1 / n}


@given(predictions, predictions)
def test_later_slices_change_no_earlier_target(past: list[list[float]], future: list[list[float]]) -> None:
    same(targets([*past, *future])[: len(past)], targets(past))


@given(predictions, st.integers(0, 6))
def test_a_snapshot_goes_on_with_the_same_bits(slices: list[list[float]], at: int) -> None:
    made, rows, row = program(), table(slices), 4 * min(at, len(slices))
    first, second = (Oracle(made, [1.0] * 4) for _ in range(2))
    batch.feed(first, {name: values[:row] for name, values in rows.items()})
    second.restore(first.snapshot())
    found = batch.feed(second, {name: values[row:] for name, values in rows.items()})["target"]
    same(found.reshape(-1, 4), targets(slices)[row // 4 :])


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"n": 0}, "greater than or equal to 1"),
        ({"rebalance": "year"}, "'month', 'week' or 'session'"),
        ({"least": NAN}, "finite number"),
        ({"quorum": 1.5}, "less than or equal to 1"),
        ({"enough": 0}, "greater than or equal to 1"),
        ({"top": 3}, "Extra inputs are not permitted"),
    ],
)
def test_settings_that_cannot_be_are_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        TopPredictions.Settings(**settings)
