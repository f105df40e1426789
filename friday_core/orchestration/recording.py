"""The rows that a program is handed while its session runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from friday_core.causal.program import Program
from friday_core.domain.chunk import Array, Int64
from friday_core.orchestration.watching import Values


@dataclass(slots=True)
class _Clock:
    """The rows of one clock domain; ``labels`` are the columns by the number of their instruction."""

    labels: dict[int, str]
    ts: list[int] = field(default_factory=list)
    inst: list[int] = field(default_factory=list)
    columns: dict[str, list[float]] = field(default_factory=dict)


class Recorder:
    """Keeps what an oracle tells of its inputs: slices, until there are ``most`` rows of the program's own clock.

    ``passed`` are all rows of that clock, kept or not.
    """

    def __init__(self, program: Program, most: int) -> None:
        self.program = program
        self.passed = 0
        self._most = most
        self._clocks = {domain: _Clock({}) for domain in program.domains}
        self._closes: list[int] = []
        for number, one in enumerate(program.instructions):
            if one.name == "input":
                clock = self._clocks[one.node.domain]
                clock.labels[number], clock.columns[one.node.label] = one.node.label, []

    def saw(self, ts: int, inst: Sequence[int], values: Values, domain: str | None = None) -> None:
        """A slice of the program's own domain, or of a coarser one that is named."""
        is_full = self.passed >= self._most
        if domain is None:
            self.passed += len(inst)
        if is_full:
            return
        clock = self._clocks[domain or self.program.base]
        clock.ts += [ts] * len(inst)
        clock.inst += inst
        for number, label in clock.labels.items():
            clock.columns[label] += values[number]

    def saw_row(self, close: int, row: int, inst: Sequence[int], values: Values) -> None:
        """A row that came by itself: its program's clock counts rows."""
        if self.passed < self._most:
            self._closes.append(close)
        self.saw(row, inst, values)

    def columns(self) -> dict[str, dict[str, Array]]:
        """By domain, as ``RowSet`` has them."""
        return {
            domain: {
                "ts": np.array(clock.ts, np.int64),
                "inst": np.array(clock.inst, np.int64),
                **{label: np.array(column, np.float64) for label, column in clock.columns.items()},
            }
            for domain, clock in self._clocks.items()
        }

    def closes(self) -> Int64 | None:
        return np.array(self._closes, np.int64) if self._closes else None
