"""A trader that survives Kite's faults: it buys a few shares and sells them again, and ends with nothing.

Once a second it looks at the book of orders, and takes the next step from what it sees. An order is written down before
it is sent, and known by its tag alone: whatever was answered, what became of it says the book, and nothing else is sent
until the order is there or a dozen looks have not found it. What fails is not repeated: the next look begins anew.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from kiteconnect import KiteConnect, KiteTicker
from kiteconnect.exceptions import TokenException
from twisted.internet import reactor

_ENDED = frozenset({"COMPLETE", "CANCELLED", "REJECTED"})
_SIGNS = {"BUY": 1, "SELL": -1}
#: Looks: that an order may work, that one may be missing in the book, until the same may be sent as it was.
_WORKS, _DOUBTFUL, _AGAIN = 3, 12, 35
#: Seconds: from look to look, and more after something failed; that a price is fresh, and that a socket may be silent.
_PAUSE, _TROUBLE, _FRESH, _SILENT = 1.05, 3.5, 5.0, 9.0
#: Prices of the socket and of quotes that differ by more are believed neither.
_TOLERANCE = 0.01
_EXCHANGE, _QUANTITY = "NSE", 10


class Careful:
    """Trades ``symbols`` intraday. ``journal`` has the tags of what was sent: a new process goes on with it."""

    def __init__(
        self, kite: KiteConnect, log_in: Callable[[], str], ws_root: str, symbols: Sequence[str], journal: Path
    ) -> None:
        self._kite, self._log_in, self._ws_root = kite, log_in, ws_root
        self._symbols, self._journal = symbols, journal
        self._looks, self._book = 0, dict[str, dict[str, Any]]()
        #: The look before which a tag was sent, and that from which the same order may be sent again.
        self._sent = dict.fromkeys(journal.read_text("utf-8").split() if journal.exists() else (), 0)
        self._free = dict[tuple[object, ...], int]()
        self._ticker, self._tokens, self._heard = None, set[int](), 0.0
        self._ticks = dict[int, tuple[float, float]]()

    def trade(self, seconds: float) -> None:
        """Buy and sell for a while, then sell what is left, for as long as it takes."""
        end, done = time.monotonic() + seconds, False
        while not done:
            try:
                done = self.step(buying=time.monotonic() < end)
            except TokenException:
                self._kite.set_access_token(None)
            except Exception:  # noqa: BLE001 - whatever it was, what it led to says the book
                time.sleep(_TROUBLE)
            time.sleep(_PAUSE)
        self._hang_up()

    def step(self, *, buying: bool) -> bool:
        """One look, and what follows from it; whether all is over: nothing to be bought, in work, in doubt or held."""
        if not self._kite.access_token:
            self._kite.set_access_token(self._log_in())
            self._tokens = set()
        orders = self._look()
        working = [row for row in orders if row["status"] not in _ENDED]
        for row in working:
            if self._looks > self._sent.get(row["tag"], self._looks) + _WORKS:
                self._kite.cancel_order(row["variety"], row["order_id"])
        held = Counter(dict.fromkeys(self._symbols, 0))
        for row in orders:
            held[row["tradingsymbol"]] += _SIGNS[row["transaction_type"]] * row["filled_quantity"]
        quotes = self._kite.quote([f"{_EXCHANGE}:{symbol}" for symbol in held])
        self._listen({quote["instrument_token"] for quote in quotes.values()})
        missing = self._sent.keys() - {row["tag"] for row in orders}
        if working or any(self._looks < self._sent[tag] + _DOUBTFUL for tag in missing):
            return False
        for symbol, quantity in held.items():
            quote = quotes[f"{_EXCHANGE}:{symbol}"]
            if quantity:
                self._order(symbol, "SELL" if quantity > 0 else "BUY", abs(quantity), quote)
            elif buying and symbol in self._symbols and self._is_borne_out(quote):
                self._order(symbol, "BUY", _QUANTITY, quote)
        return not buying and not any(held.values())

    def _look(self) -> list[dict[str, Any]]:
        """Our orders, and those with which the broker closed them; none goes back, for what is read may be stale."""
        for row in self._kite.orders():
            known = self._book.setdefault(row["order_id"], row)
            if known["status"] not in _ENDED and row["filled_quantity"] >= known["filled_quantity"]:
                self._book[row["order_id"]] = row
        self._looks += 1
        ours = [row for row in self._book.values() if row["tag"] in self._sent or row["placed_by"] == "ADMINSQF"]
        return [row for row in ours if row["product"] == "MIS"]

    def _order(self, symbol: str, side: str, quantity: int, quote: Mapping[str, Any]) -> None:
        """At the best price of the other side that was not tried lately: what was refused would be refused again."""
        for level in quote["depth"]["sell" if side == "BUY" else "buy"]:
            terms = (symbol, side, quantity, level["price"])
            if level["price"] > 0 and self._looks >= self._free.get(terms, 0):
                break
        else:
            return
        tag = f"f{time.time_ns() // 1_000:x}"
        with self._journal.open("a", encoding="utf-8") as journal:
            journal.write(f"{tag}\n")
        self._sent[tag], self._free[terms] = self._looks, self._looks + _AGAIN
        self._kite.place_order(
            "regular", _EXCHANGE, *terms[:3], "MIS", "LIMIT", price=terms[3], validity="DAY", tag=tag
        )  # fmt: skip

    def _is_borne_out(self, quote: Mapping[str, Any]) -> bool:
        """Whether a fresh tick says the same price."""
        price, at = self._ticks.get(quote["instrument_token"], (0.0, 0.0))
        return time.monotonic() - at < _FRESH and abs(price / quote["last_price"] - 1) < _TOLERANCE

    def _listen(self, tokens: set[int]) -> None:
        """A socket that is silent, of another session or of other instruments gives way to a new one."""
        if tokens == self._tokens and time.monotonic() - self._heard < _SILENT:
            return
        self._hang_up()
        self._tokens, self._heard = tokens, time.monotonic()
        ticker = self._ticker = KiteTicker(self._kite.api_key, self._kite.access_token, root=self._ws_root)
        ticker.on_ticks = self._hear
        ticker.on_connect = lambda *_: (ticker.subscribe([*tokens]), ticker.set_mode(ticker.MODE_FULL, [*tokens]))
        start = reactor.callFromThread if reactor.running else lambda call, **how: call(**how)
        start(ticker.connect, threaded=True)

    def _hear(self, _: KiteTicker, ticks: Sequence[Mapping[str, Any]]) -> None:
        self._heard = time.monotonic()
        self._ticks |= {tick["instrument_token"]: (tick["last_price"], self._heard) for tick in ticks}

    def _hang_up(self) -> None:
        if old := self._ticker:
            old.on_connect = lambda *_: old.close(1000)  # it may be about to connect
            reactor.callFromThread(old.close, 1000)
