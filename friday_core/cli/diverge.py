"""``friday diverge``: what a session did otherwise than its backtest, and why."""

from __future__ import annotations

import json
import sys
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import click

from friday_core.cli.compare import print_table
from friday_core.cli.exit_codes import ExitCode

if TYPE_CHECKING:
    from friday_core.analytics.attribution import Attribution
    from friday_core.analytics.run_files import RunFiles

#: Differences that are listed; --json has them all.
_LISTED = 50


@click.command("diverge")
@click.argument("live", type=click.Path(path_type=Path))
@click.argument("backtest", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="One JSON object with every difference.")
def command(live: Path, backtest: Path, as_json: bool) -> None:
    """Match a session with the backtest of its period, and name the cause of each difference.

    LIVE is the run folder of a session, or its journal, which is replayed for its tables; BACKTEST is a run folder.
    Causes are data that were revised, a missing or a late row, a reject, a partial fill, latency, price, charges,
    configuration, or an earlier difference in the same book; what none of these shows is unexplained. Bars are
    compared where both runs have them ([run] bars_table). Exit code 1 if something differs.
    """
    from friday_core.analytics.attribution import attribute, lines  # noqa: PLC0415 - `--help` must stay light

    with ExitStack() as rooms:
        found = attribute(_read(live, rooms), _read(backtest, rooms))
    if as_json:
        click.echo(json.dumps(_as_json(found), indent=2))
    else:
        _print(found)
        click.echo("\n".join(lines(found)))
    sys.exit(ExitCode.FAILED if found.differences else ExitCode.FINISHED)


def _read(path: Path, rooms: ExitStack) -> RunFiles:
    """A run folder, or the tables of a journal that is replayed in a folder that does not stay."""
    from friday_core.analytics.run_files import SUMMARY, RunFiles  # noqa: PLC0415

    if not path.is_dir() or (path / SUMMARY).is_file():
        return RunFiles.read(path)
    from friday_core.cli.options import Choice  # noqa: PLC0415
    from friday_core.cli.progress import progress_bar  # noqa: PLC0415
    from friday_core.cli.replay import Replayed  # noqa: PLC0415
    from friday_core.session.on_disk.places import journal_at  # noqa: PLC0415

    room = rooms.enter_context(TemporaryDirectory(prefix="friday-"))
    replayed = Replayed.of(journal_at(path), Choice(overrides=(f"run.folder={room}", "run.bars_table=true")))
    with progress_bar(1, quiet=False) as bar:
        return RunFiles.read(replayed.run(bar).folder)


def _print(found: Attribution) -> None:
    if not found.differences:
        return
    heads = ["decided on", "strategy", "instrument", "what", "session", "backtest", "cause", "evidence", "cost"]
    print_table(heads, [_cells(one) for one in found.differences[:_LISTED]], justify="left")
    if len(found.differences) > _LISTED:
        click.echo(f"and {len(found.differences) - _LISTED:,} more: --json has them all\n")


def _cells(one: Any) -> list[str]:
    key, cost = one.key, "" if one.cost is None else f"{one.cost:+,.2f}"
    when = key.ts.isoformat(" ", "seconds").replace("+00:00", "Z")
    return [when, key.strategy, key.instrument, one.what, one.live, one.backtest, str(one.cause), one.evidence, cost]


def _as_json(found: Attribution) -> dict[str, Any]:
    heads = ("ts", "strategy", "instrument", "what", "session", "backtest", "cause", "evidence", "cost")
    summary = {str(cause): {"count": count, "cost": str(cost)} for cause, (count, cost) in found.summary().items()}
    rows = [dict(zip(heads, _cells(one), strict=True)) for one in found.differences]
    return {"alike": found.alike, "causes": summary, "settings": dict(found.settings), "differences": rows}
