"""Whole runs at dated charges, and on a corporate action whose day has no price."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from fakes.third_party_host import host_with, install

from friday_core.domain.executed import ExecutedOrder
from friday_core.domain.instruments import InstrumentId
from friday_core.domain.orders import Side
from friday_core.domain.sessions import SessionDates
from friday_core.orchestration.host import RunResult

SPLIT = """
import numpy as np
from friday_core.api import Chunk, ComponentSpec, CorporateAction, HistoricalData, Instrument, InstrumentId, hookimpl

ONE = InstrumentId("ONE", "NSE")
DAYS = np.arange(19_724, 19_734)

class Splits(HistoricalData):
    def instruments(self):
        return [Instrument(ONE, "INR")]

    def corporate_actions(self):
        return [CorporateAction(ONE, int(DAYS[5]), 2, 1, factor=2.0)]

    def bars(self):
        price = np.where(DAYS < DAYS[5], 10_000, 5_000)
        price[5] = 0
        columns = {**dict.fromkeys(["open", "high", "low", "close"], price), "volume": np.full(10, 1e6)}
        yield Chunk(DAYS * 86_400_000_000 + 36_000_000_000, np.zeros(10, int), columns)

@hookimpl
def friday_components():
    return [ComponentSpec("source", "splits", Splits)]
"""
HOLDS = """
from friday_core.api import Bar, ComponentSpec, Strategy, Target, hookimpl

class Holds(Strategy):
    bought = False

    def on_event(self, event, book):
        if isinstance(event, Bar) and not self.bought:
            self.bought = True
            return [Target(event.instrument.id, 0.5)]
        return []

@hookimpl
def friday_components():
    return [ComponentSpec("strategy", "holds", Holds)]
"""


def table(result: RunResult, name: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = pq.read_table(result.folder / f"{name}.parquet").to_pylist()
    return rows


def test_a_fill_costs_what_the_rates_of_its_own_day_say(tmp_path: Path) -> None:
    host = host_with([], tmp_path, "account.charges=indian")
    result = host.run()
    dates, universe = SessionDates("Asia/Kolkata"), host.assembly.universe
    fills = table(result, "fills")
    assert len(fills) > 2
    for fill in fills:
        instrument = universe.instrument(InstrumentId.parse(fill["instrument"]))
        (session,) = dates.of(_micros(fill["ts_event"])).tolist()
        notional = instrument.notional(int(fill["price"].scaleb(2)), fill["quantity"])
        order = ExecutedOrder(instrument, Side(fill["side"]), fill["quantity"], notional, session)
        assert fill["charges"] == Decimal(host.assembly.charges.charges_of(order)).scaleb(-2)


def test_a_price_of_zero_on_the_ex_date_is_held_back_and_the_split_is_booked_with_the_next_bar(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plugins = [install(monkeypatch, SPLIT), install(monkeypatch, HOLDS)]
    active = 'trading.active_strategies=[{id="one", use="holds"}]'
    result = host_with(plugins, tmp_path, "streams.market_data.source=splits", active).run()
    (held,) = result.summary["quarantine"]
    assert (held["stage"], held["reason"]) == ("bar_sanity", "open is zero or negative")
    (action,) = table(result, "corporate_actions")
    assert action["quantity_after"] == 2 * action["quantity_before"] > 0
    equity = [one["equity"] for one in table(result, "equity")]
    assert max(equity[1:]) - min(equity[1:]) < Decimal(5), "a split changes no wealth"
    assert len(equity) == 9


def _micros(moment: Any) -> Any:
    return np.array([round(moment.timestamp() * 1_000_000)], np.int64)
