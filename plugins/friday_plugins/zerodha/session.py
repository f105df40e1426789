"""The session at Kite: one token for the whole process, and one flag that it is dead."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable
from pathlib import Path

from friday_core.api import BrokerError, get_logger
from friday_plugins.zerodha import token_file
from friday_plugins.zerodha.outcomes import TokenDead
from friday_plugins.zerodha.token_file import IST, Token

_LOG_IN = "log in with `friday login zerodha`: a running session goes on by itself then"
#: Seconds between two looks at the file.
_LOOK = 1.0


class KiteSession:
    """The token of a file. Nothing is sent with one that Kite has turned away once; a new file ends that.

    Safe from any thread. ``now`` is the time with its zone.
    """

    def __init__(self, path: Path, api_key: str, now: Callable[[], dt.datetime] = lambda: dt.datetime.now(IST)) -> None:
        self.path = path
        self._api_key, self._now = api_key, now
        self._lock = threading.Lock()
        self._token: Token | None = None
        self._seen: tuple[int, int, int] | None = None
        self._looked = False
        self._dead = ""
        self._trouble = ""
        self._callbacks: list[Callable[[], None]] = []
        self._over = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def token(self) -> str:
        """The access token; ``TokenDead`` with what to do if there is none that lives."""
        trouble = self.trouble()
        if trouble or self._token is None:
            raise TokenDead(trouble)
        return self._token.access

    @property
    def expires(self) -> dt.datetime | None:
        """When the token dies at the latest; ``None`` if there is none."""
        return None if self._token is None else self._token.expires

    @property
    def is_dead(self) -> bool:
        return bool(self.trouble())

    def trouble(self) -> str:
        """Why nothing can be sent, and what to do; empty if all is well."""
        token = self._token
        if self._trouble:
            return self._trouble
        if token is None:
            return f"there is no session in {self.path}: {_LOG_IN}"
        if token.access == self._dead:
            return f"Kite has ended the session: {_LOG_IN}"
        if self._now() >= token.expires:
            return f"the session of {token.made.astimezone(IST):%d %b} ended at {token.expires:%H:%M} IST: {_LOG_IN}"
        return ""

    def died(self, token: str) -> None:
        """Kite has turned a token away: it is not used again by anybody."""
        with self._lock:
            is_new = token != self._dead
            self._dead = token
        if is_new:
            get_logger("zerodha").error("the session is dead, and nothing is sent any more", mend=_LOG_IN)

    def on_renewed(self, callback: Callable[[], None]) -> None:
        """Call it, from a thread of this session's, whenever there is another token."""
        self._callbacks.append(callback)

    def look(self) -> None:
        """Read the file if it has changed."""
        stamp = _stamp(self.path)
        with self._lock:
            if stamp == self._seen:
                return
            before = self._token
            try:
                found, self._trouble = token_file.read(self.path), ""
                if found is not None and found.api_key != self._api_key:
                    self._trouble = f"the session in {self.path} is of another API key: {_LOG_IN}"
            except BrokerError as error:
                found, self._trouble = None, str(error)
            self._token, self._seen = found, stamp
            is_first, self._looked = not self._looked, True
            is_new = found is not None and (before is None or found.access != before.access)
        if is_new and not is_first:
            get_logger("zerodha").info("there is a new session")
            for callback in self._callbacks:
                callback()

    def watch(self) -> None:
        """Look at the file until ``close``."""
        self._over.clear()
        self.look()
        self._thread = threading.Thread(target=self._keep_looking, name="zerodha session", daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._over.set()
        if self._thread is not None:
            self._thread.join()
        self._thread = None

    def _keep_looking(self) -> None:
        while not self._over.wait(_LOOK):
            try:
                self.look()
            except Exception:  # noqa: BLE001 - whoever was called back failed; the next token is looked for all the same
                get_logger("zerodha").exception("a new session was not taken up")


def _stamp(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size
