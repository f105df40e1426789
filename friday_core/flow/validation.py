"""Applies a validator's verdicts to a chunk."""

from __future__ import annotations

import numpy as np

from friday_core.domain.chunk import Chunk
from friday_core.domain.verdicts import Judgement, Verdict
from friday_core.errors import DataValidationError, PluginContractError
from friday_core.flow.quarantine import Quarantine
from friday_core.interfaces.validator import Validator


class ValidationStage:
    """One validator in its place: holds back what it does not let pass."""

    def __init__(self, name: str, validator: Validator, stream: str, quarantine: Quarantine) -> None:
        self.name = name
        self._validator = validator
        self._stream = stream
        self._quarantine = quarantine

    def process(self, chunk: Chunk) -> tuple[Chunk, DataValidationError | None]:
        """The rows that go on, repaired where the validator said so, and why the stream must stop.

        If a row rejects the chunk, the rows before it still go on, so that the outcome does not
        depend on how rows were cut into chunks.
        """
        judgement = self._judge(chunk)
        verdict = judgement.verdict
        if not verdict.any():
            return chunk, None
        rejected = np.flatnonzero(verdict == Verdict.REJECT_CHUNK)
        stop = None
        if len(rejected):
            first = int(rejected[0])
            reason = judgement.reason_of(first)
            stop = DataValidationError(self._stream, self.name, reason, [int(chunk.seq[first])])
            self._quarantine.hold(self.name, Verdict.REJECT_CHUNK, reason, chunk, first)
            verdict = verdict.copy()
            verdict[first:] = Verdict.REJECT_CHUNK
        for row in np.flatnonzero((verdict != Verdict.PASS) & (verdict != Verdict.REJECT_CHUNK)):
            kind = Verdict(int(verdict[row]))
            self._quarantine.hold(self.name, kind, judgement.reason_of(int(row)), chunk, int(row))
        return _repaired(chunk, judgement).take(verdict <= Verdict.REPAIR), stop

    def _judge(self, chunk: Chunk) -> Judgement:
        judgement = self._validator.validate(chunk)
        if not isinstance(judgement, Judgement):
            raise self._broken("must return a Judgement of one verdict a row")
        for given, most in ((judgement.verdict, Verdict.REJECT_CHUNK), (judgement.reason, len(judgement.reasons) - 1)):
            if not _one_a_row(given, len(chunk)):
                raise self._broken("must return a Judgement of one verdict a row")
            if given.min(initial=0) < 0 or given.max(initial=0) > most:
                raise self._broken("returned a verdict or a reason that does not exist")
        unknown = [name for name in judgement.repairs if name not in chunk.columns]
        if unknown:
            raise self._broken(f"repairs columns that are not there: {', '.join(unknown)}")
        if not judgement.repairs and (judgement.verdict == Verdict.REPAIR).any():
            raise self._broken("says REPAIR and gives no replacement")
        return judgement

    def _broken(self, rule: str) -> PluginContractError:
        return PluginContractError(f"validator {self.name!r} of stream {self._stream!r} {rule}")


def _one_a_row(given: object, rows: int) -> bool:
    return isinstance(given, np.ndarray) and given.shape == (rows,) and np.issubdtype(given.dtype, np.integer)


def _repaired(chunk: Chunk, judgement: Judgement) -> Chunk:
    """Replacement values on the rows with verdict REPAIR, the arrived values elsewhere."""
    mended = judgement.verdict == Verdict.REPAIR
    if not mended.any() or not judgement.repairs:
        return chunk
    return chunk.with_columns(
        {name: np.where(mended, values, chunk[name]) for name, values in judgement.repairs.items()}
    )
