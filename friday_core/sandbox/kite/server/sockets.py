"""All sockets: who may connect, what they ask for, and what goes out to them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

import msgspec
from aiohttp import WSMsgType, web

from friday_core.sandbox.kite.faults.fault import Fault
from friday_core.sandbox.kite.market.frames import HEARTBEAT, frame, packet
from friday_core.sandbox.kite.refusals import KiteRefusal, too_many_requests
from friday_core.sandbox.kite.server.calls import refused, wall_now
from friday_core.sandbox.kite.server.connection import Connection
from friday_core.sandbox.kite.server.feed import Feed
from friday_core.sandbox.kite.server.frame_faults import broken, delivered
from friday_core.sandbox.kite.server.parts import Rooms
from friday_core.sandbox.kite.server.sessions import Sessions
from friday_core.sandbox.kite.server.settings import SessionSettings
from friday_core.sandbox.kite.server.subscriptions import Misunderstood
from friday_core.sandbox.kite.server.view import View
from friday_core.sandbox.kite.values import SECOND

_REFUSED = 429
#: Later than any time.
EVER = 1 << 62


class Sockets:
    """Publishes to whoever is connected. A session counts at the handshake only: an open socket outlives it."""

    def __init__(self, rooms: Rooms, view: View, sessions: Sessions, settings: SessionSettings) -> None:
        self._market, self._book, self._faults, self._audit = rooms.market, rooms.book, rooms.faults, rooms.audit
        self._view, self._sessions, self._settings = view, sessions, settings
        self.open: set[Connection] = set()
        self._feed = Feed(rooms.audit)
        self._beaten = 0
        self._numbers = 0
        self.read_rules()

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """One socket from its handshake to its end, or the refusal of it."""
        ts, api_key = self._market.now, request.query.get("api_key", "")
        try:
            self._admit(api_key, request.query.get("access_token", ""), ts)
        except KiteRefusal as refusal:
            self._note("refused", None, code=refusal.code)
            return refused(refusal)
        self._numbers += 1
        connection = Connection(self._numbers, api_key, request, self._settings.instruments)
        await connection.socket.prepare(request)
        self.open.add(connection)
        self._note("open", connection)
        writing = asyncio.create_task(connection.write())
        try:
            self._greet(connection)
            async for message in connection.socket:
                if message.type in (WSMsgType.TEXT, WSMsgType.BINARY):
                    self._obey(connection, message.data)
        finally:
            writing.cancel()
            self.open.discard(connection)
            self._note("close", connection, code=connection.socket.close_code)
        return connection.socket

    def publish(self, tokens: Iterable[int], ts: int, wall: int) -> None:
        """Ticks of what has changed, to whoever has subscribed to it."""
        changed = {*tokens}
        for one in self.open:
            one.subscriptions.changed(changed)
            self._tick(one, ts, wall)

    def read_rules(self) -> None:
        """Learn which symbols rules name; whenever rules come or go."""
        rules = msgspec.convert([one["fault"] for one in self._faults.state], list[Fault])
        self._named_by_rules = {one.symbol for one in rules if one.symbol}

    def refresh(self) -> None:
        """What is seen of any instrument may have changed, without a print of it."""
        for one in self.open:
            one.subscriptions.changed([*one.subscriptions.modes])

    def tell(self, row: Mapping[str, Any], ts: int, wall: int) -> None:
        """An order update, to all sockets of the account, whoever placed the order."""
        key, tag = f"{row['exchange']}:{row['tradingsymbol']}", row.get("tag") or ""
        with self._book.transaction():
            taken = self._faults.on_frame("text", key, ts, tag)
        self._note_faults(taken, order_id=row["order_id"])
        text = msgspec.json.encode({"type": "order", "id": "", "data": row}).decode()
        for one in self.open:
            for update in delivered(text, taken, one.late_texts):
                one.send(update)
                self._audit.write("update", ts=ts, wall=wall, order_id=row["order_id"], socket=one.number)

    def beat(self, wall: int) -> None:
        """A heartbeat to everybody in each second of the wall clock."""
        self._feed.look(self._market.now, wall)
        for one in self.open:
            one.pass_time(wall)
        if wall // SECOND > self._beaten:
            self._beaten = wall // SECOND
            for one in self.open:
                one.send(HEARTBEAT)

    def drop(self) -> None:
        """All sockets are cut."""
        for one in [*self.open]:
            one.drop()

    def mute(self, until_wall: int) -> None:
        """The sockets that are open now send no byte until then, and what they did not send is lost."""
        for one in self.open:
            one.mute(until_wall)
            self._note("mute", one, **({} if until_wall >= EVER else {"until": until_wall}))

    def stall(self, until_wall: int) -> None:
        """Heartbeats and order updates only, until then."""
        for one in self.open:
            one.quiet_until = until_wall
            self._note("stall", one, until=until_wall)

    def _admit(self, api_key: str, access_token: str, ts: int) -> None:
        self._sessions.check(api_key, access_token, ts)
        with self._book.transaction():
            taken = self._faults.on_connect(ts)
        self._note_faults(taken)
        if taken:
            code = taken[0].code or _REFUSED
            raise KiteRefusal(code, taken[0].error_type or "NetworkException", taken[0].words or "Too many requests")
        if sum(one.api_key == api_key for one in self.open) >= self._settings.connections:
            raise too_many_requests("Too many connections")

    def _greet(self, connection: Connection) -> None:
        listed = {"count": sum(1 for _ in self._market.listing.rows(None)), "etag": ""}
        connection.send(msgspec.json.encode({"type": "instruments_meta", "data": listed}).decode())

    def _obey(self, connection: Connection, text: str | bytes) -> None:
        try:
            word, tokens = connection.subscriptions.obey(text)
        except Misunderstood as error:
            connection.send(msgspec.json.encode({"type": "error", "data": str(error)}).decode())
            self._note("misunderstood", connection, words=str(error))
            return
        modes = {connection.subscriptions.modes.get(token, "") for token in tokens}
        self._note(word, connection, tokens=tokens, mode=",".join(sorted(modes)))
        self._tick(connection, self._market.now, wall_now())

    def _tick(self, connection: Connection, ts: int, wall: int) -> None:
        if wall < connection.quiet_until:
            if connection.subscriptions.is_due(ts):
                self._feed.withheld(wall)
            return
        packets, keys = [], []
        for token, mode in connection.subscriptions.due(ts):
            listed, seen = self._market.listing.by_token(token), self._view.look(token)
            if listed is not None and seen is not None:
                packets.append(packet(listed, seen, _mode(mode)))
                keys.append(listed.key)
        if packets:
            with self._book.transaction():
                taken = self._faults.on_frame("binary", self._named(keys), ts)
            self._note_faults(taken, symbol=keys[0])
            frames = delivered(broken(frame(packets), taken), taken, connection.late_frames)
            for one in frames:
                connection.send(one)
            if connection.is_mute or not frames:
                self._feed.withheld(wall)
            else:
                self._feed.left(ts, wall)

    def _named(self, keys: Sequence[str]) -> str:
        """The symbol by which rules are to know a frame of several."""
        named = self._named_by_rules
        return next((one for one in keys if one in named or one.partition(":")[2] in named), keys[0])

    def _note(self, what: str, connection: Connection | None, **more: Any) -> None:
        number = None if connection is None else connection.number
        self._audit.write("socket", ts=self._market.now, wall=wall_now(), what=what, socket=number, **more)

    def _note_faults(self, taken: Iterable[Fault], **met: Any) -> None:
        for one in taken:
            self._audit.write("fault", ts=self._market.now, wall=wall_now(), do=str(one.do), **met)


def _mode(mode: str) -> Literal["ltp", "quote", "full"]:
    return "ltp" if mode == "ltp" else "quote" if mode == "quote" else "full"
