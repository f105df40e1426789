"""The paper broker's socket: connections, what goes wrong on them, and updates to whoever listens."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from friday_core.sandbox.paper.exchange import Exchange
from friday_core.sandbox.paper.faults import METHODS, Do, Fault, Faults, first
from friday_core.sandbox.paper.messages import BookOrder, Declined, Received, Request
from friday_core.sandbox.paper.requests import Requests, wall_now

#: Seconds between two looks at what has become due.
_STEP = 0.01
_LONGEST_LINE = 1 << 20
#: Bytes that somebody may leave unread.
_MOST_UNREAD = 1 << 24
_UPDATE = "update"


class Server:
    """Serves one book on the loopback. Everything runs in one thread: a request is done before the next begins.

    An answer leaves only after its change is on disk; updates leave before the answer.
    """

    def __init__(self, exchange: Exchange, faults: Faults) -> None:
        self._exchange, self._book, self._faults = exchange, exchange.book, faults
        self._requests = Requests(exchange, faults)
        self._connections: set[asyncio.StreamWriter] = set()
        self._listeners: set[asyncio.StreamWriter] = set()
        self._held_back: list[BookOrder] = []
        self._over = asyncio.Event()
        #: Seconds after which the server is to be started anew, if a fault asks for that.
        self.restart_after: float | None = None

    async def serve(self, port: int, ready: Callable[[int], None]) -> None:
        """Serve on a port of the loopback (0: any) until ``stop``; ``ready`` is told which, once it is open."""
        server = await asyncio.start_server(self._connected, "127.0.0.1", port, limit=_LONGEST_LINE)
        market = asyncio.create_task(self._market())
        ready(server.sockets[0].getsockname()[1])
        try:
            over = asyncio.create_task(self._over.wait())
            await asyncio.wait({market, over}, return_when=asyncio.FIRST_COMPLETED)
            if market.done():
                market.result()
        finally:
            market.cancel()
            server.close()
            self._drop_all()

    def stop(self) -> None:
        self._over.set()

    async def _market(self) -> None:
        """What becomes due happens."""
        while True:
            if self._exchange.step(wall_now()):
                self._publish()
            await asyncio.sleep(_STEP)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._connections.add(writer)
        try:
            while line := await reader.readline():
                await self._take(line, writer)
        except (OSError, ValueError):  # it went away, or sent a line without an end
            pass
        finally:
            self._connections.discard(writer)
            self._listeners.discard(writer)
            writer.close()

    async def _take(self, line: bytes, writer: asyncio.StreamWriter) -> None:
        """One request, from its arrival to its answer or to what comes in place of that."""
        try:
            request = msgspec.json.decode(line, type=Request)
        except msgspec.MsgspecError as error:
            _send(writer, {"id": 0, "refused": f"INVALID: {error}"})
            return
        if request.method == "listen":
            self._listeners.add(writer)
            _send(writer, {"id": request.id, "result": self._book.orders(day=self._book.day)})
            return
        taken = self._met(request)
        if not await self._admitted(request, taken, writer):
            return
        answer: dict[str, Any] = {"id": request.id}
        try:
            answer["result"] = self._requests.do(request, taken)
        except Declined as error:
            answer["refused"] = str(error)
        if first(taken, Do.KILL_AFTER):
            _kill()
        self._publish()
        await self._answer(answer, taken, writer)

    def _met(self, request: Request) -> list[Fault]:
        """The faults that take a request; that it arrived is in the book whatever becomes of it."""
        if request.method not in METHODS:
            return []
        named = [str(request.params.get(name) or "") for name in ("instrument", "tag")]
        with self._book.transaction():
            taken = self._faults.meet(request.method, *named)
            names = ",".join(one.do for one in taken)
            self._book.receive(Received(self._book.next("requests"), request.method, named[1], names))
        return taken

    async def _admitted(self, request: Request, taken: list[Fault], writer: asyncio.StreamWriter) -> bool:
        """Whether a request is done at all; time that is to pass before has passed."""
        if first(taken, Do.KILL_BEFORE):
            _kill()
        if hang := first(taken, Do.HANG):
            time.sleep(hang.seconds)  # everything stands still
        if lost := first(taken, Do.LOST_REQUEST):
            _end(writer, lost)
            return False
        if refusal := first(taken, Do.REFUSE):
            _send(writer, {"id": request.id, "refused": f"REFUSED: {refusal.words}"})
            return False
        if late := first(taken, Do.LATE_ACCEPT):
            await asyncio.sleep(late.seconds)
        return True

    async def _answer(self, answer: dict[str, Any], taken: list[Fault], writer: asyncio.StreamWriter) -> None:
        if self._broken(taken):
            return
        if lost := first(taken, Do.LOST_REPLY):
            _end(writer, lost)
            return
        if late := first(taken, Do.LATE_ANSWER):
            await asyncio.sleep(late.seconds)
        _send(writer, answer)

    def _broken(self, taken: Iterable[Fault]) -> bool:
        """Whether a fault ends all connections, and with ``restart`` the server."""
        if restart := first(taken, Do.RESTART):
            self.restart_after = restart.seconds
            self.stop()
        elif not first(taken, Do.DROP):
            return False
        self._drop_all()
        return True

    def _drop_all(self) -> None:
        for one in [*self._connections]:
            one.transport.abort()

    def _publish(self) -> None:
        """Tell every listener what has changed, and let faults at each update."""
        changed, self._book.changed = self._book.changed, []
        for order in changed:
            with self._book.transaction():
                taken = self._faults.meet(_UPDATE, order.instrument, order.tag)
            if first(taken, Do.KILL_AFTER):
                _kill()
            if hang := first(taken, Do.HANG):
                time.sleep(hang.seconds)
            if first(taken, Do.LATE_UPDATE):
                self._held_back.append(order)
                continue
            if not first(taken, Do.LOST_UPDATE):
                held, self._held_back = self._held_back, []
                self._tell([order] * (2 if first(taken, Do.TWICE) else 1) + held[::-1])
            self._broken(taken)

    def _tell(self, orders: Iterable[BookOrder]) -> None:
        for order in orders:
            for listener in [*self._listeners]:
                _send(listener, {"update": order})


def _send(writer: asyncio.StreamWriter, message: dict[str, Any]) -> None:
    """One line. Whoever has gone is not told, and whoever does not read is cut off: nobody waits for it."""
    if writer.is_closing():
        return
    writer.write(msgspec.json.encode(message) + b"\n")
    if writer.transport.get_write_buffer_size() > _MOST_UNREAD:
        writer.transport.abort()


def _end(writer: asyncio.StreamWriter, fault: Fault) -> None:
    """Nothing is answered: the connection ends, or stays as it is."""
    if not fault.keep:
        writer.transport.abort()


def _kill() -> None:
    """As kill -9 from outside: nothing is tidied up."""
    os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))
