"""Positions that ended by themselves, as a report tells of them."""

from __future__ import annotations

from pathlib import Path

from fakes.run_folder import INFY, small_log, write_run

from friday_core.analytics.report.warnings import warnings_of
from friday_core.analytics.run_analysis import RunAnalysis
from friday_core.analytics.run_files import RunFiles
from friday_core.domain.orders import Order, OrderStatus, Side, WorkingOrder


def order(number: int, reason: str) -> WorkingOrder:
    working = WorkingOrder(Order(INFY, Side.SELL, 5, reason=reason, tag=f"F{number}", strategy="one"), 0)
    working.move(OrderStatus.OPEN)
    working.fill(5)
    return working


def told(folder: Path, *reasons: str) -> list[str]:
    log = small_log()
    for number, reason in enumerate(reasons):
        log.orders.append(order(number, reason))
    return warnings_of(RunAnalysis(RunFiles.read(write_run(folder / "run", log))))


def test_a_delisted_share_and_an_expired_contract_are_told_with_their_price(tmp_path: Path) -> None:
    found = told(tmp_path, "DELISTED: the last session was that of 2024-01-03, at its last close", "dip")
    assert "INFY.NSE of one was delisted: the last session was that of 2024-01-03, at its last close." in found


def test_of_many_the_first_five_are_named(tmp_path: Path) -> None:
    found = told(tmp_path, *[f"SETTLED: number {n}" for n in range(7)])
    assert [one for one in found if "was settled" in one] == [
        f"INFY.NSE of one was settled: number {n}." for n in range(5)
    ]
    assert "2 positions more expired or were delisted; the orders say how." in found


def test_intraday_positions_that_were_held_over_night_are_counted(tmp_path: Path) -> None:
    found = told(tmp_path, "SQUARE_OFF: held over from an earlier session", "SQUARE_OFF: intraday positions end")
    assert "Held over night although intraday: 1 position; no bar came in time to close them." in found
