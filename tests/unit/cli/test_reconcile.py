"""``friday reconcile``: a running session is asked for its broker's book, and what it read is shown."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from unit.session.on_disk.journals import HEAD, INFY

from friday_core.cli import reconcile
from friday_core.domain.order_updates import OrderUpdate
from friday_core.domain.orders import OrderStatus
from friday_core.domain.records import BrokerRead, PositionTold
from friday_core.session.on_disk.control import Control
from friday_core.session.on_disk.holder import Hold
from friday_core.session.on_disk.journal import DiskJournal

OPEN = OrderUpdate("F1", "N1", OrderStatus.OPEN, 0, 0, 5)


@pytest.fixture
def held(tmp_path: Path) -> Iterator[Path]:
    hold = Hold.take(tmp_path / "paper", "paper", 0)
    yield tmp_path / "paper"
    hold.close()


@pytest.mark.parametrize(
    ("positions", "shown"),
    [
        ((PositionTold(INFY.id, -5),), "INFY.NSE: -5"),
        ((), "positions: none"),
        (None, "positions: the broker does not tell, or something traded meanwhile"),
    ],
)
def test_what_was_read_is_shown(
    held: Path, monkeypatch: pytest.MonkeyPatch, positions: tuple[PositionTold, ...] | None, shown: str
) -> None:
    journal = DiskJournal.open(held / "20260101T000000.000000Z", HEAD, lambda: 0, lambda _ts: 0)
    control = Control(held)
    journal.append(BrokerRead(1, ()))

    def read(_seconds: float) -> None:
        if control.is_reading_asked():
            journal.append(BrokerRead(2, (OPEN,), positions))

    monkeypatch.setattr(reconcile.time, "sleep", read)
    result = CliRunner().invoke(reconcile.command, ["--journals", str(held)])
    journal.close()
    assert result.exit_code == 0, result.output
    assert result.output.splitlines() == ["orders: 1 (1 open)", shown]


def test_a_session_that_reads_nothing_is_told_of(held: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reconcile, "PATIENCE", 0.05)
    result = CliRunner().invoke(reconcile.command, ["--journals", str(held)])
    assert (result.exit_code, "is it a broker that answers?" in result.output) == (1, True)


def test_without_a_session_there_is_nobody_to_ask(tmp_path: Path) -> None:
    result = CliRunner().invoke(reconcile.command, ["--journals", str(tmp_path)])
    assert (result.exit_code, "no session writes in" in result.output) == (1, True)
