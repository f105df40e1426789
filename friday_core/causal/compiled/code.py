"""A program laid out for the driver: instructions as words, values in registers that are used again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from friday_core.causal.compiled.words import (
    AT,
    INPUT,
    INSTRUCTION_WORDS,
    JOIN,
    JOIN_WORDS,
    KERNEL,
    OUT,
    PARAMS,
    PRICED,
)
from friday_core.causal.instructions import Instruction
from friday_core.causal.program import Program
from friday_core.causal.trace import ANY_DOMAIN
from friday_core.domain.chunk import Float64, Int64


@dataclass(frozen=True, slots=True)
class Stretch:
    """Instructions that follow one another: ``words`` for the driver, or one that is stepped in Python."""

    words: Int64
    plain: Instruction | None = None


class Code:
    """The instructions of one clock domain, and where each value stands.

    ``register[n]`` is that of instruction n. The first registers are *bound*: inputs, what is
    shown, and constants keep one each (``bound``); the others hold a block and are used again as
    soon as nobody reads them any more. ``joins`` are the instructions that bring coarser values over.
    """

    def __init__(self, program: Program, domain: str, kernels: Mapping[str, int | None], shown: Sequence[int]) -> None:
        self.program = program
        self.domain = domain
        chosen = [
            (n, one) for n, one in enumerate(program.instructions) if one.node.domain in (ANY_DOMAIN, domain)
        ]
        self.labels = {one.node.label: n for n, one in chosen if one.name == "input"}
        self.constants = {n: one.params[0] for n, one in chosen if one.name == "const"}
        self.joins = [n for n, one in chosen if one.name == "asof"]
        self._run = list(chain.from_iterable(self._groups(chosen)))
        self._params: list[Float64] = []
        self.join_words: dict[int, Int64] = {n: np.zeros(JOIN_WORDS, np.int64) for n in self.joins}
        self.register: dict[int, int] = {}
        self.bound = tuple(dict.fromkeys([*self.labels.values(), *self.constants, *shown]))
        self.registers = self._allot()
        self.has_panels = any(one.node.op.panel is not None for _, one in self._run)
        self.stretches = self._stretches(kernels)

    @property
    def wanted(self) -> list[tuple[Op, int]]:
        """The kernels it is executed with."""
        return [(group[0][1].node.op, len(group)) for group in self._grouped]

    def _allot(self) -> int:
        """Registers by linear scan; how many there are."""
        self.register |= {n: place for place, n in enumerate(self.bound)}
        last_read = {given: n for n, one in self._run for given in self._read(one)}
        count, free = len(self.bound), []
        for n, one in self._run:
            if n not in self.register:
                if not free:
                    free.append(count)
                    count += 1
                self.register[n] = free.pop()
                if n not in last_read:
                    free.append(self.register[n])
            for given in set(self._read(one)):
                if last_read[given] == n and given not in self.bound:
                    free.append(self.register[given])
        return max(count, 1)

    @staticmethod
    def _read(one: Instruction) -> tuple[int, ...]:
        """A join reads its coarser values elsewhere."""
        return () if one.name == "asof" else one.inputs

    def _stretches(self, kernels: Mapping[str, int | None]) -> list[Stretch]:
        found: list[Stretch] = []
        waiting: list[list[int]] = []
        for n, one in self._run:
            address = kernels[one.node.op.identity]
            if address is not None:
                waiting.append(self._words(n, one, address))
                continue
            found += _stretch(waiting)
            found.append(Stretch(np.empty(0, np.int64), one))
            waiting = []
        return [*found, *_stretch(waiting)]

    def _words(self, n: int, one: Instruction, address: int) -> list[int]:
        params = np.array([*one.params, 0.0], np.float64)
        self._params.append(params)
        words = [0] * INSTRUCTION_WORDS
        words[KERNEL], words[OUT], words[AT] = address, self.register[n], one.at
        words[PRICED], words[PARAMS] = int(one.priced), params.ctypes.data
        if n in self.join_words:
            words[JOIN] = self.join_words[n].ctypes.data
        for place, given in enumerate(self._read(one)):
            words[INPUT + place] = self.register[given]
        return words


def _stretch(words: Sequence[Sequence[int]]) -> list[Stretch]:
    return [Stretch(np.array(words, np.int64).ravel())] if words else []
