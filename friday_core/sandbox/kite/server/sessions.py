"""Who is logged in: request tokens, access tokens, and when they die."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import secrets
from collections.abc import Mapping
from typing import Any

import msgspec

from friday_core.sandbox.kite.refusals import bad_input, dead_session
from friday_core.sandbox.kite.server.parts import Facts
from friday_core.sandbox.kite.server.settings import SessionSettings
from friday_core.sandbox.kite.values import IST, SECOND

_REQUESTS, _SESSIONS = "request_tokens", "sessions"
_FLUSH = dt.time(6, 0)
_MINUTE = 60 * SECOND


class Session(msgspec.Struct, frozen=True):
    """A login of one app; it ends at ``expires`` of the market's time."""

    access_token: str
    public_token: str
    refresh_token: str
    login_ts: int
    expires: int


class Sessions:
    """The sessions of one account, one for each API key at most; they are in the book and outlive a restart."""

    def __init__(self, book: Facts, settings: SessionSettings) -> None:
        self._book, self._settings = book, settings

    def knows(self, api_key: str) -> None:
        """``KiteRefusal`` for an API key that there is not."""
        if api_key not in self._settings.apps:
            raise bad_input("Invalid `api_key`.")

    def log_in(self, api_key: str, wall: int) -> str:
        """A request token, as somebody gets it who has given password and second factor."""
        self.knows(api_key)
        token = secrets.token_hex(16)
        with self._book.transaction():
            alive = {one: made for one, made in self._requested().items() if wall <= made[1] + self._patience}
            self._book.note(_REQUESTS, msgspec.json.encode({**alive, token: (api_key, wall)}).decode())
        return token

    def exchange(self, form: Mapping[str, str], ts: int, wall: int) -> dict[str, Any]:
        """The session that a request token is good for, once; the session of the same app before it is dead."""
        api_key, token, checksum = _fields(form, "api_key", "request_token", "checksum")
        self.knows(api_key)
        self._verify(api_key, token, checksum)
        with self._book.transaction():
            requested = self._requested()
            owner, made = requested.pop(token, ("", 0))
            self._book.note(_REQUESTS, msgspec.json.encode(requested).decode())
        if owner != api_key or wall > made + self._patience:
            raise dead_session("Token is invalid or has expired.")
        return self.begin(api_key, ts, secrets.token_hex(16) if self._settings.refresh else "")

    def refresh(self, form: Mapping[str, str], ts: int) -> dict[str, Any]:
        """Another session for a refresh token, which stays good."""
        api_key, token, checksum = _fields(form, "api_key", "refresh_token", "checksum")
        self.knows(api_key)
        self._verify(api_key, token, checksum)
        one = self._sessions().get(api_key)
        if one is None or not _same(one.refresh_token, token):
            raise dead_session("Token is invalid or has expired.")
        return self.begin(api_key, ts, token)

    def log_out(self, form: Mapping[str, str], ts: int) -> bool:
        """The session of an access token ends, or its refresh token."""
        api_key = form.get("api_key", "")
        one = self._sessions().get(api_key)
        if one is not None and one.refresh_token and form.get("refresh_token") == one.refresh_token:
            self._keep(api_key, msgspec.structs.replace(one, refresh_token=""))
            return True
        self.check(api_key, form.get("access_token", ""), ts)
        self.kill(api_key)
        return True

    def check(self, api_key: str, access_token: str, ts: int) -> None:
        """``KiteRefusal`` 403 unless the token is that of a session alive at ``ts``."""
        one = self._sessions().get(api_key)
        if one is None or ts >= one.expires or not _same(one.access_token, access_token):
            raise dead_session()

    def authorise(self, header: str, ts: int) -> str:
        """The API key of an ``Authorization`` header; ``KiteRefusal`` 403 if its session is dead."""
        scheme, _, pair = header.partition(" ")
        api_key, _, token = pair.partition(":")
        if scheme != "token" or not token:
            raise dead_session()
        self.check(api_key, token, ts)
        return api_key

    def kill(self, api_key: str | None = None) -> None:
        """Access tokens are dead from now on: that of one app, or all."""
        sessions = self._sessions()
        for name in [*sessions] if api_key is None else [api_key]:
            if name in sessions:
                self._keep(name, msgspec.structs.replace(sessions[name], access_token="", expires=0))

    def token(self, api_key: str) -> str:
        """The access token of an app; empty if it has none."""
        one = self._sessions().get(api_key)
        return "" if one is None else one.access_token

    def alive(self, ts: int) -> list[str]:
        """The API keys that are logged in."""
        return [name for name, one in self._sessions().items() if ts < one.expires]

    def profile(self) -> dict[str, Any]:
        user = self._settings
        return {
            "user_id": user.user_id, "user_type": "individual", "email": f"{user.user_id.lower()}@sandbox.invalid",
            "user_name": user.user_name, "user_shortname": user.user_name.split(" ")[0], "broker": "ZERODHA",
            "exchanges": ["NSE", "BSE", "NFO", "BFO", "CDS", "BCD", "MCX", "MF"],
            "products": ["CNC", "NRML", "MIS", "MTF", "CO"], "order_types": ["MARKET", "LIMIT", "SL", "SL-M"],
            "avatar_url": None, "meta": {"demat_consent": "physical"},
        }  # fmt: skip

    @property
    def _patience(self) -> int:
        return round(self._settings.request_minutes * _MINUTE)

    def _verify(self, api_key: str, token: str, checksum: str) -> None:
        signed = hashlib.sha256((api_key + token + self._settings.apps[api_key]).encode()).hexdigest()
        if not _same(signed, checksum):
            raise dead_session("Invalid `checksum`.")

    def begin(self, api_key: str, ts: int, refresh_token: str = "") -> dict[str, Any]:
        """A new session, in place of the one before; as Kite answers a login."""
        one = Session(secrets.token_hex(16), secrets.token_hex(16), refresh_token, ts, _flushed_after(ts))
        self._keep(api_key, one)
        login = dt.datetime.fromtimestamp(ts // SECOND, IST)
        return {
            **self.profile(), "api_key": api_key, "access_token": one.access_token, "public_token": one.public_token,
            "refresh_token": one.refresh_token, "enctoken": "", "silo": "", "login_time": f"{login:%Y-%m-%d %H:%M:%S}",
        }  # fmt: skip

    def _keep(self, api_key: str, one: Session) -> None:
        with self._book.transaction():
            self._book.note(_SESSIONS, msgspec.json.encode({**self._sessions(), api_key: one}).decode())

    def _sessions(self) -> dict[str, Session]:
        return msgspec.json.decode(self._book.fact(_SESSIONS, "{}"), type=dict[str, Session])

    def _requested(self) -> dict[str, tuple[str, int]]:
        """Request tokens not used yet: whose they are, and when they were made."""
        return msgspec.json.decode(self._book.fact(_REQUESTS, "{}"), type=dict[str, tuple[str, int]])


def _fields(form: Mapping[str, str], *names: str) -> list[str]:
    for name in names:
        if not form.get(name):
            raise bad_input(f"Missing or empty field `{name}`")
    return [form[name] for name in names]


def _same(kept: str, given: str) -> bool:
    return hmac.compare_digest(kept.encode(), given.encode())


def _flushed_after(ts: int) -> int:
    """The next 06:00 IST."""
    now = dt.datetime.fromtimestamp(ts / SECOND, IST)
    flush = dt.datetime.combine(now.date(), _FLUSH, IST)
    if flush <= now:
        flush += dt.timedelta(days=1)
    return round(flush.timestamp()) * SECOND
