"""The life of orders that a broker has: sent, answered, told, read again, and never guessed."""

from __future__ import annotations

import enum
from collections.abc import Generator, Iterable, Mapping, Sequence

from friday_core.domain.instruments import InstrumentId
from friday_core.domain.market import Bar
from friday_core.domain.money import format_money
from friday_core.domain.order_updates import OrderUpdate
from friday_core.domain.orders import OrderStatus, WorkingOrder
from friday_core.domain.outcomes import BookDiffers
from friday_core.domain.records import (
    BrokerRead,
    CancelOrder,
    Intent,
    PlaceOrder,
    PositionTold,
    SendAnswered,
    SendOutcome,
)
from friday_core.errors import InvariantError
from friday_core.interfaces.broker import Execution
from friday_core.session.booking import Booking
from friday_core.session.desk import Desk
from friday_core.session.log import SessionLog
from friday_core.session.working_orders import WorkingOrders
from friday_core.trading.order_progress import Foreign, OrderProgress

_S = OrderStatus


class InDoubtPolicy(enum.StrEnum):
    """What becomes of an order that is proven not to be at the broker: nothing more, or it is sent again."""

    ABANDON = "abandon"
    RESEND = "resend"


class Difference(enum.StrEnum):
    """How a broker's book may differ from the session's."""

    #: An order of somebody else; the session leaves it alone.
    EXTERNAL_ORDER = "EXTERNAL_ORDER"
    #: A position that the books do not have; the session leaves it alone.
    EXTERNAL_POSITION = "EXTERNAL_POSITION"
    #: An order that the broker had before is not there any more.
    MISSING_ORDER = "MISSING_ORDER"
    #: What the broker tells of an order cannot be true of the order that was sent.
    IMPOSSIBLE_UPDATE = "IMPOSSIBLE_UPDATE"
    #: Less can be spent than the books have.
    LESS_CASH = "LESS_CASH"


class Unmatched:
    """The matcher of orders that a broker has: nothing is filled that it has not told."""

    latency = 0

    @staticmethod
    def match(_ordinal: int, _bars: Sequence[Bar], _orders: Sequence[WorkingOrder]) -> Generator[Execution, int, None]:
        yield from ()


class AtBroker:
    """Moves the working orders by what their broker tells; a part of the driver.

    An order is sent once its intent is journaled. Until the broker answers nobody knows whether it has it, and only
    a reading of its whole book, made when it can be on its way no more (``BrokerRead.settled``), proves
    that it has not. What the broker has and the books do not is noted and left alone; where a position changes
    without an order of the session, nothing is added to it until a person has looked.
    """

    def __init__(
        self,
        desks: Mapping[str, Desk],
        working: WorkingOrders,
        booking: Booking,
        log: SessionLog,
        *,
        policy: InDoubtPolicy = InDoubtPolicy.ABANDON,
    ) -> None:
        self._desks = desks
        self._working = working
        self._booking = booking
        self._log = log
        self._policy = policy
        self._progress = OrderProgress()
        #: Orders and cancels that the broker was handed, or is about to be, and has not answered.
        self._unanswered: set[str] = set()
        #: When the broker answered, or nobody knew whether it had: microseconds UTC.
        self._answered: dict[str, int] = {}
        #: Orders whose cancel has perhaps not reached the broker.
        self._uncancelled: set[str] = set()
        self._external_orders: set[str] = set()
        #: Orders at the broker, by tag and number, of which it told what cannot be true.
        self._impossible: set[tuple[str, str]] = set()
        #: What the account holds beyond the books, as it was read last; ``None`` before the first time.
        self._external: dict[InstrumentId, int] | None = None
        #: What the books have beyond what the broker lets spend, and how much of that a person has accepted.
        self._lacking = self._accepted = 0

    @property
    def doubts(self) -> list[WorkingOrder]:
        """Orders of which nobody knows whether the broker has them."""
        return [one for one in self._working if one.status is _S.IN_DOUBT]

    def hand_over(self, intents: Iterable[Intent]) -> None:
        """These are about to be sent."""
        for intent in intents:
            if isinstance(intent, PlaceOrder):
                tag = intent.order.tag
                if not self._progress.knows(tag):
                    self._progress.add(self._working[tag])
                self._unanswered.add(tag)

    def resume(self, ts: int) -> None:
        """Another process handed them over and ended: what it did not write down is in doubt."""
        for one in self._working:
            if one.order.tag in self._unanswered:
                self._doubt(one, "IN_DOUBT: the process ended before the answer was written")
                self._answered[one.order.tag] = ts
            if one.withdrawn:
                self._uncancelled.add(one.order.tag)
        self._unanswered.clear()

    def answered(self, answer: SendAnswered) -> None:
        """What the broker said when it was handed an order, or a cancel."""
        if answer.is_cancel:
            if answer.outcome is not SendOutcome.TAKEN:
                self._uncancelled.add(answer.tag)
            return
        order = self._working.get(answer.tag)
        self._unanswered.discard(answer.tag)
        self._answered[answer.tag] = answer.ts
        if order is None or order.status not in (_S.INTENT, _S.IN_DOUBT):
            return  # the broker's own word was faster
        match answer.outcome:
            case SendOutcome.TAKEN:
                order.move(_S.SENT if order.status is _S.INTENT else _S.ACKED)
            case SendOutcome.REFUSED:
                if order.status is _S.INTENT:
                    order.move(_S.SENT)
                order.move(_S.REJECTED, answer.reason)
            case SendOutcome.IN_DOUBT:
                self._doubt(order, answer.reason)

    def told(self, update: OrderUpdate, session: int) -> None:
        """Where an order stands; what has traded is booked, each share once."""
        try:
            news = self._progress.apply(update)
        except InvariantError as error:
            if (update.tag, update.number) in self._impossible:
                return
            self._impossible.add((update.tag, update.number))
            self._note(update.ts_event, Difference.IMPOSSIBLE_UPDATE, str(error), update.tag, self._instrument(update))
            return
        if isinstance(news, Foreign):
            if update.number not in self._external_orders:
                self._external_orders.add(update.number)
                for desk in self._desks.values():  # one of an earlier session of the same day, perhaps
                    desk.tags.pass_over(update.tag, desk.number)
                detail = f"order {update.number} of somebody else, {update.status}"
                self._note(update.ts_event, Difference.EXTERNAL_ORDER, detail, update.tag)
            return
        self._unanswered.discard(update.tag)
        if news is not None and news.quantity:
            self._booking.book_told(news, session)

    def read(self, book: BrokerRead, session: int) -> list[Intent]:
        """All that the broker has; cancels that did not reach it go again, orders if the policy says so."""
        for update in book.orders:
            self.told(update, session)
        again = self._absent(book, {update.tag for update in book.orders})
        if book.positions is not None and not self.doubts:
            self._compare(book.ts, book.positions)
        if book.cash is not None and not len(self._working):
            self._compare_cash(book.ts, book.cash)
        for tag in sorted(self._uncancelled):
            order = self._working.get(tag)
            if order is not None and order.status is not _S.IN_DOUBT:
                again.append(CancelOrder(tag, order.withdrawn))
        self._uncancelled &= {one.order.tag for one in self.doubts}
        return again

    def accept(self) -> None:
        """A person has looked: what differs is the account's own from here on."""
        for desk in self._desks.values():
            desk.state.differs, desk.state.lacks_cash = {}, ""
        self._accepted = self._lacking

    def _absent(self, book: BrokerRead, known: set[str]) -> list[Intent]:
        """Orders that are proven not to exist: those in doubt end or go out again, others are missed."""
        again: list[Intent] = []
        for one in self._working:
            tag = one.order.tag
            if tag in known or tag in self._unanswered or self._answered.get(tag, book.ts) > book.settled:
                continue
            if one.status is not _S.IN_DOUBT:
                detail = f"the broker had it as {one.status}, and its book of the day does not: it ended there unseen"
                self._note(book.ts, Difference.MISSING_ORDER, detail, tag, one.order.instrument)
                one.move(_S.EXPIRED, f"{Difference.MISSING_ORDER}: {detail}")
            elif self._policy is InDoubtPolicy.RESEND and not one.withdrawn:
                again.append(PlaceOrder(one.order))
            else:
                one.move(_S.CANCELLED, f"ABANDONED: it never reached the broker ({one.reason})")
        return again

    def _compare(self, ts: int, positions: Sequence[PositionTold]) -> None:
        """What the account holds beyond the books; where that has changed, entries stop."""
        held = {one.instrument: one.quantity for one in positions}
        for desk in self._desks.values():
            for name, quantity in desk.book.positions().items():
                held[name] = held.get(name, 0) - quantity
        external = {name: quantity for name, quantity in held.items() if quantity}
        before, self._external = self._external, external
        for name in sorted(external.keys() | (before or {}).keys()):
            now, then = external.get(name, 0), (before or {}).get(name, 0)
            if now == then:
                continue
            detail = f"the broker holds {now:+} beyond the books"
            if before is not None:
                detail += f", and held {then:+} when it was read before"
                for desk in self._desks.values():
                    desk.state.differs = {**desk.state.differs, name: detail}
            self._note(ts, Difference.EXTERNAL_POSITION, detail, "", name)

    def _compare_cash(self, ts: int, cash: int) -> None:
        """Where the books have more than can be spent, entries stop until it is there or a person has looked.

        What the books got for shorts counts against them twice: a broker keeps that much, and a margin besides.
        """
        own, currency = 0, ""
        for desk in self._desks.values():
            values = [desk.book.value(name) for name in desk.book.positions()]
            own, currency = own + desk.book.cash + 2 * sum(min(value, 0) for value in values), desk.book.currency
        self._lacking = max(0, own - cash)
        lacks = ""
        if self._lacking > self._accepted:
            known, there = format_money(own, currency), format_money(cash, currency)
            lacks = f"the broker has {there} to spend, and the books {known}"
        if lacks and not any(desk.state.lacks_cash for desk in self._desks.values()):
            self._note(ts, Difference.LESS_CASH, lacks, "")
        for desk in self._desks.values():
            desk.state.lacks_cash = lacks

    def _doubt(self, order: WorkingOrder, reason: str) -> None:
        if order.status is _S.INTENT:
            order.move(_S.SENT)
        if order.status is not _S.IN_DOUBT:
            order.move(_S.IN_DOUBT, reason)

    def _instrument(self, update: OrderUpdate) -> InstrumentId | None:
        order = self._working.get(update.tag)
        return None if order is None else order.order.instrument

    def _note(self, ts: int, code: Difference, detail: str, tag: str, instrument: InstrumentId | None = None) -> None:
        self._log.differences.append(BookDiffers(ts, code, tag, instrument, detail))
