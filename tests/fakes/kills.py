"""A session that is killed again and again, against an exchange with faults: what is left of it is looked at."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from fakes.bars import A, B, chunk_of, flat
from fakes.exchange import Exchange, Wire
from fakes.session import STREAM, Script, Session

from friday_core.domain.orders import Order, OrderType, Side
from friday_core.domain.records import (
    ChunkReceived,
    Intent,
    Record,
    SessionResumed,
    SessionStarted,
    StreamEnded,
)
from friday_core.domain.signals import Cancel
from friday_core.errors import FridayError
from friday_core.session.at_broker import InDoubtPolicy
from friday_core.session.journal import Entry
from friday_core.session.on_disk.codec import Head
from friday_core.session.on_disk.journal import DiskJournal
from friday_core.session.on_disk.segments import entries
from friday_core.session.recovery import Replay
from friday_core.session.runner import SessionRunner

DAYS = 14
HEAD = Head(0, 0, "kills", "live", "", (), {}, ())


class KilledError(BaseException):
    """The process ends here; nobody may catch it."""


class Mortal:
    """A journal whose process may die before and after whatever is written."""

    lasts = True

    def __init__(self, journal: DiskJournal, step: Callable[[], None]) -> None:
        self.journal, self._step = journal, step

    def append(self, record: Record) -> int:
        self._step()
        seq = self.journal.append(record)
        self._step()
        return seq

    def answer(self, seq: int, intents: Sequence[Intent]) -> None:
        self._step()
        self.journal.answer(seq, intents)
        self._step()

    def sync(self) -> None:
        self._step()

    def keep_all(self) -> None:
        """It does."""

    def __iter__(self) -> Iterator[Entry]:
        return iter(self.journal)

    def __len__(self) -> int:
        return len(self.journal)


def drawn_session(seed: int, policy: InDoubtPolicy) -> Session:
    """A strategy that orders, cancels and brackets at random, the same for a seed."""
    draw = random.Random(seed)
    script: dict[int, list[Any]] = {}
    for day in range(1, DAYS):
        says: list[Any] = []
        for _ in range(draw.randint(0, 2)):
            name, side = draw.choice([A, A, B]), draw.choice(list(Side))
            kind = draw.choice(["market", "market", "limit", "bracket", "cancel"])
            quantity = draw.randint(1, 9)
            if kind == "cancel":
                says.append(Cancel(name))
            elif kind == "limit":
                says.append(Order(name, side, quantity, OrderType.LIMIT, limit_price=9_000 + draw.randint(0, 2_000)))
            elif kind == "bracket":
                sign = side.sign
                says.append(Order(name, side, quantity, stop_loss=10_000 - sign * 900, take_profit=10_000 + sign * 900))
            else:
                says.append(Order(name, side, quantity))
        script[day] = says
    return Session(Script(script), at_broker=policy, capital=10**9)


def rows() -> list[Record]:
    whole = chunk_of([flat(day, name, 100) for day in range(1, DAYS + 1) for name in (A, B)]).numbered(0)
    parts = [whole.take(slice(at, at + 1)) for at in range(len(whole))]
    return [*(ChunkReceived(STREAM, part) for part in parts), StreamEnded(STREAM)]


class Kills:
    """One session from its first process to its last, on a folder, with kills where ``seed`` draws them.

    ``wire`` are switches of the ``Wire``. ``deaths`` counts by where a process was when it died.
    """

    def __init__(
        self,
        folder: Path,
        seed: int,
        *,
        most_deaths: int = 4,
        policy: InDoubtPolicy = InDoubtPolicy.ABANDON,
        calm: bool = False,
        **wire: bool,
    ) -> None:
        self.folder, self.seed, self.policy = folder, seed, policy
        self.exchange = Exchange(seed, calm=calm)
        self.deaths: Counter[str] = Counter()
        self._draw = random.Random(seed + 1)
        self._wire = wire
        self._left = most_deaths
        self.session: Session | None = None

    def run(self) -> list[str]:
        """Everything that is wrong at the end; empty for a session that is as it should be."""
        try:
            while self.session is None:
                self.session = self._process()
        except FridayError as error:
            return [f"seed {self.seed}: {type(error).__name__}: {error}"]
        return [f"seed {self.seed}: {one}" for one in (*self._lost(), *self._replayed())]

    def _process(self) -> Session | None:
        one = drawn_session(self.seed, self.policy)
        dies_after = self._draw.randint(1, 160) if self._left else 0
        steps = 0

        def step() -> None:
            nonlocal steps
            steps += 1
            if steps == dies_after:
                raise KilledError

        journal = DiskJournal.open(self.folder, HEAD, lambda: self.exchange.now, lambda _ts: 0)
        mortal, wire = Mortal(journal, step), Wire(self.exchange, step, **self._wire)
        runner = SessionRunner(one.core, mortal, wire, lambda _news: None)
        head: SessionStarted | SessionResumed = SessionStarted(self.exchange.now, "kills", "live", "")
        records: Iterator[Record] = iter(rows())
        try:
            if journal.found.records:
                replay = runner.take_up(mortal, list(entries(journal.found.segments)), lambda _rows, _ts: None)
                head, records = SessionResumed(self.exchange.now, ""), replay.rest(records)
            runner.run(head, records, lambda _rows, _ts: None)
        except KilledError as death:
            self._left -= 1
            self.deaths[_place(death)] += 1
            self.exchange.forget_listener()
            return None
        finally:
            journal.close()
        return one

    def _lost(self) -> Iterator[str]:
        """What the exchange has and the session does not, and the other way round."""
        assert self.session is not None
        log = self.session.log
        ours = {one.order.tag: one for one in log.orders}
        theirs = Counter(one.order.tag for one in self.exchange.held)
        for tag, count in theirs.items():
            if count > 1:
                yield f"order {tag} is {count} times at the exchange"
        for held in self.exchange.held:
            order = ours.get(held.order.tag)
            if order is None:
                yield f"order {held.order.tag} is unknown to the session"
            elif (order.filled, order.status) != (held.filled, held.status):
                here, there = f"{order.status} {order.filled}", f"{held.status} {held.filled}"
                yield f"order {held.order.tag}: {here}, and at the exchange {there}"
        for tag, order in ours.items():
            if not order.status.terminal:
                yield f"order {tag} is {order.status} at the end"
            elif order.filled and tag not in theirs:
                yield f"order {tag} has traded, and the exchange does not have it"
        for name in (A, B):
            booked, traded = self.session.book.position(name), self.exchange.position(name)
            if booked != traded:
                yield f"{booked} of {name} in the book, {traded} at the exchange"

    def _replayed(self) -> Iterator[str]:
        """A replay of the whole journal, offline, gives the same log."""
        assert self.session is not None
        fresh = drawn_session(self.seed, self.policy)
        replay = Replay(fresh.core)
        journal = DiskJournal.open(self.folder, HEAD, lambda: 0, lambda _ts: 0)
        for entry in journal:
            replay.apply(entry)
        if fresh.log.digest() != self.session.log.digest():
            yield "the replay's digest is another one"


def _place(death: BaseException) -> str:
    """The method in which a process died."""
    frames = []
    trace = death.__traceback__
    while trace is not None:
        frames.append(trace.tb_frame.f_code.co_qualname)
        trace = trace.tb_next
    return frames[-2]
