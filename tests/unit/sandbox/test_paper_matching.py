"""Orders of the paper broker trade on the same bars, and at the same prices, as those of a simulation."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given
from hypothesis import strategies as st

from friday_core.domain.instruments import Instrument, InstrumentId
from friday_core.domain.market import Bar, RawBar
from friday_core.domain.orders import Order, OrderType, Side, TimeInForce, WorkingOrder
from friday_core.sandbox.paper.book import Book
from friday_core.sandbox.paper.exchange import Exchange
from friday_core.sandbox.paper.matching import in_parts
from friday_core.sandbox.paper.messages import Placement
from friday_core.sandbox.paper.scenario import MarketSettings
from friday_core.sandbox.paper.tape import Prices
from friday_core.simulation.matching import BarMatcher, MatchingRules

ID = InstrumentId("INFY", "NSE")
INFY = Instrument(ID, "INR", tick_size=5)
FIRST_CLOSE = 10_000


class Listed:
    """A tape of bars that a test wrote down; the last close before them is ``FIRST_CLOSE``."""

    def __init__(self, bars: Sequence[Prices]) -> None:
        self.bars = bars

    def tick_of(self, instrument: str, price_decimals: int) -> int:
        return INFY.tick_size

    def begin(self) -> int | None:
        return 1

    def after(self, instrument: str, price_decimals: int, ts: int) -> Iterator[Prices]:
        return iter([one for one in self.bars if one.ts > ts])

    def last(self, instrument: str, price_decimals: int, ts: int) -> int:
        return max(((one.ts, one.close) for one in self.bars if one.ts <= ts), default=(0, FIRST_CLOSE))[1]


UNITS = st.integers(9_960, 10_040)


@st.composite
def bars(draw: st.DrawFn) -> list[Prices]:
    found = []
    for place in range(draw(st.integers(1, 5))):
        four = [draw(UNITS) for _ in range(4)]
        found.append(Prices(place + 2, four[0], max(four), min(four), four[1]))
    return found


@st.composite
def orders(draw: st.DrawFn) -> Order:
    kind = draw(st.sampled_from(OrderType))
    return Order(
        ID,
        draw(st.sampled_from(Side)),
        draw(st.integers(1, 9)),
        kind,
        draw(UNITS) if kind.has_limit else None,
        draw(UNITS) if kind.has_trigger else None,
        TimeInForce.GTC,
        tag="A",
        ts_decided=1,
        protection_ppm=None if kind.has_limit else draw(st.sampled_from([0, 500, 2_000])),
    )


def simulated(order: Order, found: Sequence[Prices], slippage: int) -> tuple[int, int] | None:
    """When and at what price the simulated exchange fills it."""
    working = WorkingOrder(order, 0, FIRST_CLOSE)
    matcher = BarMatcher(MatchingRules(slippage_ticks=slippage))
    for ordinal, one in enumerate(found):
        raw = RawBar(*one[1:])
        bar = Bar(INFY, one.ts, 19_723, *map(INFY.price, raw), 1e6, 1.0, raw, {})
        for execution in matcher.match(ordinal, [bar], [working]):
            return one.ts, execution.price
    return None


@given(orders(), bars(), st.integers(0, 2))
def test_an_order_trades_when_and_where_a_simulation_trades_it(
    order: Order, found: list[Prices], slippage: int
) -> None:
    with TemporaryDirectory() as folder:
        book = Book(Path(folder))
        exchange = Exchange(book, Listed(found), MarketSettings(slippage_ticks=slippage, speed=0.0))
        exchange.place(
            Placement(
                instrument=str(ID), side=order.side, quantity=order.quantity, type=order.type, tag="A", ts_decided=1,
                limit_price=order.limit_price, trigger_price=order.trigger_price,
                protection_ppm=order.protection_ppm or 0,
            ),
            0,
        )  # fmt: skip
        for one in found:  # bar by bar, as the clock goes on
            exchange.advance(one.ts, 0)
            exchange.step(0)
        (kept,), trades = book.orders(), book.trades()
        book.close()
    expected = simulated(order, found, slippage)
    assert [(kept.seen, one.price) for one in trades] == ([] if expected is None else [expected])
    assert kept.filled == (0 if expected is None else order.quantity)


@given(st.integers(1, 1_000), st.integers(-1, 12))
def test_parts_are_as_many_as_asked_sum_to_the_whole_and_differ_by_one_share_at_most(quantity: int, n: int) -> None:
    parts = in_parts(quantity, n)
    assert sum(parts) == quantity
    assert len(parts) == max(1, min(n, quantity))
    assert max(parts) - min(parts) <= 1
