"""How the paper broker misbehaves, and when: rules whose counts stand in the book and outlive a restart."""

from __future__ import annotations

import enum
import hashlib
from collections.abc import Iterable
from typing import TypeVar

import msgspec

from friday_core.sandbox.paper.book import Book

#: Methods that faults can meet; whoever sets faults and reads books is never lied to.
METHODS = frozenset({"place", "cancel", "orders", "trades", "positions", "cash"})
_UPDATE = "update"
_DRAWN = 2**32
T = TypeVar("T")


class Do(enum.StrEnum):
    """What goes wrong.

    ============== =================================================================================
    fault          meaning
    ============== =================================================================================
    lost_request   the connection ends, the request has done nothing
    lost_reply     the request is done, and the connection ends without an answer
    late_accept    the request is done only ``seconds`` later, whoever still waits for it
    late_answer    the request is done at once and answered ``seconds`` later
    refuse         the answer is no, in ``words``; nothing is done
    reject         the order is accepted, and then REJECTED with ``words``
    partial        only ``parts`` parts of the order trade; the rest waits until it is cancelled
    hang           the whole server stands still for ``seconds``, and then goes on
    drop           the request is done, and all connections of all clients end
    restart        as ``drop``; the server is gone for ``seconds`` and comes back with its book
    kill_before    the server kills itself (kill -9) before the request is done
    kill_after     the same as soon as the request is done, before anybody is told
    stale          ``orders`` is answered as the book stood ``seconds`` ago
    lost_update    an update is sent to nobody
    twice          an update is sent twice
    late_update    an update is sent after the next one; several that wait come the newest first
    ============== =================================================================================
    """

    LOST_REQUEST = "lost_request"
    LOST_REPLY = "lost_reply"
    LATE_ACCEPT = "late_accept"
    LATE_ANSWER = "late_answer"
    REFUSE = "refuse"
    REJECT = "reject"
    PARTIAL = "partial"
    HANG = "hang"
    DROP = "drop"
    RESTART = "restart"
    KILL_BEFORE = "kill_before"
    KILL_AFTER = "kill_after"
    STALE = "stale"
    LOST_UPDATE = "lost_update"
    TWICE = "twice"
    LATE_UPDATE = "late_update"


OF_UPDATES = frozenset({Do.LOST_UPDATE, Do.TWICE, Do.LATE_UPDATE})
_OF_BOTH = frozenset({Do.HANG, Do.DROP, Do.RESTART, Do.KILL_AFTER})
_OF_ONE = {Do.REJECT: "place", Do.PARTIAL: "place", Do.STALE: "orders"}


class Fault(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A rule: what goes wrong, with what, and how often.

    It meets requests of ``method`` (or changes of orders, if that is ``update``) for ``instrument`` and ``tag``, each
    if it is named. Of those it takes ``nth``, counted from 1, or each with ``probability``, drawn from ``seed``; and
    at most ``times`` (0: no limit). ``keep`` leaves a connection open on which nothing is answered.
    """

    do: Do
    method: str = ""
    instrument: str = ""
    tag: str = ""
    nth: int = 0
    probability: float = 1.0
    seed: int = 0
    times: int = 0
    seconds: float = 0.0
    words: str = "RMS: margin exceeds"
    parts: int = 1
    keep: bool = False

    def __post_init__(self) -> None:
        if self.method and self.method != _UPDATE and self.method not in METHODS:
            raise ValueError(f"method {self.method!r} is none of {', '.join(sorted({*METHODS, _UPDATE}))}")
        if self.method and (self.do in OF_UPDATES) != (self.method == _UPDATE) and self.do not in _OF_BOTH:
            raise ValueError(f"{self.do} does not go with method {self.method!r}")
        if self.do in _OF_ONE and self.method not in ("", _OF_ONE[self.do]):
            raise ValueError(f"{self.do} is for method {_OF_ONE[self.do]!r}")
        if min(self.nth, self.times, self.seconds, self.parts) < 0 or not 0 <= self.probability <= 1:
            raise ValueError("nth, times, seconds and parts must not be negative, probability 0 to 1")

    def fits(self, method: str, instrument: str, tag: str) -> bool:
        """Whether it is about such a request or update."""
        if self.method:
            fits = method == self.method
        elif self.do in OF_UPDATES:
            fits = method == _UPDATE
        else:
            fits = method == _OF_ONE.get(self.do, method) and method != _UPDATE
        return fits and self.instrument in ("", instrument) and self.tag in ("", tag)

    def strikes(self, meeting: int) -> bool:
        """Whether it takes the n-th that it meets; the same whenever it is asked."""
        if self.nth:
            return meeting == self.nth
        drawn = hashlib.blake2b(f"{self.seed}|{self.do}|{meeting}".encode(), digest_size=4).digest()
        return int.from_bytes(drawn, "big") < self.probability * _DRAWN


class _Standing(msgspec.Struct):
    """A fault, how many it met, and how many of them it took."""

    fault: Fault
    met: int = 0
    taken: int = 0


class Faults:
    """The faults of a book. They are asked inside of a transaction, and what they count is part of it."""

    def __init__(self, book: Book) -> None:
        self._book = book
        self._standing = msgspec.json.decode(book.fact("faults", "[]"), type=list[_Standing])

    def standing(self) -> list[dict[str, object]]:
        """Each fault with what it met and took so far."""
        return [msgspec.to_builtins(one) for one in self._standing]

    def add(self, faults: Iterable[Fault]) -> None:
        self._standing += [_Standing(one) for one in faults]
        self._keep()

    def clear(self) -> None:
        self._standing = []
        self._keep()

    def meet(self, method: str, instrument: str, tag: str) -> list[Fault]:
        """Those that take this request or update; each has counted it."""
        taken = []
        for one in self._standing:
            if one.fault.fits(method, instrument, tag):
                one.met += 1
                if one.fault.strikes(one.met) and (not one.fault.times or one.taken < one.fault.times):
                    one.taken += 1
                    taken.append(one.fault)
        if self._standing:
            self._keep()
        return taken

    def _keep(self) -> None:
        self._book.note("faults", msgspec.json.encode(self._standing).decode())


def first(faults: Iterable[Fault], *kinds: Do) -> Fault | None:
    """The first fault of some kinds."""
    return next((one for one in faults if one.do in kinds), None)
