"""``friday replay``: a session once more, from its journal alone."""

from __future__ import annotations

import copy
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import click

from friday_core.cli.exit_codes import ExitCode
from friday_core.cli.options import Choice, settings_options
from friday_core.cli.progress import RunBar, progress_bar
from friday_core.cli.run import reported, run_host
from friday_core.cli.summary import print_summary
from friday_core.errors import ReplayDivergence

if TYPE_CHECKING:
    from friday_core.orchestration.host import Host
    from friday_core.orchestration.replaying import SessionReplay
    from friday_core.session.on_disk import codec
    from friday_core.session.on_disk.survey import Survey

#: Orders of each side that are listed where two sessions differ on purpose.
_LISTED = 10
_MEND = (
    "install the plugins and the Friday of then; if they are those, a component draws random numbers, reads a clock or "
    "keeps something between two runs: take that out"
)


@click.command("replay")
@click.argument("journal", type=click.Path(path_type=Path))
@settings_options
@click.option("--quiet", "-q", is_flag=True, help="Print the run folder only.")
@click.option("--no-report", is_flag=True, help="Do not write report.html.")
def command(choice: Choice, *, journal: Path, quiet: bool, no_report: bool) -> None:
    """Run a session again from its journal, compare every order, and write its results.

    JOURNAL is the folder of a session, or of a profile or of all profiles, of which the latest session is meant.
    Settings, instruments and rows are the journal's, plugins those that are installed; no order is sent and nobody is
    told. Exit code 1 if an order is another one: the record, the strategy and its columns are named. With --set,
    --profile or --config it is a WHAT-IF: what becomes different is listed, and is no error.
    """
    from friday_core.session.on_disk.places import journal_at  # noqa: PLC0415 - `--help` must stay light

    replayed = Replayed.of(journal_at(journal), choice)
    with progress_bar(1, quiet=quiet) as bar:
        result = replayed.run(bar)
    page = None if no_report else reported(result)
    if quiet:
        click.echo(result.folder)
    else:
        if replayed.what_if:
            click.secho("WHAT-IF: this is not what the session did", fg="yellow", bold=True)
        print_summary(result, page)
    for line in replayed.lines():
        click.echo(line, err=quiet)
    sys.exit(ExitCode.INTERRUPTED if replayed.stopped else ExitCode.FINISHED)


def verified_replay(journal: Path) -> str:
    """One line about a replay that leaves nothing behind; ``ReplayDivergence`` if an order is another one."""
    with TemporaryDirectory(prefix="friday-") as room:
        replayed = Replayed.of(journal, Choice(overrides=(f"run.folder={room}", "run.bars_table=false")))
        with progress_bar(1, quiet=False) as bar:
            replayed.run(bar)
    return "\n".join(replayed.lines())


@dataclass(slots=True)
class Then:
    """A clock that shows when the session began: what is known about dates is judged as of then."""

    ts: int

    def now(self) -> int:
        return self.ts


@dataclass(slots=True)
class Replayed:
    """A journal that is to be replayed, and with which settings."""

    journal: Path
    choice: Choice
    found: Survey
    what_if: bool
    session: SessionReplay | None = None
    told: tuple[str, ...] = ()

    @classmethod
    def of(cls, journal: Path, choice: Choice) -> Replayed:
        """``JournalError`` for a journal that is damaged or empty."""
        from friday_core.orchestration.replaying import is_what_if  # noqa: PLC0415
        from friday_core.session.on_disk.survey import undamaged  # noqa: PLC0415

        asked = choice.overridden()
        what_if = bool(choice.profile or choice.config) or is_what_if(asked.overrides)
        return cls(journal, asked, undamaged(journal), what_if)

    @property
    def stopped(self) -> bool:
        """Whether somebody ended the replay before its end."""
        return self.session is not None and self.session.stopped

    @property
    def head(self) -> codec.Head:
        """Of the last file: what the session was continued with last."""
        return self.found.segments[-1].head

    def host(self, *overrides: str) -> Host:
        """A host of the journal's settings, which reads nothing but the journal."""
        from friday_core.orchestration.replaying import REPLACED, source_of  # noqa: PLC0415

        choice = self.choice.overridden(*REPLACED, *overrides)
        with TemporaryDirectory(prefix="friday-") as room:
            if choice.profile or choice.config:
                loaded: Any = choice.load()
            else:
                file = Path(room) / "resolved.toml"
                file.write_text(self.head.resolved, "utf-8")
                load = choice.module().load_settings
                loaded = load("default", config=file, overrides=choice.overrides, environ={}, folder=Path(room))
            loaded = copy.copy(loaded)
            loaded.profile = f"{self.head.profile}-{'what-if' if self.what_if else 'replay'}"
            host: Host = choice.builder()(loaded, [source_of(self.head)], clock=Then(self.found.segments[0].began))
        return host

    def run(self, bar: RunBar) -> Any:
        """The whole session with its run folder. ``ReplayDivergence`` tells the first order that is another one."""
        from friday_core.orchestration.replaying import SessionReplay, made_otherwise  # noqa: PLC0415

        host = self.host()
        self.session = SessionReplay(self.journal, self.found.segments, what_if=self.what_if)
        self.told = tuple(made_otherwise(self.head, self._started(), host.assembly))
        for line in self.told:
            click.secho(line, fg="yellow", err=True)
        host.replay(self.session)
        try:
            return run_host(host, bar, "replay")
        except ReplayDivergence as error:
            with self._named(host):
                raise ReplayDivergence("\n".join([*self._divergence(bar, str(error)), f"    mend: {_MEND}"])) from error

    def lines(self) -> Iterator[str]:
        """What there is to say when it is over."""
        session = self.session
        assert session is not None
        speed = session.rows / session.seconds if session.seconds else 0.0
        counts = f"{session.records:,} records, {session.rows:,} rows"
        yield f"replayed {counts} in {session.seconds:.2f} s, {speed:,.0f} rows/s"
        if session.what_if:
            yield from self._differences()
        else:
            yield f"{session.orders:,} orders and cancels, all as then"
        if session.unsent:
            yield f"what the last record led to is not in the journal, its process ended: {len(session.unsent)} orders"
        if session.stopped:
            yield "the replay was interrupted"
        elif not session.ended:
            yield "the journal does not end: the session was killed, or is still running; `friday run` goes on with it"

    def _differences(self) -> Iterator[str]:
        from friday_core.domain.chunk import Universe  # noqa: PLC0415
        from friday_core.domain.records import PlaceOrder  # noqa: PLC0415

        assert self.session is not None
        found, words, universe = self.session.difference, self._words(), Universe(self.head.instruments)
        for when, intents in (("only then", found.then), ("only now", found.now)):
            yield f"{when}: {len(intents):,} orders and cancels"
            for one in intents[:_LISTED]:
                when_decided = f"{words.time(one.order.ts_decided)} " if isinstance(one, PlaceOrder) else ""
                yield f"    {when_decided}{words.intent(one, universe)}"
            if len(intents) > _LISTED:
                yield f"    and {len(intents) - _LISTED:,} more"

    def _divergence(self, bar: RunBar, found: str) -> Iterator[str]:
        """Once more, record by record, to name the one."""
        from friday_core.orchestration.divergence import described, first_divergence  # noqa: PLC0415
        from friday_core.session.on_disk.segments import entries  # noqa: PLC0415

        assembly = self.host().assembly
        progress = bar.again("looking for the record", self.session.rows if self.session else 0)
        first = first_divergence(assembly, entries(self.found.segments, assembly.universe), progress)
        if first is None:
            yield f"{self.journal}: {found}; record by record all are as then: please report it"
            return
        yield f"{self.journal} does not lead to what it led to then"
        journal = (entry for entry in entries(self.found.segments, assembly.universe))
        yield from described(first, lambda: self.host().assembly, journal, self._words())

    def _words(self) -> Any:
        from friday_core.session.on_disk.contents import zone_of  # noqa: PLC0415
        from friday_core.session.on_disk.words import Words  # noqa: PLC0415

        return Words(zone_of(self.head))

    def _started(self) -> Any:
        """The first record."""
        from friday_core.domain.records import SessionStarted  # noqa: PLC0415
        from friday_core.session.on_disk.following import Follower  # noqa: PLC0415

        said = next(Follower(self.journal).rest_of_file(), None)
        content = None if said is None else said.content()
        return content if isinstance(content, SessionStarted) else None

    @contextmanager
    def _named(self, host: Host) -> Iterator[None]:
        """Whoever reads the error also reads where the results up to it are."""
        try:
            yield
        except BaseException as error:
            error.add_note(f"what there is of the replay: {host.folder.path}")
            raise
