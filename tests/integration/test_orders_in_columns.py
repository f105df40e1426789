"""Orders in columns do what the same orders do from a strategy in Python: entries, brackets, validity and cancels."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from friday_core.api import HOLD, Bar, Cancel, ColumnStrategy, Order, OrderType, Side, Strategy, TimeInForce, where
from friday_core.research import Bars, backtest

EVERY, SHARES, SESSIONS = 7, 40, 25
#: Volumes of bars after which something is bought, and sold.
BUY, SELL = 10_001, 10_002
TYPES = frozenset(OrderType)
#: What is asked for, and at what multiples of the close: of a buy; a sell has them mirrored.
PLANS = {
    "limit": {"limit_price": 0.998},
    "stop": {"trigger_price": 1.002},
    "stop limit": {"trigger_price": 1.002, "limit_price": 1.001},
    "bracket": {"stop_loss": 0.99, "take_profit": 1.01},
    "limit and bracket": {"limit_price": 0.998, "stop_loss": 0.985, "take_profit": 1.006},
    "good till": {"limit_price": 0.99, "good_till": 2},
    "market": {},
}


def bars(seed: int, instruments: int = 2) -> pd.DataFrame:
    """Twenty minutes a session; prices are whole ticks of 5 paise."""
    random = np.random.default_rng(seed)
    parts = []
    for number in range(instruments):
        steps = SESSIONS * 20
        close = np.round(20 * 1000 * np.exp(np.cumsum(random.normal(0, 0.002, steps)))) / 20
        opened = np.round(20 * close * (1 + random.normal(0, 0.001, steps))) / 20
        spread = np.round(20 * close * np.abs(random.normal(0, 0.001, steps))) / 20
        days = pd.bdate_range("2026-03-02", periods=SESSIONS + 5)
        days = [day for day in days if str(day.date()) not in {"2026-03-03", "2026-03-26", "2026-03-31"}][:SESSIONS]
        ts = [day + pd.Timedelta(minutes=9 * 60 + 15 + minute) for day in days for minute in range(20)]
        parts.append(
            pd.DataFrame(
                {
                    "ts": pd.to_datetime(ts).tz_localize("Asia/Kolkata"),
                    "instrument": f"S{number}.NSE",
                    "open": opened,
                    "high": np.maximum(opened, close) + spread,
                    "low": np.minimum(opened, close) - spread,
                    "close": close,
                    "volume": np.where(np.arange(steps) % EVERY, 10_000, BUY + np.arange(steps) // EVERY % 2),
                    "turn": np.where(np.arange(steps) % EVERY, 0, 1 - 2 * (np.arange(steps) // EVERY % 2)),
                }
            )
        )
    return pd.concat(parts)


class InColumns(ColumnStrategy):
    """Every so many rows a buy, then a sell, at multiples of the close; a cancel before each."""

    order_types = TYPES

    def __init__(self, plan: dict[str, float], *, cancels: bool) -> None:
        self.plan, self.cancels = plan, cancels

    def outputs(self, m: Any) -> dict[str, Any]:
        is_buy, is_asked = m.volume == BUY, m.volume >= BUY
        found = {"order": where(is_asked, where(is_buy, SHARES, -SHARES), HOLD)}
        prices = {name: one for name, one in self.plan.items() if name != "good_till"}
        found |= {name: m.close * where(is_buy, one, 2 - one) for name, one in prices.items()}
        if "good_till" in self.plan:
            found["good_till"] = m.session + self.plan["good_till"]
        if self.cancels:
            found["cancel"] = where(is_asked, 1.0, HOLD)
        return found


class InPython(Strategy):
    """The same, with prices rounded by hand."""

    order_types = TYPES

    def __init__(self, plan: dict[str, float], *, cancels: bool) -> None:
        self.plan, self.cancels = plan, cancels

    def on_event(self, event: Any, book: Any) -> Any:
        if not isinstance(event, Bar) or event.volume < BUY:
            return
        if self.cancels:
            yield Cancel(event.instrument.id)
        is_buy = event.volume == BUY
        prices: dict[str, int] = {}
        last = self.plan.get("good_till")
        for what, one in self.plan.items() - {("good_till", last)}:
            units = round(event.close * (one if is_buy else 2 - one) * 100 * 1000)
            tick = event.instrument.tick_size * 1000
            up = is_buy == (what in {"trigger_price", "take_profit"})
            prices[what] = (-(-units // tick) if up else units // tick) * event.instrument.tick_size
        kinds = {(): "market", ("limit_price",): "limit", ("trigger_price",): "stop"}
        named = tuple(sorted(set(prices) & {"limit_price", "trigger_price"}))
        kind = OrderType(kinds.get(named, "stop_limit"))
        time: dict[str, Any] = {}
        if last is not None:
            time = {"time_in_force": TimeInForce.GTD, "good_till": int(event.session + last)}
        side = Side.BUY if is_buy else Side.SELL
        yield Order(event.instrument.id, side, SHARES, kind, **prices, **time)  # type: ignore[arg-type]


def told(result: Any) -> dict[str, pd.DataFrame]:
    """Its tables, without what the strategies say themselves: names, and why they decided."""
    tables = {}
    for name in ("fills", "orders", "decisions", "equity", "positions"):
        table = getattr(result, name).to_pandas().drop(columns="strategy")
        for words in {"reason", "status_reason"} & set(table):
            own = table[words].str.startswith(("order ", "CANCELLED"))
            table[words] = table[words].mask(own, "its own")
            table[words] = table[words].mask(table[words] == "", "its own") if words == "reason" else table[words]
        tables[name] = table
    return tables


@pytest.mark.parametrize("cancels", [False, True], ids=["they rest", "each replaces the one before"])
@pytest.mark.parametrize("plan", PLANS)
def test_columns_order_what_a_strategy_in_python_orders(plan: str, cancels: bool) -> None:
    frame, given = bars(len(plan)), {"capital": 1_000_000, "allow_refusals": ["SHORT_DELIVERY"]}
    ours = told(backtest(Bars(frame, interval="1m"), InColumns(PLANS[plan], cancels=cancels), **given))
    theirs = told(backtest(Bars(frame, interval="1m"), InPython(PLANS[plan], cancels=cancels), **given))
    assert len(ours["fills"]) > 10
    for name, table in ours.items():
        pd.testing.assert_frame_equal(table, theirs[name])
