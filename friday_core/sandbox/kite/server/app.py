"""The application: rooms, routes, and the loop in which time goes on."""

from __future__ import annotations

import asyncio
import contextlib
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

from aiohttp import web

from friday_core.sandbox.kite.refusals import KiteRefusal, not_found
from friday_core.sandbox.kite.server.beat import STEP, Beat
from friday_core.sandbox.kite.server.calls import refused, wall_now
from friday_core.sandbox.kite.server.control import Control
from friday_core.sandbox.kite.server.edge import Edge
from friday_core.sandbox.kite.server.funds import Funds
from friday_core.sandbox.kite.server.happenings import Happenings
from friday_core.sandbox.kite.server.login import Login
from friday_core.sandbox.kite.server.orders import Orders
from friday_core.sandbox.kite.server.parts import Rooms
from friday_core.sandbox.kite.server.portfolio import Portfolio
from friday_core.sandbox.kite.server.postbacks import Postbacks
from friday_core.sandbox.kite.server.quotes import Quotes
from friday_core.sandbox.kite.server.sessions import Sessions
from friday_core.sandbox.kite.server.settings import SessionSettings
from friday_core.sandbox.kite.server.sockets import Sockets
from friday_core.sandbox.kite.server.view import View

_PAGE = Path(__file__).with_name("page")
_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Kite:
    """A server's parts, put together. ``stop`` is called by a fault that ends the process."""

    def __init__(self, rooms: Rooms, settings: SessionSettings, stop: Callable[[], None]) -> None:
        self._stop = stop
        view = View(rooms.market)
        sessions = self.sessions = Sessions(rooms.book, settings)
        self.sockets = Sockets(rooms, view, sessions, settings)
        self._postbacks = Postbacks(settings, rooms.audit)
        self.happenings = Happenings(rooms, view, self.sockets, sessions, stop)
        self.beat = Beat(rooms, self.happenings, self.sockets, self._postbacks)
        self._edge = Edge(rooms, settings, sessions, self.happenings, self.beat)
        self._login = Login(sessions, settings.redirect_url)
        self._control = Control(rooms, view, sessions, self.beat, sockets=self.sockets, happenings=self.happenings)
        self._routes = [
            *self._login.routes(),
            *Portfolio(rooms.account, sessions).routes(),
            *Orders(rooms.account, legacy=rooms.legacy).routes(),
            *Quotes(rooms.market, view.look, legacy=rooms.legacy).routes(),
            *Funds(rooms.book).routes(),
        ]

    def application(self) -> web.Application:
        """Every route, and the loop that starts with it and ends with it."""
        application = web.Application(middlewares=[_in_json])
        for route in self._routes:
            application.router.add_route(route.method, route.path, self._edge.handler(route))
        application.router.add_get("/connect/login", self._login.page, allow_head=False)
        application.router.add_post("/connect/login", self._login.submit)
        for path in ("/", "/ws"):
            application.router.add_get(path, self._root, allow_head=False)
        application.router.add_get("/sandbox", _page, allow_head=False)
        application.router.add_static("/sandbox/page", _PAGE)
        self._control.add_to(application)
        application.cleanup_ctx.append(self._alive)
        return application

    async def _root(self, request: web.Request) -> web.StreamResponse:
        if request.headers.get("Upgrade", "").lower() == "websocket":
            return await self.sockets.serve(request)
        raise web.HTTPFound("/sandbox")

    async def _alive(self, _: web.Application) -> AsyncIterator[None]:
        beating = asyncio.create_task(self._beating())
        yield
        beating.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await beating
        self.beat.keep_clock()
        self.sockets.drop()
        await self._postbacks.close()

    async def _beating(self) -> None:
        try:
            while True:
                self.beat.beat(wall_now())
                await asyncio.sleep(STEP)
        except Exception:  # noqa: BLE001 - whatever it is
            # A market that stands still would look like a fault that somebody has set.
            traceback.print_exc()
            self._stop()


async def _page(_: web.Request) -> web.StreamResponse:
    return web.FileResponse(_PAGE / "index.html")


@web.middleware
async def _in_json(request: web.Request, handler: _Handler) -> web.StreamResponse:
    """What aiohttp refuses by itself is said as Kite says it."""
    try:
        return await handler(request)
    except web.HTTPNotFound:
        return refused(not_found())
    except web.HTTPMethodNotAllowed:
        return refused(KiteRefusal(405, "GeneralException", "Method not allowed"))
    except web.HTTPRequestEntityTooLarge:
        return refused(KiteRefusal(413, "InputException", "The request is too large."))
