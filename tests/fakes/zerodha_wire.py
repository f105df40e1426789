"""The kit's scripted wire in place of Kite's client, under a connection that is otherwise Zerodha's."""

from __future__ import annotations

import datetime as dt
import tempfile
import threading
import time
from decimal import Decimal
from pathlib import Path
from typing import Any

from friday_core.api import OrderStatus
from friday_core.testing.builders import universe
from friday_core.testing.wire import ScriptedWire, WireOrder, WireRefusal
from friday_plugins.zerodha import token_file
from friday_plugins.zerodha.broker import ZerodhaBroker
from friday_plugins.zerodha.connection import Zerodha
from friday_plugins.zerodha.instruments import Listed, Listing
from friday_plugins.zerodha.limiter import Category, Limiter, Limits
from friday_plugins.zerodha.orders import tag_of
from friday_plugins.zerodha.token_file import IST, Token

_INFY = Listed(408065, "NSE", "INFY", "INFOSYS", "EQ", "NSE", Decimal("0.05"), 1, None)
_WORDS = {
    OrderStatus.ACKED: "OPEN PENDING", OrderStatus.OPEN: "OPEN", OrderStatus.PARTIAL: "OPEN",
    OrderStatus.FILLED: "COMPLETE", OrderStatus.CANCELLED: "CANCELLED", OrderStatus.REJECTED: "REJECTED",
}  # fmt: skip


class WireClient:
    """What of Kite's client a broker uses. The wire's questions are for whoever asks ``orders`` of the broker, and not
    for its start, nor for the thread that looks after its orders.
    """

    access_token = "the token of the wire"

    def __init__(self, wire: ScriptedWire) -> None:
        self._wire, self._started = wire, False
        #: The marks of our tags, which the wire does not keep.
        self._marks: dict[str, str] = {}

    def place_order(self, **form: Any) -> str:
        tag = tag_of(form["tag"]).order
        self._marks[tag] = form["tag"]
        return str(self._asked(lambda: self._wire.place(tag, form["quantity"])))

    def cancel_order(self, _variety: str, order_id: str) -> str:
        return str(self._asked(lambda: self._wire.cancel(order_id)))

    def orders(self) -> list[dict[str, Any]]:
        if threading.current_thread().name != "zerodha orders" and self._started:
            return [self.row(one) for one in self._asked(self._wire.orders)]
        self._started = True
        return [self.row(one) for one in list(self._wire._book.values())]

    def trades(self) -> list[dict[str, Any]]:
        return [
            {"order_id": one.number, "trade_id": f"{place:03}", "quantity": quantity, "average_price": price / 100}
            for one in list(self._wire._book.values())
            for place, (quantity, price) in enumerate(one.trades)
        ]

    def positions(self) -> dict[str, list[Any]]:
        return {"net": []}

    def holdings(self) -> list[Any]:
        return []

    def quote(self, *_keys: str) -> dict[str, Any]:
        return {}

    def row(self, one: WireOrder) -> dict[str, Any]:
        """A row of Kite's."""
        time = dt.datetime.fromtimestamp(one.ts_event / 1e6, IST).replace(tzinfo=None)
        return {
            "order_id": one.number, "tag": self._marks.get(one.tag, one.tag) or None, "status": _WORDS[one.status],
            "status_message": one.words or None, "quantity": one.quantity, "filled_quantity": one.filled,
            "average_price": one.average_price, "order_timestamp": time, "variety": "regular", "order_type": "MARKET",
            "transaction_type": "BUY", "tradingsymbol": "INFY", "exchange": "NSE", "price": 0,
        }  # fmt: skip

    def _asked(self, ask: Any) -> Any:
        from kiteconnect.exceptions import OrderException

        try:
            return ask()
        except WireRefusal as error:
            raise OrderException(str(error), 400) from error


class WiredZerodha(Zerodha):
    """Asks once, so that a silence is one."""

    def __init__(self, settings: Any, wire: ScriptedWire) -> None:
        super().__init__(settings)
        self.client = WireClient(wire)
        self.limiter = Limiter(time.monotonic, Limits(dict.fromkeys(Category, 1_000)))
        wire.listen(lambda one: self.told(self.client.row(one)))
        self.session.look()

    def api(self) -> Any:
        return self.client

    def read(self, method: str, *arguments: Any, deadline: float = 20.0, **named: Any) -> Any:
        return self._asked(Category.OTHER, method, arguments, named)

    def instruments(self, day: dt.date | None = None) -> Listing:
        return Listing(day or dt.datetime.now(IST).date(), [_INFY])


def on_kite(wire: ScriptedWire) -> ZerodhaBroker:
    """The broker at the wire."""
    path = Path(tempfile.mkdtemp(prefix="friday-kite-")) / "session.json"
    token_file.write(path, Token("key", WireClient.access_token, "AB1234", dt.datetime.now(IST)))
    connection = WiredZerodha(Zerodha.Settings(api_key="key", api_secret="secret", session_file=path), wire)
    settings = ZerodhaBroker.Settings(poll=0.2, refusals_in_a_row=1000, market_hours=False)
    return ZerodhaBroker(settings, connection, universe("INFY.NSE"))
