"""From the arguments of ``backtest`` to what ``--set`` would say."""

from __future__ import annotations

import datetime as dt
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from friday_core.plugin.spec import ComponentSpec, Kind
from friday_core.research.components import component, refused

#: Of the account and of the order of a run, arguments that are one key each.
_KEYS = {
    "capital": "account.capital",
    "currency": "account.currency",
    "start": "data.start",
    "end": "data.end",
    "allow_refusals": "risk.allow_refusals",
}


@dataclass(slots=True)
class Overrides:
    """``key=value`` by key, the last one of a key counts, and the components that no distribution offers."""

    values: dict[str, Any] = field(default_factory=dict)
    brought: list[ComponentSpec] = field(default_factory=list)

    def set(self, values: Mapping[str, Any]) -> None:
        """Dotted keys, as for ``--set``."""
        self.values.update(values)

    def arguments(self, **given: Any) -> None:
        """Those arguments that are one key each, as far as they are given."""
        self.values.update({_KEYS[name]: value for name, value in given.items() if value is not None})

    def section(self, section: str, given: Any) -> None:
        """Every value of a mapping, or what was set in a model of settings."""
        if given is None:
            return
        if isinstance(given, BaseModel):
            given = given.model_dump(exclude_unset=True)
        if not isinstance(given, Mapping):
            raise refused(f"{given!r:.80} is no settings", "hand over a dict, or the model of the settings", section)
        self.values.update({f"{section}.{key}": value for key, value in given.items()})

    def component(self, kind: Kind, key: str, given: Any) -> None:
        """A component that the key names."""
        if given is None:
            return
        found = component(kind, given, key.rpartition(".")[0])
        self.values[key] = found.name
        self._bring(found.spec)
        self.section(f"plugins.{kind}.{found.name}", found.settings)

    def strategies(self, given: Any) -> None:
        """One strategy, or several by the names of their books."""
        if given is None:
            return
        several = isinstance(given, Mapping) and not _is_a_name_with_settings(given)
        named = given.items() if several else [("", given)]
        entries = []
        for name, one in named:
            found = component(Kind.STRATEGY, one, "trading.active_strategies", str(name))
            entries.append({"id": str(name) or found.name, "use": found.name, "settings": dict(found.settings)})
            self._bring(found.spec)
        self.values["trading.active_strategies"] = entries

    def written(self) -> tuple[str, ...]:
        """As ``--set`` takes them."""
        return tuple(f"{key}={literal(value, key)}" for key, value in self.values.items())

    def _bring(self, spec: ComponentSpec | None) -> None:
        if spec is not None:
            self.brought.append(spec)


def literal(value: Any, key: str = "") -> str:
    """A value as TOML, lists and tables as JSON; ``ConfigurationError`` for ``None``, which neither has."""
    if _has_none(value):
        raise refused(f"{key} = {value!r:.80}: None is no value", "leave the key out: then its default counts")
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return _json(value)


def _json(value: Any) -> str:
    return json.dumps(value, default=_plain)


def _plain(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return value.model_dump(exclude_unset=True)
    if isinstance(value, Path | dt.date | dt.time):
        return str(value)
    if isinstance(value, Sequence | set | frozenset):
        return list(value)
    return value.item() if hasattr(value, "item") else str(value)


def _has_none(value: Any) -> bool:
    if isinstance(value, Mapping):
        return any(map(_has_none, value.values()))
    return any(map(_has_none, value)) if isinstance(value, list | tuple) else value is None


def _is_a_name_with_settings(given: Mapping[Any, Any]) -> bool:
    """``{"moving_average_cross": {"fast": 10}}``: one plugin, and not the name of a book."""
    return len(given) == 1 and all(isinstance(one, Mapping) and not _names_a_plugin(one) for one in given.values())


def _names_a_plugin(given: Mapping[Any, Any]) -> bool:
    """``{"cross": {"moving_average_cross": {...}}}`` has a mapping one level further down."""
    return len(given) == 1 and all(isinstance(one, Mapping) for one in given.values())
