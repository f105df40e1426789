"""How a paper broker behaves: a TOML file, every mistake of which is told at once, with the nearest right word."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from friday_core.errors import ConfigurationError, Problem, ProblemKind
from friday_core.sandbox.paper.faults import Fault


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
    yield from _unknown(written, Scenario, "")
    if isinstance(market := written.get("market", {}), dict):
        yield from _unknown(market, MarketSettings, "market")
    faults = written.get("faults", ())
    for place, fault in enumerate(faults if isinstance(faults, list) else ()):
        if isinstance(fault, dict):
            yield from _unknown(fault, Fault, f"faults[{place}]")
            yield from _invalid(fault, Fault, f"faults[{place}]")
    known = {name: value for name, value in written.items() if name not in ("faults", "market")}
    yield from _invalid(known, Scenario, "")
    yield from _invalid(market, MarketSettings, "market")
    if not isinstance(faults, list | tuple) or not all(isinstance(one, dict) for one in faults):
        yield _wrong("faults is no list of tables", "faults", "write [[faults]] above each")


def _unknown(written: Mapping[str, object], kind: type[msgspec.Struct], section: str) -> Iterator[Problem]:
    known = kind.__struct_fields__
    for name in written:
        if name not in known:
            nearest = difflib.get_close_matches(name, known, 1)
            mend = f"write {nearest[0]}" if nearest else f"known are {', '.join(known)}"
            yield Problem(ProblemKind.UNKNOWN_KEY, f"there is no key {name!r}", mend, section)


def _invalid(written: object, kind: type[msgspec.Struct], section: str) -> Iterator[Problem]:
    """What is wrong with the values of known keys; the first of each table."""
    if isinstance(written, dict):
        written = {name: value for name, value in written.items() if name in kind.__struct_fields__}
    try:
        msgspec.convert(written, kind)
    except msgspec.ValidationError as error:
        yield _wrong(str(error), section, _offer(written, kind))


def _offer(written: object, kind: type[msgspec.Struct]) -> str:
    """The nearest of the words that one of the fields takes."""
    words: Sequence[str] = ()
    if isinstance(written, dict):
        for field in msgspec.structs.fields(kind):
            taken = getattr(field.type, "__members__", None)
            value = written.get(field.name)
            if taken and isinstance(value, str) and value not in set(taken.values()):
                words = [str(one) for one in taken.values()]
                nearest = difflib.get_close_matches(value, words, 1)
                return f"write {field.name} = {nearest[0]!r}" if nearest else f"{field.name} is {', '.join(words)}"
    return "correct the value"


def _wrong(message: str, section: str, mend: str) -> Problem:
    return Problem(ProblemKind.INVALID_VALUE, message, mend, section)
