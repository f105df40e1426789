"""The mode is derived from the parts that are wired, never set."""

from __future__ import annotations

from collections.abc import Iterator

from friday_core.errors import Problem, ProblemKind
from friday_core.plugin.sections import ClockSettings


def derive_mode(clock: str, account: str) -> str | Problem:
    """``backtest``, ``paper`` or ``live`` from the clock's kind and the broker's account."""
    match clock, account:
        case "historical", "simulated":
            return "backtest"
        case "wall", "simulated":
            return "paper"
        case "wall", "real":
            return "live"
        case "historical", "real":
            message = "a historical clock with a broker that trades real money"
            mend = 'set [broker] use = "paper", or [clock] kind = "wall"'
            return Problem(ProblemKind.MODE_CONFLICT, message, mend, "broker")
    mend = 'brokers declare account = "simulated" or "real"'
    return Problem(ProblemKind.MODE_CONFLICT, f"clock {clock!r} with account {account!r}", mend, "broker")


def check_speed(clock: ClockSettings) -> Iterator[Problem]:
    """What is said about time that a historical clock does not have."""
    said = {"speed": clock.speed is not None, "skip_gaps": not clock.skip_gaps}
    for key in (key for key, is_said in said.items() if is_said and clock.kind == "historical"):
        message = f"a historical clock with {key}: it goes from row to row, as fast as the machine can"
        mend = f'leave {key} out, or set [clock] kind = "wall" to play the data in their own time'
        yield Problem(ProblemKind.MODE_CONFLICT, message, mend, "clock")


def play_problem(mode: str, clock: ClockSettings, source: str, *, is_live: bool = False) -> Problem | None:
    """Why a source does not go with the clock.

    Past data on the wall clock need a speed, and must never trade real money; live data have no other clock, and
    come as fast as they come.
    """
    place, who = "streams.market_data", f"source.{source}"
    if is_live and mode == "backtest":
        message = f"a historical clock, and the source {source!r} has only live data"
        mend = 'set [clock] kind = "wall" without a speed, or choose a source of past data'
        return Problem(ProblemKind.MODE_CONFLICT, message, mend, place, who)
    if is_live and clock.speed is not None:
        message = f"a speed, and the source {source!r} has live data, which come in their own time"
        return Problem(ProblemKind.MODE_CONFLICT, message, "leave [clock] speed out", place, who)
    if is_live or mode == "backtest" or (mode == "paper" and clock.speed is not None):
        return None
    message = f"the mode is {mode}, and the source {source!r} has only past data"
    mend = 'set [clock] kind = "historical", or choose a source of live data'
    if mode == "paper":
        mend = 'set [clock] speed = 3600.0 to play an hour of them a second, or set [clock] kind = "historical"'
    return Problem(ProblemKind.MODE_CONFLICT, message, mend, place, who)
