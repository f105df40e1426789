"""A trader as they are often written: it sends again what failed, takes an order for a fill, and trusts its socket."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

from kiteconnect import KiteConnect, KiteTicker
from twisted.internet import reactor

_QUANTITY = 10
_TRIES = 5
#: How much worse than the last price an order may trade.
_SLACK = 0.005


class Naive:
    """Buys and sells ``symbols`` in turns at the last price that it heard."""

    def __init__(
        self, kite: KiteConnect, log_in: Callable[[], str], ws_root: str, symbols: Sequence[str], *,
        exchange: str = "NSE",
    ) -> None:  # fmt: skip
        self._kite, self._symbols, self._exchange = kite, symbols, exchange
        self._kite.set_access_token(log_in())
        self._ticker = KiteTicker(kite.api_key, kite.access_token, root=ws_root)
        rows = self._again(lambda: kite.instruments(exchange)) or []
        self._names = {row["instrument_token"]: row["tradingsymbol"] for row in rows if row["tradingsymbol"] in symbols}
        self._last: dict[str, float] = {}

    def trade(self, seconds: float) -> None:
        """Trade for a while."""
        self._ticker.on_connect = lambda ticker, _: ticker.subscribe([*self._names])
        self._ticker.on_ticks = self._took
        if reactor.running:
            reactor.callFromThread(self._ticker.connect, threaded=True)
        else:
            self._ticker.connect(threaded=True)
        end, side = time.monotonic() + seconds, "BUY"
        while time.monotonic() < end or side == "SELL":
            if len(self._last) < len(self._names):
                time.sleep(0.2)
                continue
            for symbol in self._last:
                self._order(symbol, side)
            side = "SELL" if side == "BUY" else "BUY"
            time.sleep(1.0)
        reactor.callFromThread(self._ticker.close, 1000)
        time.sleep(1.0)

    def _order(self, symbol: str, side: str) -> None:
        price = round(self._last[symbol] * (1 + _SLACK if side == "BUY" else 1 - _SLACK), 1)
        self._again(
            lambda: self._kite.place_order(
                "regular", self._exchange, symbol, side, _QUANTITY, "MIS", "LIMIT", price=price, validity="DAY"
            )
        )

    def _again(self, request: Callable[[], Any]) -> Any:
        for _ in range(_TRIES):
            try:
                return request()
            except Exception:  # noqa: BLE001 - what it is about, this one does not ask
                time.sleep(0.2)
        return None

    def _took(self, _: object, ticks: Sequence[dict[str, Any]]) -> None:
        for tick in ticks:
            if symbol := self._names.get(tick["instrument_token"]):
                self._last[symbol] = tick["last_price"]
