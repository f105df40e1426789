"""What happened in a session, in order: the rows of its result tables."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, get_type_hints

import msgspec

from friday_core.domain.chunk import Universe
from friday_core.domain.orders import BrokerFill, Fill, NettedFill, Order, OrderEnded, SettledFill, WorkingOrder
from friday_core.domain.outcomes import (
    ActionApplied,
    BookDiffers,
    CashPosted,
    DecisionTaken,
    EquityPoint,
    OrdersNetted,
    PositionHeld,
    StrategyStopped,
    ValidatorFault,
)
from friday_core.domain.records import RowsMissing
from friday_core.session.columns import Block
from friday_core.session.digest import Known, LogDigest
from friday_core.session.row_layout import FLAG, NAMED, WHOLE, Layout, kind_of
from friday_core.session.rows import Rows
from friday_core.session.tallies import Tallies


@dataclass(frozen=True, slots=True)
class AccountOrder:
    """An order of the account, and the tags of the strategies' orders that it was sent for."""

    working: WorkingOrder
    parents: tuple[str, ...]


_HINTS = get_type_hints(Order)
_ORDER = {name: kind_of(_HINTS[name]) for name in Order.__struct_fields__}
_OPTIONAL = [name for name in _ORDER if _HINTS[name] == int | None]
#: Where an order stands, besides what was asked.
_STANDS = {
    "status": NAMED,
    "filled": WHOLE,
    "status_reason": NAMED,
    "active_from": WHOLE,
    "session": WHOLE,
    "triggered": FLAG,
}


def _order_values(row: WorkingOrder) -> tuple[Any, ...]:
    stands = (row.status, row.filled, row.reason, row.active_from, row.session, row.triggered)
    return *msgspec.structs.astuple(row.order), *stands


def _working(*values: Any) -> WorkingOrder:
    order, stands = values[: len(_ORDER)], values[len(_ORDER) :]
    working = WorkingOrder(Order(*order), stands[3])
    working.status, working.filled, working.reason, _, working.session, working.triggered = stands
    return working


_DEFAULTS = {one.name: one.default for one in msgspec.structs.fields(Order) if not one.required}
_UNTOUCHED = {"active_from": 0, "session": -1, "triggered": False, "status_reason": ""}

DECISIONS = Layout.of(DecisionTaken)
FILLS = Layout.of(Fill, NettedFill, SettledFill, BrokerFill)
ENDED = Layout.of(OrderEnded)
EQUITY = Layout.of(EquityPoint)
POSITIONS = Layout.of(PositionHeld)
ACTIONS = Layout.of(ActionApplied)
POSTINGS = Layout.of(CashPosted)
NETTINGS = Layout.of(OrdersNetted)
ORDERS: Layout[WorkingOrder] = Layout(
    "WorkingOrder",
    {**_ORDER, **_STANDS},
    _order_values,
    _working,
    optional=_OPTIONAL,
    defaults={**_DEFAULTS, **_UNTOUCHED},
    is_final=lambda row: row.status.terminal,
)
ACCOUNT_ORDERS: Layout[AccountOrder] = Layout(
    "AccountOrder",
    {**_ORDER, **_STANDS, "parents": NAMED},
    lambda row: (*_order_values(row.working), row.parents),
    lambda *values: AccountOrder(_working(*values[:-1]), values[-1]),
    optional=_OPTIONAL,
    defaults={**_DEFAULTS, **_UNTOUCHED},
    is_final=lambda row: row.working.status.terminal,
)
#: By the name of the table; ``ended`` is in no run folder, ``account_orders`` have to come before ``orders``.
LAYOUTS: Mapping[str, Layout[Any]] = {
    "account_orders": ACCOUNT_ORDERS,
    "account_fills": FILLS,
    "nettings": NETTINGS,
    "orders": ORDERS,
    "fills": FILLS,
    "positions": POSITIONS,
    "equity": EQUITY,
    "decisions": DECISIONS,
    "corporate_actions": ACTIONS,
    "postings": POSTINGS,
    "ended": ENDED,
}


@dataclass(slots=True)
class NettingLog:
    """What was netted, and what the account ordered and traded because of it; tables like those of ``SessionLog``."""

    nettings: Rows[OrdersNetted] = field(default_factory=lambda: Rows(NETTINGS))
    orders: Rows[AccountOrder] = field(default_factory=lambda: Rows(ACCOUNT_ORDERS))
    fills: Rows[Fill] = field(default_factory=lambda: Rows(FILLS))


@dataclass(slots=True)
class SessionLog:
    """Append-only tables, filled by the core and read by whoever reports. ``Rows`` says how to append and read.

    ``orders``, ``fills`` and ``ended`` are the strategies'. ``netting`` is ``None`` where nobody nets. An
    order's row is the working order itself while it works; whole columns of orders name the fields of
    ``Order``, and ``status``, ``filled`` and ``status_reason``. A table may let go of rows
    (``release``): what is told of the whole session, ``digest`` and ``tallies``, has them still.
    """

    decisions: Rows[DecisionTaken] = field(default_factory=lambda: Rows(DECISIONS))
    orders: Rows[WorkingOrder] = field(default_factory=lambda: Rows(ORDERS))
    fills: Rows[Fill] = field(default_factory=lambda: Rows(FILLS))
    ended: Rows[OrderEnded] = field(default_factory=lambda: Rows(ENDED))
    equity: Rows[EquityPoint] = field(default_factory=lambda: Rows(EQUITY))
    positions: Rows[PositionHeld] = field(default_factory=lambda: Rows(POSITIONS))
    actions: Rows[ActionApplied] = field(default_factory=lambda: Rows(ACTIONS))
    postings: Rows[CashPosted] = field(default_factory=lambda: Rows(POSTINGS))
    stopped: list[StrategyStopped] = field(default_factory=list)
    faults: list[ValidatorFault] = field(default_factory=list)
    differences: list[BookDiffers] = field(default_factory=list)
    missing: list[RowsMissing] = field(default_factory=list)
    netting: NettingLog | None = None
    slices: int = 0
    _gone: LogDigest = field(default_factory=LogDigest)
    _gone_tallies: Tallies | None = None

    def tables(self) -> dict[str, Rows[Any]]:
        """By name, in the order of ``LAYOUTS``; those of the account where several strategies are netted."""
        account: dict[str, Rows[Any]] = {}
        if self.netting is not None:
            account = {
                "account_orders": self.netting.orders,
                "account_fills": self.netting.fills,
                "nettings": self.netting.nettings,
            }
        return {
            **account,
            "orders": self.orders,
            "fills": self.fills,
            "positions": self.positions,
            "equity": self.equity,
            "decisions": self.decisions,
            "corporate_actions": self.actions,
            "postings": self.postings,
            "ended": self.ended,
        }

    def release(self, name: str, universe: Universe, capital: int) -> list[Block]:
        """Let go of the rows of one table, which are to be written now; the rest as of ``tallies``."""
        if self._gone_tallies is None:
            self._gone_tallies = Tallies(universe, capital)
        blocks = self.tables()[name].release()
        for block in blocks:
            self._gone.take(name, block)
            self._gone_tallies.take(name, block)
        return blocks

    def tallies(self, universe: Universe, capital: int) -> Tallies:
        """Counts and figures of the whole session so far. ``capital`` of all books at the start, in minor units."""
        tallies = Tallies(universe, capital) if self._gone_tallies is None else self._gone_tallies.copy()
        for name, rows in self.tables().items():
            if rows.late:
                tallies.take(name, rows.layout.block(list(rows.late.values())), so_far=True)
            for block in rows.blocks():
                tallies.take(name, block, so_far=True)
        return tallies

    def digest(self) -> str:
        """SHA-256 over decisions, fills, ended orders, equity and netting: equal runs have equal digests."""
        digest, known = self._gone.copy(), Known()
        for name, rows in self.tables().items():
            for block in rows.blocks():
                digest.take(name, block, known)
        return digest.hexdigest()

    def taken(self) -> SessionLog:
        """Everything that was logged, in a log of its own; this one is empty from here on."""
        other, empty = copy.copy(self), SessionLog(netting=None if self.netting is None else NettingLog())
        for one in fields(self):
            setattr(self, one.name, getattr(empty, one.name))
        return other

    def note_unsent(self, why: Mapping[str, str]) -> None:
        """Orders with these tags, and those that they were sent for, have not or perhaps not reached the broker.

        Where they stand is left as it is: by the matcher's account they may even have traded.
        """
        reasons = dict(why)
        for account in self.netting.orders.changeable() if self.netting is not None else _nothing():
            tag = account.working.order.tag
            if tag in why:
                reasons |= dict.fromkeys(account.parents, why[tag])
                _add_reason(account.working, why[tag])
        for working in self.orders.changeable():
            if working.order.tag in reasons:
                _add_reason(working, reasons[working.order.tag])


def _nothing() -> Iterator[AccountOrder]:
    return iter(())


def _add_reason(working: WorkingOrder, reason: str) -> None:
    working.reason = "; ".join(filter(None, (working.reason, reason)))
