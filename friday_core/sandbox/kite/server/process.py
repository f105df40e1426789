"""The Kite sandbox as a process, from its start to its end."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec
from aiohttp import web

from friday_core.errors import ConfigurationError, Problem, ProblemKind
from friday_core.sandbox.ending import Ending
from friday_core.sandbox.kite.account.book import Book
from friday_core.sandbox.kite.faults.scenario import Scenario, read_scenario
from friday_core.sandbox.kite.market.hours import SEGMENTS, sessions_of
from friday_core.sandbox.kite.server.app import Kite
from friday_core.sandbox.kite.server.calls import wall_now
from friday_core.sandbox.kite.server.open_rooms import TABLES, open_rooms
from friday_core.sandbox.kite.server.parts import Rooms
from friday_core.sandbox.kite.server.settings import SessionSettings
from friday_core.sandbox.paper.process import READY, Address, announce

_SHUTDOWN = 0.2


class Launch(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a process is started with; ``port`` 0 is any free one.

    ``prices`` is ``path`` of ``[prices]``, ``start``, ``speed`` and ``seed`` are those of ``[market]``: what is given
    here wins over the scenario.
    """

    folder: str
    port: int = 0
    scenario: str | None = None
    prices: str | None = None
    start: str | None = None
    speed: float | None = None
    seed: int | None = None


def prepare() -> None:
    """Read what the servers of a process share: the facts of the market."""
    for segment in {*SEGMENTS.values()}:
        sessions_of(*segment)


def serve(launch: Launch) -> None:
    """Serve until SIGTERM or SIGINT; a ``restart`` fault replaces the process by one of the same port and id.

    Prints the address once it can be connected to, and writes it to ``server.json``. ``ConfigurationError``,
    ``DataSourceError`` and ``BrokerError`` before that.
    """
    scenario = _scenario(launch)
    folder = Path(launch.folder)
    book = Book(folder)
    port = launch.port

    def ready(served: int) -> None:
        nonlocal port
        port = served
        announce(folder, Address("127.0.0.1", served, os.getpid()))

    with Ending() as ending:
        try:
            rooms = open_rooms(folder, scenario, book, wall_now())
            rooms.audit.write("start", ts=rooms.market.now, wall=wall_now(), pid=os.getpid())
            settings = scenario.of("sessions", SessionSettings)
            restart_after = asyncio.run(_served(rooms, settings, port, ready, ending))
            _note_end(rooms)
        finally:
            (folder / READY).unlink(missing_ok=True)
            book.close()
        if restart_after is not None:
            ending.begin_anew("friday_core.sandbox.kite", msgspec.structs.replace(launch, port=port), restart_after)


def address_of(folder: Path) -> Address:
    """Where the server of a folder is, if it is still there; ``ConnectionError`` if none was started."""
    try:
        return msgspec.json.decode((folder / READY).read_bytes(), type=Address)
    except (OSError, msgspec.MsgspecError) as error:
        raise ConnectionError(f"no Kite sandbox serves {folder}: start it with `friday sandbox kite`") from error


async def _served(
    rooms: Rooms, settings: SessionSettings, port: int, ready: Callable[[int], None], ending: Ending
) -> float | None:
    over = asyncio.Event()
    ending.stops(over.set)
    kite = Kite(rooms, settings, over.set)
    runner = web.AppRunner(kite.application(), access_log=None, shutdown_timeout=_SHUTDOWN)
    try:
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", port).start()
        ready(runner.addresses[0][1])
        await over.wait()
    finally:
        await runner.cleanup()
    return kite.happenings.restart_after


def _note_end(rooms: Rooms) -> None:
    """How the account is left, for whoever judges the audit."""
    ended = ("COMPLETE", "CANCELLED", "REJECTED")
    rooms.audit.write(
        "end", ts=rooms.market.now, wall=wall_now(), positions=rooms.account.positions()["net"],
        open_orders=[row for row in rooms.account.orders() if row["status"] not in ended],
    )  # fmt: skip


def _scenario(launch: Launch) -> Scenario:
    """That of the launch, with what it says besides."""
    scenario = read_scenario(launch.scenario, TABLES)
    given = {"start": launch.start, "speed": launch.speed, "seed": launch.seed}
    market = {**scenario.tables.get("market", {}), **{name: one for name, one in given.items() if one is not None}}
    prices = {**scenario.tables.get("prices", {}), **({} if launch.prices is None else {"path": launch.prices})}
    tables: Mapping[str, Mapping[str, Any]] = {**scenario.tables, "market": market, "prices": prices}
    try:
        msgspec.convert(market, TABLES["market"])
    except msgspec.ValidationError as error:
        problem = Problem(ProblemKind.INVALID_VALUE, str(error), "correct the value", "market")
        raise ConfigurationError([problem]) from error
    return msgspec.structs.replace(scenario, tables=tables)
