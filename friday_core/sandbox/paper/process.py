"""The paper broker as a process, from its start to its end."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec

from friday_core.sandbox.ending import Ending
from friday_core.sandbox.paper.book import Book
from friday_core.sandbox.paper.exchange import Exchange
from friday_core.sandbox.paper.faults import Faults
from friday_core.sandbox.paper.scenario import Scenario, read_scenario
from friday_core.sandbox.paper.server import Server
from friday_core.sandbox.paper.tape import Tape, Walk

READY = "server.json"


class Launch(msgspec.Struct, frozen=True):
    """What a process is started with; ``port`` 0 is any free one, ``seed`` is that of the scenario unless given."""

    folder: str
    port: int = 0
    prices: str | None = None
    scenario: str | None = None
    seed: int | None = None


class Address(msgspec.Struct, frozen=True):
    """Where a server is, as ``server.json`` in its folder says."""

    host: str
    port: int
    pid: int


def prepare() -> None:
    """What the servers of a process share has been read with the modules."""


def serve(launch: Launch) -> None:
    """Serve until SIGTERM or SIGINT; a ``restart`` fault replaces the process by one of the same port and id.

    Prints the address once it can be connected to, and writes it to ``server.json``. ``ConfigurationError``,
    ``DataSourceError`` and ``BrokerError`` before that.
    """
    scenario = read_scenario(None if launch.scenario is None else Path(launch.scenario))
    tape = _tape(launch, scenario)
    folder = Path(launch.folder)
    book = Book(folder)
    faults = _faults(book, scenario)
    address = Address("127.0.0.1", launch.port, os.getpid())

    def ready(port: int) -> None:
        nonlocal address
        address = Address("127.0.0.1", port, os.getpid())
        announce(folder, address)

    with Ending() as ending:
        try:
            exchange = Exchange(book, tape, scenario.market)
            restart_after = asyncio.run(_served(exchange, faults, launch.port, ready, ending))
        finally:
            (folder / READY).unlink(missing_ok=True)
            book.close()
        if restart_after is not None:
            again = msgspec.structs.replace(launch, port=address.port)
            ending.begin_anew("friday_core.sandbox.paper", again, restart_after)


def address_of(folder: Path) -> Address:
    """Where the server of a folder is, if it is still there; ``ConnectionError`` if none was started."""
    try:
        return msgspec.json.decode((folder / READY).read_bytes(), type=Address)
    except (OSError, msgspec.MsgspecError) as error:
        raise ConnectionError(f"no paper broker serves {folder}: start it with `friday sandbox paper`") from error


async def _served(
    exchange: Exchange, faults: Faults, port: int, ready: Callable[[int], None], ending: Ending
) -> float | None:
    server = Server(exchange, faults)
    ending.stops(server.stop)
    await server.serve(port, ready)
    return server.restart_after


def _tape(launch: Launch, scenario: Scenario) -> Tape:
    settings = {**scenario.prices, **({} if launch.prices is None else {"path": launch.prices})}
    if not settings:
        seed = scenario.seed if launch.seed is None else launch.seed
        return Walk(seed, scenario.market.tick_size)
    # Reading files loads pandas; without one a server starts in a fraction of a second.
    from friday_core.sandbox.paper.price_file import price_tape  # noqa: PLC0415

    return price_tape(settings)


def _faults(book: Book, scenario: Scenario) -> Faults:
    """Those of the book; those of a scenario are added when it is first started with, and not after each restart."""
    faults = Faults(book)
    written = msgspec.json.encode(scenario.faults).decode()
    if book.fact("scenario", "[]") != written:
        with book.transaction():
            faults.clear()
            faults.add(scenario.faults)
            book.note("scenario", written)
    return faults


def announce(folder: Path, address: Address) -> None:
    """Print where a server is and write ``server.json``, which is there as a whole or not at all."""
    text = msgspec.json.encode(address).decode()
    written = folder / f"{READY}.{address.pid}"
    written.write_text(text + "\n", encoding="utf-8")
    written.replace(folder / READY)
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
