"""Sees from outside that the core does not come back from a record."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self


class Watchdog:
    """Looks, in a thread of its own, how long the record that is being applied has taken.

    ``busy_since`` tells when it was begun, by ``now``, or ``None`` between two records. After more
    than ``timeout`` seconds ``on_hang`` is called in the watchdog's thread, once at most: nothing
    can stop code that does not return, so whoever is told has to leave it behind.
    """

    def __init__(
        self,
        busy_since: Callable[[], float | None],
        timeout: float,
        on_hang: Callable[[], None],
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._busy_since = busy_since
        self._timeout = timeout
        self._on_hang = on_hang
        self._now = now
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

    def look(self) -> bool:
        """Whether the record has taken too long."""
        since = self._busy_since()
        return since is not None and self._now() - since > self._timeout

    def _watch(self) -> None:
        while not self._over.wait(min(1.0, self._timeout / 4)):
            if self.look():
                self._on_hang()
                return
