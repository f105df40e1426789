"""Target weights over hundreds of instruments: the book against a plain computation that shares no code with it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from fakes.bars import CLOSE, DAY
from fakes.session import Session

from friday_core.domain.chunk import Chunk, Int64, Universe
from friday_core.domain.instruments import Instrument, InstrumentId
from friday_core.domain.market import Bar
from friday_core.domain.orders import OrderType
from friday_core.domain.signals import Target
from friday_core.interfaces.strategy import BookView, Decision, Event, Strategy

INSTRUMENTS, DAYS, EVERY, HELD = 300, 60, 21, 60
CAPITAL = 10_00_00_000_00
NAMES = [InstrumentId(f"S{n:03d}", "NSE") for n in range(INSTRUMENTS)]
UNIVERSE = Universe(Instrument(name, "INR") for name in NAMES)
#: Each holding is this much of the equity: 59.4% in all, so that cash never binds.
WEIGHT = 0.0099


def prices() -> tuple[Int64, Int64]:
    """Opens and closes in paise, a row a day."""
    drawn = np.random.Generator(np.random.PCG64(7))
    moves = drawn.normal(0.0005, 0.02, (2 * DAYS, INSTRUMENTS))
    paths = np.rint(np.exp(np.log(500_00) + np.cumsum(moves, axis=0))).astype(np.int64)
    return paths[::2], paths[1::2]


def chosen(closes: Int64, day: int) -> set[int]:
    """The members that rose most since the day before: a universe that changes with every rebalancing."""
    rise = closes[day] * 1.0 / closes[day - 1]
    return set(np.argsort(-rise, kind="stable")[:HELD].tolist())


class Monthly(Strategy):
    """Holds the chosen at equal weight, and nothing else, from every twenty-first session on."""

    order_types = frozenset({OrderType.MARKET})

    def __init__(self, closes: Int64) -> None:
        self._closes = closes

    def on_event(self, event: Event, book: BookView) -> Sequence[Decision]:
        if not isinstance(event, Bar) or event.session % EVERY or not event.session:
            return ()
        wanted = UNIVERSE.position(event.instrument.id) in chosen(self._closes, event.session)
        if wanted:
            return [Target(event.instrument.id, WEIGHT)]
        return [Target(event.instrument.id, 0.0)] if book.position(event.instrument.id) else ()


def chunk() -> Chunk:
    opens, closes = prices()
    columns = {
        "open": opens.ravel(), "high": np.maximum(opens, closes).ravel(), "low": np.minimum(opens, closes).ravel(),
        "close": closes.ravel(), "volume": np.full(opens.size, 1e9),
    }  # fmt: skip
    ts = np.repeat(np.arange(DAYS) * DAY + CLOSE, INSTRUMENTS)
    return Chunk(ts, np.tile(np.arange(INSTRUMENTS, dtype=np.int32), DAYS), columns)


def by_hand() -> tuple[Int64, int, list[int]]:
    """Final positions, cash, and the equity at each close, in paise."""
    opens, closes = prices()
    held, cash, equities = np.zeros(INSTRUMENTS, np.int64), CAPITAL, []
    for day in range(DAYS):
        if day > 1 and (day - 1) % EVERY == 0:
            equity, ppm = equities[-1], round(WEIGHT * 1_000_000)
            target = np.zeros(INSTRUMENTS, np.int64)
            for n in chosen(closes, day - 1):
                target[n] = ppm * equity // (1_000_000 * int(closes[day - 1, n]))
            cash -= int(((target - held) * opens[day]).sum())
            held = target
        equities.append(cash + int((held * closes[day]).sum()))
    return held, cash, equities


def test_a_book_of_hundreds_that_is_rebalanced_is_what_is_computed_by_hand() -> None:
    session = Session(Monthly(prices()[1]), capital=CAPITAL, universe=UNIVERSE)
    session.feed(chunk())
    session.end()
    held, cash, equities = by_hand()
    assert session.book.positions() == {NAMES[n]: int(held[n]) for n in np.flatnonzero(held)}
    assert session.book.cash == cash
    assert [one.equity for one in session.log.equity] == equities
    assert {str(one.status) for one in session.log.orders} == {"filled"}
    assert len(session.log.fills) > HELD * 2
