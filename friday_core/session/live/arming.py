"""A person's leave to trade real money, as the session and the thread that sends look at it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from friday_core.domain.records import Armed
from friday_core.domain.sessions import to_datetime
from friday_core.errors import JournalError
from friday_core.infrastructure.logging import get_logger
from friday_core.session.on_disk.armed_file import ArmedFile, SessionStanding

#: Seconds between two looks at the file, and between two tellings of how the session stands.
_LOOK, _TELL = 0.1, 1.0


def nobody_armed() -> str:
    """Why nothing is added to a position, where nobody has armed the session."""
    return "NOT_ARMED: nobody has armed this session: friday arm"


class Arming:
    """What of the file ``armed`` the session has journaled, and whether it holds; ``now`` in microseconds UTC.

    Only an arming that the session knows counts, as its capital is a limit there, and only while the file is there.
    """

    def __init__(self, armed: ArmedFile, now: Callable[[], int]) -> None:
        self._file = armed
        self._now = now
        self._known: Armed | None = None
        self._ended = ""
        self._looked = self._told = 0.0

    def news(self) -> Iterator[Armed]:
        """The arming that the session does not know yet, if there is one; looks now and then only."""
        if time.monotonic() < self._looked + _LOOK:
            return
        self._looked = time.monotonic()
        try:
            found = self._file.read()
        except JournalError:
            return
        if found is not None and found != self._known and self._now() < found.until:
            yield found

    def know(self, armed: Armed) -> None:
        """The session has it in its journal, and in its limits."""
        self._known, self._ended = armed, ""

    def refusal(self) -> str:
        """Why nothing may be added to a position; empty if it may. Safe from other threads."""
        known = self._known
        if known is None:
            return f"NOT_ARMED: {self._ended}" if self._ended else nobody_armed()
        if self._now() >= known.until:
            return f"NOT_ARMED: {known.who or 'somebody'} armed it until {_clock(known.until)}"
        try:
            there = self._file.read()
        except JournalError as error:
            return f"NOT_ARMED: {error}"
        if there is None:
            return "NOT_ARMED: it was disarmed"
        return "" if there == known else "NOT_ARMED: it was armed anew, and the session is about to know"

    def disarm(self, why: str) -> None:
        """From now on nothing is added to a position, whatever becomes of the file."""
        self._known, self._ended = None, why
        try:
            if self._file.remove():
                get_logger("arming").warning("the session is disarmed", why=why)
        except JournalError as error:
            get_logger("arming").error("the session is disarmed, and its file is there still", error=str(error))

    def stand(self, standing: Callable[[int], SessionStanding]) -> None:
        """Tell whoever is asked to arm the session how it stands; now and then only."""
        if time.monotonic() < self._told + _TELL:
            return
        self._told = time.monotonic()
        try:
            self._file.tell(standing(self._now()))
        except JournalError as error:
            get_logger("arming").warning("how the session stands is not told", error=str(error))


def _clock(ts: int) -> str:
    return f"{to_datetime(ts):%Y-%m-%d %H:%M} UTC"
