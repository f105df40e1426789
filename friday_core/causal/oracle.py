"""The plain Python executor: what every other executor must equal, bit for bit, for ever."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence

import numpy as np

from friday_core.causal.op import NAN
from friday_core.causal.program import Instruction, Program
from friday_core.errors import InvariantError, SchemaError

_HEADER = struct.Struct("<4s64sqq")
_MAGIC = b"FRS1"


class Oracle:
    """Runs a program slice by slice, with one flat row of float64 state for each instrument.

    ``scales`` holds, for each instrument of the universe, the price units of one currency unit.
    Slices of all domains are given in the order of their close times, coarser domains first where
    times are equal.
    """

    def __init__(self, program: Program, scales: Sequence[float]) -> None:
        self.program = program
        self._scales = tuple(scales)
        self._state = [list(program.start) for _ in scales]
        self._clock: tuple[int, int] = (-(2**62), 0)
        self._by_domain = {
            domain: [(n, one) for n, one in enumerate(program.instructions) if one.node.domain in ("", domain)]
            for domain in program.domains
        }
        self._joined = [
            (program.instructions[one.inputs[0]].node.domain, one) for one in program.instructions if one.name == "asof"
        ]

    def step(
        self, ts: int, inst: Sequence[int], columns: Mapping[str, Sequence[float]], domain: str | None = None
    ) -> dict[str, list[float]]:
        """One slice: rows of one close time (microseconds), each of another instrument.

        Returns the outputs, a value a row, for a slice of the program's own domain; nothing for a
        coarser one, whose values are kept for ``asof``.
        """
        where = self.program.base if domain is None else domain
        self._advance(ts, where)
        values = self._values(ts, inst, columns, where)
        for source, one in self._joined:
            if source == where:
                for row, position in enumerate(inst):
                    self._state[position][one.at : one.at + 2] = [values[one.inputs[0]][row], float(ts)]
        if where != self.program.base:
            return {}
        return {name: values[number] for name, number in self.program.outputs.items()}

    def values(self, ts: int, inst: Sequence[int], columns: Mapping[str, Sequence[float]]) -> dict[int, list[float]]:
        """As ``step`` on the program's own domain, but every instruction's values: for explanations."""
        self._advance(ts, self.program.base)
        return self._values(ts, inst, columns, self.program.base)

    def _values(
        self, ts: int, inst: Sequence[int], columns: Mapping[str, Sequence[float]], domain: str
    ) -> dict[int, list[float]]:
        values: dict[int, list[float]] = {}
        for number, one in self._by_domain[domain]:
            values[number] = self._run(one, values, ts, inst, columns)
        return values

    def _run(
        self,
        one: Instruction,
        values: Mapping[int, list[float]],
        ts: int,
        inst: Sequence[int],
        columns: Mapping[str, Sequence[float]],
    ) -> list[float]:
        op = one.node.op
        if one.name == "input":
            return list(_column(columns, one.node.label))
        if one.name == "const":
            return [one.params[0]] * len(inst)
        if one.name == "asof":
            return [self._as_of(self._state[position], one, ts) for position in inst]
        inputs = [values[number] for number in one.inputs]
        if op.panel is not None:
            return op.panel(inputs, one.params)
        if op.step is None:
            raise InvariantError(f"operator {op.name} cannot be executed")
        step = op.step
        return [
            step(
                self._state[position],
                one.at,
                [column[row] for column in inputs],
                one.params,
                self._scales[position] if one.priced else 1.0,
            )
            for row, position in enumerate(inst)
        ]

    def _as_of(self, state: Sequence[float], one: Instruction, ts: int) -> float:
        value, since = state[one.at], state[one.at + 1]
        return value if ts - since <= one.params[0] else NAN

    def _advance(self, ts: int, domain: str) -> None:
        """Slices must come in their one order."""
        now = (ts, self.program.domains.index(domain))
        if now <= self._clock:
            raise InvariantError(f"slice {domain} at {ts} comes after {self._clock}: times must rise, coarser first")
        self._clock = now

    def snapshot(self) -> bytes:
        """The whole state; ``restore`` takes it back to this row, in this executor or in another."""
        arena = np.array(self._state, np.float64).reshape(len(self._state), self.program.state_size)
        header = _HEADER.pack(_MAGIC, self.program.key.encode(), *self._clock)
        return header + arena.tobytes()

    def restore(self, snapshot: bytes) -> None:
        """Continue from a snapshot of the same program; ``InvariantError`` if it is of another."""
        magic, key, ts, domain = _HEADER.unpack_from(snapshot)
        if magic != _MAGIC or key.decode() != self.program.key:
            raise InvariantError("the snapshot is of another program or of another version")
        arena = np.frombuffer(snapshot, np.float64, offset=_HEADER.size)
        self._state = [list(map(float, row)) for row in arena.reshape(len(self._scales), self.program.state_size)]
        self._clock = (ts, domain)


def _column(columns: Mapping[str, Sequence[float]], label: str) -> Sequence[float]:
    try:
        return columns[label]
    except KeyError:
        raise SchemaError(f"the slice has no column {label!r}; it has {', '.join(columns)}") from None
