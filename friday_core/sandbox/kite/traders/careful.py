"""A trader that survives Kite's faults: it buys a few shares and sells them again, and ends with nothing.

An order is written down before it is sent, and known by its tag alone; what became of it says the book of orders, read
until it is certain. Nothing is sent twice unless that book was silent for long. What is held is what the book says.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from kiteconnect import KiteConnect

from friday_core.sandbox.kite.traders.desk import Desk, Outcome
from friday_core.sandbox.kite.traders.feed import Feed

_ENDED = frozenset({"COMPLETE", "CANCELLED", "REJECTED"})
#: Seconds: that an order may work, that an unknown one is looked for, that a symbol rests after a refusal.
_WORKS, _LOOKS, _RESTS = 4.0, 14.0, 35.0
#: Prices of the socket and of quotes that differ by more are believed neither.
_TOLERANCE = 0.01
_QUANTITY = 10


class Careful:
    """Trades ``symbols`` of an exchange, intraday. ``journal`` is appended to; a new process goes on with it."""

    def __init__(
        self, kite: KiteConnect, log_in: Callable[[], str], ws_root: str, symbols: Sequence[str], journal: Path, *,
        exchange: str = "NSE",
    ) -> None:  # fmt: skip
        self._kite, self._symbols, self._exchange, self._path = kite, symbols, exchange, journal
        self._desk, self._feed = Desk(kite, log_in), Feed(kite, ws_root, exchange)
        known = journal.read_text("utf-8").splitlines() if journal.exists() else []
        self._tags: dict[str, str] = {one["tag"]: one["symbol"] for one in map(json.loads, known)}
        self._book: dict[str, dict[str, Any]] = {}
        self._rest: dict[str, float] = {}
        self._refused: set[tuple[str, str, float]] = set()
        self._session = 0

    def trade(self, seconds: float) -> None:
        """Trade for a while, and be flat at its end; ``TimeoutError`` if the server does not answer any more."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            for symbol in self._symbols:
                self._watch()
                self._settle(symbol)
                self._leave(symbol)
                if self._rest.get(symbol, 0.0) < time.monotonic() < end - 2 * _WORKS:
                    self._order(symbol, "BUY", _QUANTITY)
        for symbol in {*self._symbols, *self._tags.values()}:
            self._settle(symbol)
            self._leave(symbol)
        self._feed.stop()
        time.sleep(1.0)

    def _watch(self) -> None:
        """A socket that is silent, or of another session, is replaced by one that knows the instruments of now."""
        if self._feed.is_silent() or self._session != self._desk.sessions:
            rows = self._desk.ask("others", lambda: self._kite.instruments(self._exchange))
            self._session = self._desk.sessions
            self._feed.start([row for row in rows if row["tradingsymbol"] in self._symbols])
            time.sleep(1.0)

    def _read(self) -> list[dict[str, Any]]:
        """The book, in which nothing ever goes back: a read may be stale."""
        for row in self._desk.ask("others", self._kite.orders):
            known = self._book.get(row["order_id"])
            ended = known is not None and known["status"] in _ENDED
            if known is None or (not ended and row["filled_quantity"] >= known["filled_quantity"]):
                self._book[row["order_id"]] = row
        return [*self._book.values()]

    def _mine(self, symbol: str) -> list[dict[str, Any]]:
        """Our orders of a symbol, and those with which the broker closed them."""
        rows = [row for row in self._read() if row["tradingsymbol"] == symbol and row["product"] == "MIS"]
        return [row for row in rows if row["tag"] in self._tags or row["placed_by"] == "ADMINSQF"]

    def _held(self, symbol: str) -> int:
        signs = {"BUY": 1, "SELL": -1}
        return sum(signs[row["transaction_type"]] * row["filled_quantity"] for row in self._mine(symbol))

    def _settle(self, symbol: str) -> None:
        """Wait for our orders to end, and then cancel them, until they have."""
        patience = time.monotonic() + _WORKS
        while working := [row for row in self._mine(symbol) if row["status"] not in _ENDED]:
            for row in working if time.monotonic() > patience else ():
                self._desk.send(lambda row=row: self._kite.cancel_order(row["variety"], row["order_id"]))  # type: ignore[misc]
                patience = time.monotonic() + _WORKS / 2
            time.sleep(0.5)

    def _leave(self, symbol: str) -> None:
        """Sell what is held; each time at the prices of then, for as long as it takes."""
        while (held := self._held(symbol)) != 0:
            self._order(symbol, "SELL" if held > 0 else "BUY", abs(held), must=True)
            self._settle(symbol)
            self._watch()

    def _order(self, symbol: str, side: str, quantity: int, *, must: bool = False) -> None:
        """One order of a limit that trades at once, and everything that it takes to know what became of it."""
        price = self._price(symbol, side, must=must)
        if price is None:
            time.sleep(0.5)
            return
        tag = f"f{time.time_ns() // 1_000:x}"
        self._write(tag, symbol)
        outcome = self._place(symbol, side, quantity, price, tag)
        if outcome is Outcome.UNKNOWN and not self._find(tag):
            outcome = self._place(symbol, side, quantity, price, tag)
            if outcome is Outcome.UNKNOWN:
                self._find(tag)
        self._settle(symbol)
        rejected = any(row["tag"] == tag and row["status"] == "REJECTED" for row in self._mine(symbol))
        if rejected or outcome is Outcome.REFUSED:
            self._refused.add((symbol, side, price))
            self._rest[symbol] = time.monotonic() + _RESTS

    def _place(self, symbol: str, side: str, quantity: int, price: float, tag: str) -> Outcome:
        return self._desk.send(
            lambda: self._kite.place_order(
                "regular", self._exchange, symbol, side, quantity, "MIS", "LIMIT", price=price, validity="DAY", tag=tag
            )
        )

    def _find(self, tag: str) -> bool:
        """Look for an order until it is there, or until it can be taken that it never will be."""
        end, looks = time.monotonic() + _LOOKS, 0
        while time.monotonic() < end or looks < 5:
            if any(row["tag"] == tag for row in self._read()):
                return True
            looks += 1
            time.sleep(1.0)
        return False

    def _price(self, symbol: str, side: str, *, must: bool) -> float | None:
        """The best price of the other side; none that ticks do not bear out, unless something must be sold."""
        key = f"{self._exchange}:{symbol}"
        quote = self._desk.ask("quote", lambda: self._kite.quote(key)).get(key)
        levels = quote["depth"]["sell" if side == "BUY" else "buy"] if quote else []
        if not levels or levels[0]["price"] <= 0:
            return None
        if must:  # none that was refused before: what is against a rule stays against it
            prices = (float(level["price"]) for level in levels if level["price"] > 0)
            return next((one for one in prices if (symbol, side, one) not in self._refused), None)
        seen = self._feed.price(symbol)
        if seen is None or abs(seen / quote["last_price"] - 1) > _TOLERANCE:
            return None
        return float(levels[0]["price"])

    def _write(self, tag: str, symbol: str) -> None:
        """On disk before the order is sent."""
        self._tags[tag] = symbol
        with self._path.open("a", encoding="utf-8") as journal:
            journal.write(json.dumps({"tag": tag, "symbol": symbol}) + "\n")
            journal.flush()
            os.fsync(journal.fileno())
