"""Calls that steer the sandbox and look into it: ``/sandbox/...``, JSON in and out, never limited, never lied to."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import msgspec
from aiohttp import web

from friday_core.errors import ConfigurationError
from friday_core.sandbox.kite.faults.fault import Do
from friday_core.sandbox.kite.faults.scenario import faults_of
from friday_core.sandbox.kite.refusals import KiteRefusal, bad_input
from friday_core.sandbox.kite.server.beat import Beat
from friday_core.sandbox.kite.server.calls import done, refused, seconds_of, stamp, wall_now
from friday_core.sandbox.kite.server.happenings import Happenings
from friday_core.sandbox.kite.server.parts import Rooms
from friday_core.sandbox.kite.server.sessions import Sessions
from friday_core.sandbox.kite.server.sockets import Sockets
from friday_core.sandbox.kite.server.tail import last_lines
from friday_core.sandbox.kite.server.view import View
from friday_core.sandbox.kite.values import SECOND

Answer = Callable[[dict[str, Any]], Any]
#: Instruments that are shown though nobody has subscribed to them: each one more that is seen costs time for ever.
_SHOWN = 20


class Control:
    """Answers control calls.

    =========================== ==================================================================================
    call                        parameters, and the answer
    =========================== ==================================================================================
    GET ``/sandbox/state``      the clock, who is logged in and connected, orders, positions, margins, faults
    GET ``/sandbox/prices``     the first instruments, and all that sockets subscribe to, as they are seen
    GET ``/sandbox/audit``      ``last`` lines of the audit
    POST ``/sandbox/clock``     ``advance_to`` (IST, or microseconds), ``advance_by`` seconds, ``speed``: the state
    GET ``/sandbox/faults``     the faults, with what they met and took
    POST ``/sandbox/faults``    ``faults``: more of them
    DELETE ``/sandbox/faults``  none any more; nothing that befell the market goes on
    POST ``/sandbox/happen``    a fault that is to befall at once: ``do`` and its parameters; or ``what`` befalls
                                the order ``order_id``: ``trade`` (``quantity, price``), ``cancelled``, ``rejected``
    POST ``/sandbox/approve``   ``request_id``: holdings are authorised, as on CDSL's page
    POST ``/sandbox/login``     ``api_key``, the first one by default: a request token
    POST ``/sandbox/external``  an order of somebody else, as its form
    POST ``/sandbox/square_off``  ``product``: the broker closes it
    POST ``/sandbox/next_day``  the day is over
    POST ``/sandbox/drop``      ``how``: ``drop``, ``mute`` or ``stall``, ``seconds``
    POST ``/sandbox/expire``    access tokens are dead
    POST ``/sandbox/restart``   the server is gone for ``seconds``
    =========================== ==================================================================================
    """

    def __init__(
        self, rooms: Rooms, view: View, sessions: Sessions, beat: Beat, *, sockets: Sockets, happenings: Happenings
    ) -> None:
        self._market, self._account, self._book, self._faults = rooms.market, rooms.account, rooms.book, rooms.faults
        self._audit, self._audit_path, self._api_key = rooms.audit, rooms.audit_path, rooms.api_key
        self._view, self._sessions, self._beat = view, sessions, beat
        self._sockets, self._happenings = sockets, happenings

    def add_to(self, application: web.Application) -> None:
        """Its routes."""
        answers: Mapping[tuple[str, str], Answer] = {
            ("GET", "state"): lambda _: self._state(),
            ("GET", "prices"): lambda _: self._prices(),
            ("GET", "audit"): lambda asked: last_lines(self._audit_path, int(asked.get("last", 100))),
            ("POST", "clock"): self._clock,
            ("GET", "faults"): lambda _: self._faults.state,
            ("POST", "faults"): self._set_faults,
            ("DELETE", "faults"): lambda _: self._clear_faults(),
            ("POST", "happen"): self._happen,
            ("POST", "login"): self._log_in,
            ("POST", "external"): self._external,
            ("POST", "approve"): lambda asked: self._account.approve(asked["request_id"]),
            ("POST", "square_off"): lambda asked: self._happen({"do": Do.SQUARE_OFF, **asked}),
            ("POST", "next_day"): lambda _: self._account.next_day(self._market.now, wall_now()),
            ("POST", "drop"): lambda asked: self._happen({"do": asked.pop("how", "drop"), **asked}),
            ("POST", "expire"): lambda _: self._happen({"do": Do.EXPIRE_TOKEN}),
            ("POST", "restart"): lambda asked: self._happen({"do": Do.RESTART, **asked}),
        }  # fmt: skip
        for (method, name), answer in answers.items():
            application.router.add_route(method, f"/sandbox/{name}", self._handler(answer))

    def _handler(self, answer: Answer) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def serve(request: web.Request) -> web.Response:
            try:
                asked = await _asked(request)
                response = done(answer(asked))
                self._beat.publish(wall_now())
            except KiteRefusal as refusal:
                return refused(refusal)
            except (ConfigurationError, LookupError, TypeError, ValueError, msgspec.MsgspecError) as error:
                return refused(bad_input(str(error)))
            return response

        return serve

    def _state(self) -> dict[str, Any]:
        ts, orders = self._market.now, self._account.orders()
        return {
            "ts": ts, "time": stamp(ts), "speed": self._beat.clock.speed, "logged_in": self._sessions.alive(ts),
            "sockets": [
                {
                    "number": one.number, "api_key": one.api_key, "mute": one.is_mute,
                    "instruments": len(one.subscriptions.modes),
                }
                for one in sorted(self._sockets.open, key=lambda one: one.number)
            ],
            "requests": int(self._book.fact("requests", "0")), "orders": orders, "trades": self._account.trades(),
            "positions": self._account.positions(), "margins": self._account.margins(), "faults": self._faults.state,
        }  # fmt: skip

    def _prices(self) -> list[dict[str, Any]]:
        subscribed = {token for one in self._sockets.open for token in one.subscriptions.modes}
        found = []
        for place, one in enumerate(self._market.listing.rows(None)):
            if place >= _SHOWN and one.token not in subscribed:
                continue
            seen = self._view.look(one.token)
            row: dict[str, Any] = {"instrument": one.key, "token": one.token}
            if seen is not None:
                row |= {
                    "time": stamp(seen.ts), "last_price": one.rupees(seen.last_price), "volume": seen.volume,
                    "bid": one.rupees(seen.bids[0].price) if seen.bids else None,
                    "ask": one.rupees(seen.asks[0].price) if seen.asks else None,
                }  # fmt: skip
            found.append(row)
        return found

    def _clock(self, asked: dict[str, Any]) -> dict[str, Any]:
        unknown = asked.keys() - {"advance_to", "advance_by", "speed"}
        if unknown or not asked:
            raise bad_input(f"write advance_to, advance_by or speed{f', not {sorted(unknown)[0]}' if unknown else ''}")
        wall = wall_now()
        if "speed" in asked:
            self._beat.clock.set_speed(float(asked["speed"]), wall)
        if "advance_to" in asked:
            given = asked["advance_to"]
            self._advance(seconds_of(given, "advance_to") if isinstance(given, str) else int(given), wall)
        if "advance_by" in asked:
            self._advance(self._market.now + round(float(asked["advance_by"]) * SECOND), wall)
        self._beat.keep_clock()
        shown = {"ts": self._market.now, "time": stamp(self._market.now), "speed": self._beat.clock.speed}
        self._audit.write("clock", wall=wall, **shown)
        return shown

    def _advance(self, ts: int, wall: int) -> None:
        if ts < self._market.now:
            raise bad_input(f"It is {stamp(self._market.now)} already: the market does not go back.")
        self._beat.advance_to(ts, wall)

    def _set_faults(self, asked: dict[str, Any]) -> int:
        found = faults_of(asked.get("faults"))
        with self._book.transaction():
            self._faults.add(found)
        self._sockets.read_rules()
        return len(found)

    def _clear_faults(self) -> None:
        with self._book.transaction():
            self._faults.clear()
        self._sockets.read_rules()
        self._happenings.clear()

    def _happen(self, asked: dict[str, Any]) -> Any:
        if "order_id" in asked:
            words = {name: value for name, value in asked.items() if name not in ("what", "order_id")}
            return self._account.happen(asked["what"], asked["order_id"], self._market.now, wall_now(), **words)
        fault = faults_of([asked])[0]
        if not self._happenings.befall(fault, self._market.now, wall_now()):
            raise bad_input(f"{fault.do} befalls requests, orders or frames: set it with POST /sandbox/faults.")
        return True

    def _log_in(self, asked: dict[str, Any]) -> dict[str, str]:
        return {"request_token": self._sessions.log_in(asked.get("api_key", self._api_key), wall_now())}

    def _external(self, asked: dict[str, Any]) -> Any:
        form = {name: str(value) for name, value in asked.items()}
        return self._account.external(form, self._market.now, wall_now())


async def _asked(request: web.Request) -> dict[str, Any]:
    if request.method != "POST":
        return dict(request.query)
    return msgspec.json.decode(await request.read() or b"{}", type=dict[str, Any])
