"""nautilus_trader: one call a bar; a market order sent in it fills at the close of the bar that it saw."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
from nautilus_trader.backtest.engine import BacktestEngine, BacktestEngineConfig
from nautilus_trader.config import LoggingConfig, RiskEngineConfig
from nautilus_trader.indicators import SimpleMovingAverage
from nautilus_trader.model.currencies import BTC, USD
from nautilus_trader.model.data import BarType
from nautilus_trader.model.enums import AccountType, OmsType, OrderSide
from nautilus_trader.model.identifiers import InstrumentId, Symbol, TraderId, Venue
from nautilus_trader.model.instruments import CurrencyPair
from nautilus_trader.model.objects import Money, Price, Quantity
from nautilus_trader.persistence.wranglers import BarDataWrangler
from nautilus_trader.trading.strategy import Strategy
from timed import FEE, Prices, chosen, main

VENUE = Venue("SIM")
#: Of an instrument: as fine as its quantity.
LEAST = 1e-6


class Booked(Strategy):
    """Keeps its cash and shares by the fills that it is told: the account has no equity of a margin account."""

    def __init__(self, pairs: list[tuple[Any, BarType]], cash: float) -> None:
        super().__init__()
        self.instruments = [instrument for instrument, _ in pairs]
        self.number = {bar_type: number for number, (_, bar_type) in enumerate(pairs)}
        self.place = {one.id: number for number, one in enumerate(self.instruments)}
        self.cash, self.fills = cash, 0
        self.held, self.closes = [0.0] * len(pairs), [0.0] * len(pairs)

    def on_start(self) -> None:
        for bar_type in self.number:
            self.subscribe_bars(bar_type)

    def equity(self) -> float:
        return self.cash + sum(held * close for held, close in zip(self.held, self.closes, strict=True))

    def trade(self, number: int, change: float) -> None:
        if abs(change) < LEAST:
            return
        instrument = self.instruments[number]
        side = OrderSide.BUY if change > 0 else OrderSide.SELL
        quantity = instrument.make_qty(abs(change))
        self.submit_order(self.order_factory.market(instrument.id, side, quantity))

    def on_order_filled(self, event: Any) -> None:
        change = event.last_qty.as_double() * (1 if event.order_side == OrderSide.BUY else -1)
        self.cash -= change * event.last_px.as_double() + event.commission.as_double()
        place = self.place[event.instrument_id]
        self.held[place] = round(self.held[place] + change, 6)
        self.fills += 1


class Cross(Booked):
    def __init__(self, pairs: list[tuple[Any, BarType]], cash: float) -> None:
        super().__init__(pairs, cash)
        self.fast, self.slow = SimpleMovingAverage(10), SimpleMovingAverage(30)
        self.before: bool | None = None

    def on_start(self) -> None:
        for bar_type in self.number:
            self.register_indicator_for_bars(bar_type, self.fast)
            self.register_indicator_for_bars(bar_type, self.slow)
        super().on_start()

    def on_bar(self, bar: Any) -> None:
        self.closes[0] = bar.close.as_double()
        if not self.slow.initialized:
            return
        up = self.fast.value > self.slow.value
        if self.before is not None and up != self.before and up != (self.held[0] > 0):
            self.trade(0, self.cash / (self.closes[0] * (1 + FEE)) if up else -self.held[0])
        self.before = up


class TopTen(Booked):
    def __init__(self, pairs: list[tuple[Any, BarType]], cash: float, weights: Any, stamps: Any) -> None:
        super().__init__(pairs, cash)
        self.weights = weights
        self.day = {int(one): number for number, one in enumerate(stamps)}

    def on_bar(self, bar: Any) -> None:
        number = self.number[bar.bar_type]
        self.closes[number] = bar.close.as_double()
        if number == len(self.closes) - 1:
            weights = self.weights[self.day[bar.ts_event]]
            if weights[0] == weights[0]:
                self.rebalance(weights)

    def rebalance(self, weights: Any) -> None:
        equity = self.equity()
        wished = [weight * equity / close for weight, close in zip(weights, self.closes, strict=True)]
        changes = [wish - held for wish, held in zip(wished, self.held, strict=True)]
        for number in np.argsort(changes):
            self.trade(int(number), changes[number])


def pair(number: int) -> Any:
    """An instrument in fractions, with the charge as its fee."""
    symbol = f"S{number:02d}/USD"
    return CurrencyPair(
        instrument_id=InstrumentId(Symbol(symbol), VENUE),
        raw_symbol=Symbol(symbol),
        base_currency=BTC,
        quote_currency=USD,
        price_precision=0,
        size_precision=6,
        price_increment=Price(1, 0),
        size_increment=Quantity(LEAST, 6),
        ts_event=0,
        ts_init=0,
        margin_init=Decimal(0),
        margin_maint=Decimal(0),
        maker_fee=Decimal(str(FEE)),
        taker_fee=Decimal(str(FEE)),
    )


def bars(prices: Prices, instrument: Any, every: str, pick: Any = slice(None)) -> tuple[BarType, list[Any]]:
    bar_type = BarType.from_str(f"{instrument.id}-1-{every}-LAST-EXTERNAL")
    named = {"open": prices.opened, "high": prices.high, "low": prices.low, "close": prices.close}
    index = pd.DatetimeIndex(prices.ts.view("datetime64[us]"), tz="UTC")
    frame = pd.DataFrame({name: one[pick].astype(float) for name, one in named.items()}, index)
    return bar_type, BarDataWrangler(bar_type, instrument).process(frame.assign(volume=1e12))


def run(prices: Prices, data: list[tuple[Any, list[Any]]], strategy: Booked) -> Booked:
    config = BacktestEngineConfig(
        trader_id=TraderId("BENCH-001"),
        logging=LoggingConfig(bypass_logging=True),
        risk_engine=RiskEngineConfig(bypass=True),
        run_analysis=False,
    )
    engine = BacktestEngine(config)
    engine.add_venue(VENUE, OmsType.NETTING, AccountType.MARGIN, [Money(prices.cash, USD)], USD, Decimal(1))
    for number, (instrument, made) in enumerate(data):
        engine.add_instrument(instrument)
        engine.add_data(made, sort=0 < number == len(data) - 1)
    engine.add_strategy(strategy)
    engine.run()
    seen = engine.iteration
    engine.dispose()
    if seen != sum(len(made) for _, made in data):
        raise RuntimeError(f"the engine stopped by itself after {seen} bars")
    return strategy


def cross(prices: Prices) -> Callable[[], Any]:
    instrument = pair(0)
    bar_type, made = bars(prices, instrument, "MINUTE")
    return lambda: run(prices, [(instrument, made)], Cross([(instrument, bar_type)], prices.cash))


def top_ten(prices: Prices) -> Callable[[], Any]:
    instruments = [pair(number) for number in range(prices.close.shape[1])]
    made = [bars(prices, one, "DAY", (slice(None), number)) for number, one in enumerate(instruments)]
    pairs = [(one, bar_type) for one, (bar_type, _) in zip(instruments, made, strict=True)]
    data = [(one, rows) for one, (_, rows) in zip(instruments, made, strict=True)]

    def whole() -> Any:
        weights = chosen(prices.close, prices.month_end)
        return run(prices, data, TopTen(pairs, prices.cash, weights, prices.ts * 1_000))

    return whole


def told(strategy: Booked) -> tuple[float, int]:
    return strategy.equity(), strategy.fills


if __name__ == "__main__":
    main({"cross": (cross, told), "top ten": (top_ten, told)})
