"""Applies a validator's verdicts to a chunk."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from friday_core.domain.chunk import Chunk
from friday_core.domain.row import FewRows, PlainRow, chunk_of, rows_of
from friday_core.domain.verdicts import Judgement, Verdict
from friday_core.errors import DataValidationError
from friday_core.flow.isolation import Answer, Failure, IsolatedValidator
from friday_core.flow.quarantine import Quarantine
from friday_core.flow.row_paths import judges_rows, passes_rows
from friday_core.interfaces.validator import RowJudge, RowsJudge, Validator


class Fault(NamedTuple):
    """The row on which a validator failed, and what it did."""

    seq: int
    ts_event: int
    failure: Failure


class ValidationStage:
    """One validator in its place: holds back what it does not let pass.

    After it failed, every row passes from the one on which it failed on, and ``fault`` says which.
    """

    role = "validator"

    def __init__(self, name: str, validator: Validator, stream: str, quarantine: Quarantine) -> None:
        self.name = name
        self.component = validator
        self.label = f"{self.role}.{name}"
        self.fault: Fault | None = None
        self._judge: RowJudge | None = validator if judges_rows(validator) else None
        self._of_several: RowsJudge | None = validator if passes_rows(validator) else None
        self._isolated = IsolatedValidator(validator)
        self._stream = stream
        self._quarantine = quarantine

    @property
    def takes_rows(self) -> bool:
        """Whether a row need not be made a chunk."""
        return self._judge is not None

    def restore(self, fault: Fault | None) -> None:
        """The validator was put to another state, in which it had failed or not."""
        self.fault = fault
        self._isolated = IsolatedValidator(self.component)

    def process(self, chunk: Chunk) -> tuple[Chunk, DataValidationError | None]:
        """The rows that go on, repaired where the validator said so, and why the stream must stop.

        If a row rejects the chunk, the rows before it still go on, so that the outcome does not
        depend on how rows were cut into chunks.
        """
        if self.fault is not None:
            return chunk, None
        passed: list[Chunk] = []
        judged = 0
        for answer in self._isolated.ask(chunk):
            rows, stop = self._applied(answer)
            passed.append(rows)
            judged += len(answer.rows)
            if stop is not None:
                return Chunk.concat(passed), stop
        if self._isolated.failure is not None:
            self.fault = Fault(int(chunk.seq[judged]), int(chunk.ts_event[judged]), self._isolated.failure)
            passed.append(chunk.take(slice(judged, None)))
        return Chunk.concat(passed), None

    def process_row(self, row: PlainRow) -> tuple[PlainRow | None, DataValidationError | None]:
        """The same of one row."""
        if self.fault is not None:
            return row, None
        if self._judge is None:
            passed, stop = self.process(chunk_of((row,)))
            return next(rows_of(passed), None) if len(passed) else None, stop
        answer = self._isolated.ask_row(self._judge, row)
        return (row, None) if answer is None and self._isolated.failure is None else self._settled(row, answer)

    @property
    def judge(self) -> Callable[[PlainRow], object] | None:
        """Asks of a row, if that is all there is to do where it says nothing; ``judged`` has to know what it says."""
        if self._judge is None or self.fault is not None or not self._isolated.forgets_rows:
            return None
        return self._judge.judge

    @property
    def passes(self) -> Callable[[FewRows], bool] | None:
        """Tells of a few rows that all pass and nothing is to be said; where it does not, ``judge`` asks of each."""
        return None if self._of_several is None or self.judge is None else self._of_several.passes

    def judged(self, row: PlainRow, said: object) -> tuple[PlainRow | None, DataValidationError | None]:
        """``process_row``, where ``judge`` has said this of it, or ``Raised``."""
        return self._settled(row, self._isolated.answered(row, said))

    def _settled(self, row: PlainRow, answer: Answer | None) -> tuple[PlainRow | None, DataValidationError | None]:
        if answer is not None:
            passed, stop = self._applied(answer)
            return row if len(passed) else None, stop
        if self._isolated.failure is not None:
            self.fault = Fault(row.seq, row.ts_event, self._isolated.failure)
        return row, None

    def _applied(self, answer: Answer) -> tuple[Chunk, DataValidationError | None]:
        chunk, judgement = answer.rows, answer.judgement
        if _passes_unremarked(judgement):
            return chunk, None
        verdict = judgement.verdict
        rejected = np.flatnonzero(verdict == Verdict.REJECT_CHUNK)
        stop = None
        if len(rejected):
            first = int(rejected[0])
            reason = judgement.reason_of(first)
            stop = DataValidationError(self._stream, self.name, reason, [int(chunk.seq[first])])
            self._quarantine.hold(self.name, Verdict.REJECT_CHUNK, reason, chunk, first)
            verdict = verdict.copy()
            verdict[first:] = Verdict.REJECT_CHUNK
        remarked = (verdict != Verdict.PASS) | (judgement.reason != 0)
        for row in np.flatnonzero(remarked & (verdict != Verdict.REJECT_CHUNK)):
            kind = Verdict(int(verdict[row]))
            self._quarantine.hold(self.name, kind, judgement.reason_of(int(row)), chunk, int(row))
        return answer.repaired.take(verdict <= Verdict.REPAIR), stop


def _passes_unremarked(judgement: Judgement) -> bool:
    """Whether nothing is said of any row, as of nearly every one that comes alone."""
    verdict, reason = judgement.verdict, judgement.reason
    if len(verdict) == 1:
        return not (verdict.item() or reason.item())
    return not (verdict.any() or reason.any())
