"""Orders as a day ends at Zerodha's sandbox, whose clock is set: what it would refuse for the hour is not sent."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest
from fakes.zerodha import Trader, log_in

from friday_core.api import OrderType, Refused, Side
from friday_core.testing.kite_sandbox import KiteSandbox
from friday_plugins.zerodha.broker import ZerodhaBroker
from friday_plugins.zerodha.token_file import IST

LIMIT, STOP = {"type": OrderType.LIMIT}, {"type": OrderType.STOP}
#: A share whose day ends by an auction, and one without derivatives; times of a Friday, and what is said then.
DAY: list[tuple[str, str, dict[str, Any], str]] = [
    ("15:09", "INFY.NSE", LIMIT | {"product": "intraday"}, ""),
    ("15:12", "INFY.NSE", LIMIT | {"product": "intraday"}, "no intraday orders on NSE after 15:10 IST"),
    ("15:12", "INFY.NSE", LIMIT, ""),
    ("15:17", "INFY.NSE", LIMIT, "NSE takes no orders at 15:17 IST: closing reference"),
    ("15:22", "INFY.NSE", LIMIT, ""),
    ("15:22", "INFY.NSE", STOP, "takes no stops"),
    ("15:22", "ITC.NSE", STOP, ""),
    ("15:31", "ITC.NSE", LIMIT, "NSE is closed at 15:31 IST"),
]


class Clocked(Trader):
    """A trader by the sandbox's clock, which is set."""

    def __init__(self, sandbox: KiteSandbox, **settings: Any) -> None:
        self.now = dt.datetime(2026, 11, 20, 15, 8, tzinfo=IST)
        super().__init__(sandbox, ("INFY.NSE", "ITC.NSE"), now=self.now, product="delivery", **settings)
        given = ZerodhaBroker.Settings(product="delivery", poll=0.25, **settings)
        self.broker = ZerodhaBroker(given, self.connection, self.universe, now=lambda: self.now)
        self.broker.listen(self._hear)
        self._number = 0

    def at(self, clock: str) -> None:
        self.now = self.now.replace(hour=int(clock[:2]), minute=int(clock[3:]))
        self.sandbox.control("clock", advance_to=f"{self.now:%Y-%m-%d %H:%M:%S}")

    def order(self, name: str, **terms: Any) -> int:
        """A purchase that does not trade: its number."""
        self._number += 1
        key = ":".join(reversed(name.split(".")))
        last = round(self.connection.api().ltp(key)[key]["last_price"])
        prices = {
            OrderType.LIMIT: {"limit_price": last * 97 // 100 * 100},
            OrderType.STOP: {"trigger_price": last * 103 // 100 * 100},
        }
        self.send(self._number, name, Side.BUY, 1, **prices[terms["type"]], **terms)
        return self._number


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KiteSandbox]:
    scenario = "[sessions]\nquotes_per_second = 1000\n"
    with KiteSandbox(tmp_path_factory.mktemp("hours"), scenario, start="2026-11-20 15:08:00", speed=0) as one:
        log_in(one)
        yield one


def test_fault_17_nothing_is_sent_when_the_exchange_or_kite_would_refuse_it_for_the_hour(
    sandbox: KiteSandbox, caplog: pytest.LogCaptureFixture
) -> None:
    trader, later = Clocked(sandbox, market_hours=True), Clocked(sandbox, market_hours=True, after_market=True)
    try:
        for clock, name, terms, words in DAY:
            trader.at(clock)
            before = len(trader.requests("POST", "/orders"))
            if words:
                with pytest.raises(Refused, match=words):
                    trader.order(name, **terms)
            else:
                trader.order(name, **terms)
            assert len(trader.requests("POST", "/orders")) == before + (not words), (clock, name, terms)
        later.now, later._number = trader.now, 100
        number = later.order("ITC.NSE", **LIMIT)
        assert [row["variety"] for row in later.rows(number)] == ["amo"]
        assert [row["status"] for row in sandbox.state()["orders"] if row["status"] == "REJECTED"] == []
    finally:
        trader.connection.stop()
        later.connection.stop()
