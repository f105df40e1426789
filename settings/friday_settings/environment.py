"""The environment: ``FRIDAY_<SECTION>__<KEY>``; a name that sets nothing is a problem."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic_settings import EnvSettingsSource, SettingsError

from friday_core.errors import Problem, ProblemKind
from friday_settings.catalogue import (
    CHOOSING_VARIABLES,
    DELIMITER,
    PREFIX,
    known_keys,
    nearest,
    variable,
)
from friday_settings.layers import RawLayer, Reading
from friday_settings.literals import read_literal
from friday_settings.model import FridaySettings
from friday_settings.origins import ENTRIES, Layer, Origin


def read_environment(environ: Mapping[str, str]) -> Reading:
    """A layer for each variable, those of whole tables before those of single keys."""
    names = [name for name in environ if name.startswith(PREFIX) and name not in CHOOSING_VARIABLES]
    reading = Reading([], [])
    for name in sorted(names, key=lambda one: (one.count(DELIMITER), one)):
        one = _read_variable(name, environ[name])
        if isinstance(one, RawLayer):
            reading.layers.append(one)
        else:
            reading.problems.append(one)
    return reading


def unknown_variable(name: str) -> Problem:
    """The problem of a variable that sets nothing, with the nearest one that would."""
    rest = name.removeprefix(PREFIX)
    known = [one.removeprefix(PREFIX) for one in (*map(variable, known_keys()), *CHOOSING_VARIABLES)]
    close = nearest(rest, known)
    if rest.startswith("PLUGINS_"):
        mend = f"write {PREFIX}PLUGINS{DELIMITER}<KIND>{DELIMITER}<NAME>{DELIMITER}<KEY>, with double underscores"
    elif close:
        mend = f"did you mean {PREFIX}{close}?"
    else:
        sections = ", ".join(FridaySettings.model_fields)
        mend = f"remove it, or write {PREFIX}<SECTION>{DELIMITER}<KEY>; sections are {sections}"
    return Problem(ProblemKind.UNKNOWN_VARIABLE, f"{name} sets nothing", mend)


class _OneVariable(EnvSettingsSource):
    """Reads a given variable in place of the process's environment."""

    def __init__(self, name: str, text: str) -> None:
        self._given = {name.lower(): text}
        super().__init__(
            FridaySettings, case_sensitive=False, env_prefix=PREFIX.lower(), env_nested_delimiter=DELIMITER
        )

    def _load_env_vars(self) -> Mapping[str, str | None]:
        return self._given

    def decode_complex_value(self, field_name: str, field: Any, value: Any) -> Any:  # noqa: ARG002 - as inherited
        """A list or table in TOML or JSON; ``ValueError`` tells the source to keep the text."""
        decoded = read_literal(value)
        if isinstance(decoded, str):
            raise ValueError(f"{field_name}: neither TOML nor JSON")
        return decoded


def _read_variable(name: str, text: str) -> RawLayer | Problem:
    origin = Origin(Layer.ENVIRONMENT, name)
    key = name.removeprefix(PREFIX).lower().split(DELIMITER)
    if not all(key):
        return unknown_variable(name)
    if tuple(key[:2]) == ENTRIES and key[2:]:
        return _untyped_variable(origin, key, text)
    try:
        values = _OneVariable(name, text)()
    except SettingsError:
        return Problem(
            ProblemKind.INVALID_VALUE,
            f"the value of {name} is neither a list nor a table",
            'write it in TOML or JSON: ["one", "two"] or {one = 1}',
            section=".".join(key[:-1]) or key[0],
        )
    if not values:
        return unknown_variable(name)
    return _untyped_variable(origin, key, text) if key[0] == "plugins" else RawLayer(origin, values)


def _untyped_variable(origin: Origin, key: list[str], text: str) -> RawLayer:
    """No model knows a plugin's values yet: they are read as literals, and their text is kept."""
    value = read_literal(text)
    values: Any = value
    for step in reversed(key):
        values = {step: values}
    return RawLayer(origin, values, None if isinstance(value, dict | str) else text)
