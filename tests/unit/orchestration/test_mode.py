"""The mode follows from the parts."""

from __future__ import annotations

import pytest

from friday_core.errors import Problem, ProblemKind
from friday_core.orchestration.mode import derive_mode


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
