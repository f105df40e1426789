"""Trading sessions, as slices begin them one after the other."""

from __future__ import annotations

from collections.abc import Mapping

from friday_core.session.desk import Desk
from friday_core.session.known_rates import KnownRates
from friday_core.session.log import SessionLog
from friday_core.session.slices import Slice
from friday_core.session.standing import Standing


class Sessions:
    """Begins a session with its first slice; what is held at the end of the one before is logged then.

    A session whose rates nobody knows is refused with ``FactsError``.
    """

    def __init__(self, desks: Mapping[str, Desk], standing: Standing, rates: KnownRates, log: SessionLog) -> None:
        self._desks = desks
        self._standing = standing
        self._rates = rates
        self._log = log
        #: The session that began, until its first slice is over.
        self._entered: int | None = None

    def enter(self, session: int) -> None:
        """A slice of a session begins; where it is the first of it, the one before is over."""
        latest = self._standing.latest
        if (latest is None or session != latest.session) and session != self._entered:
            if latest is not None:
                self.log_positions(latest)
            self._rates.require(session)
            self._entered = session
        for desk in self._desks.values():
            desk.session = session

    def passed(self, moment: Slice) -> None:
        """The slice is over."""
        self._standing.latest, self._entered = moment, None
        self._log.slices += 1

    def log_positions(self, moment: Slice) -> None:
        """What every desk holds after a slice."""
        for desk in self._desks.values():
            for held in desk.holds(moment):
                self._log.positions.append(held)
