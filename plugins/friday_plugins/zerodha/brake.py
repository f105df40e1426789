"""Our own stop: no blind repetition of what was refused, and no order loop that costs the account."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable

from friday_core.api import Refused, get_logger

#: Seconds: that the same order is not sent again after a refusal, and that entries rest after several.
_SAME, _REST = 31.0, 60.0
#: Words of a refusal for want of money or shares: entries rest at once.
_MARGIN = ("margin", "insufficient", "fund")


class Brake:
    """Counts refusals and rejections in a row. ``now`` is monotonic seconds; safe from any thread."""

    def __init__(self, most: int, now: Callable[[], float]) -> None:
        self._most, self._now = most, now
        self._lock = threading.Lock()
        self._refused: dict[Hashable, tuple[float, str]] = {}
        self._in_a_row = 0
        self._rests_until, self._why = 0.0, ""

    def check(self, what: Hashable, *, reduces: bool) -> None:
        """``Refused`` for the same as was refused just now, and for entries while they rest."""
        with self._lock:
            now = self._now()
            at, words = self._refused.get(what, (float("-inf"), ""))
            if now - at < _SAME:
                raise Refused(f"the same order was refused {now - at:.0f} s ago and is not repeated ({words})")
            if now < self._rests_until and not reduces:
                raise Refused(f"entries rest for {self._rests_until - now:.0f} s: {self._why}")

    def refused(self, what: Hashable, words: str) -> None:
        """Kite, or an exchange, has said no to it."""
        with self._lock:
            now = self._now()
            self._refused = {key: one for key, one in self._refused.items() if now - one[0] < _SAME}
            self._refused[what] = now, words
            self._in_a_row += 1
            is_margin = any(word in words.lower() for word in _MARGIN)
            if self._in_a_row < self._most and not is_margin:
                return
            self._rests_until = now + _REST
            self._why = words if is_margin else f"{self._in_a_row} orders in a row were refused, the last one: {words}"
        get_logger("zerodha").error("entries rest; exits are sent", why=words, in_a_row=self._in_a_row)

    def taken(self) -> None:
        """An exchange has taken an order."""
        with self._lock:
            self._in_a_row = 0
