"""Where the sessions of a profile are journaled, and which of them goes on."""

from __future__ import annotations

import hashlib
import platform
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from friday_core import __version__
from friday_core.domain.cursor import Cursor
from friday_core.domain.records import Record, SessionResumed, SessionStarted, SessionStopped
from friday_core.domain.sessions import SessionDates, to_datetime
from friday_core.errors import JournalError
from friday_core.infrastructure.logging import get_logger
from friday_core.interfaces.broker import Broker
from friday_core.orchestration.assembly import Assembly
from friday_core.plugin.plan import MARKET_DATA, SettingsSections
from friday_core.session.feed import HistoricalFeed
from friday_core.session.live.arming import Arming
from friday_core.session.live.feed import LiveFeed
from friday_core.session.on_disk import codec
from friday_core.session.on_disk.armed_file import ArmedFile
from friday_core.session.on_disk.control import Control
from friday_core.session.on_disk.holder import Hold
from friday_core.session.on_disk.journal import DiskJournal
from friday_core.session.on_disk.parquet import FOLDER as FOLDER_OF_TABLES
from friday_core.session.on_disk.parquet import export
from friday_core.session.on_disk.places import journals_in
from friday_core.session.on_disk.segments import entries, surveyed
from friday_core.session.runner import Progress, SessionRunner

#: The folder of journals beside that of runs.
FOLDER = "journals"
#: The first record of a process's part of a session, and what its feed delivers.
Beginning = tuple[SessionStarted | SessionResumed, Iterator[Record]]
#: What ends a session in whose place another one is begun.
ABANDONED = "ABANDONED: another session was begun in its place"


@dataclass(frozen=True, slots=True)
class Journals:
    """The journals of one profile: ``<folder>/<profile>/<UTC start>/``, one for each session.

    ``now`` tells microseconds UTC; ``day`` the day of such a time.
    """

    folder: Path
    head: codec.Head
    now: Callable[[], int]
    day: Callable[[int], int]

    @classmethod
    def of(
        cls, assembly: Assembly, profile: str, mode: str, *, resolved: str, now: Callable[[], int]
    ) -> Journals | None:
        """Those that a session of these settings is written to; ``None`` where it is not."""
        folder = folder_of(assembly.settings, profile, mode)
        if folder is None:
            return None
        strategies = assembly.programs.strategies
        programs = {name: program.key for name, program in strategies.items()}
        origins = {f"{node.request.key} {node.loaded.plugin.origin}" for node in assembly.graph.nodes.values()}
        made, source = tuple(sorted(origins)), assembly.source
        rows = (tuple(source.columns), source.interval, source.announces)
        head = codec.Head(0, 0, profile, mode, resolved, made, programs, tuple(assembly.universe), *rows)
        dates = SessionDates(assembly.settings.data.timezone)
        return cls(folder, head, now, dates.date)

    def control(self) -> Control:
        """What a person asks of these sessions."""
        return Control(self.folder)

    def arming(self, broker: Broker) -> Arming | None:
        """A person's leave to trade real money; ``None`` where none is at stake."""
        return Arming(ArmedFile(self.folder), self.now) if broker.account == "real" else None

    @contextmanager
    def opened(self, *, anew: bool) -> Iterator[DiskJournal]:
        """That of the latest session, if it has not ended; else, and ``anew``, that of another one.

        ``anew`` ends the latest session in its journal. When a session is over, its rows are written as Parquet
        besides. ``JournalError`` if another process writes here.
        """
        with ExitStack() as held:
            held.enter_context(closing(Hold.take(self.folder, self.head.profile, self.now())))
            with closing(self._unended(anew=anew) or self._open(self._next())) as journal:
                yield journal
            if journal.is_ended:
                _make_tables(journal)

    def _unended(self, *, anew: bool) -> DiskJournal | None:
        sessions = journals_in(self.folder)
        if not sessions:
            return None
        journal = self._open(sessions[-1])
        if not journal.found.is_ended:
            if not anew:
                return journal
            with closing(journal):
                journal.append(SessionStopped(ABANDONED))
        return None

    def _next(self) -> Path:
        """Named by the time, and after all others even if somebody has set the clock back."""
        latest = journals_in(self.folder)[-1:]
        now = self.folder / _stamp(self.now())
        return now if not latest or latest[0] < now else latest[0].with_name(f"{latest[0].name}+")

    def _open(self, folder: Path) -> DiskJournal:
        return DiskJournal.open(folder, self.head, self.now, self.day)


def session_head(assembly: Assembly, profile: str, mode: str, resolved: str, now: int) -> SessionStarted:
    """The first record of a session, which says what it is made of."""
    plugins = sorted({f"{node.request.key} {node.loaded.plugin.origin}" for node in assembly.graph.nodes.values()})
    made_by = (f"friday-trading {__version__}", f"python {platform.python_version()}")
    digest = hashlib.sha256(resolved.encode()).hexdigest()
    return SessionStarted(now, profile, mode, digest, (*made_by, *plugins))


def taken_up(
    journal: DiskJournal, runner: SessionRunner, feed: HistoricalFeed, begin: Beginning, progress: Progress
) -> Beginning:
    """Lets the runner write a journal and go to where it leads; returns what the session then goes on with.

    A feed of live data begins after the last row of the journal.
    """
    (head, records), universe = begin, feed.universe
    found = journal.found
    if not found.records:
        runner.journal = journal
        return begin
    where = str(journal.folder)
    get_logger("journal").info("a session goes on", journal=where, records=found.records, cut_bytes=found.cut)
    if changed := journal.changed_programs():
        get_logger("journal").warning("columns have changed since; what they decided then is compared", of=changed)
    replay = runner.take_up(journal, entries(found.segments, universe), progress)
    if isinstance(feed, LiveFeed) and (newest := replay.newest.get(MARKET_DATA)) is not None:
        ts_event, inst = newest
        feed.go_on(Cursor(ts_event, universe[inst].id), replay.next_seq[MARKET_DATA])
    return SessionResumed(head.ts, head.settings_hash, head.plugins), replay.rest(records)


def _make_tables(journal: DiskJournal) -> None:
    """The rows of a session that is over, as Parquet; ``friday journal export`` writes what cannot be written now."""
    try:
        export(surveyed(journal.folder), journal.folder / FOLDER_OF_TABLES)
    except JournalError as error:
        get_logger("journal").warning("the session's rows were not exported", error=str(error))


def _stamp(now: int) -> str:
    return to_datetime(now).strftime("%Y%m%dT%H%M%S.%fZ")


def parent_of(settings: SettingsSections, mode: str) -> Path | None:
    """Where the journals of all profiles are; ``None`` where sessions of this mode are not kept."""
    if settings.journal.folder is not None:
        return settings.journal.folder
    return None if mode == "backtest" else settings.run.folder.parent / FOLDER


def folder_of(settings: SettingsSections, profile: str, mode: str) -> Path | None:
    """Where the journals of a profile are; ``None`` where its sessions are not kept."""
    parent = parent_of(settings, mode)
    return None if parent is None else parent / re.sub(r"[^A-Za-z0-9_-]", "-", profile)
