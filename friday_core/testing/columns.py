"""What a component that is written in columns answers, for authors' tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from friday_core.causal import batch
from friday_core.causal.program import trace_program
from friday_core.domain.chunk import PRICE_COLUMNS, Array
from friday_core.interfaces.columns import Columns

_OWN = frozenset({*PRICE_COLUMNS, "volume", "ts", "inst"})


def values_of(
    component: Columns, rows: Mapping[str, Sequence[float] | Array], *, base: str = "1d"
) -> dict[str, list[float]]:
    """Each output on each of the rows, NaN where it is not known yet; decisions only once it is warm.

    ``rows`` are the columns that it reads, prices adjusted and in the currency: one row a time of
    one instrument, or with ``inst``, positions of instruments, and ``ts``, sorted by time and
    instrument. Raises what a start would: ``LookaheadError``, ``TraceError``, ``ClockDomainError``.
    """
    program = trace_program(component.outputs, [name for name in rows if name not in _OWN], base=base)
    return {name: column.tolist() for name, column in batch.run(program, rows).items()}
