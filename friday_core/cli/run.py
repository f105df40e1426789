"""``friday run``: one session from settings to a run folder."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from friday_core.cli.exit_codes import ExitCode
from friday_core.cli.options import Choice, settings_options
from friday_core.cli.summary import print_summary, remarks

if TYPE_CHECKING:
    from friday_core.orchestration.host import Host, RunResult


@click.command("run")
@settings_options
@click.option("--quiet", "-q", is_flag=True, help="Print the run folder only; on stderr, why a run was stopped.")
def command(choice: Choice, quiet: bool) -> None:
    """Run a session and write its results.

    Without a profile: a backtest on synthetic bars that needs no data and no account. Exit code 0
    means finished, 1 failed, 2 a configuration that cannot start, 3 that a strategy or the stream
    was stopped or that a validator failed, 130 interrupted. The first Ctrl-C ends a run in order,
    with all results.
    """
    loaded = choice.load()
    host = choice.builder()(loaded)
    with _naming_the_folder(host), _stop_on_interrupt(host):
        result = host.run(on_hang=_leaving(host)) if quiet else _run_with_progress(host)
    code = exit_code(result)
    _tell(result, quiet, code)
    sys.exit(code)


def exit_code(result: RunResult) -> ExitCode:
    """The exit code of a run that ended without an exception."""
    if result.status == "interrupted":
        return ExitCode.INTERRUPTED
    summary = result.summary
    if result.status != "finished" or summary["stopped_strategies"] or summary["validator_faults"]:
        return ExitCode.STOPPED
    return ExitCode.FINISHED


def _tell(result: RunResult, quiet: bool, code: ExitCode) -> None:
    if not quiet:
        print_summary(result)
        return
    if code is ExitCode.STOPPED:
        for line in remarks(result.summary):
            click.echo(line, err=True)
    click.echo(result.folder)


def _run_with_progress(host: Host) -> RunResult:
    """A progress bar on a terminal; on a pipe, nothing until the summary."""
    from rich.console import Console  # noqa: PLC0415 - `friday --help` must not load rich
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn  # noqa: PLC0415

    from friday_core.domain.sessions import to_datetime  # noqa: PLC0415 - nor numpy

    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(f"{host.mode} {host.profile}", total=host.row_count())

        def progress(rows: int, ts: int) -> None:
            bar.update(task, completed=rows, description=f"{host.mode} {host.profile} {to_datetime(ts):%Y-%m-%d}")

        def fitted(done: int, of: int) -> None:
            bar.update(task, total=of, completed=done, description="fitting the model")
            if done == of:
                bar.update(task, total=host.row_count(), completed=0)

        return host.run(progress, _leaving(host), fitted)


def _leaving(host: Host) -> Callable[[Exception], None]:
    """Tells why and ends the process: a thread that does not return cannot be ended alone."""

    def leave(error: Exception) -> None:
        click.echo(f"friday: {error}\nwhat there is of the run: {host.folder.path}", err=True)
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(ExitCode.FAILED)

    return leave


@contextmanager
def _naming_the_folder(host: Host) -> Iterator[None]:
    """Whoever reads the error of a failed run also reads where its log and its results are."""
    try:
        yield
    except BaseException as error:
        if host.folder.path.exists():
            error.add_note(f"what there is of the run: {host.folder.path}")
        raise


@contextmanager
def _stop_on_interrupt(host: Host) -> Iterator[None]:
    """The first Ctrl-C ends the run before its next record, a second one at once."""
    before = signal.getsignal(signal.SIGINT)

    def stop(_signal: int, _frame: Any) -> None:
        signal.signal(signal.SIGINT, before)
        host.request_stop()
        click.echo("stopping after this record; press Ctrl-C again to stop at once", err=True)

    signal.signal(signal.SIGINT, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
