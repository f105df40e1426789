"""What a Kite sandbox is told to be like: a TOML file of one's own, or one of those that come with Friday."""

from __future__ import annotations

import dataclasses
import difflib
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from friday_core.errors import ConfigurationError, Problem, ProblemKind
from friday_core.sandbox.kite.faults.fault import Fault
from friday_core.sandbox.written_tables import invalid_value, invalid_values, unknown_keys

S = TypeVar("S", bound=msgspec.Struct)

#: The tables of a scenario; what may stand in each says the room that reads it.
TABLES = ("market", "prices", "account", "rules", "sessions")
_KEYS = ("description", *TABLES, "faults")
_FOLDER = Path(__file__).with_name("scenarios")


class Scenario(msgspec.Struct, frozen=True):
    """``tables`` as they are written; ``of`` makes settings of one, those of a table left out included."""

    description: str = ""
    tables: Mapping[str, Mapping[str, Any]] = {}
    faults: tuple[Fault, ...] = ()

    def of(self, table: str, kind: type[S]) -> S:
        return msgspec.convert(self.tables.get(table, {}), kind)


def shipped() -> dict[str, str]:
    """The scenarios that come with Friday: the description of each by its name."""
    return {path.stem: read_scenario(path).description for path in sorted(_FOLDER.glob("*.toml"))}


def read_scenario(named: Path | str | None, kinds: Mapping[str, type[msgspec.Struct]] | None = None) -> Scenario:
    """The scenario of a file, of a shipped name, or an ordinary day; ``kinds`` are the settings of its tables.

    ``ConfigurationError`` names all that is wrong with it: file, table, key, and the nearest right word.
    """
    if named is None:
        return Scenario()
    path = _path(named)
    try:
        written = tomllib.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        mend = "name a file that can be read, in TOML and UTF-8"
        raise ConfigurationError([Problem(ProblemKind.UNREADABLE_FILE, f"{path}: {error}", mend)]) from error
    problems = list(_problems(written, kinds or {}))
    if problems:
        raise ConfigurationError([dataclasses.replace(one, message=f"{path}: {one.message}") for one in problems])
    tables = {name: written[name] for name in TABLES if name in written}
    return Scenario(written.get("description", ""), tables, faults_of(written.get("faults", [])))


def faults_of(written: object) -> tuple[Fault, ...]:
    """Faults as a control call says them; ``ConfigurationError`` as for a file."""
    problems = list(_problems_of_faults(written))
    if problems:
        raise ConfigurationError(problems)
    return msgspec.convert(written, tuple[Fault, ...])


def _path(named: Path | str) -> Path:
    path = Path(named)
    if path.suffix or path.exists() or len(path.parts) > 1:
        return path
    known = [one.stem for one in sorted(_FOLDER.glob("*.toml"))]
    if path.name in known:
        return _FOLDER / f"{path.name}.toml"
    nearest = difflib.get_close_matches(path.name, known, 1)
    mend = f"write {nearest[0]}" if nearest else f"name a file, or one of {', '.join(known)}"
    message = f"there is no scenario {path.name!r}"
    raise ConfigurationError([Problem(ProblemKind.INVALID_VALUE, message, mend)])


def _problems(written: Mapping[str, object], kinds: Mapping[str, type[msgspec.Struct]]) -> Iterator[Problem]:
    yield from unknown_keys(written, _KEYS, "")
    if not isinstance(written.get("description", ""), str):
        yield invalid_value("description is no text", "description", "write one line about it")
    for name in TABLES:
        table = written.get(name, {})
        if not isinstance(table, dict):
            yield invalid_value(f"{name} is no table", name, f"write [{name}], and its keys below")
        elif name in kinds:
            yield from unknown_keys(table, kinds[name].__struct_fields__, name)
            yield from invalid_values(table, kinds[name], name)
    yield from _problems_of_faults(written.get("faults", []))


def _problems_of_faults(written: object) -> Iterator[Problem]:
    if not isinstance(written, list | tuple) or not all(isinstance(one, dict) for one in written):
        yield invalid_value("faults is no list of tables", "faults", "write [[faults]] above each")
        return
    for place, one in enumerate(written):
        yield from unknown_keys(one, Fault.__struct_fields__, f"faults[{place}]")
        yield from invalid_values(one, Fault, f"faults[{place}]")
