"""Whether ticks arrive: noticed for the audit."""

from __future__ import annotations

from friday_core.sandbox.kite.server.parts import Audit
from friday_core.sandbox.kite.values import SECOND

#: Microseconds of the wall clock without a tick that was due.
_PATIENCE = 2 * SECOND


class Feed:
    """Writes when ticks that are due do not leave any more, and when they do again."""

    def __init__(self, audit: Audit) -> None:
        self._audit = audit
        self._withheld_since: int | None = None
        self._stopped = False

    def withheld(self, wall: int) -> None:
        """A tick was due, and did not leave."""
        if self._withheld_since is None:
            self._withheld_since = wall

    def left(self, ts: int, wall: int) -> None:
        """A tick left."""
        self._withheld_since = None
        if self._stopped:
            self._stopped = False
            self._audit.write("feed", what="go", ts=ts, wall=wall)

    def look(self, ts: int, wall: int) -> None:
        """Whether it has stopped by now."""
        since = self._withheld_since
        if not self._stopped and since is not None and wall - since > _PATIENCE:
            self._stopped = True
            self._audit.write("feed", what="stop", ts=ts, wall=wall, since=since)
