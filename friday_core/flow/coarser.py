"""Bars of coarser clock domains, made of the slices of a stream."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from friday_core.causal.domains import rank
from friday_core.domain.chunk import Chunk, Universe
from friday_core.domain.row import FewRows, PlainRow, in_chunk
from friday_core.errors import InvariantError
from friday_core.flow.align import Given
from friday_core.flow.bars import BarBuilder
from friday_core.flow.quarantine import Quarantine
from friday_core.flow.session_hours import Hours
from friday_core.flow.snapshots import from_bytes, to_bytes
from friday_core.flow.stamps import Stamps

#: What a bar of a coarser domain carries, besides what the flow stamps.
COARSE_COLUMNS = BarBuilder.columns


class Slices:
    """Whole slices of a stream, sorted by time and instrument, and the coarser bars that they see.

    ``coarser`` holds by domain the bars that closed since the slices before, up to the last of
    ``rows``, in the order in which programs take domains; bars are sorted by time and instrument.
    ``plain`` are the rows of a slice that came in rows, and has no coarser bars, one by one or by column.
    """

    __slots__ = ("_rows", "coarser", "plain")

    def __init__(self, rows: Given, coarser: Mapping[str, Chunk]) -> None:
        self._rows: Chunk | None = rows if isinstance(rows, Chunk) else None
        self.plain: tuple[PlainRow, ...] | FewRows | None = None if isinstance(rows, Chunk) else rows
        self.coarser = coarser

    @property
    def rows(self) -> Chunk:
        """As a chunk, which is made when it is asked for."""
        if self._rows is None:
            assert self.plain is not None
            self._rows = in_chunk(self.plain)
        return self._rows


class _Snapshot(msgspec.Struct, frozen=True, tag="coarser 1"):
    builders: dict[str, bytes]


class CoarserBars:
    """One builder for each domain that a program reads, whichever programs these are.

    A coarser bar that closes with a slice is there before the slice is decided on, and not before:
    nothing that came later is in it.
    """

    def __init__(
        self, domains: Iterable[str], hours: Hours, universe: Universe, quarantine: Quarantine, stamps: Stamps
    ) -> None:
        self._stamps = stamps
        self._builders = {
            domain: BarBuilder(domain, hours, universe, quarantine, of="bars") for domain in sorted(domains, key=rank)
        }

    def add(self, rows: Chunk) -> Slices:
        """The slices with the bars that they complete."""
        if not self._builders:
            return Slices(rows, {})
        now = int(rows.ts_event[-1])
        coarser: dict[str, Chunk] = {}
        for domain, builder in self._builders.items():
            # A slice is whole: what closes at its own time has all its rows, one microsecond later it is past.
            if closed := [*builder.push(rows), *builder.advance(now + 1)]:
                coarser[domain] = self._stamps.stamp(Chunk.concat(closed), domain)
        return Slices(rows, coarser)

    @property
    def is_empty(self) -> bool:
        """Whether no program reads any."""
        return not self._builders

    def snapshot(self) -> bytes:
        return to_bytes(_Snapshot({domain: builder.snapshot() for domain, builder in self._builders.items()}))

    def restore(self, snapshot: bytes) -> None:
        """``InvariantError`` if it is of other domains."""
        states = from_bytes(_Snapshot, snapshot).builders
        if states.keys() != self._builders.keys():
            there, own = ", ".join(states) or "none", ", ".join(self._builders) or "none"
            raise InvariantError(f"the snapshot has bars of {there}, this session makes {own}")
        for domain, state in states.items():
            self._builders[domain].restore(state)
