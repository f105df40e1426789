"""The login page, and tokens for it."""

from __future__ import annotations

import html
from urllib.parse import urlencode, urlsplit, urlunsplit

from aiohttp.web import HTTPFound, Request, Response

from friday_core.sandbox.kite.refusals import KiteRefusal
from friday_core.sandbox.kite.server.calls import Call, Route, refused, wall_now
from friday_core.sandbox.kite.server.limits import Category
from friday_core.sandbox.kite.server.sessions import Sessions

_PAGE = """<!doctype html><meta charset="utf-8"><title>Kite sandbox: login</title>
<body style="font-family: sans-serif; max-width: 24em; margin: 4em auto">
<h1>Kite sandbox</h1><p>{words}</p>{form}"""
_FORM = """<form method="post" action="/connect/login?v=3&amp;api_key={api_key}">
<button id="login">Log in as {user}</button></form>"""


class Login:
    """What ``/connect/login`` shows and does, and the routes of tokens."""

    def __init__(self, sessions: Sessions, redirect_url: str) -> None:
        self._sessions, self._redirect_url = sessions, redirect_url

    def routes(self) -> list[Route]:
        sessions = self._sessions
        return [
            Route("POST", "/session/token", lambda call: sessions.exchange(call.form, call.ts, call.wall), open=True),
            Route("POST", "/session/refresh_token", lambda call: sessions.refresh(call.form, call.ts), open=True),
            Route("DELETE", "/session/token", self._log_out, Category.OTHER, open=True),
        ]

    async def page(self, request: Request) -> Response:
        """A form with one button; what Kite asks besides is not asked."""
        api_key = request.query.get("api_key", "")
        try:
            self._sessions.knows(api_key)
        except KiteRefusal as refusal:
            return refused(refusal)
        user = html.escape(self._sessions.profile()["user_id"])
        return _page(
            "This is not Zerodha: no password is asked.", _FORM.format(api_key=html.escape(api_key), user=user)
        )

    async def submit(self, request: Request) -> Response:
        """Redirects to the app with a request token; without an address of it, shows the token."""
        try:
            token = self._sessions.log_in(request.query.get("api_key", ""), wall_now())
        except KiteRefusal as refusal:
            return refused(refusal)
        if not self._redirect_url:
            return _page(f'request_token: <code id="request_token">{token}</code>', "")
        address = urlsplit(self._redirect_url)
        given = urlencode({"action": "login", "type": "login", "status": "success", "request_token": token})
        query = f"{address.query}&{given}" if address.query else given
        raise HTTPFound(urlunsplit(address._replace(query=query)))

    def _log_out(self, call: Call) -> bool:
        return self._sessions.log_out(call.form, call.ts)


def _page(words: str, form: str) -> Response:
    return Response(text=_PAGE.format(words=words, form=form), content_type="text/html")
