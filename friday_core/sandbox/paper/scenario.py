"""How a paper broker behaves: a TOML file, every mistake of which is told at once, with the nearest right word."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from friday_core.errors import ConfigurationError, Problem, ProblemKind
from friday_core.sandbox.paper.faults import Fault
from friday_core.sandbox.written_tables import invalid_value, invalid_values, unknown_keys


class MarketSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How orders trade.

    What trades does so in ``parts``, the first ``delay`` seconds of the wall clock after it was settled, the others
    ``part_delay`` seconds apart, each ``part_ticks`` ticks worse than the one before it as far as its limit goes.
    ``speed`` is seconds of the market for each of the wall clock; at 0 it stands still between orders. Orders of a
    market that is ``manual`` do nothing until ``happen`` says so. ``cash`` is in minor units.
    """

    parts: int = 1
    delay: float = 0.0
    part_delay: float = 0.0
    part_ticks: int = 0
    slippage_ticks: int = 1
    tick_size: int = 5
    speed: float = 1.0
    manual: bool = False
    cash: int = 100_000_000

    def __post_init__(self) -> None:
        if min(self.parts, self.tick_size) < 1:
            raise ValueError("parts and tick_size are at least 1")
        if min(self.delay, self.part_delay, self.part_ticks, self.slippage_ticks, self.speed) < 0:
            raise ValueError("delay, part_delay, part_ticks, slippage_ticks and speed must not be negative")


class Scenario(msgspec.Struct, frozen=True):
    """``prices`` are settings of a source of bars; without them prices walk by ``seed``."""

    seed: int = 1
    market: MarketSettings = MarketSettings()
    prices: Mapping[str, Any] = {}
    faults: tuple[Fault, ...] = ()


def read_scenario(path: Path | None) -> Scenario:
    """The scenario of a file, or that without one; ``ConfigurationError`` names all that is wrong with it."""
    if path is None:
        return Scenario()
    try:
        written = tomllib.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        mend = "name a file that can be read, in TOML and UTF-8"
        raise ConfigurationError([Problem(ProblemKind.UNREADABLE_FILE, f"{path}: {error}", mend)]) from error
    problems = list(_problems(written))
    if problems:
        raise ConfigurationError(problems)
    return msgspec.convert(written, Scenario)


def faults_of(written: object) -> tuple[Fault, ...]:
    """Faults as a request says them; ``ConfigurationError`` as for a file."""
    problems = list(_problems({"faults": written}))
    if problems:
        raise ConfigurationError(problems)
    return msgspec.convert(written, tuple[Fault, ...])


def _problems(written: Mapping[str, object]) -> Iterator[Problem]:
    yield from unknown_keys(written, Scenario.__struct_fields__, "")
    if isinstance(market := written.get("market", {}), dict):
        yield from unknown_keys(market, MarketSettings.__struct_fields__, "market")
    faults = written.get("faults", ())
    for place, fault in enumerate(faults if isinstance(faults, list) else ()):
        if isinstance(fault, dict):
            yield from unknown_keys(fault, Fault.__struct_fields__, f"faults[{place}]")
            yield from invalid_values(fault, Fault, f"faults[{place}]")
    known = {name: value for name, value in written.items() if name not in ("faults", "market")}
    yield from invalid_values(known, Scenario, "")
    yield from invalid_values(market, MarketSettings, "market")
    if not isinstance(faults, list | tuple) or not all(isinstance(one, dict) for one in faults):
        yield invalid_value("faults is no list of tables", "faults", "write [[faults]] above each")
