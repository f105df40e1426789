"""Kite's rows of orders and trades as updates of Friday's orders."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any, NamedTuple

from friday_core.api import OrderStatus, OrderUpdate
from friday_plugins.zerodha.orders import Tag, tag_of
from friday_plugins.zerodha.token_file import IST

Row = Mapping[str, Any]
_S = OrderStatus
#: Every other word, known or not, is of an order that Kite has and the exchange perhaps not.
_STATUSES = {
    "OPEN": _S.OPEN, "TRIGGER PENDING": _S.OPEN, "MODIFY VALIDATION PENDING": _S.OPEN, "MODIFY PENDING": _S.OPEN,
    "MODIFIED": _S.OPEN, "NOT MODIFIED": _S.OPEN, "CANCEL PENDING": _S.OPEN, "UPDATE": _S.OPEN,
    "COMPLETE": _S.FILLED, "CANCELLED": _S.CANCELLED, "REJECTED": _S.REJECTED,
}  # fmt: skip
TERMINAL = frozenset({"COMPLETE", "CANCELLED", "REJECTED"})
#: In which a request may change an order.
STEADY = frozenset({"OPEN", "TRIGGER PENDING", "AMO REQ RECEIVED"})
_PAISE = 100
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


class Traded(NamedTuple):
    """Quantity and worth, in paise, of the trades of an order; ``lacks`` where the row tells of more than they do."""

    quantity: int
    paise: int
    lacks: bool = False


def traded(row: Row, trades: Iterable[Row]) -> Traded:
    """What has traded, made of trades and never of the average price, which is rounded.

    The trades may have been read a little later than the row: those that it knows of count.
    """
    told, quantity, worth = int(row.get("filled_quantity") or 0), 0, Decimal(0)
    for one in sorted(trades, key=lambda trade: (str(trade.get("fill_timestamp")), str(trade["trade_id"]).zfill(20))):
        if quantity == told:
            break
        quantity += int(one["quantity"])
        worth += Decimal(str(one["average_price"])) * int(one["quantity"])
    paise = int((worth * _PAISE).quantize(Decimal(1), ROUND_HALF_EVEN))
    return Traded(quantity, paise, quantity < told)


def last_time_of(row: Row) -> dt.datetime | None:
    """The latest time that a row tells."""
    for name in ("exchange_update_timestamp", "exchange_timestamp", "order_timestamp"):
        if (found := time_of(row.get(name))) is not None:
            return found
    return None


def has_another_day(row: Row) -> bool:
    """Whether the latest it tells is of a later date than its placing; of an after-market order that says nothing."""
    placed, latest = time_of(row.get("order_timestamp")), last_time_of(row)
    return row.get("variety") != "amo" and placed is not None and latest is not None and latest.date() > placed.date()


def update_of(row: Row, done: Traded, ended_with_day: Callable[[Row], bool] = has_another_day) -> OrderUpdate:
    """Where one order at Kite stands; ``ended_with_day`` says of a cancelled one whether it has expired."""
    status = _STATUSES.get(str(row["status"]), _S.ACKED)
    if status is _S.CANCELLED and ended_with_day(row):
        status = _S.EXPIRED
    if status is _S.FILLED and done.quantity < int(row["quantity"]):
        status = _S.OPEN  # its last trades are not told yet
    return OrderUpdate(
        tag_of(str(row.get("tag") or "")).order, str(row["order_id"]), status, done.quantity, done.paise,
        moment_of(row), _reason(row, status),
    )  # fmt: skip


def joined(
    tag: Tag, parts: Sequence[tuple[Row, Traded]], *, complete: bool,
    ended_with_day: Callable[[Row], bool] = has_another_day,
) -> OrderUpdate:  # fmt: skip
    """Where an order in slices stands: its quantities are sums, and its number is its tag.

    ``complete`` is whether no further slice can turn up: then those that are missing have not been sent.
    """
    updates = [update_of(row, done, ended_with_day) for row, done in parts]
    filled, paise = (sum(one) for one in zip(*((done.quantity, done.paise) for _, done in parts), strict=True))
    ended = all(one.status in (_S.FILLED, _S.CANCELLED, _S.REJECTED, _S.EXPIRED) for one in updates)
    status, reason = _S.OPEN, ""
    if ended and len(parts) == tag.slices and all(one.status is _S.FILLED for one in updates):
        status = _S.FILLED
    elif ended and (complete or len(parts) == tag.slices):
        words = [one.reason for one in updates if one.status is not _S.FILLED]
        missing = tag.slices - len(parts)
        words += [f"CANCELLED: {missing} of {tag.slices} slices were not sent"] if missing else []
        expired = any(one.status is _S.EXPIRED for one in updates)
        status, reason = _S.EXPIRED if expired else _S.CANCELLED, words[0]
    elif any(one.status is _S.ACKED for one in updates) and not filled:
        status = _S.ACKED
    return OrderUpdate(tag.order, tag.order, status, filled, paise, max(one.ts_event for one in updates), reason)


def moment_of(row: Row) -> int:
    """The latest time that a row tells, microseconds UTC."""
    found = last_time_of(row)
    return 0 if found is None else int((found - _EPOCH) / dt.timedelta(microseconds=1))


def time_of(written: object) -> dt.datetime | None:
    """Kite's times are India's, without a zone, as text or as the client reads them; ``None`` for anything else."""
    if isinstance(written, str):
        try:
            written = dt.datetime.fromisoformat(written)
        except ValueError:
            return None
    if not isinstance(written, dt.datetime):
        return None
    return written.replace(tzinfo=IST) if written.tzinfo is None else written


def _reason(row: Row, status: OrderStatus) -> str:
    words = row.get("status_message") or row.get("status_message_raw") or ""
    if status is _S.EXPIRED:
        return f"EXPIRED: {words or 'its day is over'}"
    return f"{status.name}: {words}" if words and status in (_S.CANCELLED, _S.REJECTED) else ""
