"""How a run ended, as the host tells it, without a run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from friday_core.orchestration.host import RunResult
from friday_core.session.runner import RunStatus


def book(**changes: Any) -> dict[str, Any]:
    """One strategy's book in ``summary.json``; it adds up."""
    money = {"capital": 1000.0, "realised": 50.0, "unrealised": -20.0, "dividends": 5.0, "charges": 3.5}
    return {**money, "cash": 900.0, "equity": 1031.5, "positions": {"INFY.NSE": 1200}, "fills": 7, **changes}


def results(**changes: Any) -> dict[str, Any]:
    """The figures of ``summary.json``."""
    found = {
        "currency": "INR",
        "first_session": "2024-01-01",
        "last_session": "2024-12-17",
        "rows": 1235,
        "start_equity": 1000.0,
        "end_equity": 1031.5,
        "total_return": 0.0315,
        "annual_return": 0.0315,
        "annual_volatility": 0.0609,
        "sharpe": 1.954,
        "max_drawdown": 0.0171,
        "average_exposure": 0.233,
        "turnover": 2.27,
        "decisions": {"CLIPPED_CASH": 2, "SENT": 23},
        "orders": {"filled": 25},
        "fills": 25,
        "assumed_fills": 0,
        "digest": "74beb182954c2a83b2730634824b3a670f37acd4505d7fcaa4ff1384fbc7b4f2",
    }
    return {**found, **changes}


def run_result(status: RunStatus = RunStatus.FINISHED, folder: Path = Path("runs/one"), **changes: Any) -> RunResult:
    """A result; ``changes`` replace parts of its summary."""
    summary = {
        "status": status,
        "error": "",
        "session": {"profile": "demo", "mode": "backtest"},
        "results": results(),
        "strategies": {"cross": book()},
        "quarantine": [],
        "stopped_strategies": [],
        "validator_faults": [],
        "refusals": {"counts": {}, "not_allowed": {}},
        "files": {},
        **changes,
    }
    return RunResult(status, folder, summary)
