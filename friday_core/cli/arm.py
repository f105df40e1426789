"""``friday arm`` and ``friday disarm``: a person lets a session trade real money, for a time and up to an amount."""

from __future__ import annotations

import getpass
import re
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from friday_core.cli.findings import Finding, Outcome
from friday_core.cli.halt import only_profile
from friday_core.cli.options import Choice, settings_options

if TYPE_CHECKING:
    from friday_core.domain.records import Armed

_UNITS = {"h": 3_600, "m": 60}
#: Seconds for which a session may be armed at once: a person says so anew every day.
_LONGEST = 24 * 3_600
_folder = click.option(
    "--journals",
    "folder",
    type=click.Path(path_type=Path),
    help="The folder of the profile's journals; default where the profile keeps them.",
)


def _seconds(_context: click.Context, _option: click.Parameter, text: str) -> int:
    parts = re.fullmatch(r"(?:(\d{1,4})h)?(?:(\d{1,4})m)?", text)
    found = zip(parts.groups(), "hm", strict=True) if parts else ()
    seconds = sum(int(count) * _UNITS[unit] for count, unit in found if count)
    if not 0 < seconds <= _LONGEST:
        raise click.BadParameter(f"{text!r}: write for example 6h, 90m or 1h30m, up to 24h")
    return seconds


@click.command("arm")
@settings_options
@click.option("--for", "seconds", required=True, metavar="6h", callback=_seconds, help="How long, as 6h or 1h30m.")
@click.option("--capital", required=True, type=click.IntRange(min=1), help="Most that all positions may be worth.")
@click.option("--reason", required=True, help="Why, in your words: it stands in the journal.")
@_folder
def command(choice: Choice, seconds: int, capital: int, reason: str, folder: Path | None) -> None:
    """Let the session that runs trade real money, for a stated time and up to a stated amount.

    Refused, with the whole list, while something is not in order: `friday doctor` with the same options lists it
    too. Ends by itself, with `friday disarm`, with `friday halt`, and with the session. Exit code 1 if it is refused.
    """
    from friday_core.domain.records import Armed  # noqa: PLC0415 - `--help` must stay light
    from friday_core.orchestration.preflight import preflight  # noqa: PLC0415
    from friday_core.session.on_disk.armed_file import ArmedFile  # noqa: PLC0415

    now = time.time_ns() // 1_000
    host = choice.builder()(choice.load())
    found = preflight(host.assembly, host.profile, now, folder)
    if found.mode != "live":
        raise click.ClickException(f"the mode is {found.mode}: no real money is at stake, and nothing to arm")
    for one in found.findings:
        click.echo(_line(one))
    failed = sum(one.outcome is Outcome.FAIL for one in found.findings)
    if failed:
        raise click.ClickException(f"not armed: {failed} of {len(found.findings)} are not in order")
    checks = tuple(f"{one.check}: {one.evidence}" for one in found.findings)
    armed = Armed(now, now + seconds * 1_000_000, capital, reason, getpass.getuser(), checks)
    ArmedFile(found.folder).write(armed)
    _tell(armed)


@click.command("disarm")
@_folder
def disarm(folder: Path | None) -> None:
    """Let nothing be added to a position any more; what reduces one, and cancels, are sent all the same.

    Without --journals: of the profile in ./journals that is being written, or of the only one.
    """
    from friday_core.session.on_disk.armed_file import ArmedFile  # noqa: PLC0415 - `--help` must stay light

    place = folder or only_profile()
    click.echo(f"disarmed: {place}" if ArmedFile(place).remove() else f"{place} was not armed")


def _line(one: Finding) -> str:
    mend = f"; {one.mend}" if one.mend else ""
    return f"{one.outcome:<6}{one.check:<16}{one.evidence}{mend}"


def _tell(armed: Armed) -> None:
    from friday_core.orchestration.preflight import told  # noqa: PLC0415 - known to be loaded by now

    click.echo(f"armed {told(armed)}")
