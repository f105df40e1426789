"""Where intents leave for a broker that answers, and where its words come in."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from friday_core.domain.order_updates import OrderUpdate
from friday_core.domain.records import (
    Action,
    BrokerRead,
    CancelOrder,
    Command,
    Intent,
    OrderTold,
    PlaceOrder,
    PositionTold,
    Record,
    SendAnswered,
    SendOutcome,
)
from friday_core.errors import InDoubt, Refused
from friday_core.infrastructure.logging import described, get_logger
from friday_core.interfaces.broker import RealBroker

#: Seconds between two attempts to read a broker's book that could not be read.
_AGAIN = 1.0
#: Seconds after which a thread that waits looks up.
_LOOK = 0.1


@dataclass(frozen=True, slots=True)
class BrokerTimes:
    """Seconds. ``settle`` is longer than anything that was sent can still be on its way to the broker: longer than
    the time-outs of its client. Its book is read every ``interval``; ``patience`` is what orders get to end when a
    session does. A session that has not obeyed a person for ``hung`` is taken to hang.
    """

    settle: float = 10.0
    interval: float = 30.0
    patience: float = 10.0
    hung: float = 3.0


class BrokerGateway:
    """Hands intents to a broker in a thread of its own, one after the other, each once; answers become records.

    Whoever steps the core iterates ``opening`` before the first row, ``news`` whenever it likes, and ``closing`` after
    the last one, and applies what they yield.
    """

    answers = True

    def __init__(
        self,
        broker: RealBroker,
        name: str,
        *,
        now: Callable[[], int],
        times: BrokerTimes = BrokerTimes(),
    ) -> None:
        #: The broker as the configuration names it: ``broker.zerodha``.
        self.component = f"broker.{name}"
        #: What the broker has not returned from, as ``send of order F1``; empty if nothing. Safe from other threads.
        self.doing = ""
        #: Nothing is known here of what failed: it comes as a record.
        self.unsent: dict[str, str] = {}
        #: Called from other threads whenever there is something new.
        self.wake: Callable[[], None] = lambda: None
        #: What a person asked of the core and it has not obeyed; while there is something, cancels alone are sent.
        self.unobeyed: Callable[[], Command | None] = lambda: None
        #: The tags of the core's orders that have not ended.
        self.working: Callable[[], Sequence[str]] = tuple
        #: Why nothing that adds to a position may be sent, and whether an order does; empty where no money is at stake.
        self.unarmed: Callable[[], str] = lambda: ""
        self.adds: Callable[[str], bool] = lambda _tag: True
        self._adding: set[str] = set()
        self._broker = broker
        self._now = now
        self._times = times
        self._inbox: deque[Record] = deque()
        self._outbox: deque[Intent] = deque()
        self._changed = threading.Condition()
        self._closed = False
        #: Why the broker's book cannot be read, which is told once; empty while it can.
        self._unread = ""
        #: ``time.monotonic`` when something was in doubt that no reading of the book can have settled yet.
        self._doubted: float | None = None
        #: What a person wants ended, since when by ``time.monotonic``, and which orders were cancelled here for it.
        self._wish: Command | None = None
        self._wished = 0.0
        self._ended_here: set[str] = set()
        self._threads = [
            threading.Thread(target=self._send_all, name=f"sends to {name}", daemon=True),
            threading.Thread(target=self._read_all, name=f"reads {name}", daemon=True),
        ]

    def listen(self) -> None:
        """Before the broker is started: what it tells is kept from here on."""
        self._broker.listen(self._tell)

    def opening(self, keep_waiting: Callable[[], bool]) -> Iterator[Record]:
        """After the broker was started: what it has, once nothing that was sent before can still be on its way."""
        get_logger("broker").info("its book is read", of=self.component, after_seconds=self._times.settle)
        self._wait_until(lambda: False, self._times.settle, keep_waiting)
        while keep_waiting():
            yield from self.news()
            read = self._read()
            if read is not None:
                yield read
                break
            self._wait_until(lambda: False, _AGAIN, keep_waiting)
        for thread in self._threads:
            thread.start()

    def send(self, intents: Sequence[Intent]) -> None:
        """They are sent in their order; returns at once."""
        placed = [one.order.tag for one in intents if isinstance(one, PlaceOrder)]
        self._adding.update(tag for tag in placed if self.adds(tag))
        with self._changed:
            self._outbox.extend(intents)
            self._changed.notify_all()

    def read_soon(self) -> None:
        """Read the broker's book now, and not only on the timer."""
        self._doubted = time.monotonic() - self._times.settle

    def news(self) -> Iterator[Record]:
        """What has come since the last time."""
        while self._inbox:
            yield self._inbox.popleft()

    def closing(self, is_done: Callable[[], bool], keep_waiting: Callable[[], bool]) -> Iterator[Record]:
        """What still comes until the session's orders have ended, or patience has."""
        until = time.monotonic() + self._times.patience
        while not is_done() and time.monotonic() < until and keep_waiting():
            self._wait_until(lambda: bool(self._inbox), 0.2, keep_waiting)
            yield from self.news()

    def close(self) -> None:
        """Nothing more is sent; what waited is told."""
        with self._changed:
            self._closed = True
            left = list(self._outbox)
            self._outbox.clear()
            self._changed.notify_all()
        for thread in self._threads:
            if thread.ident is not None:
                thread.join(self._times.patience)
        if left:
            get_logger("broker").warning(
                "orders were not sent", of=self.component, orders=[_named(one) for one in left]
            )

    def _tell(self, update: OrderUpdate) -> None:
        self._put(OrderTold(update))

    def _put(self, record: Record) -> None:
        self._inbox.append(record)
        with self._changed:
            self._changed.notify_all()
        self.wake()

    def _wait_until(self, is_there: Callable[[], bool], seconds: float, keep_waiting: Callable[[], bool]) -> None:
        until = time.monotonic() + seconds
        with self._changed:
            while not is_there() and keep_waiting() and (left := until - time.monotonic()) > 0:
                self._changed.wait(min(left, _LOOK))

    # Sending ------------------------------------------------------------------------------------

    def _send_all(self) -> None:
        """In its thread."""
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._outbox or self._closed)
                if self._closed:
                    return
                intent = self._outbox.popleft()
            answer = self._answer(intent)
            self._put(answer)
            if answer.outcome is SendOutcome.IN_DOUBT:
                self._doubted = time.monotonic()

    def _answer(self, intent: Intent) -> SendAnswered:
        is_cancel = isinstance(intent, CancelOrder)
        tag = intent.tag if isinstance(intent, CancelOrder) else intent.order.tag
        outcome, reason = SendOutcome.TAKEN, ""
        if not is_cancel and (wish := self.unobeyed()) is not None:
            return SendAnswered(self._now(), tag, SendOutcome.REFUSED, is_cancel, _halted(wish))
        if not is_cancel and tag in self._adding:
            self._adding.discard(tag)
            if why := self.unarmed():
                return SendAnswered(self._now(), tag, SendOutcome.REFUSED, is_cancel, why)
        self.doing = f"send of {_named(intent)}"
        try:
            self._broker.send([intent])
        except Refused as error:
            outcome, reason = SendOutcome.REFUSED, f"REFUSED: {error}"
        except InDoubt as error:
            outcome, reason = SendOutcome.IN_DOUBT, f"IN_DOUBT: {error}"
        except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever it is, the order may have gone
            outcome, reason = SendOutcome.IN_DOUBT, f"IN_DOUBT: {described(error)}"
            get_logger("broker").error("it failed", of=self.component, intent=_named(intent), exc_info=error)
        finally:
            self.doing = ""
        return SendAnswered(self._now(), tag, outcome, is_cancel, reason)

    # Reading ------------------------------------------------------------------------------------

    def _read_all(self) -> None:
        """In its thread: on the timer, and soon after something was in doubt."""
        last_read = time.monotonic()
        while not self._closed:
            doubted, due = self._doubted, last_read + self._times.interval
            if doubted is not None:
                due = min(due, doubted + self._times.settle)
            with self._changed:
                self._changed.wait_for(lambda: self._closed, max(0.0, min(due - time.monotonic(), _LOOK)))
            self._stand_in()
            if self._closed or time.monotonic() < due:
                continue
            if self._doubted is doubted:
                self._doubted = None
            read, last_read = self._read(), time.monotonic()
            if read is not None:
                self._put(read)
            else:
                self._doubted = last_read - self._times.settle + _AGAIN

    def _stand_in(self) -> None:
        """Cancel every order from here if a person wants them ended, and the core hangs."""
        wish = self.unobeyed()
        if wish != self._wish:
            self._wish, self._wished = wish, time.monotonic()
            self._ended_here.clear()
        if wish is None or wish.action is Action.PAUSE or time.monotonic() - self._wished < self._times.hung:
            return
        if left := [tag for tag in self.working() if tag not in self._ended_here]:
            get_logger("broker").error("the session hangs: its orders are cancelled", of=self.component, orders=left)
            self._ended_here.update(left)
            self.send([CancelOrder(tag, _halted(wish)) for tag in left])

    def _read(self) -> BrokerRead | None:
        """The broker's whole book; ``None`` if it does not tell."""
        began = self._now()
        try:
            orders, positions, cash = tuple(self._broker.orders()), self._broker.positions(), self._broker.cash()
            tells = positions is not None or cash is not None
            if tells and tuple(self._broker.orders()) != orders:
                positions = cash = None  # something traded while it was asked
        except Exception as error:  # noqa: BLE001 - it is asked again, and meanwhile nothing is known
            if not self._unread:
                get_logger("broker").warning("its book cannot be read", of=self.component, error=described(error))
            self._unread = described(error)
            return None
        if self._unread:
            get_logger("broker").warning("its book can be read again", of=self.component, last_error=self._unread)
            self._unread = ""
        held = None
        if positions is not None:
            held = tuple(PositionTold(name, quantity) for name, quantity in sorted(positions.items()))
        return BrokerRead(self._now(), orders, held, began - round(self._times.settle * 1e6), cash)


def _halted(wish: Command) -> str:
    return f"HALTED: {wish.action.name}: {wish.reason}"


def _named(intent: Intent) -> str:
    return f"the cancel of order {intent.tag}" if isinstance(intent, CancelOrder) else f"order {intent.order.tag}"
