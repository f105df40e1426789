"""``friday halt`` and ``friday rearm``: a person stops a session, and lets it go on."""

from __future__ import annotations

import getpass
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from friday_core.domain.records import Command

#: Seconds that a session gets to obey before the person is told that it has not.
PATIENCE = 5.0
_JOURNALS = "journals"
_CANCELLED = "No order leaves it now, and at a broker that answers its orders are cancelled"
#: What is so while a session hangs.
_MEANWHILE = {
    "pause": "No order leaves it now, and those at the broker work on",
    "cancel": _CANCELLED,
    "flatten": f"{_CANCELLED}, but positions are not closed",
    "rearm": "It goes on when it comes back",
}
_folder = click.option(
    "--journals",
    "folder",
    type=click.Path(path_type=Path),
    help=f"The folder of a profile's journals; default the one in ./{_JOURNALS} that is being written.",
)
_reason = click.option("--reason", required=True, help="Why, in your words: it stands in the journal and in decisions.")


@click.command("halt")
@click.argument("action", type=click.Choice(["pause", "cancel", "flatten"]))
@_reason
@_folder
def command(action: str, reason: str, folder: Path | None) -> None:
    """Stop a session: it holds until `friday rearm`, also after a restart.

    pause: no order adds to a position, and working orders that would are cancelled. cancel: every order
    ends, too. flatten: every position is closed besides. Works while the session runs. While it hangs no order
    leaves it any more, and for cancel and flatten its orders at the broker are cancelled all the same; positions have
    to be closed there. Exit code 1 if a session runs and has not obeyed within seconds.
    """
    _tell(action, reason, folder)


@click.command("rearm")
@_reason
@_folder
def rearm(reason: str, folder: Path | None) -> None:
    """Let a session that was halted go on, and accept what differs at the broker as it is."""
    _tell("rearm", reason, folder)


def _tell(action: str, reason: str, folder: Path | None) -> None:
    from friday_core.domain.records import Action, Command  # noqa: PLC0415 - `--help` must stay light
    from friday_core.session.on_disk.armed_file import ArmedFile  # noqa: PLC0415
    from friday_core.session.on_disk.control import Control  # noqa: PLC0415
    from friday_core.session.on_disk.holder import holder_of, is_held  # noqa: PLC0415

    place = folder or only_profile()
    told = Command(time.time_ns() // 1_000, Action(action), reason, getpass.getuser())
    Control(place).write(told)
    if told.action is not Action.REARM and ArmedFile(place).remove():
        click.echo("it is disarmed: after `friday rearm`, `friday arm` lets it trade real money again")
    if not is_held(place):
        click.echo(f"{action} is written in {place}; no session runs there: it holds when one starts")
        return
    click.echo(f"{action} is written in {place}, for {holder_of(place)}")
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        if _has_obeyed(place, told):
            click.echo("the session has obeyed")
            return
        time.sleep(0.1)
    raise click.ClickException(
        f"the session has not obeyed within {PATIENCE:g} s: it hangs, or is at a long record. {_MEANWHILE[action]}; "
        "look at the broker, and end the process if it does not come back"
    )


def _has_obeyed(place: Path, told: Command) -> bool:
    """Whether the command is in the journal of the latest session."""
    from friday_core.domain.records import Command  # noqa: PLC0415
    from friday_core.session.on_disk.recent import recent  # noqa: PLC0415

    return any(one.ts == told.ts for one in recent(place, Command))


def only_profile() -> Path:
    """The profile's folder under ``journals`` that a process writes, or the only one."""
    from friday_core.session.on_disk.holder import is_held  # noqa: PLC0415

    known = sorted(path for path in Path(_JOURNALS).glob("*") if path.is_dir())
    held = [path for path in known if is_held(path)]
    (place, *others) = held or known or [Path()]
    if others or not known:
        found = ", ".join(map(str, held or known)) or f"none in ./{_JOURNALS}"
        raise click.UsageError(f"which session? There is {found}: name its folder with --journals")
    return place
