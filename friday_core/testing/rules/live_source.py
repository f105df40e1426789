"""What a source of live data keeps."""

from __future__ import annotations

import time
from collections.abc import Iterator

from friday_core.domain.chunk import Chunk
from friday_core.interfaces.source import LiveData
from friday_core.testing.outcomes import Broken
from friday_core.testing.rule import Rule
from friday_core.testing.rules import resuming, source
from friday_core.testing.subject import Subject

#: Seconds in which a chunk comes, rows or none, with what a busy machine takes.
_LONGEST = 1.5
_CHUNKS = 3


def _gives_signs_of_life(subject: Subject) -> None:
    for number, (_, seconds) in enumerate(_first(_live(subject))):
        if seconds > _LONGEST:
            raise Broken(f"chunk {number} came after {seconds:.1f} s")


def _delivers_what_it_declares(subject: Subject) -> None:
    one = _live(subject)
    offered = len(list(one.instruments()))
    for number, (chunk, _) in enumerate(_first(one)):
        if set(chunk.columns) != set(one.columns):
            differ = ", ".join(sorted(set(chunk.columns) ^ set(one.columns)))
            raise Broken(f"chunk {number} and its columns differ in {differ}")
        if len(chunk) and not 0 <= int(chunk.inst.min()) <= int(chunk.inst.max()) < offered:
            raise Broken(f"chunk {number} has rows of instruments that are not among its {offered}")


def _ends_when_told(subject: Subject) -> None:
    one = _live(subject)
    chunks = resuming.chunks_of(one.bars(), "bars()")
    next(chunks)
    one.stop_reading()
    if hasattr(chunks, "close"):
        chunks.close()


def _live(subject: Subject) -> LiveData:
    one = resuming.source_of(subject)
    if not isinstance(one, LiveData):
        raise Broken(f"its factory makes a {type(one).__name__}, which is no LiveData")
    return one


def _first(one: LiveData) -> Iterator[tuple[Chunk, float]]:
    """A few chunks, and how many seconds each took."""
    chunks = resuming.chunks_of(one.bars(), "bars()")
    try:
        for _ in range(_CHUNKS):
            began = time.monotonic()
            chunk = next(chunks, None)
            if chunk is None:
                raise Broken("bars() ended before anybody told it to")
            yield chunk, time.monotonic() - began
    finally:
        one.stop_reading()


RULES = (
    source.RULES[0],
    Rule(
        "it gives a sign of life at least once a second",
        "without a row only that tells a session that time goes by: bars are closed and positions squared off by it",
        "yield an empty chunk with the same columns when nothing has come for half a second",
        _gives_signs_of_life,
    ),
    Rule(
        "its chunks carry the columns that it declares, the empty ones too",
        "the stages of a stream were checked against these columns before the run",
        "make empty chunks by the code that makes the others; let inst be the position among its instruments by id",
        _delivers_what_it_declares,
    ),
    Rule(
        "its rows can be left at any time",
        "a session is stopped, or its process ends, while rows come",
        "let stop_reading() set a flag that bars() looks at, and return at once",
        _ends_when_told,
    ),
)
