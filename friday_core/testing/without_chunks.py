"""Rows as they come while a market is open: by themselves or a few at once, and without a chunk where that is taken."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from friday_core.domain.chunk import Chunk
from friday_core.domain.row import FEW, few_rows, only_row
from friday_core.domain.verdicts import Verdict
from friday_core.flow.row_paths import passes_rows
from friday_core.testing.comparing import one_by_one, pieces
from friday_core.testing.judging import verdicts
from friday_core.testing.outcomes import Broken

#: So many rows of a chunk, then so many that come without one, in turns.
_TURN = 11


def verdicts_without_chunks(validator: Any, chunk: Chunk, *, together: bool = False) -> list[str]:
    """What a validator says of rows that come alone; ``together``, of rows of one time that come at once."""
    said: list[str] = []
    for part in _of_one_time(chunk) if together else one_by_one(chunk):
        few = few_rows(part) if together else None
        if few is not None and _passes(validator, few):
            said += [Verdict.PASS.name] * len(part)
            continue
        for one in one_by_one(part):
            row = only_row(one)  # none of a row that its source marked: that one is always made a chunk
            said += verdicts(validator, [one]) if row is None else [_in_words(validator.judge(row))]
    return said


def verdicts_in_turns(validator: Any, chunk: Chunk) -> list[str]:
    """What it says where chunks and rows without one come in turns."""
    said: list[str] = []
    for number, part in enumerate(pieces(chunk, range(_TURN, len(chunk), _TURN))):
        if number % 2:
            said += verdicts_without_chunks(validator, part, together=number % 4 == 3 and passes_rows(validator))
        else:
            said += verdicts(validator, [part])
    return said


def transformed_without_chunks(transformer: Any, chunk: Chunk, *, in_turns: bool = False) -> Chunk:
    """What a transformer makes of rows that come alone; ``in_turns``, with chunks between them."""
    made: list[Chunk] = []
    for number, part in enumerate(pieces(chunk, range(_TURN, len(chunk), _TURN)) if in_turns else [chunk]):
        if in_turns and not number % 2:
            made.append(transformer.transform(part))
        else:
            made += [_transformed(transformer, one) for one in one_by_one(part)]
    return Chunk.concat(made)


def _transformed(transformer: Any, one: Chunk) -> Chunk:
    row = only_row(one)
    if row is None:
        made: Chunk = transformer.transform(one)
        return made
    added = transformer.added(row)
    if not isinstance(added, Mapping) or added.keys() != set(transformer.outputs):
        raise Broken(f"added() gives {added!r:.60}, and not the values of {', '.join(transformer.outputs)}")
    return one.with_columns({name: np.array([value], np.float64) for name, value in added.items()})


def _of_one_time(chunk: Chunk) -> Iterator[Chunk]:
    """Rows that have one time and stand together, as many as come without a chunk at most."""
    changes = np.flatnonzero(chunk.ts_event[1:] != chunk.ts_event[:-1]) + 1
    for part in pieces(chunk, changes.tolist()):
        yield from pieces(part, range(FEW, len(part), FEW))


def _passes(validator: Any, few: Any) -> bool:
    try:
        return bool(validator.passes(few))
    except Exception:  # noqa: BLE001 - it may, and must then have changed nothing
        return False


def _in_words(found: object) -> str:
    match found:
        case None:
            return Verdict.PASS.name
        case (int(verdict), str(reason)) if verdict in set(Verdict) and verdict != Verdict.REPAIR:
            name = Verdict(verdict).name
            return f"{name} ({reason})" if reason else name
    raise Broken(f"judge() answers with {found!r:.60}: a verdict that is not REPAIR and its reason, or None, count")
