"""The result of a session as tidy Arrow tables: exact decimals, UTC times, one row a fact."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

import msgspec
import pyarrow as pa

from friday_core.domain.chunk import MISSING_PRICE, PRICE_COLUMNS, Universe
from friday_core.domain.instruments import InstrumentId
from friday_core.domain.money import MINOR_DIGITS
from friday_core.domain.orders import WorkingOrder
from friday_core.domain.sessions import to_date
from friday_core.flow.quarantine import HeldRow
from friday_core.session.log import AccountOrder, NettingLog, SessionLog

_TS = pa.timestamp("us", tz="UTC")
_TEXT = pa.string()
_COUNT = pa.int64()
_DATE = pa.date32()

Columns = Sequence[tuple[str, pa.DataType, Callable[[Any], Any]]]


class ResultTables:
    """Builds every table of a run. Money and prices are decimals in the account's currency."""

    def __init__(self, universe: Universe, currency: str) -> None:
        self._decimals = {instrument.id: instrument.price_decimals for instrument in universe}
        self._money_digits = MINOR_DIGITS[currency]
        self._price_type = pa.decimal128(38, max(self._decimals.values(), default=2))
        self._money_type = pa.decimal128(38, self._money_digits)

    def all(self, log: SessionLog, held: Iterable[HeldRow]) -> Mapping[str, pa.Table]:
        """Table name to table, every table with its columns even without a row.

        The account's own are among them where several strategies are netted.
        """
        netting = log.netting or NettingLog()
        return {
            "orders": _table(log.orders, [*self._orders(), _account_order_behind(netting)]),
            "fills": _table(log.fills, [*self._fills(), *_FILLED_IN]),
            "positions": _table(log.positions, self._positions()),
            "equity": _table(log.equity, self._equity()),
            "decisions": _table(log.decisions, self._decisions()),
            "corporate_actions": _table(log.actions, self._actions()),
            "quarantine": _table(list(held), self._quarantine()),
            **({} if log.netting is None else self._account(netting)),
        }

    def _account(self, netting: NettingLog) -> dict[str, pa.Table]:
        """What the account ordered and traded for several strategies at once, in the columns of theirs."""
        orders = [(name, kind, _of_working(get)) for name, kind, get in self._orders() if name != "strategy"]
        fills = [column for column in self._fills() if column[0] != "strategy"]
        return {
            "account_orders": _table(netting.orders, [*orders, ("parents", _TEXT, lambda row: " ".join(row.parents))]),
            "account_fills": _table(netting.fills, fills),
            "nettings": _table(netting.nettings, _NETTINGS),
        }

    def _price(self, instrument: InstrumentId, units: int | None) -> Decimal | None:
        return None if units is None else Decimal(units).scaleb(-self._decimals[instrument])

    def _money(self, minor: int) -> Decimal:
        return Decimal(minor).scaleb(-self._money_digits)

    def _orders(self) -> Columns:
        def order(name: str) -> Callable[[WorkingOrder], Any]:
            return lambda row: getattr(row.order, name)

        def price(name: str) -> Callable[[WorkingOrder], Any]:
            return lambda row: self._price(row.order.instrument, getattr(row.order, name))

        return [
            ("tag", _TEXT, order("tag")),
            ("ts_decided", _TS, order("ts_decided")),
            ("strategy", _TEXT, order("strategy")),
            ("instrument", _TEXT, lambda row: str(row.order.instrument)),
            ("side", _TEXT, order("side")),
            ("type", _TEXT, order("type")),
            ("quantity", _COUNT, order("quantity")),
            ("limit_price", self._price_type, price("limit_price")),
            ("trigger_price", self._price_type, price("trigger_price")),
            ("time_in_force", _TEXT, order("time_in_force")),
            ("status", _TEXT, lambda row: row.status),
            ("filled", _COUNT, lambda row: row.filled),
            ("status_reason", _TEXT, lambda row: row.reason),
            ("reason", _TEXT, order("reason")),
        ]

    def _fills(self) -> Columns:
        return [
            ("ts_event", _TS, _attribute("ts_event")),
            ("tag", _TEXT, _attribute("tag")),
            ("strategy", _TEXT, _attribute("strategy")),
            ("instrument", _TEXT, lambda row: str(row.instrument)),
            ("side", _TEXT, _attribute("side")),
            ("quantity", _COUNT, _attribute("quantity")),
            ("price", self._price_type, lambda row: self._price(row.instrument, row.price)),
            ("charges", self._money_type, lambda row: self._money(row.charges)),
            ("assumed", pa.bool_(), _attribute("assumed")),
        ]

    def _positions(self) -> Columns:
        return [
            ("session", _DATE, lambda row: to_date(row.session)),
            ("strategy", _TEXT, _attribute("strategy")),
            ("instrument", _TEXT, lambda row: str(row.instrument)),
            ("quantity", _COUNT, _attribute("quantity")),
            ("price", self._price_type, lambda row: self._price(row.instrument, row.price)),
            ("cost", self._money_type, lambda row: self._money(row.cost)),
            ("value", self._money_type, lambda row: self._money(row.value)),
        ]

    def _equity(self) -> Columns:
        money = ((name, self._money_type, self._money_of(name)) for name in ("cash", "value", "gross", "equity"))
        return [
            ("ts_event", _TS, _attribute("ts_event")),
            ("session", _DATE, lambda row: to_date(row.session)),
            ("strategy", _TEXT, _attribute("strategy")),
            *money,
        ]

    def _money_of(self, name: str) -> Callable[[Any], Decimal]:
        return lambda row: self._money(getattr(row, name))

    def _decisions(self) -> Columns:
        return [
            ("ts_event", _TS, _attribute("ts_event")),
            ("strategy", _TEXT, _attribute("strategy")),
            ("instrument", _TEXT, lambda row: str(row.instrument)),
            ("kind", _TEXT, _attribute("kind")),
            ("value", pa.float64(), _attribute("value")),
            ("asked", _COUNT, _attribute("asked")),
            ("sent", _COUNT, _attribute("sent")),
            ("code", _TEXT, _attribute("code")),
            ("detail", _TEXT, _attribute("detail")),
            ("reason", _TEXT, _attribute("reason")),
            ("tag", _TEXT, _attribute("tag")),
        ]

    def _actions(self) -> Columns:
        counts = ("numerator", "denominator", "quantity_before", "quantity_after")
        return [
            ("session", _DATE, lambda row: to_date(row.session)),
            ("strategy", _TEXT, _attribute("strategy")),
            ("instrument", _TEXT, lambda row: str(row.instrument)),
            *((name, _COUNT, _attribute(name)) for name in counts),
            ("dividend", self._price_type, lambda row: self._price(row.instrument, row.dividend)),
            ("cash", self._money_type, self._money_of("cash")),
        ]

    def _quarantine(self) -> Columns:
        return [
            ("stream", _TEXT, _attribute("stream")),
            ("stage", _TEXT, _attribute("stage")),
            ("verdict", _TEXT, _attribute("verdict")),
            ("reason", _TEXT, _attribute("reason")),
            ("instrument", _TEXT, lambda row: str(row.instrument)),
            ("ts_event", _TS, _attribute("ts_event")),
            ("seq", _COUNT, _attribute("seq")),
            ("values", _TEXT, self._held_values),
        ]

    def _held_values(self, row: HeldRow) -> str:
        """The row as it arrived, as JSON: prices as decimals, null for what is missing."""
        shown = {
            name: value if name not in PRICE_COLUMNS
            else None if value == MISSING_PRICE
            else str(self._price(row.instrument, int(value)))
            for name, value in row.values.items()
        }  # fmt: skip
        return msgspec.json.encode(shown).decode()


def _of_working(get: Callable[[WorkingOrder], Any]) -> Callable[[AccountOrder], Any]:
    return lambda row: get(row.working)


def _account_order_behind(netting: NettingLog) -> tuple[str, pa.DataType, Callable[[WorkingOrder], str]]:
    """The last account order that stood for an order; empty where the broker was sent the order itself, or nothing."""
    sent_in = {tag: one.working.order.tag for one in netting.orders for tag in one.parents}
    return "account_order", _TEXT, lambda row: sent_in.get(row.order.tag, "")


def _attribute(name: str) -> Callable[[Any], Any]:
    return lambda row: getattr(row, name)


def _table(rows: Sequence[Any], columns: Columns) -> pa.Table:
    return pa.table({name: pa.array([get(row) for row in rows], kind) for name, kind, get in columns})


#: What a strategy's fill was part of.
_FILLED_IN: Columns = [
    ("kind", _TEXT, _attribute("kind")),
    ("account_order", _TEXT, lambda row: getattr(row, "account_order", "")),
]
_NETTINGS: Columns = [
    ("ts_event", _TS, _attribute("ts_event")),
    ("instrument", _TEXT, lambda row: str(row.instrument)),
    ("bought", _COUNT, _attribute("bought")),
    ("sold", _COUNT, _attribute("sold")),
    ("account_order", _TEXT, _attribute("account_order")),
    ("orders", _TEXT, lambda row: " ".join(row.orders)),
]
