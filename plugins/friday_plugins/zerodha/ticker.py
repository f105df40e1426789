"""All sockets of a process: instruments shared out over them, and what they say handed over to other threads."""

from __future__ import annotations

import json
import queue
import threading
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

from friday_core.api import DataSourceError, Health, get_logger
from friday_plugins.zerodha.connection import Zerodha
from friday_plugins.zerodha.frames import Frame, FrameReader
from friday_plugins.zerodha.sockets import Gap, Mode, Socket, in_reactor

#: Kite's limits: sockets of an API key, and instruments of a socket.
SOCKETS, INSTRUMENTS = 3, 3_000
_PATIENCE = 5.0
#: Gaps that are kept for whoever asks.
_MOST_GAPS = 1_000


class HandOver:
    """Frames from the reactor's thread to another. Whoever is too slow finds of each token the newest row alone."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._frames: list[Frame] = []
        self._more = threading.Condition()
        #: Rows that nobody took in time.
        self.dropped = 0

    def put(self, frame: Frame) -> None:
        with self._more:
            self._frames.append(frame)
            if len(self._frames) > self._most:
                whole = Frame.joined(self._frames)
                self._frames = [whole.latest()]
                self.dropped += len(whole) - len(self._frames[0])
            self._more.notify()

    def take(self, seconds: float) -> Frame:
        """Everything that waits, as soon as there is something; a frame without rows after so many seconds."""
        with self._more:
            self._more.wait_for(lambda: self._frames, seconds)
            frames, self._frames = self._frames, []
        return Frame.joined(frames)


class Ticker:
    """Ticks and order updates of an account. ``follow`` what is wanted, before ``start`` or later; ``take`` what came.

    Order updates go to ``account.told`` in a thread of their own, in their order, and none is dropped. ``most`` frames
    wait to be taken. ``gaps`` are what was missed: nothing is sent again by Kite.
    """

    def __init__(self, account: Zerodha, *, silence: float = 5.0, most: int = 256) -> None:
        self._account, self._silence = account, silence
        self._reader, self._over = FrameReader(), HandOver(most)
        self._modes: dict[int, Mode] = {}
        self._sockets: list[Socket] = []
        self._gaps: deque[Gap] = deque(maxlen=_MOST_GAPS)
        self._orders: queue.SimpleQueue[Mapping[str, Any] | None] = queue.SimpleQueue()
        self._teller: threading.Thread | None = None
        self._is_listening = False
        self.frames = self.unknown = self.cut = self.updates = 0

    def warm(self) -> None:
        """Compile what reads frames, so that no tick waits for it."""
        self._reader.warm()

    def follow(self, modes: Mapping[int, Mode]) -> None:
        """These tokens and no others; ``DataSourceError`` if they are more than Kite sends."""
        if len(modes) > SOCKETS * INSTRUMENTS:
            raise DataSourceError(
                f"{len(modes)} instruments are more than {SOCKETS} sockets of {INSTRUMENTS} carry: follow fewer"
            )
        self._modes = dict(modes)
        if self._sockets:
            in_reactor(self._share_out)

    def start(self) -> None:
        """Connect; returns at once, and comes back by itself from whatever happens."""
        self._teller = threading.Thread(target=self._tell_orders, name="zerodha orders", daemon=True)
        self._teller.start()
        if not self._is_listening:
            self._account.session.on_renewed(lambda: in_reactor(self._renew))
            self._is_listening = True
        self._sockets = [self._socket()]
        in_reactor(self._begin)

    def stop(self) -> None:
        """Close every socket; order updates that have come are told first."""
        if self._teller is None:
            return
        ended = threading.Event()
        in_reactor(self._end, ended)
        ended.wait(_PATIENCE)
        self._orders.put(None)
        self._teller.join(_PATIENCE)
        self._teller = None

    def take(self, seconds: float) -> Frame:
        """Every tick that came since the last call, as soon as there is one, else nothing after so many seconds."""
        return self._over.take(seconds)

    def take_gaps(self) -> list[Gap]:
        """What was missed since the last call, the oldest first."""
        found = []
        while self._gaps:
            found.append(self._gaps.popleft())
        return found

    @property
    def dropped(self) -> int:
        """Ticks that nobody took in time."""
        return self._over.dropped

    def outage(self) -> str:
        """Why ticks cannot come; empty if they can."""
        if self._teller is None:
            return "the ticker does not run"
        return next((one.trouble for one in self._sockets if one.trouble), "")

    def health(self) -> Health:
        """Frames that came."""
        trouble = self.outage() if self._teller is not None else ""
        return Health(not trouble, self.frames, trouble)

    def _socket(self) -> Socket:
        return Socket(self._account, self._heard, self._gaps.append, self._silence)

    # In the reactor's thread --------------------------------------------------------------------

    def _begin(self) -> None:
        self._share_out()
        for one in self._sockets:
            one.start()

    def _end(self, ended: threading.Event) -> None:
        for one in self._sockets:
            one.stop()
        self._sockets = []
        ended.set()

    def _renew(self) -> None:
        for one in self._sockets:
            one.renew()

    def _share_out(self) -> None:
        """A token stays on its socket; new ones fill up those that there are, then others."""
        shares = [{token: self._modes[token] for token in one.modes if token in self._modes} for one in self._sockets]
        placed = {token for share in shares for token in share}
        for token, mode in self._modes.items():
            if token not in placed:
                share = next((one for one in shares if len(one) < INSTRUMENTS), None)
                if share is None:
                    shares.append(share := {})
                share[token] = mode
        running = any(one.attempts for one in self._sockets)
        for place, share in enumerate(shares):
            if place == len(self._sockets):
                self._sockets.append(self._socket())
                if running:
                    self._sockets[place].start()
            self._sockets[place].follow({token: self._modes[token] for token in share})

    def _heard(self, payload: bytes, is_binary: bool) -> None:
        if not is_binary:
            self._read_text(payload)
            return
        frame = self._reader.read(payload, self._account.now())
        self.frames += 1
        if len(payload) > 1:
            self.unknown += frame.unknown
            self.cut += frame.cut
        if len(frame):
            self._over.put(frame)

    def _read_text(self, payload: bytes) -> None:
        try:
            said = json.loads(payload)
            kind, data = said["type"], said["data"]
        except (ValueError, LookupError, TypeError):
            return  # of no kind that is documented
        if kind == "order" and isinstance(data, dict):
            self.updates += 1
            self._orders.put(data)
        elif kind == "error":
            get_logger("zerodha").warning("Kite does not do what the socket asked for", reason=str(data)[:300])

    # In a thread of its own ---------------------------------------------------------------------

    def _tell_orders(self) -> None:
        tell: Callable[[Mapping[str, Any]], None] = self._account.told
        while (row := self._orders.get()) is not None:
            try:
                tell(row)
            except Exception:  # noqa: BLE001 - the next one is told all the same
                get_logger("zerodha").exception("an order update was not taken in")
