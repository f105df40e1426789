"""What happened in a session, in order: the rows of its result tables."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

import msgspec

from friday_core.domain.orders import Fill, OrderEnded, WorkingOrder
from friday_core.domain.outcomes import (
    ActionApplied,
    DecisionTaken,
    EquityPoint,
    OrdersNetted,
    PositionHeld,
    StrategyStopped,
    ValidatorFault,
)


@dataclass(frozen=True, slots=True)
class AccountOrder:
    """An order of the account, and the tags of the strategies' orders that it was sent for."""

    working: WorkingOrder
    parents: tuple[str, ...]


@dataclass(slots=True)
class NettingLog:
    """What was netted, and what the account ordered and traded because of it; lists like those of ``SessionLog``."""

    nettings: list[OrdersNetted] = field(default_factory=list)
    orders: list[AccountOrder] = field(default_factory=list)
    fills: list[Fill] = field(default_factory=list)


@dataclass(slots=True)
class SessionLog:
    """Append-only lists, filled by the core and read by whoever reports.

    ``orders``, ``fills`` and ``ended`` are the strategies'. ``netting`` is ``None`` where nobody nets.
    """

    decisions: list[DecisionTaken] = field(default_factory=list)
    orders: list[WorkingOrder] = field(default_factory=list)
    fills: list[Fill] = field(default_factory=list)
    ended: list[OrderEnded] = field(default_factory=list)
    equity: list[EquityPoint] = field(default_factory=list)
    positions: list[PositionHeld] = field(default_factory=list)
    actions: list[ActionApplied] = field(default_factory=list)
    stopped: list[StrategyStopped] = field(default_factory=list)
    faults: list[ValidatorFault] = field(default_factory=list)
    netting: NettingLog | None = None
    slices: int = 0

    def note_unsent(self, why: Mapping[str, str]) -> None:
        """Orders with these tags, and those that they were sent for, have not or perhaps not reached the broker.

        Where they stand is left as it is: by the matcher's account they may even have traded.
        """
        reasons = dict(why)
        for account in self.netting.orders if self.netting is not None else ():
            tag = account.working.order.tag
            if tag in why:
                reasons |= dict.fromkeys(account.parents, why[tag])
                _add_reason(account.working, why[tag])
        for working in self.orders:
            if working.order.tag in reasons:
                _add_reason(working, reasons[working.order.tag])

    def digest(self) -> str:
        """SHA-256 over decisions, fills, ended orders, equity and netting: equal runs have equal digests."""
        encoder = msgspec.json.Encoder(order="deterministic")
        sha = hashlib.sha256()
        netting = self.netting or NettingLog()
        for rows in (self.decisions, self.fills, self.ended, self.equity, netting.nettings, netting.fills):
            for row in rows:
                sha.update(encoder.encode(row))
                sha.update(b"\n")
        return sha.hexdigest()


def _add_reason(working: WorkingOrder, reason: str) -> None:
    working.reason = "; ".join(filter(None, (working.reason, reason)))
