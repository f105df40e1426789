"""The tables of the document on fills are played: what they say trades is what trades."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from docs.documents import DOCS, table
from fakes.bars import A, Row
from fakes.session import Script, Session
from unit.session.compiled.drawn_sessions import Drawn, Share, Stepped

from friday_core.domain.chunk import Chunk, Universe
from friday_core.domain.instruments import Instrument, InstrumentId
from friday_core.domain.market import Bar, RawBar
from friday_core.domain.orders import Order, OrderType, Side, TimeInForce, WorkingOrder
from friday_core.simulation.compiled.arena import plain
from friday_core.simulation.matching import BarMatcher, FillAt, MatchingRules
from friday_core.simulation.matching_rules import MatchingSettings
from friday_core.trading.limits import Limits

PATH = DOCS / "fills.md"
RULES, SESSIONS = table(PATH, "rules"), table(PATH, "settings")
#: The latest close when an order was decided.
REFERENCE = 1_000
_TYPES = {
    (False, False): OrderType.MARKET,
    (True, False): OrderType.LIMIT,
    (False, True): OrderType.STOP,
    (True, True): OrderType.STOP_LIMIT,
}
_FORCES = {"gtc": TimeInForce.GTC, "at_close": TimeInForce.AT_CLOSE, "gtd": TimeInForce.GTD}


@dataclass
class Written:
    """One bar of a table."""

    prices: RawBar
    volume: float = 1_000.0
    session: int = 1
    is_last: bool = False
    is_seen: bool = False

    def bar(self, instrument: Instrument, ordinal: int) -> Bar:
        o, h, lo, c = (instrument.price(units) for units in self.prices)
        columns = {"session_end": float(self.is_last)}
        return Bar(instrument, ordinal, self.session, o, h, lo, c, self.volume, 1.0, self.prices, columns)


def bars_of(cell: str) -> Iterator[Written]:
    session = 1
    for text in cell.split(";"):
        words = text.split()
        written = Written(RawBar(0, 0, 0, 0))
        while not words[0].isdigit():
            match words.pop(0):
                case "day":
                    session = int(words.pop(0))
                case "last":
                    written.is_last = True
                case "seen":
                    written.is_seen = True
                case word:
                    raise ValueError(word)
        written.session, written.prices = session, RawBar(*map(int, words[:4]))
        written.volume = float(words[4].removeprefix("x")) if words[4:] else written.volume
        yield written


def order_of(cell: str, instrument: InstrumentId) -> Order:
    side, quantity, *words = cell.split()
    named: dict[str, Any] = {}
    while words:
        word = words.pop(0)
        named["time_in_force"] = _FORCES.get(word, named.get("time_in_force", TimeInForce.DAY))
        if word not in {"gtc", "at_close"}:
            key = {"limit": "limit_price", "stop": "trigger_price", "gtd": "good_till", "protection": "protection_ppm"}
            named[key.get(word, word)] = int(words.pop(0))
    kind = _TYPES["limit_price" in named, "trigger_price" in named]
    return Order(instrument, Side(side), int(quantity), kind, **named)


def rules_of(cell: str) -> dict[str, Any]:
    named = dict(word.split("=") for word in cell.split())
    return {name: FillAt(text) if name == "fill" else int(text) for name, text in named.items()}


def executed(matcher: BarMatcher, ordinal: int, bars: Sequence[Bar], working: WorkingOrder) -> str:
    """What trades on a slice, as a cell says it."""
    traded = []
    executions = matcher.match(ordinal, bars, [working])
    execution = next(executions, None)
    while execution is not None:
        working.fill(execution.quantity)
        traded.append(f"{execution.quantity} @ {execution.price}")
        try:
            execution = executions.send(execution.quantity)
        except StopIteration:
            break
    return " ".join(traded) or "-"


@pytest.mark.parametrize("row", RULES, ids=lambda row: f"{row['rules']} {row['order']} {row['bars']}")
def test_an_order_of_the_table_trades_as_it_says(row: dict[str, str]) -> None:
    rules = rules_of(row["rules"])
    instrument = Instrument(InstrumentId("INFY", "NSE"), "INR", tick_size=5, lot_size=rules.pop("lot", 1))
    bars = list(bars_of(row["bars"]))
    seen = sum(bar.is_seen for bar in bars)
    working = WorkingOrder(order_of(row["order"], instrument.id), active_from=seen, reference=REFERENCE)
    matcher = BarMatcher(MatchingRules(**rules))
    traded = [executed(matcher, n, [bar.bar(instrument, n)], working) for n, bar in enumerate(bars)]
    assert "; ".join(traded[seen:]) == row["trades"]
    ends = {"partial": "open"}
    assert ends.get(working.status, working.status) == row["end"]


def is_of_columns(row: dict[str, str]) -> bool:
    """Whether columns can say the order, and the kernel knows the rules; what was seen before comes by other tests."""
    words = {*row["order"].split(), *row["bars"].split(), *row["rules"].replace("=", " ").split()}
    return words.isdisjoint({"gtc", "at_close", "protection", "seen", "last", "this_close", "latency", "band_ppm"})


OF_COLUMNS = [row for row in RULES if is_of_columns(row)]


@pytest.mark.parametrize("row", OF_COLUMNS, ids=lambda row: f"{row['rules']} {row['order']} {row['bars']}")
def test_an_order_of_columns_trades_in_the_kernel_as_the_table_says(row: dict[str, str]) -> None:
    rules = rules_of(row["rules"])
    instrument = Instrument(InstrumentId("INFY", "NSE"), "INR", tick_size=5, lot_size=rules.pop("lot", 1))
    order, bars = order_of(row["order"], instrument.id), list(bars_of(row["bars"]))
    decided = Written(RawBar(REFERENCE, REFERENCE, REFERENCE, REFERENCE), session=bars[0].session)
    stepped = Stepped(in_columns(order, instrument, [decided, *bars], MatchingRules(**rules)), kernel=plain, cut=False)
    assert stepped.driver._blocks.counts["driver"] == 0
    traded = {fill.ts_event: f"{fill.quantity} @ {fill.price}" for fill in stepped.driver.log.fills}
    assert "; ".join(traded.get(n, "-") for n in range(1, len(bars) + 1)) == row["trades"]
    (one,) = stepped.driver.log.orders
    ends = {"partial": "open", "cancelled": "open" if one.reason == "END_OF_DATA" else "cancelled"}
    assert ends.get(one.status, one.status) == row["end"]


def test_the_orders_of_columns_are_of_every_kind() -> None:
    assert len(OF_COLUMNS) > len(RULES) // 2
    kinds = {order_of(row["order"], A).type for row in OF_COLUMNS}
    assert kinds == {*OrderType}


def in_columns(order: Order, instrument: Instrument, bars: Sequence[Written], rules: MatchingRules) -> Drawn:
    """The order is decided at the close of the first bar, by a strategy with so much cash that it can be paid."""
    count, nothing = len(bars), np.full(len(bars), np.nan)
    columns: dict[str, Any] = {
        name: np.array([getattr(bar.prices, name) for bar in bars]) for name in ("open", "high", "low", "close")
    }
    columns["volume"] = np.array([bar.volume for bar in bars])
    columns["session"] = np.array([float(bar.session) for bar in bars])
    columns |= dict.fromkeys(("factor", "split"), np.ones(count))
    asked = {"wish0": order.side.sign * order.quantity, "wish0_good_till": order.good_till}
    asked |= {f"wish0_{name}": getattr(order, name) for name in ("limit_price", "trigger_price")}
    for name in (*asked, "wish0_stop_loss", "wish0_take_profit", "wish0_cancel"):
        columns[name], value = nothing.copy(), asked.get(name)
        if value is not None:
            columns[name][0] = value / REFERENCE if name.endswith("_price") else value
    rows = Chunk(np.arange(count), np.zeros(count, np.int32), columns)
    return Drawn(
        Universe([instrument]), rows, ["wish0"], [()], [10**12], Limits(allow_short=True), rules, Share(0, 1),
        cuts=[], injected=[], kinds=["order"],
    )  # fmt: skip


@pytest.mark.parametrize("row", SESSIONS, ids=lambda row: f"{row['settings']} {row['order']} {row['bars']}")
def test_a_session_of_the_table_trades_as_it_says(row: dict[str, str]) -> None:
    bars = [Row(day, A, *bar.prices) for day, bar in enumerate(bars_of(row["bars"]), 1)]
    session = Session(Script({1: [order_of(row["order"], A)]}), matching=rules_of(row["settings"])).run(bars)
    fills = {day: f"{quantity} @ {price}" for day, _, quantity, price in session.fills}
    assert "; ".join(fills.get(day, "-") for day in range(1, len(bars) + 1)) == row["fills"]
    types = {one.order.tag: one.order.type for one in session.log.orders}
    entry, *legs = session.log.ended
    assert [entry.status, *(f"{leg.status}-{types[leg.tag]}" for leg in legs)] == row["orders"].split()


def test_every_setting_that_is_named_exists() -> None:
    for heading, column in (("setting", "setting"),):
        assert {row[column].strip("`") for row in table(PATH, heading)} < set(MatchingSettings.model_fields)
    assert [row["`fill`"].strip("`") for row in table(PATH, "`fill`")] == [str(one) for one in FillAt]
