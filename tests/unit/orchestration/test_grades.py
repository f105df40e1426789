"""Who may not place live orders."""

from __future__ import annotations

import pytest

from friday_core.errors import Problem, ProblemKind
from friday_core.orchestration.grades import check_grades

GRADES = {
    "source.csv": "A",
    "transformer.skewness": "C",
    "feature_set.daily": "C",
    "strategy.first": "C",
    "strategy.second": "A",
    "notifier.log": "C",
}


def test_live_every_component_of_grade_c_on_which_orders_depend_is_a_problem() -> None:
    problems = list(check_grades("live", GRADES, allowed=False))
    assert [problem.plugin for problem in problems] == ["transformer.skewness", "feature_set.daily", "strategy.first"]
    assert problems[-1] == Problem(
        ProblemKind.MODE_CONFLICT,
        "strategy.first is of grade C: live it may decide otherwise than in a backtest",
        "set [trading] allow_grade_c = true, or use a component that is written in columns or by events",
        "trading",
        "strategy.first",
    )


@pytest.mark.parametrize(("mode", "allowed"), [("backtest", False), ("paper", False), ("live", True)])
def test_there_is_no_problem_without_live_orders_or_where_they_are_allowed(mode: str, allowed: bool) -> None:
    assert list(check_grades(mode, GRADES, allowed)) == []


def test_a_grade_that_does_not_exist_is_none_that_may_trade() -> None:
    (problem,) = check_grades("live", {"strategy.first": "B"}, allowed=False)
    assert problem.message == "strategy.first is of grade B: live it may decide otherwise than in a backtest"
