"""The rows that the executors are compared on: whole columns by clock domain, which can be cut anywhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from friday_core.causal.domains import rank
from friday_core.causal.oracle import Executor, Oracle
from friday_core.causal.program import Program
from friday_core.causal.tables import Table
from friday_core.domain.chunk import Array, Int64
from friday_core.domain.instruments import InstrumentId

#: Close time and rank of a slice: slices are executed in the order of their keys.
Key = tuple[int, tuple[int, str]]


@dataclass(frozen=True, slots=True)
class RowSet:
    """Columns by domain and name, with ``ts`` and ``inst`` as ``Table`` takes them.

    ``name`` says to people what rows these are. Where rows of a source pass one by one, ``ts`` is
    their number, and ``closes`` has their close times.
    """

    name: str
    domains: Mapping[str, Mapping[str, Array]]
    scales: tuple[float, ...]
    instruments: tuple[InstrumentId, ...]
    closes: Int64 | None = None

    def __len__(self) -> int:
        return sum(len(columns["ts"]) for columns in self.domains.values())

    def executor(self, make: Executor, program: Program) -> Oracle:
        """One for these instruments, before its first row."""
        return make(program, self.scales, self.instruments)

    def tables(self, program: Program) -> dict[str, Table]:
        return {name: Table(self.domains[name], program, name) for name in program.domains if name in self.domains}

    def only(self, domain: str) -> RowSet:
        return replace(self, domains={domain: self.domains[domain]}, closes=None)

    def cuts(self, count: int, seed: int) -> tuple[Key, ...]:
        """At most ``count`` slices, drawn, before which the rows may be cut."""
        keys = sorted(
            (ts, rank(domain)) for domain, columns in self.domains.items() for ts in np.unique(columns["ts"]).tolist()
        )[1:]
        draw = np.random.Generator(np.random.PCG64([seed, count]))
        chosen = draw.permutation(len(keys))[:count]
        return tuple(keys[n] for n in sorted(chosen.tolist()))

    def parts(self, cuts: Sequence[Key]) -> Iterator[RowSet]:
        """The rows from cut to cut, whole slices each."""
        bounds = {
            domain: [0, *(_before(columns["ts"], domain, cut) for cut in cuts), len(columns["ts"])]
            for domain, columns in self.domains.items()
        }
        pieces = {domain: list(pairwise(at)) for domain, at in bounds.items()}
        for number in range(len(cuts) + 1):
            yield replace(
                self,
                domains={
                    domain: {name: values[slice(*pieces[domain][number])] for name, values in columns.items()}
                    for domain, columns in self.domains.items()
                },
                closes=None,
            )


def _before(times: Array, domain: str, cut: Key) -> int:
    """How many rows of a domain come before a slice."""
    ts, place = cut
    return int(np.searchsorted(times, ts, side="right" if rank(domain) < place else "left"))
