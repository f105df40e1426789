"""How far a run is, or several runs one after the other, on a terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from friday_core.orchestration.host import Host, RunResult

OnHang = Callable[[Exception], None]


@contextmanager
def progress_bar(runs: int, *, quiet: bool) -> Iterator[RunBar]:
    """A bar over so many runs of the same rows; on a pipe nothing is shown, nor if it is to be quiet."""
    if quiet:
        yield RunBar(None, runs)
        return
    from rich.console import Console  # noqa: PLC0415 - `friday --help` must not load rich
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn  # noqa: PLC0415

    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        yield RunBar(bar, runs)


class RunBar:
    """Runs hosts and shows where they are."""

    def __init__(self, bar: Progress | None, runs: int) -> None:
        self._bar = bar
        self._runs = runs
        self._begun = 0
        self._task: TaskID | None = None

    def run(self, host: Host, on_hang: OnHang, what: str = "") -> RunResult:
        """The next run; ``what`` tells it apart from the others."""
        before, self._begun = self._begun, self._begun + 1
        if self._bar is None:
            return host.run(on_hang=on_hang)
        name = " ".join(one for one in (host.mode, host.profile, what) if one)
        return self._shown(self._bar, host, on_hang, name, before)

    def again(self, name: str, rows: int) -> Callable[[int, int], None]:
        """Something else that goes over so many rows, with a bar of its own; to be told how far it is."""
        bar = self._bar
        if bar is None:
            return _unseen
        if self._task is not None:
            bar.update(self._task, visible=False)
        task = bar.add_task(name, total=rows)
        return lambda done, _ts: bar.update(task, completed=done)

    def _shown(self, bar: Progress, host: Host, on_hang: OnHang, name: str, before: int) -> RunResult:
        from friday_core.domain.sessions import to_datetime  # noqa: PLC0415 - nor numpy

        rows = host.row_count()
        total, done_before = (None, 0) if rows is None else (rows * self._runs, rows * before)
        if self._task is None:
            self._task = bar.add_task(name)
        task = self._task
        bar.update(task, description=name, total=total, completed=done_before)

        def progress(done: int, ts: int) -> None:
            lag = host.lag()
            clock = "" if lag is None else f" {to_datetime(ts):%H:%M} UTC, {lag:.1f} s behind"
            bar.update(task, completed=done_before + done, description=f"{name} {to_datetime(ts):%Y-%m-%d}{clock}")

        def fitted(done: int, of: int) -> None:
            bar.update(task, total=of, completed=done, description="fitting the model")
            if done == of:
                bar.update(task, total=total, completed=done_before)

        return host.run(progress, on_hang, fitted)


def _unseen(_done: int, _ts: int) -> None:
    return
