"""What a source keeps for somebody who comes back: it goes on after the row that was taken last."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from friday_core.domain.chunk import Array, Chunk, Universe
from friday_core.domain.cursor import Cursor
from friday_core.domain.instruments import InstrumentId
from friday_core.domain.sessions import to_datetime
from friday_core.interfaces.source import HistoricalData
from friday_core.testing.outcomes import Broken, DoesNotApply
from friday_core.testing.rule import Rule
from friday_core.testing.subject import Subject


def source_of(subject: Subject) -> HistoricalData:
    """A fresh one that runs; like a host, the kit asks for its instruments before it starts it."""
    source: HistoricalData = subject.make()
    source.instruments()
    return subject.start(source)  # type: ignore[no-any-return]


def chunks_of(chunks: Iterable[Any], asked: str) -> Iterator[Chunk]:
    """The same; ``Broken`` if one of them is none."""
    for number, chunk in enumerate(chunks):
        if not isinstance(chunk, Chunk):
            raise Broken(f"{asked} gives a {type(chunk).__name__} in place of chunk {number}")
        yield chunk


def _goes_on_after_a_cursor(subject: Subject) -> None:
    source = source_of(subject)
    universe = Universe(source.instruments())
    chunks = list(chunks_of(source.bars(), "bars()"))
    if not sum(map(len, chunks)):
        raise DoesNotApply("it delivers no row")
    rows = Chunk.concat(chunks)
    for where, cursor in _cursors(rows, chunks, universe):
        later = np.array([one.id > cursor.instrument for one in universe])[rows.inst]
        expected = rows.take((rows.ts_event > cursor.ts_event) | ((rows.ts_event == cursor.ts_event) & later))
        fresh = source_of(subject)
        got = [one for one in chunks_of(fresh.bars_after(cursor), "bars_after()") if len(one)]
        if difference := _difference(expected, Chunk.concat(got) if got else rows.take(slice(0)), universe):
            raise Broken(f"after {where}, {_named(cursor)}, {difference}")


def _cursors(rows: Chunk, chunks: Sequence[Chunk], universe: Universe) -> Iterator[tuple[str, Cursor]]:
    """Places from which to go on, in words."""
    longest = max(chunks, key=len)
    first, last = Cursor.at(rows, universe, 0), Cursor.at(rows, universe)
    yield "the first row", first
    yield "a row in the middle of a chunk", Cursor.at(longest, universe, len(longest) // 2)
    yield "the last row of a chunk", Cursor.at(next(filter(len, chunks)), universe)
    meets = np.flatnonzero((np.diff(rows.ts_event) == 0) & (np.diff(rows.inst) != 0))
    if len(meets):
        between = Cursor.at(rows, universe, int(meets[len(meets) // 2]))
        stranger = InstrumentId(f"{between.instrument.symbol}!", between.instrument.exchange)
        yield "a row of several at its time", between
        yield "a row of an instrument that it does not offer", Cursor(between.ts_event, stranger)
    yield "the last row", last
    yield "a time before the first row", Cursor(first.ts_event - 1, last.instrument)
    yield "a time after the last row", Cursor(last.ts_event + 1, first.instrument)


def _difference(expected: Chunk, got: Chunk, universe: Universe) -> str:
    """The first difference of rows that came from those that should have, in words; how rows are numbered is none."""
    same = min(len(expected), len(got))
    own = [(values[:same], other[:same]) for values, other in zip(_values(expected), _values(got), strict=False)]
    differ = np.flatnonzero(np.any([_bits(one) != _bits(other) for one, other in own], axis=0))
    if not len(differ) and len(expected) == len(got) and set(expected.columns) == set(got.columns):
        return ""
    row = int(differ[0]) if len(differ) else same
    follows, wanted = (_place(rows, row, universe) for rows in (got, expected))
    if follows == wanted:
        return f"{follows} comes with other values or columns"
    return f"{follows} follows where {wanted} would have followed"


def _values(chunk: Chunk) -> list[Array]:
    columns = [chunk.columns[name] for name in sorted(chunk.columns)]
    return [chunk.ts_event, chunk.inst, chunk.ts_recv, chunk.code, *columns]


def _bits(values: Array) -> Array:
    return values.view(np.int64) if values.dtype.kind == "f" else values


def _place(rows: Chunk, row: int, universe: Universe) -> str:
    return _named(Cursor.at(rows, universe, row)) if row < len(rows) else "nothing"


def _named(cursor: Cursor) -> str:
    return f"{cursor.instrument} of {to_datetime(cursor.ts_event):%Y-%m-%d %H:%M} UTC"


RULE = Rule(
    "what follows a cursor is what would have followed",
    "a session that starts again goes on after the last row that it had, and must see what it would have seen",
    "leave bars_after() as it is, or compare time and instrument with the cursor's: rows of its time may follow",
    _goes_on_after_a_cursor,
)
