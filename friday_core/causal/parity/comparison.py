"""All ways of executing a program on some rows, compared bit by bit."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from friday_core.causal.parity.bits import differing
from friday_core.causal.parity.difference import Difference, first_difference
from friday_core.causal.parity.rows import RowSet
from friday_core.causal.parity.spots import shown
from friday_core.causal.parity.ways import REFERENCE, Case, Executors, Ran, Way, ways
from friday_core.causal.program import Program
from friday_core.domain.chunk import Float64


@dataclass(frozen=True, slots=True)
class Compared:
    """One way on one set of rows: how many values of outputs and of the final state, and how many differ."""

    way: str
    rows: str
    values: int
    differing: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """``first`` is the first operator that differs, on the first rows on which bits differ at all."""

    compared: tuple[Compared, ...]
    first: Difference | None

    @property
    def differing(self) -> int:
        return sum(one.differing for one in self.compared)

    @property
    def values(self) -> int:
        return sum(one.values for one in self.compared)


def compare(
    program: Program,
    sets: Iterable[RowSet],
    executors: Executors,
    seed: int = 0,
    advance: Callable[[str], None] = lambda _what: None,
) -> Comparison:
    """Every way against the oracle's, slice by slice, on each set of rows; ``seed`` draws where they are cut.

    ``advance`` is told each set before its rows are executed. All NaN count as one.
    """
    found: list[Compared] = []
    first: Difference | None = None
    for rows in sets:
        advance(rows.name)
        case = Case(program, rows, executors)
        every = list(ways(case, seed))
        of_rows = list(_compared(case, every))
        found += of_rows
        wrong = [way for way, one in zip(every, of_rows, strict=True) if one.differing]
        if wrong and first is None:
            first = first_difference(case, wrong, every)
    return Comparison(tuple(found), first)


def _compared(case: Case, every: Sequence[Way]) -> Iterator[Compared]:
    reference = REFERENCE.run(case)
    for way in every:
        if way.shows_all:
            pairs = [pair for domain in case.program.domains for pair in _of_all(shown(case, domain), way)]
        else:
            pairs = list(_pairs(reference, way.run(case)))
        values = sum(one.size for one, _other in pairs)
        yield Compared(way.name, case.rows.name, values, sum(int(differing(*pair).sum()) for pair in pairs))


def _of_all(case: Case, way: Way) -> Iterator[tuple[Float64, Float64]]:
    yield from _pairs(REFERENCE.run(case), way.run(case))


def _pairs(reference: Ran, ran: Ran) -> Iterator[tuple[Float64, Float64]]:
    """The final states, and each output."""
    yield reference.state, ran.state
    for name, column in reference.columns.items():
        yield column, ran.columns[name]
