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

from friday_core.domain.chunk import Chunk, Universe
from friday_core.domain.verdicts import Verdict
from friday_core.flow.plans import Named
from friday_plugins.validators.consistency_check import ConsistencyCheck

UP, DOWN = 0.01, -0.01
FLIPS = "more changes of side than 2 in 4 rows"


def check(*, universe: Universe = UNIVERSE, **settings: Any) -> ConsistencyCheck:
    return ConsistencyCheck(ConsistencyCheck.Settings(**{"version": "", **settings}), universe)


def said(validator: ConsistencyCheck, *chunks: Chunk) -> list[tuple[str, str]]:
    """Verdict and reason of each row."""
    found = []
    for chunk in chunks:
        judged = validator.validate(chunk)
        found += [(Verdict(int(judged.verdict[row])).name, judged.reason_of(row)) for row in range(len(chunk))]
    return found


def reasons(validator: ConsistencyCheck, *chunks: Chunk) -> list[str]:
    return [reason for _, reason in said(validator, *chunks)]


def of_a(*predictions: float, **columns: Sequence[float]) -> Chunk:
    """A day for each prediction of one instrument."""
    return slices(*([one] for one in predictions), **columns)


def members(*rows: Sequence[float]) -> Chunk:
    """Rows of three columns with predictions."""
    first, second, third = zip(*rows, strict=True)
    return of_a(*first, second=second, third=third)


THREE: dict[str, Any] = {"columns": ("prediction", "second", "third")}


def test_changes_of_side_that_are_borne_pass_and_one_more_is_remarked_on() -> None:
    found = said(check(rows=4, flips=2), of_a(UP, DOWN, UP, DOWN, DOWN, DOWN))
    passes, remarked = ("PASS", ""), ("PASS", FLIPS)
    # Three of the rows 1 to 4 changed side, so did three of the rows 2 to 5; two of the rows 3 to 6.
    assert found == [passes, passes, passes, remarked, remarked, passes]


def test_changes_of_side_hold_rows_back_if_that_is_asked() -> None:
    found = said(check(rows=4, flips=2, on_flips="quarantine"), of_a(UP, DOWN, UP, DOWN))
    assert found[-1] == ("QUARANTINE", FLIPS)


def test_rows_without_a_side_neither_change_it_nor_count() -> None:
    found = reasons(check(rows=4, flips=2), of_a(UP, NAN, DOWN, 0.0, UP, INF, NAN, DOWN))
    assert found == [""] * 7 + [FLIPS]


def test_instruments_change_sides_each_for_itself() -> None:
    days = slices([UP, DOWN], [UP, DOWN], [UP, DOWN], [UP, DOWN])
    assert reasons(check(rows=4, flips=2), days) == [""] * 8


def test_a_probability_changes_side_at_one_half() -> None:
    found = reasons(check(predicts="probability", rows=4, flips=2), of_a(0.51, 0.49, 0.5, 0.51, 0.49))
    assert found == [""] * 4 + [FLIPS]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ((UP, UP, UP), ""),
        ((UP, UP, DOWN), ""),  # 2 of 3 are 0.67
        ((UP, 0.0, NAN), ""),
        ((NAN, NAN, NAN), ""),
        ((UP, DOWN, NAN), "1 for a rise and 1 for a fall"),
        ((UP, DOWN, 0.0), "1 for a rise and 1 for a fall"),
    ],
)
def test_the_larger_side_must_reach_the_quorum(row: Sequence[float], reason: str) -> None:
    assert reasons(check(**THREE, quorum=0.67), members(row)) == [reason]


def test_a_quorum_of_all_bears_no_dissent() -> None:
    assert reasons(check(**THREE, quorum=1.0), members((UP, UP, DOWN))) == ["2 for a rise and 1 for a fall"]


def test_too_few_members_are_no_ensemble_but_none_is_an_abstention() -> None:
    found = said(check(**THREE, members=2), members((UP, UP, NAN), (NAN, UP, INF), (NAN, NAN, NAN)))
    assert found == [("PASS", ""), ("QUARANTINE", "1 of 3 columns predict, 2 are needed"), ("PASS", "")]


def test_disagreement_is_only_remarked_on_if_that_is_asked() -> None:
    found = said(check(**THREE, on_disagreement="remark"), members((UP, DOWN, NAN)))
    assert found == [("PASS", "1 for a rise and 1 for a fall")]


def test_a_prediction_without_its_features_is_held_back_and_an_abstention_is_not() -> None:
    validator = check(features=("momentum", "volatility"))
    assert validator.inputs == ("prediction", "momentum", "volatility")
    rows = of_a(UP, UP, UP, NAN, momentum=[1, NAN, NAN, NAN], volatility=[1, 1, NAN, NAN])
    assert said(validator, rows) == [
        ("PASS", ""),
        ("QUARANTINE", "a prediction without momentum"),
        ("QUARANTINE", "a prediction without momentum, volatility"),
        ("PASS", ""),
    ]


def test_a_prediction_that_no_version_made_is_held_back() -> None:
    rows = of_a(NAN, UP, UP, model_version=[NAN, NAN, 1])
    assert reasons(check(version="model_version"), rows) == ["", "a prediction that no version made", ""]


def test_a_version_does_not_go_back_unless_it_abstains() -> None:
    rows = of_a(UP, UP, NAN, UP, UP, model_version=[1, 2, 1, 1, 2])
    assert reasons(check(version="model_version"), rows) == ["", "", "", "an older version than before", ""]


def test_a_row_whose_time_goes_back_is_held_back_and_counts_for_nothing() -> None:
    days, predictions = np.array([2, 4, 3, 4, 5]) * DAY, np.array([UP, UP, DOWN, UP, DOWN])
    rows = Chunk(days, np.zeros(5, int), {"prediction": predictions})
    back, passes = ("QUARANTINE", "the time goes back"), ("PASS", "")
    assert said(check(rows=2, flips=1), rows) == [passes, passes, back, passes, passes]


def test_the_worst_verdict_stands_with_every_reason_for_it() -> None:
    validator = check(**THREE, features=("momentum",), rows=2, flips=1)
    rows = of_a(UP, DOWN, UP, second=[UP, UP, DOWN], third=[UP, UP, NAN], momentum=[1, 1, NAN])
    held = "a prediction without momentum; 1 for a rise and 1 for a fall"
    assert said(validator, rows) == [("PASS", ""), ("PASS", ""), ("QUARANTINE", held)]


def test_a_remark_stands_in_the_quarantine_and_the_row_passes() -> None:
    signs = [UP, UP, UP, DOWN, UP, UP, UP, UP, UP]
    rows, held = flowed(lambda: [("check", check(rows=2, flips=1))], Market([10_000] * 9, {"prediction": signs}))
    assert held == [(6, "PASS", "more changes of side than 1 in 2 rows")]
    assert [row["prediction"] for row in rows] == [str(one) for one in signs]


def stages() -> Sequence[Named]:
    own: dict[str, Any] = {"rows": 3, "flips": 1, "features": ("x",), "version": "model_version"}
    columns = ("prediction", "other")
    return [("check", check(columns=columns, quorum=0.51, members=2, on_flips="quarantine", **own))]


SIDES = (UP, DOWN, UP, DOWN, NAN, 0.0)
MARKETS = markets(5, prediction=SIDES, other=SIDES, x=(1.0, 1.0, 1.0, NAN), model_version=(1.0, 1.0, 2.0, NAN))


@given(MARKETS, st.sets(st.integers(1, 14)))
def test_verdicts_do_not_depend_on_the_cuts(market: Market, cuts: set[int]) -> None:
    whole = flowed(stages, market)
    assert flowed(stages, market, cuts) == whole
    assert flowed(stages, market, None) == whole
    rows = market.predictions()
    one, other = (check(rows=3, flips=1) for _ in range(2))
    assert said(one, *cut(rows, cuts)) == said(other, rows)


@given(MARKETS, MARKETS, st.integers(0, 15))
def test_no_verdict_depends_on_what_comes_later(market: Market, other: Market, row: int) -> None:
    before = [one for one in flowed(stages, market)[1] if one[0] < row]
    assert [one for one in flowed(stages, market.after(row, other))[1] if one[0] < row] == before


@given(MARKETS, st.integers(0, 15))
def test_a_snapshot_goes_on_where_it_was_taken(market: Market, at: int) -> None:
    assert restarted(stages, market, at) == flowed(stages, market)[0]


def test_a_snapshot_finds_its_instruments_in_another_session() -> None:
    first, second = check(rows=2, flips=1), check(rows=2, flips=1, universe=Universe([UNIVERSE[1]]))
    said(first, slices([UP, UP], [UP, DOWN]))
    second.restore(first.snapshot())
    later = Chunk(np.array([2 * DAY]), np.array([0]), {"prediction": np.array([UP])})
    assert reasons(second, later) == ["more changes of side than 1 in 2 rows"]


def test_bytes_that_are_no_snapshot_are_refused() -> None:
    with pytest.raises(msgspec.ValidationError, match="Expected `object`, got `int`"):
        check().restore(b"\x01")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"columns": ()}, "at least 1 item"),
        ({"columns": ("x", "x")}, "a column is named twice: x, x"),
        ({"members": 2}, "members 2 is more than there are columns, 1"),
        ({"rows": 5, "flips": 5}, "flips 5 of rows 5 can never be exceeded"),
        ({"quorum": 0.5}, "greater than 0.5"),
        ({"quorum": NAN}, "less than or equal to 1"),
        ({"on_flips": "halt"}, "'quarantine' or 'remark'"),
        ({"feature": ("x",)}, "Extra inputs are not permitted"),
    ],
)
def test_settings_that_cannot_be_are_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        check(**settings)
