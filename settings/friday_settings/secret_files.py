"""The secrets folder: one file a secret, named ``plugins__<kind>__<name>__<key>``, mode 0600."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from friday_core.errors import ConfigurationError, Problem, ProblemKind
from friday_core.infrastructure.secrets import read_secret_file
from friday_settings.catalogue import DELIMITER, SECRETS_VARIABLE
from friday_settings.layers import RawLayer, Reading
from friday_settings.origins import Layer, Origin

SECRETS_FOLDER = "secrets"
#: plugins, kind, name and at least one key.
_SHORTEST_KEY = 4


def read_secrets(folder: Path, environ: Mapping[str, str]) -> Reading:
    """A layer for each file of ``$FRIDAY_SECRETS_DIR``, else of ``secrets/`` in ``folder``.

    Values are ``SecretStr`` from here on. Hidden files are passed over; a folder that the
    variable names must exist. What ``read_secret_file`` refuses is a problem.
    """
    named = environ.get(SECRETS_VARIABLE)
    secrets = Path(named) if named else folder / SECRETS_FOLDER
    reading = Reading([], [])
    if not secrets.is_dir():
        if named:
            reading.problems.append(
                Problem(
                    ProblemKind.UNREADABLE_FILE,
                    f"{SECRETS_VARIABLE} names {named}, which is not a folder",
                    f"create it, or remove {SECRETS_VARIABLE}",
                )
            )
        return reading
    for path in sorted(secrets.iterdir()):
        if not path.name.startswith("."):
            one = _read_secret(path)
            if isinstance(one, RawLayer):
                reading.layers.append(one)
            else:
                reading.problems.extend(one)
    return reading


def _read_secret(path: Path) -> RawLayer | list[Problem]:
    key = path.name.lower().split(DELIMITER)
    if key[0] != "plugins" or len(key) < _SHORTEST_KEY or not all(key):
        name = f"plugins{DELIMITER}<kind>{DELIMITER}<name>{DELIMITER}<key>"
        message = f"{path} is not named after a plugin's secret"
        return [Problem(ProblemKind.UNKNOWN_KEY, message, f"name it {name}, or move it out of the folder")]
    try:
        values: Any = read_secret_file(path)
    except ConfigurationError as error:
        return list(error.problems)
    for step in reversed(key):
        values = {step: values}
    return RawLayer(Origin(Layer.SECRETS, str(path)), values)
