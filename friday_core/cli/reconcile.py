"""``friday reconcile``: the broker's book is read now, and not only on the timer."""

from __future__ import annotations

import time
from collections import Counter
from pathlib import Path

import click

from friday_core.cli.halt import only_profile

#: Seconds that a session gets to read the book.
PATIENCE = 15.0


@click.command("reconcile")
@click.option(
    "--journals",
    "folder",
    type=click.Path(path_type=Path),
    help="The folder of a profile's journals; default the one in ./journals that is being written.",
)
def command(folder: Path | None) -> None:
    """Let a running session read its broker's whole book and compare it with its own.

    What the broker has and the session does not is noted and left alone; see docs/reliability.md. Exit code 1 if no
    session runs, or if it has not read the book within seconds, as one whose fills are computed never does.
    """
    from friday_core.domain.records import BrokerRead  # noqa: PLC0415 - `--help` must stay light
    from friday_core.session.on_disk.control import Control  # noqa: PLC0415
    from friday_core.session.on_disk.holder import is_held  # noqa: PLC0415
    from friday_core.session.on_disk.recent import recent  # noqa: PLC0415

    place = folder or only_profile()
    if not is_held(place):
        raise click.ClickException(f"no session writes in {place}: the book is read when one starts")
    before = len(list(recent(place, BrokerRead)))
    Control(place).ask_for_reading()
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        found = list(recent(place, BrokerRead))
        if len(found) > before:
            _tell(found[-1])
            return
        time.sleep(0.1)
    raise click.ClickException(f"the book was not read within {PATIENCE:g} s; is it a broker that answers?")


def _tell(read: object) -> None:
    """What the broker has, in a few lines."""
    from friday_core.domain.records import BrokerRead  # noqa: PLC0415

    assert isinstance(read, BrokerRead)
    statuses = Counter(str(one.status) for one in read.orders)
    told = ", ".join(f"{count} {status}" for status, count in sorted(statuses.items())) or "none"
    click.echo(f"orders: {len(read.orders)} ({told})")
    if read.positions is None:
        click.echo("positions: the broker does not tell, or something traded meanwhile")
        return
    for one in read.positions:
        click.echo(f"{one.instrument}: {one.quantity:+}")
    if not read.positions:
        click.echo("positions: none")
