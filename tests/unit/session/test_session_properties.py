"""What holds in every session: whatever the bars, the decisions, the limits, and the cut into chunks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fakes.bars import A, B, C, chunk_of
from fakes.clock import SimulatedClock
from fakes.markets import Market, markets
from fakes.session import STREAM, PerFill, Session
from hypothesis import given
from hypothesis import strategies as st

from friday_core.domain.chunk import Universe
from friday_core.domain.instruments import Instrument, InstrumentId
from friday_core.domain.records import (
    ActionAnnounced,
    ChunkReceived,
    ClockAdvanced,
    Record,
    SessionStopped,
    StreamEnded,
)
from friday_core.session.pacing import Pacer
from friday_plugins.risk_rules.long_only import LongOnly

CHARGED = PerFill(3, 2)


def ran(market: Market, cuts: set[int] | range = range(0)) -> Session:
    return market.session(charges=CHARGED).run(market.rows, *market.actions, cuts=cuts)


@given(markets(), st.sets(st.integers(1, 40)))
def test_any_chunking_gives_the_same_session_to_the_digest(market: Market, cuts: set[int]) -> None:
    whole = ran(market).outcome
    assert ran(market, cuts).outcome == whole
    assert ran(market, range(len(market.rows))).outcome == whole


def records_of(market: Market, chunk_rows: int) -> list[Record]:
    rows = chunk_of(market.rows)
    parts = [rows.take(slice(start, start + chunk_rows)) for start in range(0, len(rows), chunk_rows)]
    received = [ChunkReceived(STREAM, part) for part in parts]
    return [*map(ActionAnnounced, market.actions), *received, StreamEnded(STREAM), SessionStopped("END_OF_DATA")]


@given(markets(), st.integers(1, 40), st.sampled_from([60.0, 3600.0]), st.sampled_from([0.0, 3.0, 90.0]))
def test_a_session_at_the_pace_of_a_clock_gives_the_same_session_to_the_digest(
    market: Market, chunk_rows: int, speed: float, seconds_a_record: float
) -> None:
    """Whatever the speed, and however slow the core is."""
    paced, clock = market.session(charges=CHARGED), SimulatedClock()
    pacer = Pacer(speed, pause=None, clock=clock)
    for record in pacer.paced(records_of(market, chunk_rows), lambda: paced.core.waits_until):
        paced.apply(record)
        clock.time += seconds_a_record
    assert paced.outcome == ran(market).outcome
    told = sum(isinstance(record, ClockAdvanced) for record in paced.records)
    assert told == max(paced.log.slices - 1, 0) or seconds_a_record


@given(markets(), st.sets(st.integers(1, 40)))
def test_replaying_the_records_gives_the_same_intents_and_digest(market: Market, cuts: set[int]) -> None:
    session = ran(market, cuts)
    replayed = market.session(charges=CHARGED)
    replayed.apply(*session.records)
    assert replayed.intents == session.intents
    assert replayed.outcome == session.outcome


@given(markets())
def test_equity_is_explained_on_every_slice_and_books_sum_to_the_account(market: Market) -> None:
    session = market.session(charges=CHARGED)
    session.announce(*market.actions)
    for row in range(len(market.rows)):
        session.feed(market.rows[row : row + 1])
        books = session.account.books.values()
        for book in books:
            explained = book.capital + book.realised + book.unrealised + book.dividends - book.charges
            assert book.equity == explained
            assert book.equity == book.cash + sum(map(book.value, book.positions()))
        latest = session.log.equity[-len(books) :]
        assert session.account.equity == sum(book.equity for book in books)
        assert not latest or session.account.cash == sum(point.cash for point in latest)
        assert not latest or session.account.equity == sum(point.equity for point in latest)


@given(markets(), st.booleans())
def test_a_long_only_book_owes_neither_cash_nor_shares(market: Market, wishes_shorts: bool) -> None:
    session = market.session(charges=CHARGED, long_only=not wishes_shorts, rules={"long_only": LongOnly()})
    session.announce(*market.actions)
    for row in range(len(market.rows)):
        session.feed(market.rows[row : row + 1])
        for book in session.account.books.values():
            assert all(quantity > 0 for quantity in book.positions().values())
    assert all(point.cash >= 0 for point in session.log.equity)


Past = tuple[list[object], ...]


def past_of(session: Session, until: int) -> Past:
    """Everything that a session logged up to a time."""
    log = session.log
    return tuple(
        [one for one in rows if one.ts_event <= until] for rows in (log.decisions, log.fills, log.equity, log.actions)
    )


@given(markets(), st.data())
def test_the_future_cannot_reach_the_past(market: Market, data: st.DataObject) -> None:
    if not market.rows:
        return
    cut = data.draw(st.sampled_from(market.rows)).ts_event
    later = [row for row in market.rows if row.ts_event > cut]
    # Other prices in another order of instruments, but rows of one time stay together.
    scrambled = [
        row._replace(open=row.open * 3, high=row.high * 3, low=row.low * 3, close=row.close * 3, volume=row.volume + 7)
        for row in sorted(later, key=lambda row: (row.ts_event, row.instrument.symbol == "A"))
    ]
    whole = past_of(ran(market), cut)
    for rows in (market.until(cut), market.until(cut, scrambled)):
        other = market.session(charges=CHARGED).run(rows, *market.actions)
        assert past_of(other, cut) == whole


@given(markets())
def test_no_order_fills_before_it_was_decided_nor_more_than_was_asked(market: Market) -> None:
    session = ran(market)
    orders = {one.order.tag: one for one in session.log.orders}
    filled: dict[str, int] = {}
    for fill in session.log.fills:
        assert fill.ts_event > orders[fill.tag].order.ts_decided
        filled[fill.tag] = filled.get(fill.tag, 0) + fill.quantity
    assert {tag: one.filled for tag, one in orders.items() if one.filled} == filled
    assert all(one.filled <= one.order.quantity for one in orders.values())
    assert all(one.status.terminal for one in orders.values())
    assert sorted(one.tag for one in session.log.ended) == sorted(orders)


ROTATED = {A: InstrumentId("Z", "NSE"), B: InstrumentId("A", "NSE"), C: InstrumentId("M", "BSE")}


@given(markets())
def test_names_do_not_matter_where_nobody_competes_for_cash(market: Market) -> None:
    free: dict[str, Any] = {"risk": {}, "capital": 10**7, "charges": CHARGED, "most": 0.2}
    renamed = Market(
        sorted(
            (row._replace(instrument=ROTATED[row.instrument]) for row in market.rows),
            key=lambda row: (row.ts_event, row.instrument),
        ),
        seeds=market.seeds,
        settings=market.settings,
    )
    universe = Universe(Instrument(one, "INR") for one in ROTATED.values())
    called: Mapping[InstrumentId, str] = {new: str(old) for old, new in ROTATED.items()}
    original = market.session(**free).run(market.rows)
    other = renamed.session(universe=universe, called=called, **free).run(renamed.rows)
    assert other.equity == original.equity
