"""The mode follows from the parts."""

from __future__ import annotations

import pytest

from friday_core.errors import Problem, ProblemKind
from friday_core.orchestration.mode import check_speed, derive_mode, play_problem
from friday_core.plugin.sections import ClockSettings


@pytest.mark.parametrize(
    ("clock", "account", "mode"),
    [("historical", "simulated", "backtest"), ("wall", "simulated", "paper"), ("wall", "real", "live")],
)
def test_clock_and_account_make_the_mode(clock: str, account: str, mode: str) -> None:
    assert derive_mode(clock, account) == mode


def test_real_money_on_past_data_is_a_conflict_with_both_ways_out() -> None:
    assert derive_mode("historical", "real") == Problem(
        ProblemKind.MODE_CONFLICT,
        "a historical clock with a broker that trades real money",
        'set [broker] use = "paper", or [clock] kind = "wall"',
        "broker",
    )


@pytest.mark.parametrize(("clock", "account"), [("wall", "borrowed"), ("sand", "real"), ("historical", "")])
def test_anything_else_is_a_conflict_that_repeats_both(clock: str, account: str) -> None:
    problem = derive_mode(clock, account)
    assert isinstance(problem, Problem)
    assert problem.kind is ProblemKind.MODE_CONFLICT
    assert problem.message == f"clock {clock!r} with account {account!r}"
    assert problem.mend == 'brokers declare account = "simulated" or "real"'


def test_what_only_the_wall_clock_can_have_is_a_conflict_with_a_historical_one() -> None:
    problems = list(check_speed(ClockSettings(speed=60.0, skip_gaps=False)))
    assert [(one.kind, one.section) for one in problems] == [(ProblemKind.MODE_CONFLICT, "clock")] * 2
    assert [one.message.partition(":")[0] for one in problems] == [
        "a historical clock with speed",
        "a historical clock with skip_gaps",
    ]
    assert problems[0].mend == 'leave speed out, or set [clock] kind = "wall" to play the data in their own time'


@pytest.mark.parametrize(
    "clock", [ClockSettings(), ClockSettings(kind="wall"), ClockSettings(kind="wall", speed=60.0, skip_gaps=False)]
)
def test_a_clock_that_has_what_it_says_is_no_conflict(clock: ClockSettings) -> None:
    assert list(check_speed(clock)) == []


SPEED = ClockSettings(kind="wall", speed=60.0)


@pytest.mark.parametrize(("mode", "clock"), [("backtest", ClockSettings()), ("paper", SPEED)])
def test_past_data_may_be_used_or_played(mode: str, clock: ClockSettings) -> None:
    assert play_problem(mode, clock, "synthetic") is None


@pytest.mark.parametrize(
    ("mode", "clock", "mend"),
    [
        ("paper", ClockSettings(kind="wall"), "set [clock] speed = 3600.0 to play an hour of them a second"),
        ("live", ClockSettings(kind="wall"), "choose a source of live data"),
        ("live", SPEED, "choose a source of live data"),
    ],
)
def test_past_data_need_a_speed_and_never_trade_real_money(mode: str, clock: ClockSettings, mend: str) -> None:
    problem = play_problem(mode, clock, "synthetic")
    assert problem is not None
    assert problem.message == f"the mode is {mode}, and the source 'synthetic' has only past data"
    assert mend in problem.mend
    assert 'set [clock] kind = "historical"' in problem.mend
    assert ("speed" in problem.mend) == (mode == "paper")
