"""``friday backtest``: a session on past data, what each strategy came to, and whether plain Python agrees."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import click

from friday_core.cli.backtest_result import as_json, print_result
from friday_core.cli.exit_codes import ExitCode
from friday_core.cli.options import Choice, settings_options
from friday_core.cli.progress import RunBar, progress_bar
from friday_core.cli.run import add_sensitivity, exit_code, reported, run_host
from friday_core.cli.sensitivity import SCALES, require_scalable
from friday_core.cli.summary import remarks

if TYPE_CHECKING:
    from friday_core.orchestration.host import Host
    from friday_core.orchestration.oracle_run import Checked

#: The second run tells nobody and leaves nothing.
_PLAIN = ('run.executor="python"', "run.observers=[]", "notify.use=[]", "run.bars_table=false")


@click.command("backtest")
@settings_options
@click.option("--check", "is_checked", is_flag=True, help="Run the same records through plain Python, and compare.")
@click.option("--sensitivity", is_flag=True, help="Run again at 0x and 2x the charges and slippage.")
@click.option("--json", "is_json", is_flag=True, help="The result as one JSON object.")
@click.option("--quiet", "-q", is_flag=True, help="Print the run folder only; on stderr, what went wrong.")
@click.option("--report/--no-report", "is_reported", default=True, help="Write report.html, or do not.")
@click.option("--open", "show", is_flag=True, help="Show report.html in the browser.")
def command(
    choice: Choice,
    *,
    is_checked: bool,
    sensitivity: bool,
    is_json: bool,
    quiet: bool,
    is_reported: bool,
    show: bool,
) -> None:
    """Run strategies on past data; show each one's result.

    As `friday run`, with the result of every strategy, the fill convention and every refused order.
    Exit codes are those of `friday run`; with --check also 1 if plain Python decides, fills or
    reckons otherwise.
    """
    if show and not is_reported:
        raise click.UsageError("--open shows the report, which --no-report does not write")
    if is_json and quiet:
        raise click.UsageError("--json and --quiet are two ways to print: leave one out")
    loaded = choice.load()
    host = choice.builder()(loaded)
    require_backtest(host)
    if sensitivity:
        require_scalable(host)
    checked = None
    if is_checked:
        host.keep_journal()
    with progress_bar(1 + sensitivity * len(SCALES), quiet=quiet) as bar:
        result = run_host(host, bar)
        if is_checked:
            checked = _checked(choice, host, result.folder, bar)
        if sensitivity:
            add_sensitivity(choice, loaded, host, result, bar)
    page = reported(result) if is_reported else None
    code = exit_code(result)
    if is_json:
        click.echo(json.dumps(as_json(result, checked), indent=2, allow_nan=False))
    elif quiet:
        _tell_quietly(result.summary, checked, result.folder)
    else:
        print_result(result, checked, page)
    if show and page is not None:
        click.launch(str(page))
    differs = checked is not None and checked.difference is not None
    sys.exit(ExitCode.FAILED if differs and code in (ExitCode.FINISHED, ExitCode.REFUSED) else code)


def require_backtest(host: Host) -> None:
    """``ConfigurationError`` for a host whose mode is another."""
    if host.mode != "backtest":
        from friday_core.errors import ConfigurationError, Problem, ProblemKind  # noqa: PLC0415 - see --help

        message = f"the mode of this configuration is {host.mode}: it plays its rows on the clock on the wall"
        mend = 'take [clock] out, or set [clock] kind = "historical"; `friday run` plays it as it is'
        raise ConfigurationError([Problem(ProblemKind.MODE_CONFLICT, message, mend, "clock")])


def _checked(choice: Choice, host: Host, folder: Path, bar: RunBar) -> Checked:
    """The records of a run that is over, through a session of its own in plain Python."""
    from friday_core.analytics.run_files import RunFiles  # noqa: PLC0415 - `friday --help` must stay light
    from friday_core.orchestration.oracle_run import check, oracle_run  # noqa: PLC0415

    files = RunFiles.read(folder)
    with TemporaryDirectory(prefix="friday-") as elsewhere:
        plain = choice.overridden(*_PLAIN, f"run.folder={json.dumps(elsewhere)}")
        other: Host = plain.builder()(plain.load())
        progress = bar.again("check in plain Python", files.results["rows"])
        oracle = oracle_run(other.assembly, host.journalled(), progress)
    return check(files.tables, files.results["digest"], oracle)


def _tell_quietly(summary: dict[str, object], checked: Checked | None, folder: Path) -> None:
    for line in remarks(summary):
        click.echo(line, err=True)
    if checked is not None and checked.difference is not None:
        click.echo(f"check: {checked}", err=True)
    click.echo(folder)
