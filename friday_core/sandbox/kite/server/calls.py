"""A request as the rooms behind the server see it, and what is answered."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec
from aiohttp import web

from friday_core.sandbox.kite.account.rules import ORDINARY, Fate
from friday_core.sandbox.kite.faults.fault import Fault
from friday_core.sandbox.kite.refusals import KiteRefusal, bad_input
from friday_core.sandbox.kite.server.limits import Category
from friday_core.sandbox.kite.values import IST, SECOND

_JSON = "application/json"


class Call(msgspec.Struct, frozen=True):
    """One request that is let in: ``form`` is its form, or its query where it has none; ``ts`` is market time."""

    method: str
    path: str
    parts: Mapping[str, str]
    form: Mapping[str, str]
    query: Mapping[str, Sequence[str]]
    body: bytes
    ts: int
    wall: int
    app: str = ""
    #: What faults have in store for the order that it is about.
    fate: Fate = ORDINARY
    #: Faults that answer something else than what is so.
    taken: Sequence[Fault] = ()

    def rows(self) -> list[dict[str, Any]]:
        """A body that is a JSON array of objects; ``KiteRefusal`` otherwise."""
        try:
            return msgspec.json.decode(self.body, type=list[dict[str, Any]])
        except msgspec.MsgspecError as error:
            raise bad_input(f"Invalid JSON: {error}") from error

    def number(self, name: str) -> int:
        """A part of the path that is a whole number; ``KiteRefusal`` otherwise."""
        text = self.parts[name]
        if not (text.isascii() and text.isdigit()):
            raise bad_input(f"Invalid `{name}`.")
        return int(text)


class Route(NamedTuple):
    """What answers a path; ``open`` asks for no session."""

    method: str
    path: str
    answer: Callable[[Call], Any]
    category: Category = Category.OTHER
    open: bool = False


class Csv(NamedTuple):
    """An answer that is a file, as it is sent."""

    gzipped: bytes


def done(data: Any) -> web.Response:
    """The envelope of a request that is done; a file goes without one."""
    if isinstance(data, Csv):
        headers = {"Content-Encoding": "gzip"}
        return web.Response(body=data.gzipped, content_type="text/csv", headers=headers)
    return web.Response(body=msgspec.json.encode({"status": "success", "data": data}), content_type=_JSON)


def refused(refusal: KiteRefusal) -> web.Response:
    """The envelope of a request that is not done."""
    shown = {
        "status": "error", "message": refusal.message, "error_type": refusal.error_type, "data": None,
    }  # fmt: skip
    return web.Response(status=refusal.code, body=msgspec.json.encode(shown), content_type=_JSON)


def stamp(ts: int) -> str:
    """``2026-11-23 09:15:00``, IST."""
    return f"{dt.datetime.fromtimestamp(ts // SECOND, IST):%Y-%m-%d %H:%M:%S}"


def wall_now() -> int:
    """Microseconds UTC, of the machine."""
    return time.time_ns() // 1_000


def seconds_of(text: str, name: str) -> int:
    """Microseconds of an IST time as forms have it; a date is its midnight; ``KiteRefusal`` for anything else."""
    try:
        found = dt.datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise bad_input(f"Invalid `{name}` date: {text!r}; write yyyy-mm-dd HH:MM:SS.") from error
    # Kite drops a zone that is written.
    return round(found.replace(tzinfo=IST).timestamp()) * SECOND
