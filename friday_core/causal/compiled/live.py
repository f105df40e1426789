"""One slice at a time: columns into buffers, the driver, and out again; nothing grows."""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from friday_core.causal.compiled.entrance import Entrance
from friday_core.causal.compiled.machine import Machine
from friday_core.causal.compiled.words import ROWS
from friday_core.causal.oracle import Columns
from friday_core.domain.chunk import Float64
from friday_core.errors import SchemaError


class LiveSlices:
    """Slices of one domain, of at most ``most`` rows; ``outputs`` are the instructions to show, by name."""

    def __init__(self, machine: Machine, outputs: Mapping[str, int], most: int, entrance: Entrance) -> None:
        code = machine.code
        self._machine = machine
        self._insts, self._times = np.zeros(most, np.int64), np.zeros(most, np.int64)
        self._needs_times = bool(code.joins) or code.has_panels
        columns = {n: np.full(most, code.constants.get(n, 0.0)) for n in code.bound}
        self._inputs = [(label, columns[n], _view(columns[n])) for label, n in code.labels.items()]
        self._outputs = [(name, _view(columns[n])) for name, n in outputs.items()]
        self._only = self._outputs[0] if len(self._outputs) == 1 else None
        self.columns: Mapping[int, Float64] = columns
        machine.bind(columns)
        machine.times_and_instruments(self._times, self._insts)
        self._inst, self._rows = _view(self._insts), _view(machine.context)
        # Of the last slice: what did not change is not written again.
        self._position, self._count = -1, 0
        self._put = self._wide(1)
        self._slice: Sequence[int] | None = None
        self._enter = machine.whole(entrance) or self._run_all

    def take(self, columns: Columns, rows: int) -> None:
        """The values of the next slice; ``SchemaError`` if one is missing, or of another length."""
        put = self._put if rows == self._width else self._wide(rows)
        for label, buffer, view in self._inputs:
            try:
                column = columns[label]
            except KeyError:
                raise SchemaError(f"the slice has no column {label!r}; it has {', '.join(columns)}") from None
            if len(column) != rows:
                raise SchemaError(f"column {label!r} has {len(column)} values for {rows} rows")
            try:
                if rows == 1:
                    view[0] = column[0]
                elif type(column) is list:
                    put(view, 0, *column)
                else:
                    buffer[:rows] = column
            except (TypeError, ValueError, struct.error):
                raise SchemaError(f"column {label!r} holds something that is no number") from None

    def _wide(self, rows: int) -> Callable[..., None]:
        """Puts so many numbers into a buffer."""
        self._width, self._put = rows, struct.Struct(f"={rows}d").pack_into
        return self._put

    def run(self, ts: int, inst: Sequence[int], rows: int) -> None:
        if type(inst) is not list or inst != self._slice:
            self._insts[:rows] = inst
            self._slice = list(inst)
        if self._needs_times:
            self._times[:rows] = ts
        if rows != self._count or self._position >= 0:
            self._position, self._rows[ROWS], self._count = -1, rows, rows
        self._enter()

    def _run_all(self) -> None:
        self._machine.run(0, self._rows[ROWS])

    def shown(self, rows: int) -> dict[str, list[float]]:
        if rows == 1:
            return {name: [view[0]] for name, view in self._outputs}
        found = {}
        for name, view in self._outputs:
            found[name] = view[:rows].tolist()
        return found

    def take_row(self, values: Mapping[str, float]) -> None:
        """``take`` for one row."""
        try:
            for label, _buffer, view in self._inputs:
                view[0] = values[label]
        except (KeyError, TypeError):
            self.take({label: (value,) for label, value in values.items()}, 1)

    def row(self, ts: int, inst: int) -> dict[str, float]:
        """``run`` and ``shown`` for one row."""
        if inst != self._position:
            self._inst[0] = self._position = inst
            self._slice = None
        if self._count != 1:
            self._rows[ROWS] = self._count = 1
        if self._needs_times:
            self._times[0] = ts
        self._enter()
        if self._only is not None:
            return {self._only[0]: self._only[1][0]}
        return {name: view[0] for name, view in self._outputs}


def _view(array: Any) -> Any:
    """Whose items are Python's own numbers, read and written faster than an array's."""
    return memoryview(array)
