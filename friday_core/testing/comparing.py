"""The first place where two results differ, to the last bit."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

import numpy as np

from friday_core.domain.chunk import Array, Chunk
from friday_core.testing.markets import Market
from friday_core.testing.outcomes import Broken

#: Distance, relative to the larger of two numbers, up to which grade C calls them equal.
TOLERANCE = 1e-9


def require_equal(
    market: Market, names: Iterable[str], expected: Chunk, got: Chunk, how: str, *, exact: bool = True
) -> None:
    """``Broken`` with the first row and column in which two chunks of the same rows differ; ``how`` is the second."""
    if len(expected) != len(got):
        raise Broken(f"{len(expected)} rows come out, and {len(got)} {how}")
    for name in names:
        differ = np.flatnonzero(~_equal(expected[name], got[name], exact))
        if len(differ):
            row = int(differ[0])
            place = market.place(int(expected.seq[row]))
            raise Broken(f"{place}: {name} is {expected[name][row]!r:.40}, and {got[name][row]!r:.40} {how}")


def require_same(market: Market, expected: Sequence[str], got: Sequence[str], how: str) -> None:
    """The same of what is said of each row in words."""
    for row, (one, other) in enumerate(zip(expected, got, strict=False)):
        if one != other:
            raise Broken(f"{market.place(row)}: {one}, and {other} {how}")
    if len(expected) != len(got):
        raise Broken(f"there are {len(expected)} answers, and {len(got)} {how}")


def cuts(count: int) -> Iterator[tuple[str, list[int]]]:
    """Ways to cut so many rows, each in words, with the rows before which it cuts."""
    draw = np.random.Generator(np.random.PCG64(count))
    yield "where chunks have 7 rows", list(range(7, count, 7))
    yield "where rows come in two chunks", [count // 2]
    at = np.flatnonzero(draw.integers(0, 20, count) == 0)
    yield "where rows are cut at random", at[at > 0].tolist()


def pieces(chunk: Chunk, at: Sequence[int]) -> list[Chunk]:
    """The chunk in pieces, cut before the given rows."""
    bounds = [0, *at, len(chunk)]
    return [chunk.take(slice(a, b)) for a, b in pairwise(bounds) if a < b]


def one_by_one(chunk: Chunk) -> list[Chunk]:
    """Every row by itself."""
    return pieces(chunk, range(1, len(chunk)))


def digest(chunk: Chunk) -> bytes:
    """All bytes of a chunk: what is handed over must be the same afterwards."""
    own: list[Array] = [chunk.ts_event, chunk.ts_recv, chunk.inst, chunk.seq, chunk.code, *chunk.columns.values()]
    return b"".join(values.tobytes() for values in own)


def _equal(one: Array, other: Array, exact: bool) -> Array:
    both_nan = np.isnan(one) & np.isnan(other) if one.dtype.kind == "f" else np.zeros(len(one), bool)
    if exact or one.dtype.kind != "f":
        same = one == other if one.dtype.kind != "f" else one.view(np.int64) == other.view(np.int64)
    else:
        same = np.isclose(one, other, rtol=TOLERANCE, atol=0.0)
    found: Array = same | both_nan
    return found
