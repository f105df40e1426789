"""What protects a position at Zerodha's sandbox: stops as a bracket sends them, and how their day ends."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest
from fakes.zerodha import OPEN, Trader, log_in, trading

from friday_core.api import OrderType, Refused, Side
from friday_core.testing.kite_sandbox import KiteSandbox
from friday_plugins.zerodha.broker import ZerodhaBroker
from friday_plugins.zerodha.token_file import IST


@pytest.fixture(scope="module")
def trader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trader]:
    """With 10 shares of INFY, for delivery."""
    with (
        KiteSandbox(tmp_path_factory.mktemp("protection"), OPEN) as sandbox,
        trading(sandbox, product="delivery") as one,
    ):
        one.send(1, quantity=10)
        one.wait(1, "filled")
        yield one


def trigger(trader: Trader, percent: int) -> int:
    """A trigger so far from the latest price, in paise."""
    last: float = trader.connection.read("ltp", "NSE:INFY")["NSE:INFY"]["last_price"]
    return round(last * (100 + percent) / 100) * 100


def test_a_stop_below_a_delivery_of_today_rests_at_kite(trader: Trader) -> None:
    trader.send(2, side=Side.SELL, quantity=4, type=OrderType.STOP, trigger_price=trigger(trader, -3))
    trader.wait(2, "open")
    (row,) = trader.rows(2)
    assert (row["product"], row["validity"], row["status"]) == ("CNC", "DAY", "TRIGGER PENDING")


def test_a_stop_that_the_price_has_passed_closes_at_the_market(trader: Trader) -> None:
    trader.send(3, side=Side.SELL, quantity=2, type=OrderType.STOP, trigger_price=trigger(trader, 3))
    assert trader.wait(3, "filled").filled == 2
    (row,) = trader.rows(3)
    assert row["tag"].endswith("m"), "it is looked after as one at the market"


def test_a_stop_that_would_open_is_refused_where_the_price_has_passed_it(trader: Trader) -> None:
    with pytest.raises(Refused, match=r"its trigger .* is not above the latest"):
        trader.send(4, quantity=2, type=OrderType.STOP, trigger_price=trigger(trader, -3))


def test_a_delivery_with_stop_and_target_is_refused_as_a_whole(trader: Trader) -> None:
    before = len(trader.requests("POST", "/orders"))
    prices = {"stop_loss": trigger(trader, -3), "take_profit": trigger(trader, 3)}
    with pytest.raises(Refused, match="held as delivery: give stop_loss or take_profit, not both"):
        trader.send(5, quantity=2, **prices)
    assert len(trader.requests("POST", "/orders")) == before


def test_what_the_exchange_ends_with_the_day_has_expired_and_what_ends_before_was_cancelled(tmp_path: Path) -> None:
    with KiteSandbox(tmp_path / "kite", start="2026-11-20 15:00:00", speed=0) as sandbox:
        log_in(sandbox)
        now = dt.datetime(2026, 11, 20, 15, 0, tzinfo=IST)
        trader = Trader(sandbox, ("ITC.NSE",), now=now)
        given = ZerodhaBroker.Settings(product="delivery", poll=0.25, market_hours=True)
        trader.broker = ZerodhaBroker(given, trader.connection, trader.universe, now=lambda: now)
        trader.broker.listen(trader._hear)
        trader.broker.start()
        try:
            last = round(trader.connection.read("ltp", "NSE:ITC")["NSE:ITC"]["last_price"])
            for number in (1, 2):
                trader.send(number, "ITC.NSE", quantity=number, type=OrderType.LIMIT, limit_price=last * 97)
                trader.wait(number, "open")
            sandbox.control("clock", advance_to="2026-11-20 15:10:00")
            (row,) = trader.rows(1)
            sandbox.control("happen", order_id=row["order_id"], what="cancelled")
            trader.wait(1, "cancelled")
            sandbox.control("clock", advance_to="2026-11-20 15:31:00")
            (row,) = trader.rows(2)
            assert row["status"] == "CANCELLED"
            update = trader.wait(2, "expired")
            assert update.reason == "EXPIRED: its day is over"
        finally:
            trader.broker.stop()
            trader.connection.stop()
