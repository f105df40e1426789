"""How far Kite's clock and this machine's are apart, as far as answers tell."""

from __future__ import annotations

import datetime as dt
import email.utils
import threading
from collections import deque

from friday_plugins.zerodha.token_file import IST

#: Answers that are looked at together.
_KEPT = 20


class ClockSkew:
    """Seconds by which Kite's clock is ahead; ``None`` before any answer.

    The header ``Date`` has whole seconds: an answer that was asked for at ``sent`` and came at ``received`` says that
    the clock stood between ``date`` and ``date + 1`` somewhere in between. Several answers leave a narrow range.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._ranges: deque[tuple[float, float]] = deque(maxlen=_KEPT)
        self._stamped: float | None = None

    @property
    def seconds(self) -> float | None:
        with self._lock:
            if self._stamped is not None:
                return self._stamped
            if not self._ranges:
                return None
            low, high = max(one for one, _ in self._ranges), min(one for _, one in self._ranges)
            if low > high:  # a clock was set meanwhile: the latest answer alone counts
                low, high = self._ranges[-1]
            return 0.0 if low <= 0 <= high else (low + high) / 2

    def dated(self, header: str, sent: float, received: float) -> None:
        """An answer's ``Date``; times are seconds since 1970. What is no date tells nothing."""
        try:
            date = email.utils.parsedate_to_datetime(header).timestamp()
        except (TypeError, ValueError):
            return
        with self._lock:
            self._ranges.append((date - received, date + 1 - sent))

    def stamped(self, stamp: dt.datetime, received: float) -> None:
        """The time stamp of a quote that is made anew each second, in India's time; it is stronger than dates."""
        with self._lock:
            ahead = stamp.replace(tzinfo=stamp.tzinfo or IST).timestamp() - received
            self._stamped = 0.0 if -1.0 <= ahead <= 0.0 else ahead
