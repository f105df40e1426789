"""Orders and trades as Kite's answers have them: the same names, in the same order, prices in rupees."""

from __future__ import annotations

from typing import Any

from friday_core.sandbox.kite.account.orders import TERMINAL, KiteOrder, KiteTrade, Status
from friday_core.sandbox.kite.account.prices import written


def order_row(order: KiteOrder) -> dict[str, Any]:
    """A row of ``/orders``; ``tags`` only where there are some, ``auction_number`` only in an auction."""
    contract, terms = order.contract, order.terms
    rupees = contract.rupees
    row: dict[str, Any] = {
        "account_id": order.placed_by, "placed_by": _placed_by(order), "order_id": order.id,
        "exchange_order_id": order.exchange_id or None, "parent_order_id": order.parent or None,
        "status": order.status.value, "status_message": order.words or None, "status_message_raw": order.raw or None,
        "order_timestamp": written(order.ts),
        "exchange_update_timestamp": written(max(order.ts_update, order.ts_exchange)) if order.ts_exchange else None,
        "exchange_timestamp": written(order.ts_exchange) if order.ts_exchange else None,
        "variety": order.variety, "modified": order.modified, "exchange": contract.exchange,
        "tradingsymbol": contract.symbol, "instrument_token": contract.token, "order_type": terms.type,
        "transaction_type": order.side.value, "validity": terms.validity, "validity_ttl": terms.ttl,
        "product": order.product, "quantity": terms.quantity, "disclosed_quantity": terms.disclosed,
        "price": rupees(terms.price) or 0, "trigger_price": rupees(terms.trigger) or 0,
        "average_price": contract.average(order.worth, order.filled), "filled_quantity": order.filled,
        "pending_quantity": _pending(order), "cancelled_quantity": order.cancelled, "market_protection": 0,
        "meta": order.meta, "tag": order.tag or None, "guid": f"{order.app or 'web'}X{order.id[-8:]}",
    }  # fmt: skip
    if order.tags or order.tag:
        row["tags"] = [*([order.tag] if order.tag else []), *order.tags]
    return row


def update_row(order: KiteOrder, before: KiteOrder | None) -> dict[str, Any]:
    """As sockets and postbacks tell of it: what changed without another status is an ``UPDATE``."""
    row = order_row(order) | {"unfilled_quantity": order.terms.quantity - order.filled}
    traded = before is not None and order.filled > before.filled
    if order.status is Status.MODIFIED or (traded and order.status not in TERMINAL):
        row["status"] = "UPDATE"
    return row


def trade_row(trade: KiteTrade) -> dict[str, Any]:
    """A row of ``/trades``."""
    contract = trade.contract
    return {
        "trade_id": trade.id, "order_id": trade.order, "exchange": contract.exchange,
        "tradingsymbol": contract.symbol, "instrument_token": contract.token, "product": trade.product,
        "average_price": contract.rupees(trade.price), "quantity": trade.quantity,
        "exchange_order_id": trade.exchange_id, "transaction_type": trade.side.value,
        "fill_timestamp": written(trade.ts), "order_timestamp": written(trade.order_ts)[11:],
        "exchange_timestamp": written(trade.ts),
    }  # fmt: skip


def _placed_by(order: KiteOrder) -> str:
    return "ADMINSQF" if order.owner == "broker" else order.placed_by


def _pending(order: KiteOrder) -> int:
    """A cancelled order keeps what was pending, as at Kite; one that was rejected or filled has nothing."""
    if order.status in TERMINAL and order.status is not Status.CANCELLED:
        return 0
    return order.terms.quantity - order.filled
