"""What happened in a session, in order: the rows of its result tables."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

import msgspec

from friday_core.domain.orders import Fill, OrderEnded, WorkingOrder
from friday_core.domain.outcomes import (
    ActionApplied,
    DecisionTaken,
    EquityPoint,
    PositionHeld,
    StrategyStopped,
    ValidatorFault,
)


@dataclass(slots=True)
class SessionLog:
    """Append-only lists, filled by the core and read by whoever reports."""

    decisions: list[DecisionTaken] = field(default_factory=list)
    orders: list[WorkingOrder] = field(default_factory=list)
    fills: list[Fill] = field(default_factory=list)
    ended: list[OrderEnded] = field(default_factory=list)
    equity: list[EquityPoint] = field(default_factory=list)
    positions: list[PositionHeld] = field(default_factory=list)
    actions: list[ActionApplied] = field(default_factory=list)
    stopped: list[StrategyStopped] = field(default_factory=list)
    faults: list[ValidatorFault] = field(default_factory=list)
    slices: int = 0

    def digest(self) -> str:
        """SHA-256 over decisions, fills, ended orders and equity: equal runs have equal digests."""
        encoder = msgspec.json.Encoder(order="deterministic")
        sha = hashlib.sha256()
        for rows in (self.decisions, self.fills, self.ended, self.equity):
            for row in rows:
                sha.update(encoder.encode(row))
                sha.update(b"\n")
        return sha.hexdigest()
