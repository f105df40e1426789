"""All layers, read and merged, and judged once."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from pydantic import ValidationError

from friday_core.errors import ConfigurationError
from friday_settings.arguments import read_overrides
from friday_settings.catalogue import CONFIG_VARIABLE, PROFILE_VARIABLE
from friday_settings.environment import read_environment
from friday_settings.files import USER_FILE, read_defaults, read_file, read_profile, take_profile_name
from friday_settings.judging import mistyped_values, problems_of
from friday_settings.layers import Merged, Reading
from friday_settings.loaded import PROFILE, LoadedSettings
from friday_settings.model import FridaySettings
from friday_settings.origins import CODE, Layer, Origin
from friday_settings.overshadowed import overshadowed
from friday_settings.salvage import salvage
from friday_settings.secret_files import read_secrets

#: Runs on synthetic bars and needs no extra.
PROFILE_IF_NONE = "backtest"


def load_settings(
    profile: str | None = None,
    *,
    config: Path | None = None,
    overrides: Sequence[str] = (),
    environ: Mapping[str, str] | None = None,
    folder: Path | None = None,
) -> LoadedSettings:
    """The configuration, with the origin of every value.

    Strength: ``overrides`` (``--set``) > environment > secrets folder > the user's file > profile
    > ``default.toml`` > code. The user's file is ``config``, else ``$FRIDAY_CONFIG``, else
    ``friday.toml`` in ``folder`` if there is one. The profile is ``profile``, else
    ``$FRIDAY_PROFILE``, else ``profile = "..."`` in the user's file, else ``backtest``.
    ``profiles/`` and ``secrets/`` are looked for in ``folder``: by default the folder of the
    user's file if one is named, else the current one.

    Raises ``ConfigurationError`` with every problem that can be told without the plugins; its
    ``salvaged`` are the settings without them, so that the plugins can be asked as well.
    """
    environ = os.environ if environ is None else environ
    config, folder = _places(config, folder, environ)
    user = Reading([], []) if config is None else read_file(config, Layer.USER)
    profile, asked_by, chosen = _profile(profile, user, folder, environ)
    readings = [
        read_defaults(),
        chosen,
        user,
        read_secrets(folder, environ),
        read_environment(environ),
        read_overrides(overrides),
    ]
    merged = Merged(layer for reading in readings for layer in reading.layers)
    problems = [problem for reading in readings for problem in reading.problems] + merged.problems
    problems += overshadowed(merged)
    merged.origins[PROFILE] = asked_by
    try:
        settings = FridaySettings(**merged.values)
    except ValidationError as error:
        problems += problems_of(error, merged)
    problems += mistyped_values(merged)
    if problems:
        rest = salvage(merged.values)
        salvaged = None if rest is None else LoadedSettings(rest, profile, merged.origins, merged.texts)
        raise ConfigurationError(problems, salvaged)
    return LoadedSettings(settings, profile, merged.origins, merged.texts)


def _places(config: Path | None, folder: Path | None, environ: Mapping[str, str]) -> tuple[Path | None, Path]:
    """The user's file, if there is one, and the user's folder."""
    if config is None and environ.get(CONFIG_VARIABLE):
        config = Path(environ[CONFIG_VARIABLE])
    if config is not None:
        return config, folder if folder is not None else config.parent
    folder = Path() if folder is None else folder
    return (folder / USER_FILE if (folder / USER_FILE).exists() else None), folder


def _profile(
    argument: str | None, user: Reading, folder: Path, environ: Mapping[str, str]
) -> tuple[str, Origin, Reading]:
    """The profile's name, who asks for it, and what it says."""
    from_file, problems = take_profile_name(user.layers[0]) if user.layers else ("", [])
    file = user.layers[0].origin if user.layers else CODE
    asked = [
        (argument, Origin(Layer.ARGUMENT, "--profile"), "--profile"),
        (environ.get(PROFILE_VARIABLE), Origin(Layer.ENVIRONMENT, PROFILE_VARIABLE), PROFILE_VARIABLE),
        (from_file, file, f"profile in {file}"),
        (PROFILE_IF_NONE, CODE, "nothing else"),
    ]
    name, origin, asked_by = next((name, origin, by) for name, origin, by in asked if name)
    reading = read_profile(name, folder, asked_by)
    return name, origin, Reading(reading.layers, problems + reading.problems)
