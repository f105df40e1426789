"""``friday journal``: what is in a journal, whether it is whole, what comes to it, and its rows as tables."""

from __future__ import annotations

import json
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from friday_core.cli.exit_codes import ExitCode
from friday_core.cli.progress import progress_bar

if TYPE_CHECKING:
    from friday_core.session.on_disk.segments import Segment
    from friday_core.session.on_disk.survey import Survey

#: Where journals are if nobody says where.
FOLDER = Path("journals")
#: Seconds between two looks at a journal that is followed.
_PAUSE = 0.2

folder_argument = click.argument("folder", type=click.Path(path_type=Path), default=FOLDER, required=False)


@click.group("journal")
def command() -> None:
    """Read the journals of sessions: what came, what was answered, and whether the files are whole.

    FOLDER is that of a session, or of a profile or of all profiles, of which the latest session is meant; default:
    journals. Nothing is changed, and a session that runs is not disturbed.
    """


@command.command()
@folder_argument
@click.option("--json", "as_json", is_flag=True, help="As one JSON object.")
def info(folder: Path, as_json: bool) -> None:
    """Say what a journal has: files, records, rows, times, what it was made by, who writes it."""
    from friday_core.session.on_disk.places import journal_at  # noqa: PLC0415 - `--help` must stay light

    found = _about(journal_at(folder))
    click.echo(json.dumps(found, indent=2) if as_json else "\n".join(_info_lines(found)))


@command.command()
@folder_argument
@click.option("--replay", "replays", is_flag=True, help="Also apply its records, and compare every order.")
def verify(folder: Path, replays: bool) -> None:
    """Check every sum, number and file of a journal; exit code 1 for a damage, 0 also for an end that a crash tore."""
    from friday_core.cli.replay import verified_replay  # noqa: PLC0415 - `--help` must stay light
    from friday_core.session.on_disk.places import journal_at  # noqa: PLC0415

    journal = journal_at(folder)
    found = _surveyed(journal)
    click.echo(f"{journal}: {_state(found)}")
    if found.damage:
        click.echo(
            f"    mend: restore the file from a copy; `friday journal export --damaged {journal}` saves the rest"
        )
        sys.exit(ExitCode.FAILED)
    if replays:
        click.echo(verified_replay(journal))
    sys.exit(ExitCode.FINISHED)


@command.command()
@folder_argument
@click.option("--lines", "-n", type=click.IntRange(min=0), default=10, show_default=True, help="Records to show.")
@click.option("--follow", "-f", is_flag=True, help="Go on with what is written from now on; Ctrl-C ends it.")
def tail(folder: Path, lines: int, follow: bool) -> None:
    """Show the last records in words, with the orders that they led to, on the exchange's clock."""
    from friday_core.session.on_disk.contents import zone_of  # noqa: PLC0415 - `--help` must stay light
    from friday_core.session.on_disk.following import Follower, last_files  # noqa: PLC0415
    from friday_core.session.on_disk.places import journal_at  # noqa: PLC0415
    from friday_core.session.on_disk.words import Words  # noqa: PLC0415

    journal = journal_at(folder)
    first, head = last_files(journal, lines)
    words, follower = Words(zone_of(head)), Follower(journal, first)
    kept: deque[list[str]] = deque(maxlen=lines)
    last: deque[Any] = deque(maxlen=lines)
    for said in follower.more():
        if not said.is_answer:
            last.append([said])
        elif last:
            last[-1].append(said)
    kept.extend([line for said in group for line in words.lines(said)] for group in last)
    _echo(line for group in kept for line in group)
    try:
        while follow:
            _echo(line for said in follower.more() for line in words.lines(said))
            time.sleep(_PAUSE)
    except KeyboardInterrupt:
        sys.exit(ExitCode.FINISHED)


@command.command()
@folder_argument
@click.option("--to", "target", type=click.Path(path_type=Path), help="Where to; default: parquet in its folder.")
@click.option("--damaged", is_flag=True, help="Export what stands before a damage.")
def export(folder: Path, target: Path | None, damaged: bool) -> None:
    """Write the rows of each stream and the orders as Parquet, a table for each file of the journal.

    Tables that are there are not written again. The rows are a source: what is printed at the end goes into
    friday.toml.
    """
    from friday_core.errors import JournalError  # noqa: PLC0415 - `--help` must stay light
    from friday_core.session.on_disk import parquet  # noqa: PLC0415
    from friday_core.session.on_disk.places import journal_at  # noqa: PLC0415

    journal = journal_at(folder)
    found = _surveyed(journal)
    if found.damage and not damaged:
        raise JournalError(f"{found.damage}; or export what stands before the damage, with --damaged")
    if not found.segments:
        raise JournalError(f"{journal}: there is no whole record to export")
    target = target or journal / parquet.FOLDER
    with _counting("exporting", found.segments) as progress:
        made = parquet.export(found.segments, target, progress)
    if found.damage:
        click.echo(f"what stands before the damage, {found.records:,} records: {found.damage}", err=True)
    click.echo(f"{target}: {len(made)} tables written")
    for stream in sorted(path.name for path in target.iterdir() if path.is_dir() and path.name != parquet.ORDERS):
        click.echo(f"\n# {stream}\n{parquet.source_settings(found.segments, target / stream)}")


def _surveyed(journal: Path) -> Survey:
    from friday_core.session.on_disk.segments import segment_files  # noqa: PLC0415
    from friday_core.session.on_disk.survey import survey  # noqa: PLC0415

    sizes = [path.stat().st_size for path in segment_files(journal)]
    with _bar("checking", sum(sizes)) as progress:
        return survey(journal, progress)


def _state(found: Survey) -> str:
    if found.damage:
        return f"damaged. {found.damage}"
    files = f"{found.records:,} records in {len(found.segments)} file{'' if len(found.segments) == 1 else 's'}"
    if found.torn:
        name = found.torn_file.name if found.torn_file else ""
        return f"{files} are whole; the last {found.torn:,} bytes of {name} are torn, and the next start cuts them off"
    return f"whole, {files}"


def _about(journal: Path) -> dict[str, Any]:
    from friday_core.domain.sessions import to_date  # noqa: PLC0415
    from friday_core.session.on_disk.contents import contents_of, zone_of  # noqa: PLC0415
    from friday_core.session.on_disk.places import journals_in, writer_of  # noqa: PLC0415
    from friday_core.session.on_disk.words import Words  # noqa: PLC0415

    found = _surveyed(journal)
    writer = writer_of(journal)
    about: dict[str, Any] = {
        "journal": str(journal),
        "state": _state(found),
        "of_profile": len(journals_in(journal.parent)),
        "held_by": None if writer is None else str(writer),
        "ended": found.is_ended,
    }
    if not found.segments:
        return about
    head = found.segments[0].head
    zone = zone_of(head)
    words = Words(zone)
    with _counting("reading", found.segments) as progress:
        contents = contents_of(journal, zone, progress)
    days = sorted(contents.days)
    return about | {
        "profile": head.profile,
        "mode": head.mode,
        "written": [words.time(found.segments[0].began), words.time(found.segments[-1].ended)],
        "zone": zone,
        "segments": [
            {"file": one.path.name, "first": one.first, "records": one.last - one.first + 1, "bytes": one.size}
            for one in found.segments
        ],
        "records": dict(contents.kinds),
        "orders": {"placed": contents.placed, "cancelled": contents.cancelled},
        "rows": dict(contents.rows),
        "times": {name: [words.time(ts), words.time(contents.last[name])] for name, ts in contents.first.items()},
        "sessions": [str(to_date(day)) for day in days],
        "instruments": [str(one.id) for one in head.instruments],
        "made_by": list(head.made_by),
        "programs": dict(head.programs),
    }


def _info_lines(about: dict[str, Any]) -> Iterator[str]:
    yield f"{about['journal']}: {about['state']}"
    others = about["of_profile"]
    held = f"being written by {about['held_by']}" if about["held_by"] else "nobody writes it now"
    yield f"the session has {'' if about['ended'] else 'not '}ended; {held}; {others} of its profile"
    if "profile" not in about:
        return
    yield f"profile {about['profile']}, {about['mode']}, written {' to '.join(about['written'])}"
    for one in about["segments"]:
        yield f"file {one['file']}: {one['records']:,} records, {one['bytes']:,} bytes"
    yield f"records: {', '.join(f'{count:,} {kind}' for kind, count in about['records'].items())}"
    yield f"orders: {about['orders']['placed']:,} placed, {about['orders']['cancelled']:,} cancelled"
    for stream, rows in about["rows"].items():
        yield f"{stream}: {rows:,} rows, {' to '.join(about['times'][stream])}"
    days = about["sessions"]
    if days:
        yield f"sessions: {len(days)}, {days[0]} to {days[-1]}"
    names = about["instruments"]
    yield f"instruments: {len(names)}, {', '.join(names[:8])}{', ...' if len(names) > 8 else ''}"
    yield from (f"made by: {one}" for one in about["made_by"])
    yield from (f"program: {name} {key}" for name, key in about["programs"].items())


def _echo(lines: Iterator[str]) -> None:
    for line in lines:
        click.echo(line)


@contextmanager
def _counting(name: str, segments: Sequence[Segment]) -> Iterator[Callable[[int], None]]:
    with _bar(name, sum(one.good for one in segments)) as progress:
        yield progress


@contextmanager
def _bar(name: str, total: int) -> Iterator[Callable[[int], None]]:
    """A bar over bytes, on a terminal."""
    with progress_bar(1, quiet=False) as bar:
        told = bar.again(name, total)
        yield lambda done: told(done, 0)
