"""The mode is derived from the parts that are wired, never set."""

from __future__ import annotations

from friday_core.errors import Problem, ProblemKind


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
