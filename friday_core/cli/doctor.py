"""``friday doctor``: is everything in place, what shows it, and what to do where it is not."""

from __future__ import annotations

import datetime as dt
import json
import shutil
import sys
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict

import click

from friday_core.cli.exit_codes import ExitCode
from friday_core.cli.facts import check_facts_known
from friday_core.cli.findings import Check, Finding, Outcome, fail
from friday_core.cli.installation import installation_checks
from friday_core.cli.options import Choice, settings_options
from friday_core.cli.surroundings import surrounding_checks

#: Wide enough that nothing is wrapped when another program reads along.
_PIPE_WIDTH = 10_000
_COLOURS = {Outcome.OK: "green", Outcome.WARN: "yellow", Outcome.FAIL: "red"}
_OUTCOME_WIDTH, _CHECK_WIDTH = 6, 15


@click.command("doctor")
@settings_options
@click.option("--json", "as_json", is_flag=True, help="One JSON object with every check.")
def command(choice: Choice, as_json: bool) -> None:
    """Check the installation, the configuration and the machine; starts and changes nothing.

    Exit code 1 if a check fails; warnings leave it at 0.
    """
    now = dt.datetime.now(dt.UTC)
    facts = ("facts", lambda: check_facts_known(now.date()))
    findings = list(examine([*installation_checks(), *surrounding_checks(choice, now), facts]))
    failed = any(finding.outcome is Outcome.FAIL for finding in findings)
    if as_json:
        click.echo(json.dumps({"ok": not failed, "checks": [asdict(one) for one in findings]}, indent=2))
    else:
        _print(findings)
    sys.exit(ExitCode.FAILED if failed else ExitCode.FINISHED)


def examine(checks: Iterable[Check]) -> Iterator[Finding]:
    """Every finding, in order; a check that breaks is a finding too."""
    for name, check in checks:
        try:
            yield from check()
        except Exception as error:  # noqa: BLE001 - whatever is broken, the rest is still reported
            # Its type only: the text of an error that nobody foresaw may hold a secret.
            mend = "`friday --debug config check` may show more; otherwise please report it"
            yield fail(name, f"the check itself broke with a {type(error).__name__}", mend)


def _print(findings: Sequence[Finding]) -> None:
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else _PIPE_WIDTH
    for finding in findings:
        outcome = click.style(f"{finding.outcome:<{_OUTCOME_WIDTH}}", fg=_COLOURS[finding.outcome], bold=True)
        texts = [finding.evidence, *([f"mend: {finding.mend}"] if finding.mend else [])]
        lines = [line for text in texts for line in _wrapped(text, width - _OUTCOME_WIDTH - _CHECK_WIDTH)]
        click.echo(f"{outcome}{finding.check:<{_CHECK_WIDTH}}{lines[0]}")
        for line in lines[1:]:
            click.echo(f"{'':<{_OUTCOME_WIDTH + _CHECK_WIDTH}}{line}")
    click.echo(_verdict(findings))


def _wrapped(text: str, width: int) -> list[str]:
    return textwrap.wrap(text, max(width, 20), break_long_words=False, break_on_hyphens=False) or [""]


def _verdict(findings: Sequence[Finding]) -> str:
    counts = {outcome: sum(one.outcome is outcome for one in findings) for outcome in Outcome}
    if counts[Outcome.FAIL]:
        return f"\n{counts[Outcome.FAIL]} failed, {counts[Outcome.WARN]} to look at"
    return f"\nready, {counts[Outcome.WARN]} to look at" if counts[Outcome.WARN] else "\nready"
