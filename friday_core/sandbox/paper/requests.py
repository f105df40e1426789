"""What each method of the paper broker's socket does with the book; faults and connections stand in ``server``."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from friday_core.errors import ConfigurationError
from friday_core.sandbox.paper.book import Book
from friday_core.sandbox.paper.exchange import ORDINARY, Exchange, Fate
from friday_core.sandbox.paper.faults import Do, Fault, Faults, first
from friday_core.sandbox.paper.messages import Declined, Owner, Placement, Request
from friday_core.sandbox.paper.scenario import faults_of

_SECOND = 1_000_000


def wall_now() -> int:
    """Microseconds UTC."""
    return time.time_ns() // 1_000


class Requests:
    """Answers requests. ``Declined`` for everything that is not done, a request that is not understood included.

    ====================== ====================================================================================
    method                 parameters, and the answer
    ====================== ====================================================================================
    ``place``              those of ``Placement``; ``{"number": "P000001"}``
    ``cancel``             ``tag`` or ``number``; the numbers of what was cancelled
    ``orders``             every order of the day, whoever placed it
    ``trades``             every trade of the day
    ``positions``          what is held, by instrument and product
    ``cash``               minor units
    ``external``           as ``place``, for an order of somebody else: without a tag, or with theirs
    ``square_off``         ``product``, ``intraday`` by default: the numbers of the broker's orders
    ``next_day``           orders expire, the day's book is empty: the number of the day
    ``advance``            ``ts``: the market's time is that at least; what it is
    ``happen``             ``what`` befalls the order of a ``tag`` or ``number``: see ``Exchange.happen``
    ``faults``             the faults, with what they met and took
    ``set_faults``         ``faults``: more of them
    ``clear_faults``       none any more
    ``requests``           every request of the first six kinds that arrived, in order
    ``book``               orders, trades, positions and cash, as they are
    ====================== ====================================================================================
    """

    def __init__(self, exchange: Exchange, faults: Faults) -> None:
        self._exchange, self._faults = exchange, faults
        self._methods: Mapping[str, Callable[..., Any]] = {
            "cancel": self._cancel, "orders": self._orders, "trades": self._trades, "positions": self._positions,
            "cash": exchange.cash, "external": self._external, "square_off": self._square_off,
            "next_day": lambda: exchange.next_day(wall_now()), "advance": lambda ts: exchange.advance(ts, wall_now()),
            "happen": self._happen, "faults": faults.standing, "set_faults": self._set_faults,
            "clear_faults": self._clear_faults, "requests": self._book.requests, "book": self._whole,
        }  # fmt: skip

    @property
    def _book(self) -> Book:
        return self._exchange.book

    def do(self, request: Request, taken: list[Fault]) -> Any:
        """The answer; ``taken`` are the faults that took the request."""
        self._book.changed = []
        try:
            if request.method == "place":
                reject, partial = first(taken, Do.REJECT), first(taken, Do.PARTIAL)
                fate = Fate(reject.words if reject else "", partial.parts if partial else -1)
                return self._place(request.params, Owner.CLIENT, fate)
            if request.method == "orders" and (stale := first(taken, Do.STALE)):
                return self._book.orders_before(wall_now() - round(stale.seconds * _SECOND))
            if request.method not in self._methods:
                known = ", ".join(["place", *self._methods, "listen"])
                raise Declined(f"UNKNOWN: there is no method {request.method!r}; known are {known}")
            return self._methods[request.method](**request.params)
        except (TypeError, ValueError, msgspec.MsgspecError, ConfigurationError) as error:
            raise Declined(f"INVALID: {error}") from error

    def _place(self, params: Mapping[str, Any], owner: Owner, fate: Fate = ORDINARY) -> dict[str, str]:
        asked = msgspec.convert(params, Placement)
        if owner is Owner.CLIENT and not asked.tag:
            raise Declined("INVALID: an order needs a tag; `external` places one of somebody else")
        return {"number": self._exchange.place(asked, wall_now(), owner, fate).number}

    def _external(self, **params: Any) -> dict[str, str]:
        return self._place(params, Owner.EXTERNAL)

    def _cancel(self, tag: str = "", number: str = "") -> list[str]:
        return self._exchange.cancel(wall_now(), tag=tag, number=number)

    def _orders(self) -> Any:
        return self._book.orders(day=self._book.day)

    def _trades(self) -> Any:
        return [one for one in self._book.trades() if one.day == self._book.day]

    def _positions(self) -> Any:
        return self._book.positions()

    def _square_off(self, product: str = "intraday") -> list[str]:
        return self._exchange.square_off(product, wall_now())

    def _happen(self, what: str, **params: Any) -> Any:
        return self._exchange.happen(what, wall_now(), **params)

    def _set_faults(self, faults: object) -> int:
        found = faults_of(faults)
        with self._book.transaction():
            self._faults.add(found)
        return len(found)

    def _clear_faults(self) -> None:
        with self._book.transaction():
            self._faults.clear()

    def _whole(self) -> dict[str, Any]:
        return {
            "day": self._book.day, "time": self._exchange.now(wall_now()), "orders": self._book.orders(),
            "trades": self._book.trades(), "positions": self._book.positions(), "cash": self._exchange.cash(),
        }  # fmt: skip
