"""A session that goes on from its journal: the same decisions, nothing sent twice, nothing left out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from fakes.bars import A, chunk_of, flat
from fakes.session import STREAM, Script, Session
from hypothesis import given
from hypothesis import strategies as st
from unit.session.on_disk.journals import HEAD as FILE_HEAD
from unit.session.on_disk.journals import counting

from friday_core.domain.market import CorporateAction
from friday_core.domain.orders import Order, OrderType, Side
from friday_core.domain.records import (
    ActionAnnounced,
    ChunkReceived,
    Intent,
    Record,
    SessionResumed,
    SessionStarted,
    SessionStopped,
    StreamEnded,
)
from friday_core.errors import ReplayDivergence
from friday_core.interfaces.broker import Broker
from friday_core.session.gateway import Gateway
from friday_core.session.journal import Entry
from friday_core.session.on_disk.journal import DiskJournal
from friday_core.session.on_disk.segments import entries, surveyed
from friday_core.session.recovery import Replay
from friday_core.session.runner import RunStatus, SessionRunner

DAYS = range(1, 13)
SPLIT = ActionAnnounced(CorporateAction(A, 6, 2, 1))


def rows(chunk_rows: int = 1) -> list[Record]:
    """What the feed of the session delivers, from its beginning, cut as it may be."""
    whole = chunk_of([flat(day, A, 100 + day) for day in DAYS]).numbered(0)
    parts = [whole.take(slice(at, at + chunk_rows)) for at in range(0, len(whole), chunk_rows)]
    return [SPLIT, *(ChunkReceived(STREAM, part) for part in parts), StreamEnded(STREAM)]


def session() -> Session:
    """Buys, sells, rests and cancels, over a split and the sessions of twelve days."""
    buy, sell = Order(A, Side.BUY, 2), Order(A, Side.SELL, 1)
    resting = Order(A, Side.BUY, 1, OrderType.LIMIT, limit_price=90_00)
    return Session(Script({1: [buy], 3: [resting], 5: [buy, resting], 7: [sell], 9: [resting], 11: [buy]}))


class KilledError(BaseException):
    """The process ends here; nobody may catch it."""


class Exchange(Broker):
    """Has what reached it, from whatever process; dies before or after it takes one."""

    account = "simulated"
    order_types = frozenset(OrderType)

    def __init__(self) -> None:
        self.taken: list[Intent] = []

    def send(self, intents: Sequence[Intent]) -> None:
        self.taken += intents


class Mortal:
    """A journal whose process dies at its ``at``-th step: before or after the bytes are written."""

    lasts = True

    def __init__(self, journal: DiskJournal, at: int) -> None:
        self.journal, self.left = journal, at

    def step(self) -> None:
        self.left -= 1
        if self.left == 0:
            self.journal.close()
            raise KilledError

    def append(self, record: Record) -> int:
        self.step()
        seq = self.journal.append(record)
        self.step()
        return seq

    def answer(self, seq: int, intents: Sequence[Intent]) -> None:
        self.step()
        self.journal.answer(seq, intents)
        self.step()

    def sync(self) -> None:
        self.step()
        self.journal.sync()

    def keep_all(self) -> None:
        self.journal.keep_all()

    def __iter__(self) -> Iterator[Entry]:
        return iter(self.journal)

    def __len__(self) -> int:
        return len(self.journal)


def process(folder: Path, broker: Exchange, *, dies_at: int = 0, records: Iterable[Record]) -> Session | None:
    """One process's life; ``None`` if it was killed."""
    one = session()
    journal = DiskJournal.open(folder, FILE_HEAD, counting(), lambda _ts: 0)
    mortal = Mortal(journal, dies_at)
    runner = SessionRunner(one.core, mortal, Gateway(broker, "exchange"), lambda _news: None)
    try:
        head: SessionStarted | SessionResumed = SessionStarted(1, "test", "paper", "hash")
        if journal.found.records:
            replay = runner.take_up(mortal, list(entries(journal.found.segments)), lambda _rows, _ts: None)
            if replay.ended:
                return one
            head, records = SessionResumed(2, "hash"), replay.rest(records)
        assert runner.run(head, records, lambda _rows, _ts: None) is RunStatus.FINISHED
    except KilledError:
        return None
    finally:
        journal.close()
    return one


def undisturbed(folder: Path) -> tuple[str, list[Intent]]:
    broker = Exchange()
    one = process(folder, broker, records=rows())
    assert one is not None
    return one.core.log.digest(), broker.taken


def test_a_process_that_dies_anywhere_is_followed_by_one_that_does_what_was_left(tmp_path: Path) -> None:
    digest, sent = undisturbed(tmp_path / "undisturbed")
    assert len(sent) > 8
    deaths = 0
    for dies_at in range(1, 200):
        folder, broker = tmp_path / str(dies_at), Exchange()
        if process(folder, broker, dies_at=dies_at, records=rows()) is not None:
            break
        deaths += 1
        at_death = list(entries(surveyed(folder)))
        last = process(folder, broker, records=rows())
        assert last is not None
        assert last.core.log.digest() == digest
        # What was written last and not sent is in doubt: a matcher's fills need nothing sent, and nothing goes twice.
        assert [one for one in sent if one in broker.taken] == broker.taken
        missing = [one for one in sent if one not in broker.taken]
        assert missing in ([], list(at_death[-1].intents) if at_death else [])
    assert deaths > 60


@given(deaths=st.lists(st.integers(1, 40), max_size=6), chunks=st.lists(st.integers(1, 20), min_size=7, max_size=7))
def test_however_often_it_dies_and_however_rows_are_cut_the_session_is_the_same(
    deaths: list[int], chunks: list[int], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("deaths")
    digest, _ = undisturbed(folder / "undisturbed")
    broker, last = Exchange(), None
    for dies_at, chunk_rows in zip([*deaths, 0], chunks, strict=False):
        last = process(folder / "killed", broker, dies_at=dies_at, records=rows(chunk_rows)) or last
    assert last is not None
    assert last.core.log.digest() == digest
    assert len(broker.taken) == len(set(broker.taken))


def test_what_a_replay_answers_must_be_what_was_answered_then(tmp_path: Path) -> None:
    assert process(tmp_path, Exchange(), dies_at=30, records=rows()) is None
    journal = DiskJournal.open(tmp_path, FILE_HEAD, counting(), lambda _ts: 0)
    other = Session(Script({1: [Order(A, Side.BUY, 3)]}))
    replay, (*known, first) = Replay(other.core), list(entries(journal.found.segments))[:4]
    for entry in known:
        replay.apply(entry)
    with pytest.raises(ReplayDivergence, match=r"record 3 \(rows of market_data up to .*: buy 2.* now to F.*: buy 3"):
        replay.apply(first)
    journal.close()


def test_an_answer_that_is_new_is_noticed_when_more_records_follow() -> None:
    replay = Replay(session().core)
    records = [SessionStarted(1, "test", "paper", "hash"), *rows()]
    for seq, record in enumerate(records[:4]):
        replay.apply(Entry(seq, record))
    assert replay.unsent is not None
    with pytest.raises(ReplayDivergence, match=r"record 3: then it led to nothing more, now to F"):
        replay.apply(Entry(4, records[4]))


def test_the_rest_of_a_feed_is_what_the_journal_does_not_have() -> None:
    replay = Replay(session().core)
    records = rows(5)
    for seq, record in enumerate(records[:2]):
        replay.apply(Entry(seq, record))
    left = list(replay.rest(rows(4)))
    seqs = np.concatenate([one.chunk.seq for one in left if isinstance(one, ChunkReceived)])
    assert seqs.tolist() == list(range(5, 12))
    assert SPLIT not in left
    assert left[-1] == StreamEnded(STREAM)


def test_a_session_that_ended_says_so() -> None:
    replay = Replay(session().core)
    for seq, record in enumerate([SessionStarted(1, "t", "paper", "h"), SessionStopped("END_OF_DATA: over")]):
        replay.apply(Entry(seq, record))
    assert replay.ended
