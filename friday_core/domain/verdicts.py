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
    """Ordered by severity: the worst verdict of a chain of validators wins."""

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

    ``reason`` holds positions in ``reasons``; position 0 is "no reason". ``repairs`` holds whole
    replacement columns, used only on rows whose verdict is ``REPAIR``.
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
        """The same judgement with ``rows`` (mask or indices) at least at ``verdict``.

        A row that already has a verdict as severe keeps it and its reason.
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
        """The reason of one row in words."""
        return self.reasons[int(self.reason[row])]
