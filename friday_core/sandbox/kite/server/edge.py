"""The HTTP edge: who asks, how often, what goes wrong with it, and what is written about it."""

from __future__ import annotations

import asyncio
import contextlib
import time
import traceback
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl

import msgspec
from aiohttp import web

from friday_core.sandbox.kite.faults.fate import fate, first
from friday_core.sandbox.kite.faults.fault import Do, Fault
from friday_core.sandbox.kite.refusals import KiteRefusal
from friday_core.sandbox.kite.server.beat import Beat
from friday_core.sandbox.kite.server.calls import Call, Route, done, refused, wall_now
from friday_core.sandbox.kite.server.happenings import Happenings
from friday_core.sandbox.kite.server.limits import Category, Limits
from friday_core.sandbox.kite.server.mishaps import answered, error_of, html_of
from friday_core.sandbox.kite.server.parts import Rooms
from friday_core.sandbox.kite.server.sessions import Sessions
from friday_core.sandbox.kite.server.settings import SessionSettings

_FORM = "application/x-www-form-urlencoded"
_WITH_BODY = frozenset({"POST", "PUT"})
_JSON = "application/json"
_REQUESTS = "requests"
#: Seconds until a server that stood still has noticed who hung up meanwhile.
_NOTICED = 0.02


class Arrival(msgspec.Struct):
    """A request at the door: what it asks, what it is refused for already, and the faults that take it.

    ``placed`` is the order that came of it, also where nobody is told.
    """

    number: int
    call: Call
    refusal: KiteRefusal | None
    taken: Sequence[Fault]
    placed: str | None = None


class Edge:
    """Serves routes. A request is done as a whole before the next one begins, and is on disk before its answer."""

    def __init__(
        self, rooms: Rooms, settings: SessionSettings, sessions: Sessions, happenings: Happenings, beat: Beat
    ) -> None:  # fmt: skip
        self._account, self._book, self._faults, self._audit = rooms.account, rooms.book, rooms.faults, rooms.audit
        self._sessions, self._happenings, self._beat = sessions, happenings, beat
        self._limits, self._updates_first = Limits(settings), settings.updates_first

    def handler(self, route: Route) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        """What aiohttp is to call for a route."""

        async def serve(request: web.Request) -> web.StreamResponse:
            body = await request.read()
            arrival = self._arrived(route, request, body)
            if hang := first(arrival.taken, Do.HANG):
                time.sleep(hang.seconds)
            response = self._instead(route, arrival)
            if response is None:
                response = self._done(route, arrival)
            await self._waited(arrival.taken)
            self._note(arrival, response, is_gone=request.transport is None or request.transport.is_closing())
            return await self._sent(request, response, arrival.taken)

        return serve

    def _arrived(self, route: Route, request: web.Request, body: bytes) -> Arrival:
        wall, ts = wall_now(), self._beat.ts
        query = {name: request.query.getall(name) for name in request.query}
        form = _form(request, body) if request.method in _WITH_BODY else {one: query[one][-1] for one in query}
        refusal, app = None, ""
        if not route.open:
            try:
                app = self._sessions.authorise(request.headers.get("Authorization", ""), ts)
            except KiteRefusal as error:
                refusal = error
        symbol, tag = self._about(request.match_info, form)
        with self._book.transaction():
            number = self._book.next(_REQUESTS)
            taken = self._faults.on_request(request.method, request.path, symbol, tag, ts)
            if request.method == "POST" and route.category is Category.ORDER:
                taken += self._faults.on_order(symbol, tag, ts, request.path)
        self._audit.write(
            "request", n=number, wall=wall, ts=ts, method=request.method, path=request.path, token_ok=refusal is None,
            symbol=symbol, tag=tag, form=form,
        )  # fmt: skip
        for one in taken:
            self._audit.write("fault", ts=ts, wall=wall, do=str(one.do), n=number)
        call = Call(
            request.method, request.path, request.match_info, form, query, body, ts, wall, app, fate(taken), taken
        )
        return Arrival(number, call, refusal, taken)

    def _about(self, parts: Mapping[str, str], form: Mapping[str, str]) -> tuple[str, str]:
        """Symbol and tag of the order that a request places or is about."""
        row: Mapping[str, Any] = form
        if number := parts.get("order_id"):
            with contextlib.suppress(KiteRefusal):
                row = self._account.history(number)[-1]
        exchange, symbol = row.get("exchange"), row.get("tradingsymbol") or ""
        return (f"{exchange}:{symbol}" if exchange and symbol else symbol), row.get("tag") or ""

    def _instead(self, route: Route, arrival: Arrival) -> web.Response | None:
        """What is answered in place of doing anything; ``None`` lets it in."""
        one = first(arrival.taken, Do.LOST_REQUEST, Do.ERROR, Do.HTML, Do.RATE_LIMITED)
        if one is None:
            return None
        if one.do is Do.LOST_REQUEST:
            return web.Response(status=web.HTTPGatewayTimeout.status_code)  # cut before it is sent
        if one.do is Do.HTML:
            return html_of(one)
        if one.do is Do.RATE_LIMITED:
            self._limits.cool(route.category, one.seconds, arrival.call.wall)
        return error_of(one)

    def _done(self, route: Route, arrival: Arrival) -> web.Response:
        call = arrival.call
        try:
            if arrival.refusal is not None:
                raise arrival.refusal
            self._limits.admit(route.category, call.wall)
            answer = route.answer(call)
            arrival.placed = _placed(route, answer)
            response = done(answer)
        except KiteRefusal as refusal:
            response = refused(refusal)
        except Exception as error:  # noqa: BLE001 - whatever it is
            # A defect of the sandbox, to be seen by whoever runs it; the client sees what Kite would show.
            traceback.print_exc()
            response = refused(KiteRefusal(500, "GeneralException", f"The sandbox failed: {error!r}"))
        self._befall(arrival)
        return answered(response, arrival.taken)

    def _befall(self, arrival: Arrival) -> None:
        for one in arrival.taken:
            try:
                self._happenings.befall(one, arrival.call.ts, arrival.call.wall)
            except (KiteRefusal, LookupError, ValueError) as error:
                self._audit.write("fault", ts=arrival.call.ts, do=str(one.do), failed=str(error))
        if self._updates_first:
            self._beat.publish(arrival.call.wall)

    @staticmethod
    async def _waited(taken: Sequence[Fault]) -> None:
        """The answer is held back; whoever is tired of waiting is gone by its end."""
        if slow := first(taken, Do.SLOW):
            await asyncio.sleep(slow.seconds)
        elif first(taken, Do.HANG):
            await asyncio.sleep(_NOTICED)

    def _note(self, arrival: Arrival, response: web.Response, *, is_gone: bool) -> None:
        lost = is_gone or first(arrival.taken, Do.LOST_REQUEST, Do.LOST_ANSWER) is not None
        told = {"code": 0} if lost else {"code": response.status, **_words(response)}
        placed = {} if arrival.placed is None else {"order_id": arrival.placed}
        self._audit.write("answer", n=arrival.number, wall=wall_now(), ts=self._beat.ts, **told, **placed)

    async def _sent(self, request: web.Request, response: web.Response, taken: Sequence[Fault]) -> web.StreamResponse:
        if first(taken, Do.LOST_REQUEST, Do.LOST_ANSWER) and request.transport is not None:
            request.transport.abort()
        if first(taken, Do.CUT_ANSWER) is None:
            return response
        return await _cut(request, response)


async def _cut(request: web.Request, response: web.Response) -> web.StreamResponse:
    """Half of the body comes, and then the end of the connection."""
    whole = bytes(response.body or b"")  # type: ignore[arg-type]  # what answers make is bytes
    half = web.StreamResponse(status=response.status, headers={"Content-Type": response.content_type})
    half.content_length = len(whole)
    await half.prepare(request)
    await half.write(whole[: len(whole) // 2])
    if request.transport is not None:
        request.transport.close()
    return half


def _form(request: web.Request, body: bytes) -> dict[str, str]:
    """The last of each name; nothing for a body that is no form."""
    if request.content_type != _FORM:
        return {}
    return dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))


def _words(response: web.Response) -> dict[str, str]:
    """What an error says."""
    if response.status < web.HTTPBadRequest.status_code or not isinstance(response.body, bytes):
        return {}
    if response.content_type != _JSON:
        return {"error_type": "html", "message": ""}
    said = msgspec.json.decode(response.body, type=dict[str, Any])
    return {name: said.get(name) or "" for name in ("error_type", "message")}


def _placed(route: Route, answer: Any) -> str | None:
    """The number of a new order, whoever learns of it."""
    is_new = route.method == "POST" and route.category is Category.ORDER
    return str(answer["order_id"]) if is_new else None
