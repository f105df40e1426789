"""``friday compare``: what differs between runs, in settings, in figures and in what they did."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from friday_core.analytics.run_analysis import RunAnalysis

#: Wide enough that nothing is wrapped when another program reads along.
_PIPE_WIDTH = 10_000


@click.command("compare")
@click.argument("runs", metavar="RUN RUN [RUN]...", nargs=-1, type=click.Path(path_type=Path))
@click.option("--html", "page", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="Write a page.")
def command(runs: Sequence[Path], page: Path | None) -> None:
    """Show two runs or more side by side; the others are held against the first.

    Each RUN is a folder, as `friday run` prints it: settings that differ, key figures, and the
    first decision and fill that do.
    """
    if len(runs) < 2:
        raise click.UsageError("name two run folders at least")
    from friday_core.analytics.run_analysis import RunAnalysis  # noqa: PLC0415 - `--help` must stay light
    from friday_core.analytics.run_files import RunFiles  # noqa: PLC0415

    analysed = [RunAnalysis(RunFiles.read(run)) for run in runs]
    _print(analysed)
    if page is not None:
        from friday_core.analytics.report.comparison_page import comparison_page  # noqa: PLC0415
        from friday_core.analytics.report.writing import write_page  # noqa: PLC0415

        write_page(page, comparison_page(analysed))
        click.echo(f"page: {page}")


def _print(runs: Sequence[RunAnalysis]) -> None:
    from friday_core.analytics.comparison import differing_settings  # noqa: PLC0415
    from friday_core.analytics.report.comparison_page import difference_lines  # noqa: PLC0415
    from friday_core.analytics.report.key_figures import compared_rows  # noqa: PLC0415

    names = [run.files.name for run in runs]
    print_table(["figure", *names], compared_rows(runs), justify="right")
    settings = differing_settings([run.files for run in runs])
    if settings:
        print_table(["setting", *names], [(name, *values) for name, values in settings], justify="left")
    else:
        click.echo("settings: all equal")
    for other in runs[1:]:
        click.secho(f"\n{names[0]} and {other.files.name}", bold=True)
        for line in difference_lines(runs[0], other):
            click.echo(line)


def print_table(heads: Sequence[str], rows: Sequence[Sequence[str]], *, justify: str) -> None:
    """A table as wide as the terminal, or as a pipe takes."""
    from rich.box import SIMPLE_HEAD  # noqa: PLC0415
    from rich.console import Console  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for number, head in enumerate(heads):
        table.add_column(Text(head), justify="right" if number and justify == "right" else "left", overflow="fold")
    for row in rows:
        table.add_row(*map(Text, row))
    Console(width=None if sys.stdout.isatty() else _PIPE_WIDTH).print(table)
