"""A broker of Zerodha's at a sandbox, and all that it has told."""

from __future__ import annotations

import datetime as dt
import itertools
import math
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from friday_core.api import CancelOrder, InstrumentId, Order, OrderUpdate, PlaceOrder, Side, Universe
from friday_core.testing.kite_sandbox import KiteSandbox, SandboxRefusal
from friday_plugins.zerodha import token_file
from friday_plugins.zerodha.broker import ZerodhaBroker
from friday_plugins.zerodha.connection import Zerodha
from friday_plugins.zerodha.token_file import IST, Token

OPEN = "[market]\nalways_open = true\n"
NSE = ("INFY.NSE", "TCS.NSE", "SBIN.NSE")


def connection_to(sandbox: KiteSandbox, **settings: Any) -> Zerodha:
    """A connection of its own to a sandbox; not started."""
    given = {
        "api_key": sandbox.api_key, "api_secret": sandbox.api_secret, "root": sandbox.root, "ws_root": sandbox.ws_root,
        "login_url": f"{sandbox.root}/connect/login", "timeout": 1.0,
        "session_file": sandbox.folder / "session.json", "cache": sandbox.folder / "lists",
    }  # fmt: skip
    return Zerodha(Zerodha.Settings(**(given | settings)))


def log_in(sandbox: KiteSandbox, path: Path | None = None) -> str:
    """A new session, in the file that connections look at; whoever was there before may have used up the second."""
    try:
        access = sandbox.login()
    except SandboxRefusal:
        time.sleep(1.1)
        access = sandbox.login()
    path = path or sandbox.folder / "session.json"
    now = dt.datetime.now(IST)
    made = max(now, now.replace(hour=6, minute=1))  # of before six it would end before the exchanges open
    token_file.write(path, Token(sandbox.api_key, access, "AB1234", made))
    return access


def tag(number: int) -> str:
    """As sessions make them."""
    return f"F0FJG00{number:05}"


def intent(number: int, name: str = "INFY.NSE", side: Side = Side.BUY, quantity: int = 5, **terms: Any) -> PlaceOrder:
    """An order of a session, at the market unless said."""
    order = Order(InstrumentId.parse(name), side, quantity, tag=tag(number), strategy="trial", **terms)
    return PlaceOrder(order)


class Trader:
    """A broker with its connection, and what it told by tag, the latest of each.

    In a sandbox that several tests share each has tags of its own, behind ``first``. ``now`` is the time of a sandbox
    whose clock is set: its list is not that of today.
    """

    def __init__(
        self, sandbox: KiteSandbox, names: tuple[str, ...] = NSE, first: int = 0, now: dt.datetime | None = None,
        **settings: Any,
    ) -> None:  # fmt: skip
        self.sandbox, self.first, self._begun = sandbox, first, len(sandbox.audit())
        self.connection = connection_to(sandbox, **settings.pop("connection", {}))
        if now is not None:
            micros = round(now.timestamp() * 1e6)
            self.connection.now = lambda: micros  # type: ignore[method-assign]
        self.connection.start()
        self.universe = Universe(self.connection.instruments().instruments(map(InstrumentId.parse, names)))
        quantities = {"NIFTY": 1_800, "BANKNIFTY": 600}
        given = {"poll": 0.25, "market_hours": False, "freeze_quantities": quantities, **settings}
        self.broker = ZerodhaBroker(ZerodhaBroker.Settings(**given), self.connection, self.universe)
        self.told: list[OrderUpdate] = []
        self._changed = threading.Condition()
        self.broker.listen(self._hear)

    def _hear(self, update: OrderUpdate) -> None:
        with self._changed:
            self.told.append(update)
            self._changed.notify_all()

    def tag(self, number: int) -> str:
        """Of an order of this trader's."""
        return tag(self.first + number)

    def send(self, number: int, *arguments: Any, **terms: Any) -> None:
        self.broker.send([intent(self.first + number, *arguments, **terms)])

    def cancel(self, number: int) -> None:
        self.broker.send([CancelOrder(self.tag(number), "by the test")])

    def orders(self, number: int) -> list[OrderUpdate]:
        """What the broker's book has of an order."""
        return [one for one in self.broker.orders() if one.tag == self.tag(number)]

    def latest(self, number: int) -> OrderUpdate | None:
        return next((one for one in reversed(self.told) if one.tag == self.tag(number)), None)

    def wait(self, number: int, status: str, seconds: float = 15.0) -> OrderUpdate:
        """The first update of an order with this status."""

        def found() -> OrderUpdate | None:
            return next((one for one in self.told if one.tag == self.tag(number) and one.status == status), None)

        with self._changed:
            assert self._changed.wait_for(lambda: found() is not None, seconds), (status, self.told)
        update = found()
        assert update is not None
        return update

    def rows(self, number: int) -> list[dict[str, Any]]:
        """What the sandbox has of an order."""
        return [row for row in self.sandbox.state()["orders"] if (row["tag"] or "").startswith(self.tag(number))]

    def requests(self, method: str = "", path: str = "") -> list[dict[str, Any]]:
        """What was asked since it began, by the audit; not what tests ask of the sandbox."""
        found = [one for one in self.sandbox.audit()[self._begun :] if one.get("kind") == "request"]
        return [one for one in found if one["method"].startswith(method) and one["path"].startswith(path)]


def far_below(trader: Trader, symbol: str = "INFY") -> int:
    """A price in paise at which nobody sells: within the day's band, and on a tick of every share."""
    quote = trader.connection.read("quote", f"NSE:{symbol}")[f"NSE:{symbol}"]
    return max(int(quote["last_price"] * 0.95), math.ceil(quote["lower_circuit_limit"])) * 100


_FIRSTS = itertools.count(100, 100)


@contextmanager
def sharing(sandbox: KiteSandbox, names: tuple[str, ...] = NSE, **settings: Any) -> Iterator[Trader]:
    """As ``trading``, in a sandbox where others have traded before: without their faults, and with tags of its own."""
    sandbox.control("faults", method="DELETE")
    with trading(sandbox, names, first=next(_FIRSTS), **settings) as trader:
        yield trader


@contextmanager
def trading(sandbox: KiteSandbox, names: tuple[str, ...] = NSE, **settings: Any) -> Iterator[Trader]:
    """A trader that is logged in and started."""
    log_in(sandbox)
    trader = Trader(sandbox, names, **settings)
    trader.broker.start()
    try:
        yield trader
    finally:
        trader.broker.stop()
        trader.connection.stop()


def until(sandbox: KiteSandbox, condition: Callable[[], bool], seconds: float = 15.0) -> None:
    """Wait for something."""
    sandbox.wait(condition, seconds)
