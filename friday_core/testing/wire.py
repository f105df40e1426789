"""The wire between a real broker's plugin and its exchange, as a script."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from friday_core.domain.orders import OrderStatus

#: What the far end does with a request: takes it, refuses it, or does not answer in time. Of the last
#: two, ``lost`` requests never arrived, ``silent`` ones did and their answer was lost.
Answer = Literal["take", "refuse", "silent", "lost"]
#: How updates reach us: once each, each one twice, each followed by the one before it, the newest first.
Delivery = Literal["once", "twice", "late", "backwards"]

_SECOND = 1_000_000
#: 2024-01-01 09:30 in India.
_BEGIN = 1_704_081_600 * _SECOND


class WireRefusal(Exception):  # noqa: N818 - an answer, not an error
    """The far end says no; a bench turns it into what the vendor's library would raise."""


@dataclass(frozen=True, slots=True)
class WireOrder:
    """An order as the far end shows it, in answers and updates alike; a bench gives it the vendor's form.

    ``trades`` are all so far, as (quantity, price in price units). ``words`` is what it says of an
    order that ended. ``ts_event`` is its time in microseconds UTC. The ``tag`` of an order that
    somebody else placed by hand is empty.
    """

    number: str
    tag: str
    quantity: int
    status: OrderStatus
    ts_event: int
    trades: tuple[tuple[int, int], ...] = ()
    words: str = ""

    @property
    def filled(self) -> int:
        return sum(quantity for quantity, _ in self.trades)

    @property
    def average_price(self) -> float:
        """In the currency, rounded to two decimals, as order books of vendors show it; 0 without a trade."""
        worth = sum(quantity * price for quantity, price in self.trades)
        return round(worth / self.filled / 100, 2) if self.filled else 0.0


@dataclass(frozen=True, slots=True)
class Accepted:
    """The exchange has the order of this tag."""

    tag: str


@dataclass(frozen=True, slots=True)
class Traded:
    """So much of it traded, at a price in price units."""

    tag: str
    quantity: int
    price: int


@dataclass(frozen=True, slots=True)
class Ended:
    """It is over, short of all that was ordered; after it trades may still become known."""

    tag: str
    status: OrderStatus
    words: str


@dataclass(frozen=True, slots=True)
class PlacedElsewhere:
    """Somebody else's order in the same account traded at once; its tag is theirs, or empty."""

    tag: str
    quantity: int
    price: int


Happening = Accepted | Traded | Ended | PlacedElsewhere


class ScriptedWire:
    """Stands where the vendor's client would send and receive: nothing leaves the machine.

    A bench calls ``place``, ``cancel`` and ``orders``, and hands ``listen`` whatever takes an update in.
    ``script`` has the answers to placements and cancels, ``questions`` those to ``orders``; after
    them everything is taken. ``placed`` and ``cancelled`` are the tags of all requests in order, each
    as often as it came. The kit's orders buy INFY.NSE: rupees, price units of a paisa.
    """

    def __init__(self, script: Iterable[Answer] = (), questions: Iterable[Answer] = ()) -> None:
        self.placed: list[str] = []
        self.cancelled: list[str] = []
        self._script = deque(script)
        self._questions = deque(questions)
        self._book: dict[str, WireOrder] = {}
        self._listeners: list[Callable[[WireOrder], None]] = []
        self._now = _BEGIN

    @property
    def heard(self) -> bool:
        """Whether anybody listens to updates."""
        return bool(self._listeners)

    def place(self, tag: str, quantity: int) -> str:
        """An order is placed; returns the exchange's number. ``WireRefusal`` or ``TimeoutError`` as the script says."""
        self.placed.append(tag)
        answer = _next(self._script)
        number = self._arrived(tag, quantity) if answer in ("take", "silent") else ""
        _answered(answer, f"order {tag}: insufficient margin", f"order {tag}")
        return number

    def cancel(self, order: str) -> str:
        """An order is asked to be cancelled, by its tag or its number; as ``place``.

        That is all that is taken; the order ends when the kit plays that it ended.
        """
        found = self._found(order)
        self.cancelled.append(order if found is None else found.tag)
        _answered(_next(self._script), f"order {order}: it cannot be cancelled", f"order {order}")
        if found is None:
            raise WireRefusal(f"order {order}: there is no such order")
        return found.number

    def orders(self) -> list[WireOrder]:
        """Every order that arrived, as it stands now; ``WireRefusal`` or ``TimeoutError`` as the script says."""
        _answered(_next(self._questions), "the session has expired", "the order book")
        return list(self._book.values())

    def listen(self, take_in: Callable[[WireOrder], None]) -> None:
        """Every update is handed to ``take_in``, in the thread that plays."""
        self._listeners.append(take_in)

    def play(self, *happenings: Happening, delivery: Delivery = "once") -> None:
        """These things happen at the far end, in order, and every one is an update; raises what listeners raise.

        ``LookupError`` for the tag of an order that did not arrive, ``ValueError`` for a trade beyond
        what was ordered.
        """
        for update in _delivered([self._happened(one) for one in happenings], delivery):
            for take_in in self._listeners:
                take_in(update)

    def _arrived(self, tag: str, quantity: int) -> str:
        number = f"N{len(self._book) + 1}"
        self._book[number] = WireOrder(number, tag, quantity, OrderStatus.ACKED, self._tick())
        return number

    def _happened(self, happening: Happening) -> WireOrder:
        if isinstance(happening, PlacedElsewhere):
            order = self._book[self._arrived(happening.tag, happening.quantity)]
            return self._traded(order, happening.quantity, happening.price)
        found = self._found(happening.tag)
        if found is None:
            raise LookupError(f"no order {happening.tag} has arrived")
        if isinstance(happening, Traded):
            return self._traded(found, happening.quantity, happening.price)
        if isinstance(happening, Ended):
            return self._kept(replace(found, status=happening.status, words=happening.words))
        return self._kept(replace(found, status=OrderStatus.OPEN))

    def _traded(self, order: WireOrder, quantity: int, price: int) -> WireOrder:
        after = replace(order, trades=(*order.trades, (quantity, price)))
        if after.filled > order.quantity:
            raise ValueError(
                f"order {order.tag} was placed with quantity {order.quantity}, {after.filled} cannot trade"
            )
        if not order.status.terminal:
            status = OrderStatus.FILLED if after.filled == order.quantity else OrderStatus.PARTIAL
            after = replace(after, status=status)
        return self._kept(after)

    def _kept(self, order: WireOrder) -> WireOrder:
        self._book[order.number] = order = replace(order, ts_event=self._tick())
        return order

    def _found(self, name: str) -> WireOrder | None:
        """The latest order of a tag or a number."""
        return next((one for one in reversed(self._book.values()) if name in (one.tag, one.number)), None)

    def _tick(self) -> int:
        self._now += _SECOND
        return self._now


def _next(script: deque[Answer]) -> Answer:
    return script.popleft() if script else "take"


def _answered(answer: Answer, refusal: str, what: str) -> None:
    if answer == "refuse":
        raise WireRefusal(refusal)
    if answer in ("silent", "lost"):
        raise TimeoutError(f"{what}: no answer in time")


def _delivered(updates: Sequence[WireOrder], delivery: Delivery) -> list[WireOrder]:
    match delivery:
        case "once":
            return list(updates)
        case "twice":
            return [update for update in updates for _ in range(2)]
        case "late":
            return [one for n, update in enumerate(updates) for one in (update, updates[max(0, n - 1)])]
        case "backwards":
            return list(reversed(updates))
