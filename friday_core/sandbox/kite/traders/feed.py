"""Ticks that can be trusted: a socket that is watched, and made anew when it falls silent or its token changes."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from kiteconnect import KiteConnect, KiteTicker
from twisted.internet import reactor

#: Seconds without any message, and without a tick of any instrument, after which a socket is given up.
_SILENCE, _STALL = 5.0, 12.0


class Feed:
    """The latest tick of each symbol. Callbacks only note what came: all that may fail happens in ``watch``."""

    def __init__(self, kite: KiteConnect, ws_root: str, exchange: str) -> None:
        self._kite, self._root, self._exchange = kite, ws_root, exchange
        self._ticker: KiteTicker | None = None
        self._symbols: dict[int, str] = {}
        self._ticks: dict[str, tuple[float, float]] = {}
        self._heard = self._ticked = 0.0

    def start(self, rows: Sequence[dict[str, Any]]) -> None:
        """Connect anew, with the token of now, to the instruments of a list of now."""
        self.stop()
        self._symbols = {row["instrument_token"]: row["tradingsymbol"] for row in rows}
        ticker = KiteTicker(self._kite.api_key, self._kite.access_token, root=self._root, reconnect_max_delay=5)
        ticker.on_connect, ticker.on_ticks, ticker.on_message = self._connected, self._took, self._listened
        self._heard = self._ticked = time.monotonic()
        self._ticker = ticker
        if reactor.running:
            reactor.callFromThread(ticker.connect, threaded=True)
        else:
            ticker.connect(threaded=True)

    def stop(self) -> None:
        """Close for good; a new one is another ticker."""
        old, self._ticker = self._ticker, None
        if old is not None:
            old.on_ticks = old.on_message = None
            old.on_connect = _leave  # it may be about to connect
            reactor.callFromThread(old.close, 1000)

    def is_silent(self) -> bool:
        """Whether the socket must be given up."""
        now = time.monotonic()
        return now - self._heard > _SILENCE or now - self._ticked > _STALL

    def price(self, symbol: str, within: float = 5.0) -> float | None:
        """The last price, if it is not older than so many seconds."""
        price, at = self._ticks.get(symbol, (0.0, 0.0))
        return price if price > 0 and time.monotonic() - at < within else None

    def _connected(self, ticker: KiteTicker, _: object) -> None:
        tokens = [*self._symbols]
        ticker.subscribe(tokens)
        ticker.set_mode(ticker.MODE_FULL, tokens)

    def _listened(self, _: object, __: bytes, ___: bool) -> None:
        self._heard = time.monotonic()

    def _took(self, _: object, ticks: Sequence[dict[str, Any]]) -> None:
        self._ticked = time.monotonic()
        for tick in ticks:
            if symbol := self._symbols.get(tick["instrument_token"]):
                self._ticks[symbol] = (tick["last_price"], self._ticked)


def _leave(ticker: KiteTicker, _: object) -> None:
    ticker.close(1000)
