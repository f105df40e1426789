"""One socket: what is to be sent on it, in order, and how it can be made to fail."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque

from aiohttp import web

from friday_core.sandbox.kite.server.subscriptions import Subscriptions

#: Bytes that somebody may leave unread.
_MOST_UNREAD = 1 << 25


class Connection:
    """Frames go out in the order of ``send``, and nobody waits for whoever does not read.

    One that is muted lets no byte out, not even to close, as a peer that is gone without a word. ``quiet_until``
    holds back ticks, not heartbeats, until a time of the wall clock.
    """

    def __init__(self, number: int, api_key: str, request: web.Request, most: int) -> None:
        self.number, self.api_key = number, api_key
        self.subscriptions = Subscriptions(most)
        self.socket = web.WebSocketResponse(compress=False, autoping=True)
        self.quiet_until = 0
        #: Held back by a fault, to come after the next one of its kind.
        self.late_frames: list[bytes] = []
        self.late_texts: list[str] = []
        self._mute_until = 0
        self._request = request
        self._waiting: deque[bytes | str] = deque()
        self._unread = 0
        self._more = asyncio.Event()

    def send(self, frame: bytes | str) -> None:
        """Binary or text, soon."""
        if self.is_mute or self.socket.closed:
            return
        self._waiting.append(frame)
        self._unread += len(frame)
        self._more.set()
        if self._unread > _MOST_UNREAD:
            self.drop()

    async def write(self) -> None:
        """Send what waits, until the socket ends."""
        while True:
            await self._more.wait()
            self._more.clear()
            while self._waiting:
                frame = self._waiting.popleft()
                self._unread -= len(frame)
                await self._written(frame)

    @property
    def is_mute(self) -> bool:
        return bool(self._mute_until)

    def mute(self, until: int) -> None:
        """Until a time of the wall clock; what is not sent meanwhile is lost."""
        self._mute_until = until
        self._waiting.clear()
        self._unread = 0
        if self._request.transport is not None:
            # What is not read is not answered: neither a ping nor the wish to close.
            self._request.transport.pause_reading()

    def pass_time(self, wall: int) -> None:
        """Whoever was muted until now speaks again."""
        if self._mute_until and wall >= self._mute_until:
            self._mute_until = 0
            if self._request.transport is not None:
                self._request.transport.resume_reading()

    def drop(self) -> None:
        """The connection is cut, without a close frame."""
        self._waiting.clear()
        self._unread = 0
        if self._request.transport is not None:
            self._request.transport.abort()

    async def _written(self, frame: bytes | str) -> None:
        with contextlib.suppress(ConnectionError):  # it went away; whoever reads from it notices
            if isinstance(frame, str):
                await self.socket.send_str(frame)
            else:
                await self.socket.send_bytes(frame)
