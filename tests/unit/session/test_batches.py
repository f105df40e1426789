"""Records that are put together: the core answers the same, however they were cut."""

from __future__ import annotations

from collections.abc import Sequence

from fakes.bars import A, chunk_of, flat
from fakes.session import STREAM, Script, Session
from hypothesis import given
from hypothesis import strategies as st

from friday_core.domain.orders import Order, OrderType, Side
from friday_core.domain.records import ChunkReceived, ClockAdvanced, Record, SessionStarted, SessionStopped, StreamEnded
from friday_core.session.batches import Batch, joined
from friday_core.session.journal import Entry

DAYS = 30
WHOLE = chunk_of([flat(day, A, 100 + day) for day in range(1, DAYS + 1)]).numbered(0)


def session() -> Session:
    buy, sell = Order(A, Side.BUY, 2), Order(A, Side.SELL, 1)
    resting = Order(A, Side.BUY, 1, OrderType.LIMIT, limit_price=90_00)
    return Session(Script({day: [buy, resting] if day % 3 else [sell] for day in range(2, DAYS)}))


def records(cuts: Sequence[int], clocks: Sequence[int]) -> list[Record]:
    """The days cut after some of them, and after some of the cuts the time that completes what came."""
    found: list[Record] = [SessionStarted(1, "test", "paper", "hash")]
    for start, end in zip([0, *cuts], [*cuts, DAYS], strict=True):
        found.append(ChunkReceived(STREAM, WHOLE.take(slice(start, end))))
        if end in clocks:
            found.append(ClockAdvanced(int(WHOLE.ts_event[end - 1]) + 1))
    return [*found, StreamEnded(STREAM), SessionStopped("END_OF_DATA: over")]


def journal(given: Sequence[Record]) -> list[Entry]:
    core = session().core
    return [Entry(seq, record, tuple(core.apply(record))) for seq, record in enumerate(given)]


def digest(batches: list[Batch]) -> str:
    """What the core makes of them; it answers what was answered, batch by batch."""
    core = session().core
    for batch in batches:
        assert [one for record in batch.records for one in core.apply(record)] == batch.intents
    return core.log.digest()


@given(
    cuts=st.sets(st.integers(1, DAYS - 1)).map(sorted),
    clocks=st.sets(st.integers(1, DAYS)).map(sorted),
    most=st.integers(1, DAYS),
)
def test_what_is_joined_leads_to_the_same_however_it_was_cut(cuts: list[int], clocks: list[int], most: int) -> None:
    told = journal(records(cuts, clocks))
    batches = list(joined(told, most))
    assert digest(batches) == digest([Batch(one.seq, one.seq, (one.record,), list(one.intents)) for one in told])
    assert (batches[0].first, batches[0].last) == (0, 0)
    seqs = [seq for one in batches for seq in range(one.first, one.last + 1)]
    assert seqs == list(range(len(told)))


def test_rows_and_the_times_between_them_become_one_chunk_and_one_time() -> None:
    told = journal(records([5, 10], [5, 10, DAYS]))
    batches = list(joined(told))
    assert [len(one.records) for one in batches] == [1, 2, 1, 1]
    chunk, clock = batches[1].records
    assert isinstance(chunk, ChunkReceived)
    assert (len(chunk.chunk), clock) == (DAYS, ClockAdvanced(int(WHOLE.ts_event[-1]) + 1))
    assert len(batches[1].intents) > 10


def test_a_time_that_later_rows_do_not_respect_stays_where_it_was() -> None:
    late = ClockAdvanced(int(WHOLE.ts_event[9]))
    first, rest = WHOLE.take(slice(0, 5)), WHOLE.take(slice(5, DAYS))
    told: list[Record] = [ChunkReceived(STREAM, first), late, ChunkReceived(STREAM, rest), StreamEnded(STREAM)]
    batches = list(joined([Entry(seq, record) for seq, record in enumerate(told)]))
    assert [(one.first, one.last) for one in batches] == [(0, 1), (2, 2), (3, 3)]


def test_other_columns_and_other_streams_are_not_joined() -> None:
    part = WHOLE.take(slice(0, 5))
    more = part.with_columns({"delivered": part["volume"]})
    told = [ChunkReceived(STREAM, part), ChunkReceived(STREAM, more), ChunkReceived("other", more)]
    batches = list(joined([Entry(seq, record) for seq, record in enumerate(told)]))
    assert [(one.first, one.last) for one in batches] == [(0, 0), (1, 1), (2, 2)]


def test_the_last_record_stands_by_itself() -> None:
    told = [ChunkReceived(STREAM, WHOLE.take(slice(n, n + 1))) for n in range(4)]
    batches = list(joined([Entry(seq, record) for seq, record in enumerate(told)]))
    assert [(one.first, one.last) for one in batches] == [(0, 2), (3, 3)]
