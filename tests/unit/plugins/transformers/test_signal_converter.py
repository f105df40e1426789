from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np
import pytest
from fakes.bars import DAY, UNIVERSE, cut
from fakes.predictions import INF, NAN, Market, flowed, markets, restarted, slices
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from friday_core.domain.chunk import Chunk, Float64, Universe
from friday_core.flow.plans import Named
from friday_plugins.transformers.signal_converter import SignalConverter


def converter(*, universe: Universe = UNIVERSE, **settings: Any) -> SignalConverter:
    own: dict[str, Any] = {"enter": 0.02, "leave": 0.01, "full": 0.04}
    return SignalConverter(SignalConverter.Settings(**{**own, **settings}), universe)


def signals(predictions: Sequence[float], confidence: Sequence[float] = (), **settings: Any) -> list[float]:
    """Of one instrument, a day for each prediction."""
    columns = {"confidence": confidence} if confidence else {}
    chunk = slices(*([one] for one in predictions), **columns)
    found: list[float] = converter(**settings).transform(chunk)["signal"].tolist()
    return found


def same(found: Sequence[float] | Float64, expected: Sequence[float] | Float64) -> None:
    np.testing.assert_array_equal(np.array(found), np.array(expected, np.float64))


def test_a_side_is_taken_at_enter_and_left_at_leave_and_kept_between() -> None:
    same(signals([0.0199, 0.02, 0.015, 0.0101, 0.01, 0.015, 0.03]), [0, 1, 1, 1, 0, 0, 1])


def test_falls_are_left_out_for_delivery_and_taken_where_shorts_are_allowed() -> None:
    falls = [-0.05, -0.05, 0.05, -0.05]
    same(signals(falls), [0, 0, 1, 0])
    same(signals(falls, long_only=False), [-1, -1, 1, -1])


def test_a_fall_is_left_at_the_mirrored_threshold() -> None:
    same(signals([-0.02, -0.015, -0.01, -0.015], long_only=False), [-1, -1, 0, 0])


def test_no_side_is_taken_on_the_rows_after_leaving() -> None:
    same(signals([0.02, 0.0, 0.02, 0.02, 0.02], cooldown=2), [1, 0, 0, 0, 1])
    same(signals([0.02, -0.05, -0.05, -0.05], cooldown=1, long_only=False), [1, 0, 0, -1])


def test_rows_without_a_prediction_count_for_the_cooldown() -> None:
    same(signals([0.02, 0.0, NAN, NAN, 0.02], cooldown=2), [1, 0, 0, 0, 1])


def test_a_probability_counts_from_one_half() -> None:
    settings: dict[str, Any] = {
        "predicts": "probability",
        "enter": 0.125,
        "leave": 0.0625,
        "full": 0.25,
        "long_only": False,
    }
    same(signals([0.6, 0.625, 0.57, 0.5625, 0.375, 0.5], **settings), [0, 1, 1, 0, -1, 0])


def test_proportional_strength_follows_the_prediction_up_to_one() -> None:
    found = signals([0.02, 0.015, 0.04, 0.08, 0.0, -0.03], strength="proportional", long_only=False)
    same(found, [0.5, 0.375, 1.0, 1.0, 0.0, -0.75])


def test_nothing_is_decided_before_the_first_prediction() -> None:
    same(signals([NAN, NAN, 0.0, NAN]), [NAN, NAN, 0, 0])


@pytest.mark.parametrize("unknown", [NAN, INF, -INF])
def test_what_was_decided_stays_while_there_is_no_prediction(unknown: float) -> None:
    found = signals([0.03, unknown, unknown, 0.015], strength="proportional", unknown="hold", expiry=0)
    same(found, [0.75, 0.75, 0.75, 0.375])


def test_a_side_is_left_after_so_many_rows_without_a_prediction() -> None:
    same(signals([0.02, NAN, NAN, NAN, 0.02], expiry=2), [1, 1, 1, 0, 1])
    same(signals([0.02, NAN, 0.02, NAN, NAN], expiry=1), [1, 1, 1, 1, 0])
    same(signals([0.02, NAN, 0.015], expiry=0), [1, 0, 0])


def test_a_cooldown_follows_a_side_that_expired() -> None:
    same(signals([0.02, NAN, 0.02, 0.02], expiry=0, cooldown=1), [1, 0, 0, 1])


def test_confidence_is_not_looked_at_unless_that_is_asked() -> None:
    assert converter().inputs == ("prediction",)
    assert converter(least_confidence=0.55).inputs == ("prediction", "confidence")
    same(signals([0.02, 0.02], confidence=[NAN, 0.1]), [1, 1])


def test_a_side_is_taken_with_enough_confidence_and_kept_without() -> None:
    found = signals([0.02] * 6, confidence=[NAN, 0.54, 0.55, 0.1, NAN, 0.9], least_confidence=0.55)
    same(found, [0, 0, 1, 1, 1, 1])


def test_each_instrument_stands_for_itself() -> None:
    chunk = slices([0.02, 0.0], [0.015, 0.02], [0.0, 0.015])
    same(converter().transform(chunk)["signal"], [1, 0, 1, 1, 0, 1])


def test_columns_have_the_names_that_the_settings_give() -> None:
    one = converter(column="other", into="side")
    assert (one.inputs, one.outputs) == (("other",), ("side",))
    same(one.transform(slices([0.0], other=[0.02]))["side"], [1])


def stages() -> Sequence[Named]:
    own: dict[str, Any] = {"cooldown": 1, "expiry": 1, "long_only": False, "strength": "proportional"}
    return [("converter", converter(**own, least_confidence=0.5))]


MARKETS = markets(6, prediction=(0.05, 0.02, 0.015, 0.0, -0.015, -0.02, -0.05, NAN), confidence=(0.4, 0.6, 0.6, NAN))


@given(MARKETS, st.sets(st.integers(1, 17)))
def test_signals_do_not_depend_on_the_cuts(market: Market, cuts: set[int]) -> None:
    whole = flowed(stages, market)
    assert flowed(stages, market, cuts) == whole
    assert flowed(stages, market, None) == whole
    one, other = (converter(cooldown=1, expiry=1, long_only=False) for _ in range(2))
    rows = market.predictions()
    pieces = [one.transform(piece)["signal"] for piece in cut(rows, cuts)]
    same(np.concatenate(pieces), other.transform(rows)["signal"])


@given(MARKETS, MARKETS, st.integers(0, 18))
def test_whatever_comes_later_changes_no_earlier_signal(market: Market, other: Market, row: int) -> None:
    alone, scrambled = flowed(stages, market)[0], flowed(stages, market.after(row, other))[0]
    assert scrambled[:row] == alone[:row]


@given(MARKETS, st.integers(0, 18))
def test_a_snapshot_goes_on_where_it_was_taken(market: Market, at: int) -> None:
    assert restarted(stages, market, at) == flowed(stages, market)[0]


@given(st.lists(st.floats(-0.1, 0.1), max_size=30), st.integers(0, 3))
def test_long_only_signals_are_never_short_and_the_mirror_of_falls_is_that_of_rises(
    predictions: list[float], cooldown: int
) -> None:
    long = signals(predictions, cooldown=cooldown, strength="proportional")
    assert all(0.0 <= one <= 1.0 for one in long)
    both = signals(predictions, cooldown=cooldown, long_only=False)
    mirrored = signals([-one for one in predictions], cooldown=cooldown, long_only=False)
    same(mirrored, [-one for one in both])


def test_a_snapshot_finds_its_instruments_in_another_session() -> None:
    first, second = converter(), converter(universe=Universe([UNIVERSE[1]]))
    first.transform(slices([0.0, 0.02]))
    second.restore(first.snapshot())
    later = Chunk(np.array([DAY]), np.array([0]), {"prediction": np.array([0.015])})
    same(second.transform(later)["signal"], [1])


def test_bytes_that_are_no_snapshot_are_refused() -> None:
    with pytest.raises(msgspec.ValidationError, match="Expected `object`, got `int`"):
        converter().restore(b"\x01")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"enter": 0.01, "leave": 0.01}, "leave 0.01 is not below enter 0.01"),
        ({"enter": 0.05}, "full 0.04 is below enter 0.05"),
        ({"enter": 0.0}, "greater than 0"),
        ({"enter": NAN}, "greater than 0"),
        ({"leave": -0.01}, "greater than or equal to 0"),
        ({"least_confidence": 1.0}, "less than 1"),
        ({"expiry": -1}, "greater than or equal to 0"),
        ({"strength": "half"}, "'full' or 'proportional'"),
        ({"unknown": "sell"}, "'hold' or 'leave'"),
        ({"threshold": 0.1}, "Extra inputs are not permitted"),
    ],
)
def test_settings_that_cannot_be_are_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        converter(**settings)
