"""One socket to Kite that is watched, and made anew whenever it fails, with what it was subscribed to."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Literal, NamedTuple

from friday_core.api import Refused, get_logger
from friday_plugins.zerodha.connection import Zerodha

Mode = Literal["ltp", "quote", "full"]
#: Seconds before another attempt: first, at most, and after Kite counted too many connections.
FIRST_PAUSE, LONGEST_PAUSE, CROWDED_PAUSE = 0.25, 5.0, 5.0
#: Seconds between two looks of the watchdog.
_LOOK = 0.25
_STATUS = re.compile(r"\b(\d{3}) - ")
_FORBIDDEN, _TOO_MANY = "403", "429"


class Gap(NamedTuple):
    """Nothing of these tokens was heard from ``begin`` to ``end``, microseconds UTC."""

    begin: int
    end: int
    tokens: frozenset[int]


class Socket:
    """Keeps a connection for as long as it is wanted. Everything here runs in the reactor's thread, and nothing raises.

    A ``KiteTicker`` serves for one connection: the client's own attempts to connect again would repeat a token that is
    dead, ask for ``quote`` where ``full`` was wanted, and never notice a peer that says nothing. Heartbeats come about
    every second, so that ``silence`` seconds without a message are a dead connection.
    """

    def __init__(
        self, account: Zerodha, heard: Callable[[bytes, bool], None], lost: Callable[[Gap], None], silence: float
    ) -> None:
        self._account, self._hand_over, self._lost, self._silence = account, heard, lost, silence
        self.modes: dict[int, Mode] = {}
        #: Why there is no connection; empty while there is one.
        self.trouble = "not connected yet"
        self.attempts = self.opened = self.failures = 0
        self._ticker: Any = None
        self._token = ""
        self._heard, self._heard_at = 0.0, 0
        self._pause = FIRST_PAUSE
        self._again: Any = None
        self._watching: Any = None
        self._is_wanted = False

    def start(self) -> None:
        """Connect, and stay connected."""
        self._is_wanted = True
        self._connect()
        self._watch()

    def stop(self) -> None:
        """Close for good."""
        self._is_wanted = False
        for call in (self._again, self._watching):
            if call is not None and call.active():
                call.cancel()
        ticker, self._ticker = self._ticker, None
        if ticker is not None and ticker.ws is not None:
            ticker.close(1000)
        self.trouble = "stopped"

    def follow(self, modes: Mapping[int, Mode]) -> None:
        """Subscribe to these and no others, now and after every new connection."""
        gone = [one for one in self.modes if one not in modes]
        new = {one: mode for one, mode in modes.items() if self.modes.get(one) != mode}
        self.modes = dict(modes)
        if self.trouble:
            return
        try:
            if gone:
                self._ticker.unsubscribe(gone)
            self._subscribe(new)
        except Exception as error:  # noqa: BLE001 - the client's, of a connection that ends just now
            self._give_up(f"the socket took no subscription: {error}", self._pause)

    def renew(self) -> None:
        """There is another token: what is connected with the one before is closed."""
        if self._is_wanted and (self._ticker is None or self._token != self._account.session.token):
            self._give_up("a new session", FIRST_PAUSE)

    def silent_for(self) -> float:
        """Seconds since the last message."""
        return time.monotonic() - self._heard

    def _connect(self) -> None:
        from kiteconnect import KiteTicker  # noqa: PLC0415 - an extra, with a reactor

        try:
            self._token = self._account.session.token
        except Refused as dead:  # ``renew`` comes when there is another one
            self.trouble = str(dead)
            return
        one = self._account.settings
        ticker = KiteTicker(
            one.api_key.get_secret_value(), self._token, root=one.ws_root, reconnect_max_tries=-1,
            connect_timeout=max(round(self._silence), 1),
        )  # fmt: skip
        self._ticker = ticker
        ticker.on_open = self._guarded(self._on_open)
        ticker.on_message = self._guarded(self._on_message)
        ticker.on_close = self._guarded(self._on_close)
        # With no attempt to spare it is called as soon as a connection has failed, or ended.
        ticker.on_noreconnect = self._guarded(self._on_end)
        self.attempts += 1
        self._heard = time.monotonic()
        ticker.connect(threaded=True)

    def _guarded(self, callback: Callable[..., None]) -> Callable[..., None]:
        """An exception in a callback would cut the connection; one that was given up has nothing to say any more."""

        def called(ticker: Any, *rest: Any) -> None:
            try:
                if ticker is self._ticker:
                    callback(*rest)
                else:
                    _cut(ticker)
            except Exception:  # noqa: BLE001 - whatever it is, the socket goes on
                self.failures += 1
                get_logger("zerodha").exception("a message of the socket was not taken in")

        return called

    def _on_open(self) -> None:
        self.trouble, self._pause = "", FIRST_PAUSE
        self.opened += 1
        self._subscribe(self.modes)
        if self._heard_at:
            self._lost(Gap(self._heard_at, self._account.now(), frozenset(self.modes)))
        self._account.connected()

    def _on_message(self, payload: bytes, is_binary: bool) -> None:
        self._heard, self._heard_at = time.monotonic(), self._account.now()
        self._hand_over(payload, is_binary)

    def _on_close(self, code: int | None, reason: object) -> None:
        found = _STATUS.search(str(reason))
        status = found[1] if found else ""
        self.trouble = f"the socket was closed: {code} {reason}"
        if status == _FORBIDDEN:
            self._account.session.died(self._token)
        elif status == _TOO_MANY:
            self._pause = max(self._pause, CROWDED_PAUSE)

    def _on_end(self) -> None:
        self._give_up(self.trouble or "the socket ended", self._pause)
        self._pause = min(2 * self._pause, LONGEST_PAUSE)

    def _give_up(self, why: str, pause: float) -> None:
        """What is connected is nobody's any more; another one comes after a pause, unless the token is dead."""
        ticker, self._ticker = self._ticker, None
        self.trouble = why
        if ticker is not None:
            _cut(ticker)
        if self._again is not None and self._again.active():
            self._again.cancel()
        if self._is_wanted:
            self._again = _reactor().callLater(pause, self._connect)
        get_logger("zerodha").warning("the socket is down", reason=why, instruments=len(self.modes))

    def _watch(self) -> None:
        if self._ticker is not None and self.silent_for() > self._silence:
            self._give_up(f"no message for {self._silence:g} seconds", self._pause)
            self._pause = min(2 * self._pause, LONGEST_PAUSE)
        self._watching = _reactor().callLater(_LOOK, self._watch)

    def _subscribe(self, modes: Mapping[int, Mode]) -> None:
        """Each subscription begins in ``quote``: its mode is set right after."""
        if modes:
            self._ticker.subscribe([*modes])
        for mode in dict.fromkeys(modes.values()):
            self._ticker.set_mode(mode, [token for token, wanted in modes.items() if wanted == mode])


def in_reactor(call: Callable[..., None], *arguments: Any) -> None:
    """Call it in the reactor's thread, soon. One reactor runs in a process, from its first use to the end of it."""
    found = _reactor()
    if not found.running:
        begun = threading.Event()
        found.callWhenRunning(begun.set)
        run = partial(found.run, installSignalHandlers=False)
        threading.Thread(target=run, name="zerodha reactor", daemon=True).start()
        begun.wait(10.0)
    found.callFromThread(call, *arguments)


def _reactor() -> Any:
    """There is one in a process; it is made when it is first imported."""
    from twisted.internet import reactor  # noqa: PLC0415

    return reactor


def _cut(ticker: Any) -> None:
    """End a connection without waiting for a peer that may be dead."""
    if ticker.ws is not None:
        ticker.ws.dropConnection(abort=True)
