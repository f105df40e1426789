"""Sees from outside that the core takes long over a record, or does not come back from it."""

from __future__ import annotations

import threading
import time
import weakref
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from types import MethodType, TracebackType
from typing import Protocol, Self

#: Seconds between two looks at least, so that no clock can make it spin.
_SHORTEST = 0.001


class Worker(Protocol):
    """Whoever is watched; both are read from another thread."""

    def busy_since(self) -> float | None:
        """When it began what it is at, by ``time.monotonic``; ``None`` between two records."""
        ...

    @property
    def current_stage(self) -> str:
        """Whose code is running."""
        ...


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds after which a record is slow, and after which it hangs."""

    slow: float
    hang: float


class Watchdog:
    """Looks, in a thread of its own, how long the record that is being applied has taken.

    A record that has taken longer than ``patience.slow`` is counted in ``slow``, under the stage
    whose code runs at that moment. After more than ``patience.hang`` seconds ``on_hang`` is called
    with the stage in the watchdog's thread, once at most: nothing can stop code that does not
    return, so whoever is told has to leave it behind. Whose method ``on_hang`` is, is not kept alive by it.
    """

    def __init__(
        self,
        worker: Worker,
        patience: Patience,
        on_hang: Callable[[str], None],
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        #: Records by the stage that they were slow in; complete once the watch is over.
        self.slow: Counter[str] = Counter()
        self._worker = worker
        self._patience = patience
        self._on_hang = _weakly(on_hang)
        self._now = now
        self._counted: float | None = None
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="watchdog", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()

    def look(self) -> float | None:
        """Judge the record at hand; seconds until the next look is due, ``None`` if it hangs.

        Looking when it is due misses nothing: a record that begins meanwhile is not slow before that.
        """
        since, stage = self._worker.busy_since(), self._worker.current_stage
        soonest = min(self._patience.slow, self._patience.hang)
        if since is None:
            return soonest
        taken = self._now() - since
        if self._worker.busy_since() != since:  # the stage may be that of another record
            return soonest
        if taken > self._patience.slow and since != self._counted:
            self._counted = since
            self.slow[stage] += 1
        if taken > self._patience.hang:
            self._on_hang(stage)
            return None
        ahead = [limit - taken for limit in (self._patience.slow, self._patience.hang) if limit >= taken]
        return max(min(soonest, *ahead), _SHORTEST)

    def _watch(self) -> None:
        due = self.look()
        while due is not None and not self._over.wait(due):
            due = self.look()


def _weakly(told: Callable[[str], None]) -> Callable[[str], None]:
    """The same, but that whoever is told may go, and with him the watchdog, without waiting for the collector."""
    if not isinstance(told, MethodType):
        return told
    method = weakref.WeakMethod(told)

    def tell(stage: str) -> None:
        if (there := method()) is not None:
            there(stage)

    return tell
