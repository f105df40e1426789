"""Records of a journal put together, where the core answers the same."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from friday_core.domain.chunk import Chunk
from friday_core.domain.records import ChunkReceived, ClockAdvanced, Intent, PlaceOrder, Record
from friday_core.session.journal import Entry

#: Rows of one stream that are applied at once.
MOST_ROWS = 65_536


@dataclass(slots=True)
class Batch:
    """The records ``first`` to ``last`` of a journal as ``records``, and what the core answered to them, in order."""

    first: int
    last: int
    records: Sequence[Record] = ()
    intents: list[Intent] = field(default_factory=list)


def joined(entries: Iterable[Entry], most_rows: int = MOST_ROWS) -> Iterator[Batch]:
    """Rows of a stream that came one after the other as one chunk: chunks of n give what n chunks of one give.

    So does the time that was told between two of them, if it is told after them: it says that no earlier row is on its
    way, and while the later rows are not earlier, they say the same; unless orders may have followed from it alone. Any
    other record stands by itself, as does the last one, of whose answer a process may have died. An entry may stand for
    several records (``stretches``).
    """
    run, first = _Run(most_rows), 0
    waiting: Entry | None = None
    for entry in entries:
        if waiting is not None:
            yield from run.add(waiting, first)
            first = waiting.seq + 1
        waiting = entry
    yield from run.taken()
    if waiting is not None:
        yield _alone(waiting, first)


def _alone(entry: Entry, first: int) -> Batch:
    return Batch(first, entry.seq, (entry.record,), list(entry.intents))


class _Run:
    """What is put together at the moment."""

    def __init__(self, most_rows: int) -> None:
        self._most = most_rows
        self._clear()

    def _clear(self) -> None:
        self._first = 0
        self._entries: list[Entry] = []
        self._chunks: list[Chunk] = []
        self._kind: tuple[str, ...] = ()
        self._rows = 0
        self._told: ClockAdvanced | None = None

    def add(self, entry: Entry, first: int) -> Iterator[Batch]:
        """An entry that stands for the records from ``first`` to its own number."""
        record = entry.record
        if isinstance(record, ClockAdvanced) and self._chunks and not _squares_off(entry.intents):
            self._told = record
        elif isinstance(record, ChunkReceived):
            if not self._takes(record):
                yield from self.taken()
            self._chunks.append(record.chunk)
            self._kind = (record.stream, *record.chunk.columns)
            self._rows += len(record.chunk)
        else:
            yield from self.taken()
            yield _alone(entry, first)
            return
        self._first = self._first if self._entries else first
        self._entries.append(entry)

    def taken(self) -> Iterator[Batch]:
        """What there is, as a batch."""
        if self._entries:
            records: list[Record] = [ChunkReceived(self._kind[0], Chunk.concat(self._chunks))]
            records += [] if self._told is None else [self._told]
            intents = [one for entry in self._entries for one in entry.intents]
            yield Batch(self._first, self._entries[-1].seq, records, intents)
            self._clear()

    def _takes(self, record: ChunkReceived) -> bool:
        if not self._chunks:
            return True
        alike = self._kind == (record.stream, *record.chunk.columns) and self._rows < self._most
        if not alike or self._told is None or not len(record.chunk):
            return alike
        return int(record.chunk.ts_event.min()) >= self._told.ts


def _squares_off(intents: Sequence[Intent]) -> bool:
    """Whether orders may follow from the time alone, which at a broker closes intraday positions."""
    reasons = (one.order.reason if isinstance(one, PlaceOrder) else one.reason for one in intents)
    return any(reason.startswith("SQUARE_OFF") for reason in reasons)
