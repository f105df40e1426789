"""The bar over one run, and over several of the same rows."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from friday_core.cli.progress import RunBar, progress_bar


class Bar:
    """Stands in for rich: what it would show."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, int | None, int]] = []
        self._shown: dict[str, Any] = {"total": None, "completed": 0, "description": ""}

    def add_task(self, description: str) -> int:
        self._shown["description"] = description
        return 0

    def update(self, _task: int, **changes: Any) -> None:
        self._shown.update(changes)
        shown = self._shown
        self.seen.append((shown["description"], shown["total"], shown["completed"]))


def host(rows: int | None, *, fits: bool = False) -> Any:
    def run(progress: Callable[[int, int], None], _on_hang: object, on_fit: Callable[[int, int], None]) -> str:
        if fits:
            on_fit(1, 2)
            on_fit(2, 2)
        progress(6, 1_704_067_200_000_000)
        return "done"

    return SimpleNamespace(mode="backtest", profile="demo", row_count=lambda: rows, lag=lambda: None, run=run)


def leave(_error: Exception) -> None:
    raise AssertionError


def test_the_bar_runs_over_the_rows_of_all_runs() -> None:
    bar: Any = Bar()
    several = RunBar(bar, 3)
    for what in ("", "at 0x"):
        assert several.run(host(10), leave, what) == "done"  # type: ignore[comparison-overlap]
    assert bar.seen == [
        ("backtest demo", 30, 0),
        ("backtest demo 2024-01-01", 30, 6),
        ("backtest demo at 0x", 30, 10),
        ("backtest demo at 0x 2024-01-01", 30, 16),
    ]


def test_fitting_has_the_bar_to_itself_and_gives_it_back() -> None:
    bar: Any = Bar()
    RunBar(bar, 1).run(host(10, fits=True), leave)
    assert bar.seen[1:] == [
        ("fitting the model", 2, 1),
        ("fitting the model", 2, 2),
        ("fitting the model", 10, 0),
        ("backtest demo 2024-01-01", 10, 6),
    ]


def test_a_source_that_does_not_know_its_rows_has_a_bar_without_an_end() -> None:
    bar: Any = Bar()
    RunBar(bar, 2).run(host(None), leave)
    assert bar.seen[-1] == ("backtest demo 2024-01-01", None, 6)


@pytest.mark.parametrize("quiet", [True, False])
def test_on_a_pipe_nothing_is_shown(quiet: bool, capsys: pytest.CaptureFixture[str]) -> None:
    with progress_bar(1, quiet=quiet) as bar:
        ran = bar.run(SimpleNamespace(mode="a", profile="b", row_count=lambda: 1, run=lambda *_, **__: "done"), leave)  # type: ignore[arg-type]
    assert ran == "done"  # type: ignore[comparison-overlap]
    captured = capsys.readouterr()
    assert (captured.out, captured.err.strip()) == ("", "")
