"""The tables of the document on fills are played: what they say trades is what trades."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from docs.documents import DOCS, table
from fakes.bars import A, Row
from fakes.session import Script, Session

from friday_core.domain.instruments import Instrument, InstrumentId
from friday_core.domain.market import Bar, RawBar
from friday_core.domain.orders import Order, OrderType, Side, TimeInForce, WorkingOrder
from friday_core.simulation.matching import BarMatcher, FillAt, MatchingRules
from friday_core.simulation.matching_rules import MatchingSettings

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
