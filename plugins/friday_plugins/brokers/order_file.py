"""Orders as a basket file for upload by hand; fills are assumed by the rules of the paper broker.

``basket_orders.csv``, one row an order, in the order of the decisions:

================ ===============================================================================
column           content
================ ===============================================================================
tradingsymbol    symbol of the instrument
exchange         its exchange
transaction_type BUY or SELL
quantity         shares or contracts
order_type       MARKET or LIMIT (SL and SL-M stand for stops, which this broker does not take)
price            limit price in the currency, an exact decimal; empty for MARKET
trigger_price    empty: no stops
product          Kite's name of the order's product, else setting ``product``
validity         DAY
tag              identifies the order in Friday's results
decided_at       ISO 8601 in the setting's ``timezone``
note             what the row cannot say: that the order has to be placed again, or for the auction,
                 or with market protection
================ ===============================================================================

``basket_cancels.csv``, one row for each order to be cancelled: tag, tradingsymbol, exchange,
transaction_type, quantity, reason. The symbol to quantity are empty if the order is unknown here.

Every row is flushed at once. During the session the files end in ``.partial``; ``stop`` renames
them. A text that a spreadsheet would take for a formula is led by an apostrophe.
"""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Literal, TextIO
from zoneinfo import ZoneInfo

from pydantic import Field

from friday_core.api import (
    BarMatcher,
    CancelOrder,
    ComponentSpec,
    InDoubt,
    InstrumentId,
    Intent,
    MatchingSettings,
    Order,
    OrderType,
    Product,
    Refused,
    SimulatedBroker,
    TimeInForce,
    TimeZone,
    Universe,
    hookimpl,
    to_date,
)

ORDER_COLUMNS = (
    "tradingsymbol", "exchange", "transaction_type", "quantity", "order_type", "price", "trigger_price",
    "product", "validity", "tag", "decided_at", "note",
)  # fmt: skip
CANCEL_COLUMNS = ("tag", "tradingsymbol", "exchange", "transaction_type", "quantity", "reason")
_ORDER_TYPES = {OrderType.MARKET: "MARKET", OrderType.LIMIT: "LIMIT"}
#: Kite's names of what an order may name.
_PRODUCTS: Mapping[str, str] = {
    Product.DELIVERY: "CNC", Product.INTRADAY: "MIS", Product.NORMAL: "NRML", Product.MTF: "MTF"
}  # fmt: skip
_FORMULA_STARTS = ("=", "+", "-", "@")
_GTC_NOTE = "good till cancelled: place it again each session until it is done"
_CLOSE_NOTE = "for the closing auction of its session"
_PPM_PER_PERCENT = 10_000
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


class OrderFileBroker(SimulatedBroker):
    """Writes what a person is to place. Its fills are assumed until that person made them true."""

    order_types = frozenset(_ORDER_TYPES)
    assumed = True

    class Settings(MatchingSettings):
        product: Literal["CNC", "MIS", "NRML", "MTF"] = Field("CNC", description="Product of orders that name none.")
        timezone: TimeZone = Field("Asia/Kolkata", description="Zone of decided_at.")

    def __init__(self, settings: Settings, run_folder: Path, universe: Universe) -> None:
        self._rules = settings.rules
        self._product = settings.product
        self._zone = ZoneInfo(settings.timezone)
        self._decimals: dict[InstrumentId, int] = {one.id: one.price_decimals for one in universe}
        self._orders = _Sheet(run_folder / "basket_orders.csv", ORDER_COLUMNS)
        self._cancels = _Sheet(run_folder / "basket_cancels.csv", CANCEL_COLUMNS)
        self._placed: dict[str, Order] = {}

    def start(self) -> None:
        """Open the files; rows that are already there from an earlier start are kept."""
        self._orders.open()
        self._cancels.open()

    def stop(self) -> None:
        """Close the files and give them their final names."""
        try:
            self._orders.close()
        finally:
            self._cancels.close()

    def matcher(self) -> BarMatcher:
        return BarMatcher(self._rules)

    def send(self, intents: Sequence[Intent]) -> None:
        """Write the rows. ``Refused``, before anything is written, if one order cannot be a row."""
        for intent in intents:
            if not isinstance(intent, CancelOrder):
                self._check(intent.order)
        for intent in intents:
            if isinstance(intent, CancelOrder):
                self._cancels.append(self._cancel_row(intent))
            else:
                self._orders.append(self._order_row(intent.order))
                self._placed[intent.order.tag] = intent.order

    def results(self) -> Mapping[str, str]:
        return {
            "orders to place": str(self._orders.path),
            "orders to cancel": str(self._cancels.path),
        }

    def _check(self, order: Order) -> None:
        if order.type not in _ORDER_TYPES:
            raise Refused(f"order {order.tag}: an order file takes market and limit orders, not {order.type}")
        if order.instrument not in self._decimals:
            raise Refused(f"order {order.tag}: {order.instrument} is not in the session's universe")

    def _order_row(self, order: Order) -> list[str]:
        decided = (_EPOCH + dt.timedelta(microseconds=order.ts_decided)).astimezone(self._zone)
        return [
            *_leg(order), _ORDER_TYPES[order.type], self._price(order), "",
            _PRODUCTS.get(order.product, self._product), "DAY", _text(order.tag), decided.isoformat(), _note(order),
        ]  # fmt: skip

    def _cancel_row(self, cancel: CancelOrder) -> list[str]:
        order = self._placed.get(cancel.tag)
        return [_text(cancel.tag), *(["", "", "", ""] if order is None else _leg(order)), _text(cancel.reason)]

    def _price(self, order: Order) -> str:
        if order.limit_price is None:
            return ""
        return f"{Decimal(order.limit_price).scaleb(-self._decimals[order.instrument]):f}"


class _Sheet:
    """A CSV file that only grows, and has its final name only when it is closed."""

    def __init__(self, path: Path, columns: Sequence[str]) -> None:
        self.path = path
        self._partial = path.with_name(path.name + ".partial")
        self._columns = columns
        self._stream: TextIO | None = None

    def open(self) -> None:
        if self.path.exists():
            self.path.replace(self._partial)
        self._stream = self._partial.open("a", encoding="utf-8", newline="")
        if self._stream.tell() == 0:
            self.append(self._columns)

    def append(self, cells: Sequence[str]) -> None:
        if self._stream is None:
            raise Refused(f"{self.path.name} is not open; start the broker first")
        try:
            csv.writer(self._stream, lineterminator="\n").writerow(cells)
            self._stream.flush()
        except OSError as error:
            raise InDoubt(f"{self._partial}: a row may have been written in part: {error}") from error

    def close(self) -> None:
        if self._stream is None:
            return
        self._stream.close()
        self._stream = None
        self._partial.replace(self.path)


def _leg(order: Order) -> list[str]:
    """Symbol, exchange, side and quantity as the files name them."""
    return [
        _text(order.instrument.symbol), _text(order.instrument.exchange), order.side.value.upper(), str(order.quantity)
    ]  # fmt: skip


def _note(order: Order) -> str:
    """What a row has no column for."""
    notes = []
    if order.time_in_force is TimeInForce.GTC:
        notes.append(_GTC_NOTE)
    if order.good_till is not None:
        notes.append(f"good till {to_date(order.good_till)}: place it again each session until it is done")
    if order.time_in_force is TimeInForce.AT_CLOSE:
        notes.append(_CLOSE_NOTE)
    if order.protection_ppm:
        notes.append(f"market protection {Decimal(order.protection_ppm) / _PPM_PER_PERCENT:f}%")
    return "; ".join(notes)


def _text(cell: str) -> str:
    """A text on one line that no spreadsheet takes for a formula."""
    line = " ".join(cell.split())
    return f"'{line}" if line.startswith(_FORMULA_STARTS) else line


@hookimpl
def friday_components() -> list[ComponentSpec]:
    return [
        ComponentSpec(
            "broker",
            "order_file",
            OrderFileBroker,
            OrderFileBroker.Settings,
            requires={"run_folder": "run_folder", "universe": "universe"},
            provides=OrderFileBroker.order_types,
        )
    ]
