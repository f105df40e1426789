"""Orders at Zerodha's sandbox: what becomes of them, whatever happens on the way."""

from __future__ import annotations

from fakes.zerodha import trading

from friday_core.api import OrderStatus, Side
from friday_core.testing.kite_sandbox import KiteSandbox


def test_an_order_trades_and_is_told_to_the_paisa(kite_sandbox: KiteSandbox) -> None:
    with trading(kite_sandbox) as trader:
        trader.send(1, quantity=7)
        update = trader.wait(1, "filled")
        trades = kite_sandbox.state()["trades"]
        assert update.filled == 7
        assert update.notional == sum(round(one["average_price"] * 100) * one["quantity"] for one in trades)
        assert [str(name) for name in trader.broker.positions()] == ["INFY.NSE"]
        trader.send(2, side=Side.SELL, quantity=7)
        trader.wait(2, "filled")
        assert trader.broker.positions() == {}
        assert trader.broker.cash() == round(kite_sandbox.state()["margins"]["equity"]["net"] * 100)
        assert [one.status for one in trader.broker.orders()] == [OrderStatus.FILLED] * 2
    kite_sandbox.stop()
    assert kite_sandbox.verdict().passed, kite_sandbox.verdict().text()
