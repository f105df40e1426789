"""A host whose clock is that of a sandbox's market: ``friday run --container fakes.played_market:build``."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
from dependency_injector import providers

from containers import Infrastructure, Plugins, Session, load_settings
from friday_core.api import ComponentSpec
from friday_core.domain.records import BrokerRead
from friday_core.orchestration.assembly import Assembly
from friday_core.orchestration.building import build_gateway
from friday_core.orchestration.host import Host
from friday_core.session.broker_gateway import BrokerGateway
from friday_core.session.live.pace import LivePace
from friday_plugins.zerodha.connection import Zerodha
from friday_settings import LoadedSettings

__all__ = ["build", "load_settings"]

#: In the folder in which the host runs: what ``MarketTime`` has written.
CLOCK = "market_clock.json"


@dataclass(frozen=True, slots=True)
class MarketTime:
    """The market stood at ``ts`` when the wall stood at ``wall``, microseconds UTC, and is ``speed`` times as fast."""

    ts: int
    wall: int
    speed: float

    def now(self) -> int:
        return self.ts + round((time.time_ns() // 1_000 - self.wall) * self.speed)

    def write(self, folder: Path) -> None:
        """Replaced at once: whoever reads it finds the old one or the new one."""
        half = folder / f"{CLOCK}.new"
        half.write_text(json.dumps([self.ts, self.wall, self.speed]), encoding="utf-8")
        half.replace(folder / CLOCK)


class MarketClock:
    """What time it is in the market, by a file that somebody else writes; never goes back."""

    def __init__(self, path: Path) -> None:
        self._path, self._seen, self._latest = path, (0, 0), 0
        self._time = MarketTime(0, 0, 0.0)

    def now(self) -> int:
        """Microseconds since 1970, UTC."""
        written = os.stat(self._path)  # noqa: PTH116 - asked at every tick
        if (seen := (written.st_ino, written.st_mtime_ns)) != self._seen:
            self._time, self._seen = MarketTime(*json.loads(self._path.read_text("utf-8"))), seen
        self._latest = max(self._latest, self._time.now())
        return self._latest

    @property
    def speed(self) -> float:
        return self._time.speed


def build(loaded: LoadedSettings, brought: Sequence[ComponentSpec] = ()) -> Host:
    """As ``containers.build``, by the market's time wherever the session and Zerodha's socket ask for one.

    Seconds of time-outs, limits, heartbeats and ``[broker] settle`` are those of the wall.
    """
    clock = MarketClock(Path.cwd() / CLOCK)
    Zerodha.now = lambda self: clock.now()  # type: ignore[method-assign]
    infrastructure = Infrastructure(
        loaded=loaded.in_use(), brought=providers.Object(tuple(brought)), clock=providers.Object(clock)
    )
    plugins = Plugins(infrastructure=infrastructure)
    session = Session(infrastructure=infrastructure, plugins=plugins)
    session.gateway.override(providers.Singleton(_gateway, plugins.assembly, clock, session.pacer))
    host: Host = session.host()
    return host


def _gateway(assembly: Assembly, clock: MarketClock, pacer: LivePace) -> BrokerGateway:
    """What was sent ``settle`` seconds of the wall ago has settled, however far the market has come meanwhile."""
    gateway = build_gateway(assembly, clock.now, pacer)
    assert isinstance(gateway, BrokerGateway)
    read, settle = gateway._read, assembly.settings.broker.settle

    def settled() -> BrokerRead | None:
        found = read()
        if found is None:
            return None
        return msgspec.structs.replace(found, settled=found.settled - round(settle * (clock.speed - 1) * 1e6))

    gateway._read = settled  # type: ignore[method-assign]
    return gateway
