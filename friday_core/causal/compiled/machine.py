"""Runs code on rows: one context for the driver, with registers of its own."""

from __future__ import annotations

import ctypes
import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from friday_core.causal.compiled.code import Code, Stretch
from friday_core.causal.compiled.entrance import Entrance
from friday_core.causal.compiled.words import (
    AGAIN,
    AGAIN_COUNT,
    ALIKE,
    BASES,
    BLOCK,
    BLOCK_ROWS,
    CODE,
    CODE_COUNT,
    CONTEXT_WORDS,
    DRIVER,
    FIRST,
    INSTRUCTION_WORDS,
    INSTS,
    PERIOD,
    REGISTER_COUNT,
    REGISTERS,
    ROWS,
    SCALES,
    SCRATCH,
    SPARE,
    STATE,
    STATE_SIZE,
    STRIDES,
    TIMES,
    WHOLE,
)
from friday_core.causal.instructions import Instruction
from friday_core.domain.chunk import Float64, Int64
from friday_core.errors import InvariantError

_FLOAT_BYTES = 8


class Machine:
    """Executes ``code`` on an arena of state, one row an instrument; ``rows`` is the most that a slice has.

    It owns its registers: two machines may run in two threads, on two arenas.
    """

    def __init__(self, code: Code, driver: int, state: Float64, scales: Float64, rows: int) -> None:
        self.code = code
        self._state, self._scales = state, scales
        self._size = code.program.state_size
        most = BLOCK + rows
        self._blocks = np.zeros((code.registers - len(code.bound), most))
        self._constants = {n: np.full(most, value) for n, value in code.constants.items()}
        self._scratch, self._spare = np.zeros(2 * most, np.int64), np.zeros(2, np.int64)
        self._bases, self._strides = np.zeros(code.registers, np.int64), np.zeros(code.registers, np.int64)
        self._registers = np.zeros(code.registers, np.int64)
        self.context = np.zeros(CONTEXT_WORDS, np.int64)
        self._driver = driver
        self._call = ctypes.CFUNCTYPE(None, ctypes.c_int64, ctypes.c_int64, ctypes.c_int64)(driver)
        self._columns: dict[int, Float64] = {}
        self._prepare()

    def _prepare(self) -> None:
        to, code = self.context, self.code
        to[BASES], to[STRIDES] = self._bases.ctypes.data, self._strides.ctypes.data
        to[REGISTERS], to[REGISTER_COUNT] = self._registers.ctypes.data, code.moving
        to[STATE], to[STATE_SIZE] = self._state.ctypes.data, self._size
        to[SCALES], to[SCRATCH] = self._scales.ctypes.data, self._scratch.ctypes.data
        to[SPARE], to[BLOCK_ROWS], to[WHOLE] = self._spare.ctypes.data, BLOCK, int(code.has_panels)
        to[DRIVER], to[ALIKE] = self._driver, int((self._scales == self._scales[:1]).all())
        to[AGAIN], to[AGAIN_COUNT] = code.again.ctypes.data, len(code.again) // INSTRUCTION_WORDS
        for place, block in enumerate(self._blocks, start=len(code.bound)):
            self._bases[place] = block.ctypes.data
        for n, column in self._constants.items():
            self._bases[code.register[n]] = column.ctypes.data
        self._registers[:] = self._bases

    def bind(self, columns: Mapping[int, Float64]) -> None:
        """Where bound instructions have their values, contiguous, a value a row; constants have their own."""
        for n, column in columns.items():
            if n in self._constants:
                continue
            if column.dtype != np.float64 or not column.flags.c_contiguous:
                raise InvariantError(f"the column of instruction {n} is no contiguous float64")
            register = self.code.register[n]
            self._bases[register], self._strides[register] = column.ctypes.data, _FLOAT_BYTES
        self._columns.update(columns)

    def times_and_instruments(self, times: Int64, insts: Int64, period: int = 0) -> None:
        """Of the rows that come next, contiguous int64; ``period`` as ``Places`` has it."""
        self.context[TIMES], self.context[INSTS] = times.ctypes.data, insts.ctypes.data
        self.context[PERIOD], self.context[WHOLE] = period, int(self.code.has_panels or period > 0)
        self._times, self._insts = times, insts

    @property
    def is_compiled(self) -> bool:
        """Whether the driver does it all."""
        return all(stretch.plain is None for stretch in self.code.stretches)

    def run(self, start: int, stop: int) -> None:
        """Some rows of what was bound: whole slices, if slices must be whole."""
        if start < stop and self.is_compiled:
            for stretch in self.code.stretches:
                self._drive(stretch, start, stop)
        elif start < stop:
            self._in_blocks(start, stop)
        self.context[FIRST], self.context[ROWS] = start, stop

    def whole(self, entrance: Entrance) -> Callable[[], None] | None:
        """The driver on this context, whose rows the caller sets; ``None`` if ``run`` has more to do than this."""
        address = self.address()
        return None if address is None else entrance.into(self._driver, self._spare.ctypes.data, address)

    def address(self) -> int | None:
        """Of the context, whose rows the caller sets before it calls the driver; ``None`` as for ``whole``."""
        if len(self.code.stretches) > 1 or not self.is_compiled:
            return None
        for stretch in self.code.stretches:
            self._select(stretch)
        return int(self.context.ctypes.data)

    def _select(self, stretch: Stretch) -> None:
        self.context[CODE] = stretch.words.ctypes.data
        self.context[CODE_COUNT] = len(stretch.words) // INSTRUCTION_WORDS

    def _drive(self, stretch: Stretch, start: int, stop: int) -> None:
        self._select(stretch)
        self.context[FIRST], self.context[ROWS] = start, stop
        spare = self._spare.ctypes.data
        self._call(spare, spare + _FLOAT_BYTES, self.context.ctypes.data)

    # Operators without a kernel ------------------------------------------------------------------

    def _in_blocks(self, start: int, stop: int) -> None:
        while start < stop:
            end = min(start + BLOCK, stop)
            while self.code.has_panels and end < stop and self._times[end] == self._times[end - 1]:
                end += 1
            for stretch in self.code.stretches:
                if stretch.plain is None:
                    self._drive(stretch, start, end)
                else:
                    self._step(stretch.plain, start, end)
            start = end

    def _values(self, n: int, start: int, end: int) -> Float64:
        if n in self._constants:
            return self._constants[n][: end - start]
        if n in self._columns:
            return self._columns[n][start:end]
        block: Float64 = self._blocks[self.code.register[n] - len(self.code.bound)]
        return block[: end - start]

    def _step(self, one: Instruction, start: int, end: int) -> None:
        """The oracle's own step, or panel, on the rows of a block."""
        inputs = [self._values(given, start, end).tolist() for given in one.inputs]
        out = self._values(one.node.number, start, end)
        if one.node.op.panel is not None:
            self._panel(one, inputs, out, self._times[start:end])
            return
        step, slots, params = one.node.op.step, one.slots, one.params
        assert step is not None
        own = slice(one.at, one.at + slots)
        for row, (inst, x) in enumerate(zip(self._insts[start:end].tolist(), zip(*inputs, strict=True), strict=True)):
            state = self._state[inst, own].tolist()
            out[row] = step(state, 0, x, params, float(self._scales[inst]) if one.priced else 1.0)
            self._state[inst, own] = state

    @staticmethod
    def _panel(one: Instruction, inputs: list[list[float]], out: Float64, times: Int64) -> None:
        panel = one.node.op.panel
        assert panel is not None
        bounds = [0, *(np.flatnonzero(np.diff(times)) + 1).tolist(), len(times)]
        for first, last in itertools.pairwise(bounds):
            out[first:last] = panel([column[first:last] for column in inputs], one.params)


@dataclass(frozen=True, slots=True)
class MachineMaker:
    """Makes machines that are driven by one driver, for rows of instruments with these scales."""

    driver: int
    scales: Float64

    def __call__(self, code: Code, state: Float64) -> Machine:
        return Machine(code, self.driver, state, self.scales, len(self.scales))
