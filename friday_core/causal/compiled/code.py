"""A program laid out for the driver: instructions as words, values in registers that are used again."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from friday_core.causal.compiled.demand import gates
from friday_core.causal.compiled.schedule import scheduled
from friday_core.causal.compiled.words import (
    AT,
    GATE,
    INPUT,
    INSTRUCTION_WORDS,
    JOIN,
    JOIN_WORDS,
    KERNEL,
    LANES,
    NO_GATE,
    OUT,
    PARAMS,
    PRICED,
)
from friday_core.causal.instructions import Instruction
from friday_core.causal.op import Op
from friday_core.causal.program import Program
from friday_core.causal.trace import ANY_DOMAIN
from friday_core.domain.chunk import Float64, Int64


@dataclass(frozen=True, slots=True)
class Stretch:
    """Instructions that follow one another: ``words`` for the driver, or one that is stepped in Python."""

    words: Int64
    plain: Instruction | None = None


class Code:
    """The instructions of one clock domain, all or some, and where each value stands.

    ``register[n]`` is that of instruction n. The first registers are *bound*: inputs, values that
    are computed elsewhere (``given``), what is shown, and constants keep one each (``bound``); the
    others hold a block and are used again as soon as nobody reads them any more. Only the first
    ``moving`` have other addresses in the next block. ``joins`` are the instructions that bring
    coarser values over. ``again`` are the words of the instructions that have state: with ``is_run_again``
    what they read and write keeps its register, so that after a block they alone can be run again.
    """

    def __init__(
        self,
        program: Program,
        domain: str,
        shown: Sequence[int],
        part: Collection[int] | None = None,
        *,
        is_run_again: bool = False,
    ) -> None:
        self.program = program
        self.domain = domain
        self.shown = tuple(shown)
        chosen = [
            (n, one)
            for n, one in enumerate(program.instructions)
            if one.node.domain in (ANY_DOMAIN, domain) and (part is None or n in part)
        ]
        own = {n for n, _ in chosen}
        self.labels = {one.node.label: n for n, one in chosen if one.name == "input"}
        self.constants = {n: one.params[0] for n, one in chosen if one.name == "const"}
        self.joins = [n for n, one in chosen if one.name == "asof"]
        self.join_words: dict[int, Int64] = {n: np.zeros(JOIN_WORDS, np.int64) for n in self.joins}
        self.given = sorted({given for _, one in chosen for given in _read(one)} - own)
        columns = dict.fromkeys([*self.labels.values(), *self.given, *shown])
        self.bound = tuple(dict.fromkeys([*columns, *self.constants]))
        self.moving = len(columns)
        self.has_panels = any(one.node.op.panel is not None for _, one in chosen)
        self._gates = gates(chosen, shown) if self.has_panels else {}
        self._groups = scheduled([(n, one) for n, one in chosen if one.name not in ("input", "const")], self._gates)
        self.register: dict[int, int] = {n: place for place, n in enumerate(self.bound)}
        with_state = [pair for group in self._groups for pair in group if pair[1].slots] if is_run_again else []
        self.registers = self._allot({*self.bound, *(given for n, one in with_state for given in (n, *_read(one)))})
        self.again: Int64 = np.empty(0, np.int64)
        self.stretches: list[Stretch] = []
        self._params: list[Float64] = []

    @property
    def listed(self) -> list[tuple[int, Instruction]]:
        """The instructions that have words, in their order there."""
        return [pair for group in self._groups for pair in group]

    @property
    def wanted(self) -> list[tuple[Op, int]]:
        """The kernels that it is executed with, each with its lanes."""
        return [(group[0][1].node.op, len(group)) for group in self._groups]

    def link(self, kernels: Mapping[tuple[str, int], int | None]) -> None:
        """Bring in the addresses of what was wanted; an operator without one is stepped in Python."""
        words: list[int] = []
        again: list[int] = []
        for group in self._groups:
            address = kernels[group[0][1].node.op.identity, len(group)]
            if address is not None:
                own = [word for n, one in group for word in self._words(n, one, address, len(group))]
                words += own
                again += own if any(one.slots for _, one in group) else []
                continue
            self.stretches += _stretch(words)
            self.stretches += [Stretch(np.empty(0, np.int64), one) for _, one in group]
            words = []
        self.stretches += _stretch(words)
        self.again = np.array(again, np.int64)

    def _words(self, n: int, one: Instruction, address: int, lanes: int) -> Iterator[int]:
        params = np.array([*one.params, 0.0], np.float64)
        self._params.append(params)
        words = [0] * INSTRUCTION_WORDS
        words[KERNEL], words[LANES], words[OUT], words[AT] = address, lanes, self.register[n], one.at
        words[PRICED], words[PARAMS] = int(one.priced), params.ctypes.data
        if n in self.join_words:
            words[JOIN] = self.join_words[n].ctypes.data
        for place, given in enumerate(_read(one)):
            words[INPUT + place] = self.register[given]
        if one.node.op.panel is not None:
            words[GATE] = self.register[self._gates[n]] if n in self._gates else NO_GATE
        yield from words

    # Registers ----------------------------------------------------------------------------------

    def _allot(self, kept: Collection[int]) -> int:
        """Registers by linear scan, of which those of ``kept`` are not used again; how many there are.

        What a group reads is free only after all of it: its instructions run at one time.
        """
        last_read = {
            n: place for place, group in enumerate(self._groups) for by, one in group for n in self._waits_for(by, one)
        }
        count = len(self.bound)
        free: list[int] = []
        for place, group in enumerate(self._groups):
            for n, _one in group:
                if n not in self.register:
                    self.register[n] = free.pop() if free else count
                    count = max(count, self.register[n] + 1)
            read = {given for n, one in group for given in self._waits_for(n, one)}
            over = {n for n in read if last_read[n] == place} | {n for n, _ in group if n not in last_read}
            free += [self.register[n] for n in sorted(over) if n not in kept]
        return max(count, 1)

    def _waits_for(self, n: int, one: Instruction) -> tuple[int, ...]:
        return (*_read(one), self._gates[n]) if n in self._gates else _read(one)


def _read(one: Instruction) -> tuple[int, ...]:
    """A join reads its coarser values elsewhere."""
    return () if one.name == "asof" else one.inputs


def _stretch(words: Sequence[int]) -> list[Stretch]:
    return [Stretch(np.array(words, np.int64))] if words else []
