"""Which faults take what happens in the sandbox; what they count stands in the book and outlives a restart."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from typing import Literal, Protocol

import msgspec

from friday_core.sandbox.kite.faults.fault import OF_FRAMES, OF_ORDERS, OF_SOCKETS, OF_UPDATES, Fault, same_symbol
from friday_core.sandbox.kite.values import IST, SECOND

_DAY = 86_400 * SECOND
_FAULTS, _START, _OPENED, _SCENARIO = "faults", "faults_start", "faults_opened", "faults_scenario"
_NEVER = 1 << 62
_OF_NO_REQUEST = OF_ORDERS | OF_UPDATES | OF_FRAMES | OF_SOCKETS


class Facts(Protocol):
    """What of a book is needed: small texts by name, written with the transaction that stands open."""

    def fact(self, name: str, default: str = "", /) -> str: ...

    def note(self, name: str, value: object, /) -> None: ...


class _Standing(msgspec.Struct):
    """A fault, how many it met, and how many of them it took."""

    fault: Fault
    met: int = 0
    taken: int = 0


class Faults:
    """The faults of a book.

    Each ``on_...`` returns those that take what it is asked about, in the order in which they were set, and has
    counted. ``ts`` is the market's time in microseconds. The first request or socket begins the seconds of ``at``:
    before somebody is there, nothing happens that is not written by the clock. Frames that no fault took are counted
    on disk only with the next thing that is.
    """

    def __init__(self, book: Facts) -> None:
        self._book = book
        self._standing = msgspec.json.decode(book.fact(_FAULTS, "[]"), type=list[_Standing])
        self._start, self._opened = int(book.fact(_START, "-1")), int(book.fact(_OPENED, "-1"))
        self._sort()

    def on_request(self, method: str, path: str, symbol: str, tag: str, ts: int) -> list[Fault]:
        """Of a request, before it is done; ``symbol`` and ``tag`` are those of its order, if it is about one."""
        return self._meet(self._of_requests, lambda one: one.fits(method, path, symbol, tag), ts)

    def on_order(self, symbol: str, tag: str, ts: int, path: str = "/orders/regular") -> list[Fault]:
        """Of an order that is placed by a request of a path, or by a trigger: see ``fate``."""
        return self._meet(self._of_orders, lambda one: one.fits("POST", path, symbol, tag), ts)

    def on_frame(self, kind: Literal["binary", "text"], symbol: str, ts: int, tag: str = "") -> list[Fault]:
        """Of a frame of ticks or an order update that is about to be sent.

        A frame of several symbols is named by any of them, ``""`` by none: then only rules without a symbol take it.
        """
        found = self._of_updates if kind == "text" else self._of_frames
        if not found:
            return []
        return self._meet(
            found, lambda one: same_symbol(one.symbol, symbol) and one.tag in ("", tag), ts, only_taken=True
        )

    def on_connect(self, ts: int) -> list[Fault]:
        """Of a socket at its handshake."""
        return self._meet(self._of_sockets, lambda _: True, ts)

    def due(self, ts: int) -> list[Fault]:
        """What is to happen at a time that has come; each once."""
        if self._opened < 0:
            self._opened = ts
            self._book.note(_OPENED, ts)
        found = [one for one in self._timed if not one.taken and self._moment(one.fault.at, self._opened) <= ts]
        for one in found:
            one.met = one.taken = 1
        if found:
            self._keep()
        return [one.fault for one in found]

    def end_of(self, fault: Fault, ts: int) -> int | None:
        """When a fault that began at ``ts`` is over: at ``until``, or after ``seconds``; ``None`` when cleared."""
        if fault.until is not None:
            return self._moment(fault.until, ts)
        return ts + round(fault.seconds * SECOND) if fault.seconds else None

    def add(self, faults: Iterable[Fault]) -> None:
        self._standing += [_Standing(one) for one in faults]
        self._sort()
        self._keep()

    def clear(self) -> None:
        self._standing = []
        self._sort()
        self._keep()

    def load(self, faults: Iterable[Fault]) -> None:
        """Those of a scenario, in place of all others; with the same scenario as before everything is as it stood."""
        written = msgspec.json.encode([*faults]).decode()
        if self._book.fact(_SCENARIO, "[]") != written:
            self.clear()
            self.add(msgspec.json.decode(written, type=list[Fault]))
            self._book.note(_SCENARIO, written)

    @property
    def state(self) -> list[dict[str, object]]:
        """Each fault with how many it met and took so far."""
        return [msgspec.to_builtins(one) for one in self._standing]

    def _meet(
        self, among: list[_Standing], fits: Callable[[Fault], bool], ts: int, *, only_taken: bool = False
    ) -> list[Fault]:
        self._begin(ts)
        met = [one for one in among if fits(one.fault) and self._is_open(one.fault, ts)]
        taken = []
        for one in met:
            one.met += 1
            if one.fault.strikes(one.met) and (not one.fault.times or one.taken < one.fault.times):
                one.taken += 1
                taken.append(one.fault)
        if taken or (met and not only_taken):
            self._keep()
        return taken

    def _is_open(self, fault: Fault, ts: int) -> bool:
        """Whether it is time for it; written by the clock that is so each day."""
        since, day = ts - self._start, _of_day(ts)
        after = day >= _clock(fault.at) if isinstance(fault.at, str) else since >= fault.at * SECOND
        if fault.until is None:
            return after
        return after and (day < _clock(fault.until) if isinstance(fault.until, str) else since < fault.until * SECOND)

    def _moment(self, written: float | str, after: int) -> int:
        """Seconds since the start, if there was one; or the first time after a moment that the clock shows so."""
        if not isinstance(written, str):
            return self._start + round(written * SECOND) if self._start >= 0 else _NEVER
        return after + (_clock(written) - _of_day(after)) % _DAY

    def _begin(self, ts: int) -> None:
        if self._start < 0:
            self._start = ts
            self._book.note(_START, ts)

    def _sort(self) -> None:
        def of(kinds: frozenset[object]) -> list[_Standing]:
            return [one for one in self._standing if one.fault.do in kinds]

        self._of_orders, self._of_updates = of(OF_ORDERS), of(OF_UPDATES)
        self._of_frames, self._of_sockets = of(OF_FRAMES), of(OF_SOCKETS)
        self._timed = [one for one in self._standing if one.fault.is_timed]
        self._of_requests = [
            one for one in self._standing if one.fault.do not in _OF_NO_REQUEST and not one.fault.is_timed
        ]

    def _keep(self) -> None:
        self._book.note(_FAULTS, msgspec.json.encode(self._standing).decode())


def _of_day(ts: int) -> int:
    """Microseconds since midnight, IST."""
    at = dt.datetime.fromtimestamp(ts // SECOND, IST)
    return ((at.hour * 60 + at.minute) * 60 + at.second) * SECOND + ts % SECOND


def _clock(written: str) -> int:
    hours, minutes, seconds = map(int, written.split(":"))
    return ((hours * 60 + minutes) * 60 + seconds) * SECOND
