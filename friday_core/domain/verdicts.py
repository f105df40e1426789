"""What a validator says of each row."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from friday_core.domain.chunk import Array, Chunk


class Verdict(enum.IntEnum):
    """Ordered by severity: of several verdicts of one validator on a row the worst wins.

    ``PASS``: the row goes on; with a reason it is noted in the quarantine as well. ``REPAIR``: it goes
    on with the values of ``Judgement.repairs``, and the quarantine has it as it arrived; the author
    gives whole columns there. ``DUPLICATE`` and ``QUARANTINE``: it goes no further, and whoever comes
    later never sees it; the two differ in what the quarantine calls it. ``REJECT_CHUNK``: the stream
    stops at this row, the rows before it are used, and the run ends with the status ``stopped``.
    Every verdict but ``PASS`` needs a reason.
    """

    PASS = 0
    REPAIR = 1
    DUPLICATE = 2
    QUARANTINE = 3
    REJECT_CHUNK = 4


class RowCode(enum.IntEnum):
    """Why a source marked a row before any validator saw it (a chunk's ``code``)."""

    NONE = 0
    OFF_GRID = 1
    MISSING_PRICE = 2

    @property
    def reason(self) -> str:
        """The reason as it stands in the quarantine."""
        return {0: "", 1: "a price finer than the instrument's price unit", 2: "a price is missing or not finite"}[self]


@dataclass(frozen=True, slots=True)
class Judgement:
    """A validator's verdict and reason for each row of a chunk.

    Begin with ``Judgement.passing(chunk)`` and mark rows: ``.marked(rows, verdict, reason)``. ``reason``
    holds positions in ``reasons``; position 0 is "no reason". ``repairs`` holds whole replacement
    columns by name, as long as the chunk and of its columns' dtypes, used only on rows whose verdict is
    ``REPAIR``: ``dataclasses.replace(judgement, repairs={"volume": volumes})``.
    """

    verdict: npt.NDArray[np.uint8]
    reason: npt.NDArray[np.uint16]
    reasons: tuple[str, ...] = ("",)
    repairs: Mapping[str, Array] = field(default_factory=dict)

    @classmethod
    def passing(cls, chunk: Chunk) -> Self:
        """Every row passes."""
        return cls(np.zeros(len(chunk), np.uint8), np.zeros(len(chunk), np.uint16))

    def marked(self, rows: Any, verdict: Verdict, reason: str) -> Self:
        """The same judgement with ``rows`` at least at ``verdict``; the judgement itself does not change.

        ``rows`` are a mask as long as the chunk, or row numbers, and share one reason: call it once for
        each reason. A row that already has a verdict as severe keeps it and its reason. A reason without
        numbers in it is counted as one in the summary and in the run's text; one that names values is a
        reason of its own for every value, of which the summary shows the ten most frequent.
        """
        worse = np.zeros(len(self.verdict), bool)
        worse[rows] = True
        if not worse.any():
            return self
        worse &= self.verdict < verdict
        if not worse.any():
            return self
        position = self.reasons.index(reason) if reason in self.reasons else len(self.reasons)
        reasons = self.reasons if position < len(self.reasons) else (*self.reasons, reason)
        return type(self)(
            np.where(worse, np.uint8(verdict), self.verdict),
            np.where(worse, np.uint16(position), self.reason),
            reasons,
            self.repairs,
        )

    def reason_of(self, row: int) -> str:
        """The reason of one row of the chunk in words, empty if there is none; for tests."""
        return self.reasons[int(self.reason[row])]
