"""``friday report``: one run as a page that can be handed on."""

from __future__ import annotations

from pathlib import Path

import click

PAGE = "report.html"


@click.command("report")
@click.argument("run", metavar="RUN", type=click.Path(path_type=Path))
@click.option("--open", "show", is_flag=True, help="Show the page in the browser.")
def command(run: Path, show: bool) -> None:
    """Write report.html into the folder of a run.

    RUN is the folder, as `friday run` prints it, which writes the page too. The page needs no network
    and no script.
    """
    page = write_report(run)
    click.echo(page)
    if show:
        click.launch(str(page))


def write_report(run: Path) -> Path:
    """The page of a run folder, and where it was written; ``RunFolderError`` if it cannot be."""
    from friday_core.analytics.report.page import run_page  # noqa: PLC0415 - `--help` must stay light
    from friday_core.analytics.report.writing import write_page  # noqa: PLC0415
    from friday_core.analytics.run_analysis import RunAnalysis  # noqa: PLC0415
    from friday_core.analytics.run_files import RunFiles  # noqa: PLC0415

    page = run / PAGE
    write_page(page, run_page(RunAnalysis(RunFiles.read(run))))
    return page
