"""A session once more, from its journal alone."""

from __future__ import annotations

import time
import tomllib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from friday_core import __version__
from friday_core.domain.chunk import Chunk
from friday_core.domain.instruments import Instrument
from friday_core.domain.orders import Order
from friday_core.domain.records import (
    CancelOrder,
    ChunkReceived,
    Intent,
    SessionStarted,
    SessionStopped,
)
from friday_core.errors import JournalError, ReplayDivergence
from friday_core.interfaces.source import HistoricalData, LiveData
from friday_core.orchestration.assembly import Assembly
from friday_core.plugin.plan import MARKET_DATA
from friday_core.plugin.spec import ComponentSpec, Kind
from friday_core.session.batches import Batch, joined
from friday_core.session.core import Core
from friday_core.session.on_disk import codec
from friday_core.session.on_disk.segments import Segment
from friday_core.session.on_disk.stretches import stretches
from friday_core.session.runner import Progress, RunStatus

#: The name of the source that stands for the one that the session had.
SOURCE = "journal"
#: What of a configuration does not count in a replay: nobody is told, and the rows are the journal's.
REPLACED = (f"streams.{MARKET_DATA}.source={SOURCE}", "notify.use=[]", "run.observers=[]")
#: Sections that change nothing of what a session decides.
_OUTSIDE = ("run.", "journal.", "notify.", "clock.")


class JournalSource(HistoricalData):
    """Offers what the source of a session offered; its rows come as the records of the journal."""

    def __init__(self, head: codec.Head) -> None:
        self._instruments = head.instruments
        self._announces = head.announces
        self.interval = head.interval
        self.columns = head.columns

    @property
    def announces(self) -> bool:
        return self._announces

    def instruments(self) -> Sequence[Instrument]:
        return self._instruments

    def bars(self) -> Iterator[Chunk]:
        return iter(())


class LiveJournalSource(JournalSource, LiveData):
    """The same of a session on live data."""


def source_of(head: codec.Head) -> ComponentSpec:
    """The source of a replay, to be brought. ``JournalError`` for a head that does not describe its rows."""
    if not head.interval:
        raise JournalError(
            "the journal does not say of what interval its rows are: replay it with the Friday that wrote it"
        )
    clock = tomllib.loads(head.resolved).get("clock", {})
    is_live = clock.get("kind") == "wall" and clock.get("speed") is None
    made = LiveJournalSource if is_live else JournalSource
    return ComponentSpec(Kind.SOURCE, SOURCE, lambda: made(head))


def is_what_if(overrides: Sequence[str]) -> bool:
    """Whether values that are set change what a session decides."""
    return any(not one.strip().startswith(_OUTSIDE) for one in overrides)


def made_otherwise(head: codec.Head, started: SessionStarted | None, assembly: Assembly) -> Iterator[str]:
    """Sentences about what the journal was made by, and this process is not: versions, plugins, programs."""
    made_by = () if started is None else started.plugins
    then = next((made for made in made_by if made.startswith("friday-trading ")), "")
    now = f"friday-trading {__version__}"
    if then and then != now:
        yield f"the journal was written by {then}, this is {now}"
    nodes = [node for node in assembly.graph.nodes.values() if node.request.kind is not Kind.SOURCE]
    origins = {node.request.key: f"{node.request.key} {node.loaded.plugin.origin}" for node in nodes}
    for one in head.made_by:
        key = one.partition(" ")[0]
        if key in origins and origins[key] != one:
            yield f"then {one}, now {origins[key]}"
    for name, program in head.programs.items():
        there = assembly.programs.strategies.get(name)
        if there is None:
            yield f"{name} was written in columns, and is not now"
        elif there.key != program:
            yield f"the columns of {name} are not those of then: program {program[:12]} then, {there.key[:12]} now"


@dataclass(frozen=True, slots=True)
class Difference:
    """Orders that only one of two sessions placed or cancelled: their number, and the first, as they are."""

    then: list[Intent]
    now: list[Intent]

    def __bool__(self) -> bool:
        return bool(self.then or self.now)


class SessionReplay:
    """Applies the files of a journal to a core and compares what it answers with what was answered then.

    ``ReplayDivergence`` at the first that differs, unless it asks ``what_if``: then ``difference`` has all of them. The
    orders of the last record may be missing in the journal, since its process died: they are ``unsent``.
    Records are applied many at a time; the divergence names the first and the last of them.
    """

    def __init__(self, journal: Path, segments: Sequence[Segment], *, what_if: bool = False) -> None:
        self.journal = journal
        self.segments = segments
        self.what_if = what_if
        self.records = self.rows = self.orders = 0
        self.seconds = 0.0
        self.ended = ""
        #: Whether it was ended before the journal was.
        self.stopped = False
        self.unsent: Sequence[Intent] = ()
        self._then: list[Intent] = []
        self._now: list[Intent] = []

    def run(self, core: Core, assembly: Assembly, after_each: Callable[[], None], progress: Progress) -> RunStatus:
        """All records; returns how the session ended, or that it did not. ``after_each`` is called between records."""
        began, last = time.perf_counter(), self.segments[-1].last
        for batch in joined(stretches(self.segments, assembly.universe)):
            answered = [intent for record in batch.records for intent in core.apply(record)]
            after_each()
            self._compare(batch, answered, is_last=batch.last == last)
            self._note(batch, progress)
            if self.stopped:
                break
        self.seconds = time.perf_counter() - began
        if core.halted is not None:
            return RunStatus.STOPPED
        return RunStatus.FINISHED if self.ended.startswith("END_OF_DATA") else RunStatus.INTERRUPTED

    def stop(self) -> None:
        """Apply no further record; safe from a signal handler."""
        self.stopped = True

    @property
    def difference(self) -> Difference:
        """Orders that only then, or only now, were placed or cancelled; their tags do not count."""
        then, now = (Counter(map(_untagged, one)) for one in (self._then, self._now))
        return Difference(_left(self._then, then - now), _left(self._now, now - then))

    def summary(self) -> dict[str, Any]:
        """What ``summary.json`` says of it."""
        told: dict[str, Any] = {
            "journal": str(self.journal),
            "records": self.records,
            "orders": self.orders,
            "ended": self.ended,
            "what_if": self.what_if,
        }
        if self.what_if:
            found = self.difference
            told["only_then"], told["only_now"] = len(found.then), len(found.now)
        return told

    def _compare(self, batch: Batch, answered: Sequence[Intent], *, is_last: bool) -> None:
        self.orders += len(batch.intents)
        if self.what_if:
            self._then += batch.intents
            self._now += answered
        elif is_last and not batch.intents:
            self.unsent = answered
        elif answered != batch.intents:
            raise ReplayDivergence(_where(batch, answered))

    def _note(self, batch: Batch, progress: Progress) -> None:
        self.records += batch.last - batch.first + 1
        for record in batch.records:
            if isinstance(record, ChunkReceived) and len(record.chunk):
                self.rows += len(record.chunk)
                progress(self.rows, int(record.chunk.ts_event[-1]))
            elif isinstance(record, SessionStopped):
                self.ended = record.reason


def _where(batch: Batch, answered: Sequence[Intent]) -> str:
    place = next((n for n, (a, b) in enumerate(zip(batch.intents, answered, strict=False)) if a != b), -1)
    place = min(len(batch.intents), len(answered)) if place < 0 else place
    which = f"record {batch.first:,}" if batch.first == batch.last else f"records {batch.first:,} to {batch.last:,}"
    return f"{which}: order {place + 1} of {len(batch.intents)} is another one now"


def _untagged(intent: Intent) -> Order | tuple[str, str]:
    """An order without what only its number in the session is; a cancel by its reason."""
    if isinstance(intent, CancelOrder):
        return intent.reason, ""
    return msgspec.structs.replace(intent.order, tag="", reason="")


def _left(intents: Sequence[Intent], counts: Counter[Order | tuple[str, str]]) -> list[Intent]:
    """The first intents of each content, as many as are counted."""
    found = []
    for intent in intents:
        content = _untagged(intent)
        if counts[content] > 0:
            counts[content] -= 1
            found.append(intent)
    return found
