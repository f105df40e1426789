"""Lines that say the same again and again."""

from __future__ import annotations

import json
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

#: Different lines remembered within one window; the oldest make room.
REMEMBERED_LINES = 4096


@dataclass(slots=True)
class _Seen:
    since: float
    level: int
    count: int = 0


class Repeats:
    """Lets the first ``limit`` identical lines of a window through and counts the others.

    Identical means every field but the time: orders that differ in their tag are all written. A
    window begins with a line's first occurrence and lasts ``window`` seconds of ``monotonic``.
    When it is over, the next line of any kind brings a line "suppressed K times". Lines are JSON
    objects with at least ``level``, ``component``, ``run_id`` and ``event``. Any thread.
    """

    def __init__(self, limit: int, window: float, monotonic: Callable[[], float]) -> None:
        self._limit = limit
        self._window = window
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._seen: OrderedDict[str, _Seen] = OrderedDict()  # by beginning of the window

    def admit(self, line: str, level: int) -> list[tuple[str, int]]:
        """What is to be written now, with its level: summaries that are due, then perhaps ``line``."""
        with self._lock:
            now = self._monotonic()
            due = self._close_windows(now - self._window)
            seen = self._seen.setdefault(line, _Seen(now, level))
            seen.count += 1
            if seen.count <= self._limit:
                due.append((line, level))
            return due

    def flush(self) -> list[tuple[str, int]]:
        """The summaries of all windows; they end here."""
        with self._lock:
            return self._close_windows(float("inf"))

    def _close_windows(self, until: float) -> list[tuple[str, int]]:
        summaries = []
        while self._seen:
            line, seen = next(iter(self._seen.items()))
            if seen.since > until and len(self._seen) < REMEMBERED_LINES:
                break
            del self._seen[line]
            if seen.count > self._limit:
                summaries.append((_summary(line, seen.count - self._limit), seen.level))
        return summaries


def _summary(line: str, suppressed: int) -> str:
    fields = json.loads(line)
    head = {key: fields[key] for key in ("level", "component", "run_id")}
    told = {"event": f"suppressed {suppressed} times", "suppressed": fields["event"]}
    return json.dumps({**head, **told}, ensure_ascii=False, separators=(",", ":"))
