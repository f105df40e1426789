from collections.abc import Sequence
from typing import Any

import msgspec
import pytest
from fakes.bars import cut
from fakes.predictions import INF, NAN, Market, flowed, markets, restarted, slices
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from friday_core.domain.chunk import Chunk
from friday_core.domain.verdicts import Verdict
from friday_core.flow.plans import Named
from friday_plugins.validators.prediction_bounds import PredictionBounds

CONSTANT = "one and the same prediction in 2 slices or more"


def bounds(**settings: Any) -> PredictionBounds:
    return PredictionBounds(PredictionBounds.Settings(**settings))


def said(validator: PredictionBounds, *chunks: Chunk) -> list[str]:
    """The reason of each row, empty if it passes."""
    reasons = []
    for chunk in chunks:
        found = validator.validate(chunk)
        reasons += [found.reason_of(row) for row in range(len(chunk))]
        assert [bool(reason) for reason in reasons[len(reasons) - len(chunk) :]] == (
            found.verdict == Verdict.QUARANTINE
        ).tolist()
    return reasons


def test_a_model_that_abstains_breaks_no_bound() -> None:
    assert said(bounds(), slices([NAN, 0.01, NAN])) == ["", "", ""]


@pytest.mark.parametrize("infinite", [INF, -INF])
def test_an_infinite_prediction_is_held_back_though_nothing_is_out_of_bounds(infinite: float) -> None:
    assert said(bounds(bound=INF), slices([infinite, 0.01])) == ["the prediction is infinite", ""]


def test_a_return_at_the_bound_passes_and_one_beyond_is_held_back() -> None:
    beyond = "the return is not in -0.25 to 0.25"
    assert said(bounds(bound=0.25), slices([0.25, -0.25]), slices([0.2501, -0.2501])) == ["", "", beyond, beyond]


def test_a_probability_lies_between_0_and_1() -> None:
    beyond = "the probability is not in 0 to 1"
    found = said(bounds(predicts="probability", bound=0.1), slices([0.0, 1.0, -0.01]), slices([1.01]))
    assert found == ["", "", beyond, beyond]


def test_spreads_are_counted_from_the_median_of_earlier_slices() -> None:
    # Median 0.02, median deviation 0.01: 2 spreads are 2 * 1.4826 * 0.01.
    validator = bounds(least=5, spreads=2)
    assert said(validator, slices([0.01, 0.02, 0.03], [0.00, 0.04])) == [""] * 5
    far = "not in -0.009652 to +0.04965, 2 spreads round the median of earlier ones"
    assert said(validator, slices([], [], [0.0496, 0.0497, -0.0097])) == ["", far, far]


def test_spreads_do_not_judge_before_the_least_number_is_known() -> None:
    assert said(bounds(least=3, spreads=1), slices([0.01, 0.02], [0.4]))[2] == ""
    assert said(bounds(least=2, spreads=1), slices([0.01, 0.02], [0.4]))[2].startswith("not in ")


def test_a_slice_is_not_judged_by_its_own_predictions() -> None:
    assert said(bounds(least=2, spreads=1), slices([0.01, 0.011, 0.4])) == ["", "", ""]


def test_predictions_without_any_spread_judge_nothing() -> None:
    assert said(bounds(least=2, spreads=1), slices([0.01, 0.01], [0.01, 0.01], [0.4])) == [""] * 5


def test_predictions_that_left_the_window_no_longer_count() -> None:
    old, new = [[0.10, 0.12, 0.14]] * 2, [[0.01, 0.02, 0.03]]
    assert said(bounds(least=3, window=3, spreads=1), slices(*old, *new, [0.02]))[-1] == ""
    assert said(bounds(least=3, window=9, spreads=1), slices(*old, *new, [0.02]))[-1].startswith("not in ")


def test_a_new_level_is_believed_when_half_of_the_window_is_of_it() -> None:
    days = [[0.01 + 0.001 * (day % 5)] for day in range(10)] + [[0.3 + 0.01 * (day % 5)] for day in range(12)]
    held = [bool(reason) for reason in said(bounds(least=10, window=10), slices(*days))]
    assert held == [False] * 10 + [True] * 5 + [False] * 7


def test_what_is_out_of_bounds_is_no_part_of_the_median() -> None:
    days = slices([0.01, 0.02, 0.03], [3.0, 3.0, 3.0], [3.0, 3.0, 3.0], [0.4])
    assert said(bounds(least=3, window=3), days)[-1].startswith("not in ")


def test_a_model_that_says_one_thing_of_everything_is_held_back_after_so_many_slices() -> None:
    found = said(bounds(constant=2), slices([0.01, 0.01], [0.01, 0.01], [0.01, 0.01], [0.01]))
    assert found == [""] * 4 + [CONSTANT] * 3


def test_a_slice_in_which_instruments_differ_begins_the_count_anew() -> None:
    found = said(bounds(constant=2), slices([0.01, 0.01], [0.01, 0.02], [0.01, 0.01], [0.01, 0.01], [0.01]))
    assert found == [""] * 8 + [CONSTANT]


def test_another_constant_begins_the_count_anew() -> None:
    found = said(bounds(constant=2), slices([0.01], [0.01], [0.02], [0.02], [0.02]))
    assert found == ["", "", "", "", CONSTANT]


def test_from_the_row_that_says_something_else_on_the_slice_passes() -> None:
    found = said(bounds(constant=2), slices([0.01, 0.01], [0.01, 0.01], [0.01, 0.02, 0.01]))
    assert found == [""] * 4 + [CONSTANT, "", ""]


def test_a_slice_without_predictions_counts_for_nothing() -> None:
    found = said(bounds(constant=2), slices([0.01], [NAN], [0.01, NAN], [NAN, NAN], [NAN, 0.01]))
    assert found == [""] * 7 + [CONSTANT]


def test_another_column_may_hold_the_prediction() -> None:
    validator = bounds(column="other", bound=0.1)
    assert validator.inputs == ("other",)
    assert said(validator, slices([0.9], other=[0.05])) == [""]


def test_a_held_prediction_is_absent_and_its_row_is_traded_on() -> None:
    market = Market([10_000] * 6, {"prediction": [0.01, 3.0, 0.02, 0.01, 0.02, NAN]})
    rows, held = flowed(lambda: [("bounds", bounds())], market)
    assert held == [(1, "QUARANTINE", "the return is not in -0.5 to 0.5")]
    assert [row["prediction"] for row in rows] == ["0.01", "nan", "0.02", "0.01", "0.02", "nan"]


def stages() -> Sequence[Named]:
    return [("bounds", bounds(bound=0.5, spreads=3, window=9, least=3, constant=2))]


MARKETS = markets(5, prediction=(NAN, INF, 0.9, 0.01, 0.01, 0.012, 0.02, 0.2, -0.1))


@given(MARKETS, st.sets(st.integers(1, 14)))
def test_verdicts_do_not_depend_on_the_cuts(market: Market, cuts: set[int]) -> None:
    whole = flowed(stages, market)
    assert flowed(stages, market, cuts) == whole
    assert flowed(stages, market, None) == whole
    one, other = (bounds(spreads=3, window=9, least=3, constant=2) for _ in range(2))
    rows = market.predictions()
    assert said(one, *cut(rows, cuts)) == said(other, rows)


@given(MARKETS, MARKETS, st.integers(0, 15))
def test_no_verdict_depends_on_what_comes_later(market: Market, other: Market, row: int) -> None:
    before = [one for one in flowed(stages, market)[1] if one[0] < row]
    assert [one for one in flowed(stages, market.after(row, other))[1] if one[0] < row] == before


@given(MARKETS, st.integers(0, 15))
def test_a_snapshot_goes_on_where_it_was_taken(market: Market, at: int) -> None:
    assert restarted(stages, market, at) == flowed(stages, market)[0]
    first, second = (bounds(spreads=3, window=9, least=3, constant=2) for _ in range(2))
    said(first, market.predictions().take(slice(0, at)))
    second.restore(first.snapshot())
    rest = market.predictions().take(slice(at, None))
    assert said(second, rest) == said(first, rest)


def test_a_snapshot_within_a_slice_keeps_what_the_slice_is_judged_by() -> None:
    first, second = bounds(least=3, spreads=1), bounds(least=3, spreads=1)
    said(first, slices([0.01, 0.02, 0.03], [0.02]))
    second.restore(first.snapshot())
    assert said(second, slices([], [0.4]))[0].startswith("not in ")


def test_bytes_that_are_no_snapshot_are_refused() -> None:
    with pytest.raises(msgspec.ValidationError, match="Expected `object`, got `int`"):
        bounds().restore(b"\x01")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"bound": 0.0}, "greater than 0"),
        ({"bound": NAN}, "greater than 0"),
        ({"spreads": 0.0}, "greater than 0"),
        ({"constant": 0}, "greater than or equal to 1"),
        ({"least": 50, "window": 40}, "least 50 is more than window 40"),
        ({"predicts": "price"}, "'return' or 'probability'"),
        ({"column": ""}, "at least 1 character"),
        ({"maximum": 1.0}, "Extra inputs are not permitted"),
    ],
)
def test_settings_that_cannot_be_are_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        bounds(**settings)
