"""``friday run``: one session from settings to a run folder."""

from __future__ import annotations

import enum
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from friday_core.cli.options import Choice, settings_options

if TYPE_CHECKING:
    from friday_core.orchestration.host import Host, RunResult


class ExitCode(enum.IntEnum):
    """What a run tells the shell."""

    FINISHED = 0
    FAILED = 1
    CONFIGURATION = 2
    STOPPED = 3
    INTERRUPTED = 130


@click.command("run")
@settings_options
@click.option("--quiet", "-q", is_flag=True, help="Print nothing but the run folder.")
def command(choice: Choice, quiet: bool) -> None:
    """Run a session and write its results.

    Without a profile: a backtest on synthetic bars that needs no data and no account. Exit code 0
    means finished, 1 failed, 2 a configuration that cannot start, 3 that a strategy or the stream
    was stopped on the way, 130 interrupted.
    """
    loaded = choice.load()
    host = choice.builder()(loaded)
    with _stop_on_interrupt(host):
        result = _run_quietly(host) if quiet else _run_with_progress(host)
    if quiet:
        click.echo(result.folder)
    else:
        from friday_core.cli.summary import print_summary

        print_summary(result)
    sys.exit(exit_code(result))


def exit_code(result: RunResult) -> ExitCode:
    """The exit code of a run that ended without an exception."""
    if result.status == "interrupted":
        return ExitCode.INTERRUPTED
    if result.status != "finished" or result.summary["stopped_strategies"]:
        return ExitCode.STOPPED
    return ExitCode.FINISHED


def _run_quietly(host: Host) -> RunResult:
    return host.run()


def _run_with_progress(host: Host) -> RunResult:
    """A progress bar on a terminal; on a pipe, nothing until the summary."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from friday_core.domain.sessions import to_datetime

    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(f"{host.mode} {host.profile}", total=host.row_count())

        def progress(rows: int, ts: int) -> None:
            bar.update(task, completed=rows, description=f"{host.mode} {host.profile} {to_datetime(ts):%Y-%m-%d}")

        return host.run(progress)


@contextmanager
def _stop_on_interrupt(host: Host) -> Iterator[None]:
    """The first Ctrl-C ends the run before its next record, a second one at once."""

    def stop(_signal: int, _frame: Any) -> None:
        signal.signal(signal.SIGINT, before)
        click.echo("stopping after this record; press Ctrl-C again to stop at once", err=True)
        host.request_stop()

    before = signal.signal(signal.SIGINT, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
