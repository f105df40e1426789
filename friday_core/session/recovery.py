"""A session that another process began: its journal leads to where it stood, and its feed goes on from there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from friday_core.domain.records import (
    ActionAnnounced,
    CancelOrder,
    ChunkReceived,
    Intent,
    ModelVersion,
    Record,
    SessionStopped,
    StreamEnded,
)
from friday_core.domain.sessions import to_datetime
from friday_core.errors import ReplayDivergence
from friday_core.session.core import Core
from friday_core.session.journal import Entry


class Replay:
    """Applies a journal to a fresh core, which has to answer what it answered then.

    ``ReplayDivergence`` names the first record that leads to something else. What the last record
    led to may be missing from the journal, since the process ended before it was written: it was not
    sent either, and is ``unsent``.
    """

    def __init__(self, core: Core) -> None:
        self._core = core
        #: How many records were applied, and rows of each stream.
        self.records = 0
        self.rows: dict[str, int] = {}
        #: Of each stream the last row in time, as (time, position of its instrument), and the number after its last.
        self.newest: dict[str, tuple[int, int]] = {}
        self.next_seq: dict[str, int] = {}
        self.ended = False
        #: The number of the last record, and what it led to, if the journal does not say so.
        self.unsent: tuple[int, Sequence[Intent]] | None = None
        self._announced: list[ActionAnnounced] = []
        self._versions: list[ModelVersion] = []
        self._streams_ended: set[str] = set()

    def apply(self, entry: Entry) -> None:
        """The next record."""
        if self.unsent is not None:
            raise ReplayDivergence(_difference(*self.unsent, ()))
        answered = tuple(self._core.apply(entry.record))
        if answered != entry.intents:
            if entry.intents:
                raise ReplayDivergence(_difference(entry.seq, answered, entry.intents, entry.record))
            self.unsent = (entry.seq, answered)
        self.records += 1
        self._note(entry.record)

    def settle(self) -> None:
        """What was unsent is known now to have been told."""
        self.unsent = None

    def rest(self, records: Iterable[Record]) -> Iterator[Record]:
        """What of a feed that begins at its beginning the journal does not have."""
        announced, versions = list(self._announced), list(self._versions)
        for record in records:
            match record:
                case ActionAnnounced() if record in announced:
                    announced.remove(record)
                case ModelVersion() if record in versions:
                    versions.remove(record)
                case StreamEnded(stream) if stream in self._streams_ended:
                    pass
                case ChunkReceived(stream, chunk) if len(chunk):
                    left = chunk.take(chunk.seq >= self.next_seq.get(stream, 0))
                    if len(left):
                        yield record if len(left) == len(chunk) else ChunkReceived(stream, left)
                case _:
                    yield record

    def _note(self, record: Record) -> None:
        match record:
            case ChunkReceived(stream, chunk) if len(chunk):
                self.rows[stream] = self.rows.get(stream, 0) + len(chunk)
                last = int(chunk.ts_event.max())
                row = (last, int(chunk.inst[chunk.ts_event == last].max()))
                self.newest[stream] = max(self.newest.get(stream, row), row)
                self.next_seq[stream] = max(self.next_seq.get(stream, 0), int(chunk.seq.max()) + 1)
            case ActionAnnounced():
                self._announced.append(record)
            case ModelVersion():
                self._versions.append(record)
            case StreamEnded(stream):
                self._streams_ended.add(stream)
            case SessionStopped():
                self.ended = True


def _difference(seq: int, answered: Sequence[Intent], recorded: Sequence[Intent], record: Record | None = None) -> str:
    """The first intent that differs, in words."""
    place = next((n for n, (one, other) in enumerate(zip(answered, recorded, strict=False)) if one != other), None)
    place = min(len(answered), len(recorded)) if place is None else place
    now = _told(answered[place]) if place < len(answered) else "nothing more"
    then = _told(recorded[place]) if place < len(recorded) else "nothing more"
    return (
        f"record {seq:,}{_of(record)}: then it led to {then}, now to {now}. Nothing is sent. Settings, plugins or data "
        "are not those that the session began with: start it with those, or begin another one: friday run --new"
    )


def _of(record: Record | None) -> str:
    if isinstance(record, ChunkReceived) and len(record.chunk):
        last = to_datetime(int(record.chunk.ts_event[-1])).isoformat()
        return f" (rows of {record.stream} up to {last})"
    return "" if record is None else f" ({type(record).__name__})"


def _told(intent: Intent) -> str:
    if isinstance(intent, CancelOrder):
        return f"the cancel of {intent.tag}"
    order = intent.order
    limit = "" if order.limit_price is None else f" limit {order.limit_price}"
    return f"{order.tag}: {order.side} {order.quantity} {order.instrument}{limit} of strategy {order.strategy}"
