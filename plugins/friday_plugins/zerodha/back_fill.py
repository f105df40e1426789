"""What ticks have missed, asked of history while new ones come."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence

from friday_core.api import BrokerError, get_logger
from friday_plugins.zerodha.candles import Candle

#: By token the begin of what is asked for, and its end, microseconds UTC.
Spans = Mapping[int, tuple[int, int]]
#: Seconds after which nothing more is asked: whoever waits for an answer waits no longer.
_LONGEST = 40.0


class BackFill:
    """One round of questions at a time, in a thread of its own; ``ask`` answers for a token, a begin and an end.

    A round ends when all is answered, with the first question that fails, when it has taken too long, or by ``stop``.
    """

    def __init__(self, ask: Callable[[int, int, int], Sequence[Candle]], most: int) -> None:
        self._ask, self._most = ask, most
        self._answers: queue.SimpleQueue[tuple[int, Sequence[Candle]]] = queue.SimpleQueue()
        self._over = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def is_asking(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

    def begin(self, missing: Spans) -> None:
        """Ask for these, the newest gaps first, of no more instruments than are allowed; while nothing is asked."""
        newest = sorted(missing.items(), key=lambda one: (-one[1][1], one[0]))[: self._most]
        if len(newest) < len(missing):
            get_logger("zerodha").warning("gaps are left as they are", instruments=len(missing) - len(newest))
        self._over.clear()
        self._thread = threading.Thread(target=self._go, args=(newest,), name="zerodha history", daemon=True)
        self._thread.start()

    def answers(self) -> Iterator[tuple[int, Sequence[Candle]]]:
        """What has come since the last time: the token, and its candles."""
        while not self._answers.empty():
            yield self._answers.get()

    def stop(self) -> None:
        """Ask nothing more; returns at once."""
        self._over.set()

    def _go(self, wanted: Sequence[tuple[int, tuple[int, int]]]) -> None:
        """In its thread."""
        until = time.monotonic() + _LONGEST
        for done, (token, (begin, end)) in enumerate(wanted):
            if self._over.is_set():
                return
            if time.monotonic() > until:
                get_logger("zerodha").warning("gaps are left as they are", instruments=len(wanted) - done)
                return
            try:
                self._answers.put((token, self._ask(token, begin, end)))
            except (BrokerError, ConnectionError) as error:
                get_logger("zerodha").warning("a gap was not filled", reason=str(error), instruments=len(wanted) - done)
                return
            except Exception:  # noqa: BLE001 - ticks have the word then
                get_logger("zerodha").exception("a gap was not filled")
                return
