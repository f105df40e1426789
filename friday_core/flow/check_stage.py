"""A validator that is written in columns, in its place in a stream."""

from __future__ import annotations

import numpy as np

from friday_core.causal.checks import verdict_and_reason
from friday_core.causal.oracle import Executor, Oracle
from friday_core.causal.program import Program
from friday_core.domain.chunk import Chunk, Universe
from friday_core.domain.row import PlainRow, rows_of
from friday_core.domain.verdicts import Judgement, Verdict
from friday_core.flow.program_columns import read_columns
from friday_core.flow.row_program import RowProgram
from friday_core.interfaces.validator import Validator


class CheckStage(Validator):
    """Executes checks row after row, and says of each row the worst verdict of those that are true, with its reason.

    Of several as bad the first stands. The program's outputs are named as ``named_conditions`` does.
    """

    def __init__(self, program: Program, universe: Universe, executor: Executor = Oracle) -> None:
        self.program = program
        self.inputs = read_columns(program.inputs[program.base])
        self._rows = RowProgram(program, universe, executor)
        found = [(name, *verdict_and_reason(name)) for name in program.outputs]
        self._reasons = ("", *(reason for _, _, reason in found))
        places = [(name, verdict, place) for place, (name, verdict, _) in enumerate(found, start=1)]
        #: Output, verdict and the place of its reason, the worst first.
        self._checks = sorted(places, key=lambda one: -one[1])
        self._passes = self._of_one(Verdict.PASS, 0)
        for given in (self._passes.verdict, self._passes.reason):
            given.setflags(write=False)

    def validate(self, chunk: Chunk) -> Judgement:
        if len(chunk) == 1:
            found = self._worst(next(rows_of(chunk)))
            return self._passes if found is None else self._of_one(*found)
        verdicts, reasons = np.zeros(len(chunk), np.uint8), np.zeros(len(chunk), np.uint16)
        if len(chunk):
            columns = self._rows.many(chunk)
            for name, verdict, place in reversed(self._checks):
                rows = columns[name] == 1.0
                verdicts[rows], reasons[rows] = verdict, place
        return Judgement(verdicts, reasons, self._reasons)

    def judge(self, row: PlainRow) -> tuple[Verdict, str] | None:
        found = self._worst(row)
        return None if found is None else (found[0], self._reasons[found[1]])

    def snapshot(self) -> bytes:
        """The state after the rows so far, by the names of the instruments."""
        return self._rows.snapshot()

    def restore(self, snapshot: bytes) -> None:
        """Go on from a snapshot; ``InvariantError`` if it is of other checks."""
        self._rows.restore(snapshot)

    def _worst(self, row: PlainRow) -> tuple[Verdict, int] | None:
        values = self._rows.one(row)
        return next(((verdict, place) for name, verdict, place in self._checks if values[name] == 1.0), None)

    def _of_one(self, verdict: Verdict, place: int) -> Judgement:
        return Judgement(np.array((verdict,), np.uint8), np.array((place,), np.uint16), self._reasons)
