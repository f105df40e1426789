"""The TOML files: the packaged defaults and profiles, the user's profiles and the user's file."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from pydantic_settings import TomlConfigSettingsSource

from friday_core.errors import Problem, ProblemKind
from friday_settings.catalogue import nearest
from friday_settings.layers import RawLayer, Reading
from friday_settings.model import FridaySettings
from friday_settings.origins import Layer, Origin
from friday_settings.toml_mistakes import explained

USER_FILE = "friday.toml"
PROFILE_FOLDER = "profiles"
DEFAULT = "default"

_PACKAGE = Path(__file__).parent


def read_defaults() -> Reading:
    """The packaged ``default.toml``."""
    return read_file(_packaged()[DEFAULT], Layer.DEFAULT)


def read_profile(name: str, folder: Path, asked_by: str) -> Reading:
    """The profile's file; a user's own comes before a packaged one of the same name.

    An unknown name is a problem that lists the known ones; ``asked_by`` says who wants it.
    """
    known = profiles(folder)
    if name not in known:
        close = nearest(name, known)
        problem = Problem(
            ProblemKind.MISSING_PROFILE,
            f"{asked_by} asks for profile {name!r}; known are {', '.join(known)}",
            f"did you mean {close!r}?" if close else f"write {folder / PROFILE_FOLDER / name}.toml or name a known one",
        )
        return Reading([], [problem])
    if known[name] == _packaged()[DEFAULT]:
        return Reading([], [])
    return read_file(known[name], Layer.PROFILE)


def profiles(folder: Path) -> dict[str, Path]:
    """Every profile by name, sorted: the packaged ones and those of the user's folder."""
    own = {path.stem: path for path in (folder / PROFILE_FOLDER).glob("*.toml") if path.is_file()}
    return dict(sorted({**_packaged(), **own}.items()))


def read_file(path: Path, layer: Layer) -> Reading:
    """The tables of a TOML file; one that cannot be read is a problem with the line."""
    origin = Origin(layer, _shown(path))
    try:
        # The source passes over a file that is not there.
        with path.open("rb"):
            values = TomlConfigSettingsSource(FridaySettings, toml_file=path)()
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        return Reading([], [_unreadable(origin, path, error)])
    return Reading([RawLayer(origin, values)], [])


def take_profile_name(layer: RawLayer) -> tuple[str, list[Problem]]:
    """Take ``profile = "..."`` out of the user's file, which alone may choose one."""
    name: Any = layer.values.pop("profile", "")
    if isinstance(name, str):
        return name, []
    problem = Problem(
        ProblemKind.INVALID_VALUE,
        f"profile = {name!r} in {layer.origin}: must be the name of a profile",
        'write for example profile = "demo"',
    )
    return "", [problem]


def _packaged() -> dict[str, Path]:
    return {path.stem: path for path in sorted(_PACKAGE.glob("*.toml"))}


def _shown(path: Path) -> str:
    return f"{_PACKAGE.name}/{path.name}" if path.parent == _PACKAGE else str(path)


def _unreadable(origin: Origin, path: Path, error: OSError | UnicodeDecodeError | tomllib.TOMLDecodeError) -> Problem:
    if isinstance(error, UnicodeDecodeError):
        line = error.object[: error.start].count(b"\n") + 1
        reason, mend = f"not UTF-8 (at line {line})", "save the file as UTF-8"
    elif isinstance(error, OSError):
        reason, mend = error.strerror or str(error), f"make {path} a file that you may read, or do not name it"
    else:
        reason, mend = explained(path.read_text("utf-8"), error, str(origin))
    return Problem(ProblemKind.UNREADABLE_FILE, f"{origin}: {reason}", mend)
