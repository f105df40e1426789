"""``friday run``: one session from settings to a run folder."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from friday_core.cli.exit_codes import ExitCode
from friday_core.cli.options import Choice, Loaded, settings_options
from friday_core.cli.progress import RunBar, progress_bar
from friday_core.cli.report import write_report
from friday_core.cli.sensitivity import SCALES, require_scalable, run_again
from friday_core.cli.summary import print_summary, remarks, stop_remarks

if TYPE_CHECKING:
    from friday_core.orchestration.host import Host, RunResult

SUMMARY = "summary.json"


@click.command("run")
@settings_options
@click.option("--quiet", "-q", is_flag=True, help="Print the run folder only; on stderr, why a run was stopped.")
@click.option("--sensitivity", is_flag=True, help="Run again at 0x and 2x the charges and slippage.")
@click.option("--new", "anew", is_flag=True, help="Begin another session where the last one was not ended.")
@click.option("--no-report", is_flag=True, help="Do not write report.html.")
@click.option("--open", "show", is_flag=True, help="Show report.html in the browser.")
def command(choice: Choice, *, quiet: bool, sensitivity: bool, anew: bool, no_report: bool, show: bool) -> None:
    """Run a session and write its results.

    Without a profile: a backtest on synthetic bars that needs no data and no account. Exit code 0
    means finished, 1 failed, and be it that a component could not be stopped, 2 a configuration that
    cannot start, 3 that a strategy or the stream was stopped or that a validator failed, 4 that orders
    were refused for a reason that [risk] allow_refusals does not name, 130 interrupted. The first
    Ctrl-C ends a run in order, with all results; with a session on the wall clock, which is journaled, the
    next start goes on.
    """
    if no_report and show:
        raise click.UsageError("--open shows the report, which --no-report does not write")
    loaded = choice.load()
    host = choice.builder()(loaded)
    if anew:
        host.begin_anew()
    if sensitivity:
        require_scalable(host)
    if host.mode != "backtest" and host.row_count() is None and not quiet:
        log = host.folder.path / "log.jsonl"
        click.echo(f"{host.mode}, profile {host.profile}: what happens stands in {log}; Ctrl-C ends it", err=True)
    with progress_bar(1 + sensitivity * len(SCALES), quiet=quiet) as bar:
        result = run_host(host, bar)
        if sensitivity:
            add_sensitivity(choice, loaded, host, result, bar)
    page = None if no_report else reported(result)
    code = exit_code(result)
    _tell(result, quiet, code, page)
    if show and page is not None:
        click.launch(str(page))
    sys.exit(code)


def exit_code(result: RunResult) -> ExitCode:
    """The exit code of a run that ended without an exception."""
    if result.status == "interrupted":
        return ExitCode.INTERRUPTED
    if result.status == "failed":
        return ExitCode.FAILED
    summary = result.summary
    if result.status != "finished" or summary["stopped_strategies"] or summary["validator_faults"]:
        return ExitCode.STOPPED
    return ExitCode.REFUSED if summary["refusals"]["not_allowed"] else ExitCode.FINISHED


def _tell(result: RunResult, quiet: bool, code: ExitCode, page: Path | None) -> None:
    if code is ExitCode.FAILED:
        click.echo(f"friday: {result.summary['error']}", err=True)
    if not quiet:
        print_summary(result, page)
        return
    told = remarks if code in (ExitCode.STOPPED, ExitCode.REFUSED) else stop_remarks
    for line in told(result.summary):
        click.echo(line, err=True)
    click.echo(result.folder)


def run_host(host: Host, bar: RunBar, what: str = "") -> RunResult:
    """One run with its bar; Ctrl-C ends it in order, and an error names its folder."""
    with _naming_the_folder(host), _stop_on_interrupt(host):
        return bar.run(host, _leaving(host), what)


def add_sensitivity(choice: Choice, loaded: Loaded, host: Host, result: RunResult, bar: RunBar) -> None:
    """Run again, and add what came of it to the summary; a run that did not finish is not worth it."""
    if result.status != "finished":
        return
    again = run_again(choice, loaded, host, lambda other, what: run_host(other, bar, what))
    result.summary["sensitivity"] = again
    host.folder.write_json(SUMMARY, result.summary)


def reported(result: RunResult) -> Path | None:
    """The page, if it could be written; a result without a page is a result."""
    try:
        return write_report(result.folder)
    except Exception as error:  # noqa: BLE001 - whatever it is, the run is done
        told = str(error) or type(error).__name__
        click.secho(
            f"no report was written: {told}; `friday report {result.folder}` tries again", fg="yellow", err=True
        )
        return None


def _leaving(host: Host) -> Callable[[Exception], None]:
    """Tells why and ends the process: a thread that does not return cannot be ended alone."""

    def leave(error: Exception) -> None:
        click.echo(f"friday: {error}\n{_what_there_is(host)}", err=True)
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
            error.add_note(_what_there_is(host))
        raise


def _what_there_is(host: Host) -> str:
    path = host.folder.path
    return f"what there is of the run: {path}" if host.was_run else f"nothing was run; the log of it is in {path}"


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
