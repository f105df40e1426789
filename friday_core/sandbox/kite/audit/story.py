"""An audit as a story: what was asked and answered, which order came of it, and what the client could know."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from friday_core.sandbox.kite.faults.fault import Do

Line = Mapping[str, Any]
#: Exchange, symbol and product.
Holding = tuple[str, str, str]
Held = Counter[Holding]
_WRITES = frozenset({"POST", "PUT", "DELETE"})
#: After these nobody knows what became of a request.
_UNTOLD = frozenset({
    Do.LOST_REQUEST, Do.LOST_ANSWER, Do.ERROR_AFTER, Do.HTML, Do.HTML_AFTER, Do.EMPTY_ANSWER, Do.CUT_ANSWER,
    Do.LATE_ACCEPT, Do.RESTART,
})  # fmt: skip
#: Words of a 400 with which Kite has answered orders that stood.
_DOUBTFUL = ("timed out", "check the order book")


@dataclass
class Asked:
    """One request: ``line`` and ``answered`` (0: never) are numbers of lines; ``faults`` what met it, by its line."""

    line: int
    number: int
    wall: int
    method: str
    path: str
    token_ok: bool
    form: Mapping[str, str]
    answered: int = 0
    answered_wall: int = 0
    code: int = 0
    error_type: str = ""
    message: str = ""
    order_id: str = ""
    faults: dict[str, int] = field(default_factory=dict)

    @property
    def places(self) -> bool:
        return self.method == "POST" and self.path.startswith("/orders/")

    @property
    def changes_orders(self) -> bool:
        """Whether it places, modifies or cancels: its outcome must be known."""
        return self.method in _WRITES and self.path.startswith("/orders/")

    @property
    def in_doubt(self) -> bool:
        """Whether the client could not know what became of it."""
        doubtful = any(words in self.message.lower() for words in _DOUBTFUL)
        return self.code == 0 or self.code >= 500 or doubtful or not _UNTOLD.isdisjoint(self.faults)

    @property
    def refused(self) -> bool:
        """Whether it was told no, for a reason that stays."""
        return 400 <= self.code < 500 and self.code != 429 and self.error_type != "TokenException" and not self.in_doubt

    @property
    def looks(self) -> bool:
        """Whether it showed the client its orders as they are."""
        book = self.path in {"/trades", "/orders"} or self.path.startswith("/orders/")
        return (
            self.method == "GET"
            and book
            and self.code == 200
            and not self.in_doubt
            and Do.STALE_BOOK not in self.faults
        )

    @property
    def kind(self) -> tuple[str, ...]:
        """What is ordered, without price and tag."""
        named = ("exchange", "tradingsymbol", "transaction_type", "quantity")
        return tuple(str(self.form.get(one, "")) for one in named)

    @property
    def exact(self) -> tuple[tuple[str, str], ...]:
        """All that is ordered, without the tag."""
        return tuple(sorted((name, str(value)) for name, value in self.form.items() if name != "tag"))


@dataclass
class Ordered:
    """An order of the account: the line and time of its first state, and of its rejection (0: none)."""

    line: int
    wall: int
    row: Mapping[str, Any]
    owner: str = ""
    rejected: int = 0
    rejected_wall: int = 0
    told: list[int] = field(default_factory=list)

    @property
    def kind(self) -> tuple[str, ...]:
        named = ("exchange", "tradingsymbol", "transaction_type", "quantity")
        return tuple(str(self.row.get(one, "")) for one in named)

    @property
    def is_open(self) -> bool:
        return self.row.get("status") not in ("COMPLETE", "CANCELLED", "REJECTED")


class Numbered(NamedTuple):
    """A line with its number, from 1, and its time; one without a time has that of the line before."""

    number: int
    line: Line
    wall: int


class Story:
    """What an audit tells. ``came_of`` are the orders of requests, by the number of the request's line."""

    def __init__(self, lines: Iterable[Line]) -> None:
        self.lines: list[Numbered] = []
        for number, line in enumerate(lines, 1):
            before = self.lines[-1].wall if self.lines else 0
            self.lines.append(Numbered(number, line, int(line.get("wall") or before)))
        self.asked: list[Asked] = []
        self.orders: dict[str, Ordered] = {}
        self.trades: list[Numbered] = []
        self._by_number: dict[int, Asked] = {}
        kept = {
            "request": self._request, "answer": self._answer, "fault": self._fault, "state": self._state,
            "trade": self._trade, "update": self._update,
        }  # fmt: skip
        for one in self.lines:
            kept.get(str(one.line.get("kind")), _nothing)(one)
        self.came_of = self._linked()
        self._own()

    @property
    def ended(self) -> Numbered | None:
        """The last ``end``, if nothing was asked after it."""
        end = next((one for one in reversed(self.lines) if one.line.get("kind") == "end"), None)
        return None if end and self.asked and self.asked[-1].line > end.number else end

    @property
    def last_wall(self) -> int:
        return max((one.wall for one in self.lines), default=0)

    def seen(self, order: Ordered, again: Asked, doubtful: Asked) -> bool:
        """Whether the client was shown an order before it sent another one.

        Updates go to every socket, also to one that nobody reads: whoever sends the very same again did not read it.
        """
        if any(one.looks and order.line < one.answered < again.line for one in self.asked):
            return True
        return again.exact != doubtful.exact and any(line < again.line for line in order.told)

    def looked(self, after: int, before: int) -> list[Asked]:
        """Looks at the book that began after a line and ended before another."""
        return [one for one in self.asked if one.looks and after < one.line and one.answered < before]

    def _request(self, one: Numbered) -> None:
        get = one.line.get
        asked = Asked(
            one.number, get("n", 0), one.wall, get("method", ""), get("path", ""), bool(get("token_ok", True)),
            get("form") or {},
        )  # fmt: skip
        self.asked.append(asked)
        self._by_number[asked.number] = asked

    def _answer(self, one: Numbered) -> None:
        if asked := self._by_number.get(one.line.get("n", 0)):
            asked.answered, asked.answered_wall, asked.code = one.number, one.wall, one.line.get("code") or 0
            asked.error_type = one.line.get("error_type") or ""
            asked.message = one.line.get("message") or ""
            asked.order_id = one.line.get("order_id") or ""

    def _fault(self, one: Numbered) -> None:
        if asked := self._by_number.get(one.line.get("n", 0)):
            asked.faults[one.line.get("do", "")] = one.number

    def _state(self, one: Numbered) -> None:
        row = one.line.get("order") or one.line
        order = self.orders.setdefault(str(row.get("order_id")), Ordered(one.number, one.wall, row))
        order.row = row
        order.owner = one.line.get("owner") or order.owner
        if row.get("status") == "REJECTED" and not order.rejected:
            order.rejected, order.rejected_wall = one.number, one.wall

    def _trade(self, one: Numbered) -> None:
        self.trades.append(one._replace(line=one.line.get("trade") or one.line))

    def _update(self, one: Numbered) -> None:
        if order := self.orders.get(str(one.line.get("order_id"))):
            order.told.append(one.number)

    def _linked(self) -> dict[int, str]:
        """By the number of the order that was answered; else the first order like it that is nobody's yet."""
        found = {one.line: one.order_id for one in self.asked if one.places and one.order_id}
        free = {number: order for number, order in self.orders.items() if number not in {*found.values()}}
        for one in self.asked:
            if not one.places or one.line in found or one.refused or one.code == 429:
                continue
            like = [
                number
                for number, order in free.items()
                if order.kind == one.kind and order.line > one.line and order.owner in ("", "client")
                and (order.row.get("tag") or "") == one.form.get("tag", "")
            ]  # fmt: skip
            if like:
                found[one.line] = like[0]
                del free[like[0]]
        return found

    def _own(self) -> None:
        """Orders of which nobody said whose they are."""
        own = {*self.came_of.values()}
        for number, order in self.orders.items():
            parent = order.row.get("parent_order_id")
            if not order.owner and order.row.get("placed_by") == "ADMINSQF":
                order.owner = "broker"
            order.owner = order.owner or ("client" if number in own or parent in own else "external")


def holding(row: Line) -> Holding:
    """What a trade or the form of an order is about."""
    return str(row.get("exchange", "")), str(row.get("tradingsymbol", "")), str(row.get("product", ""))


def traded(row: Line) -> int:
    """Signed; 0 for a quantity that is no number."""
    quantity = str(row.get("quantity", 0))
    return int(quantity) * (1 if row.get("transaction_type") == "BUY" else -1) if quantity.isdecimal() else 0


def _nothing(_: Numbered) -> None:
    """Lines of other kinds tell nothing about orders."""
