"""Arguments and variables that change nothing, because every strategy says the same key itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from friday_core.errors import Problem, ProblemKind
from friday_core.plugin.spec import USE
from friday_settings.catalogue import variable
from friday_settings.layers import Merged
from friday_settings.origins import ENTRIES, Key, Layer, Origin, dotted

_SECTION = ("plugins", "strategy")
_NAME, _SETTING = 2, 3


def overshadowed(merged: Merged) -> Iterator[Problem]:
    """One for each; a value that at least one strategy takes is none, and what one layer says twice is meant."""
    for key, origin in merged.origins.items():
        is_setting = key[:_NAME] == _SECTION and len(key) > _SETTING and key[_SETTING] != USE
        if is_setting and origin.layer >= Layer.ENVIRONMENT:
            own = [_own(entry, key[_SETTING]) for entry in merged.entries() if _uses(entry, key[_NAME])]
            if own and all(one and merged.origin_of(one).layer < origin.layer for one in own):
                yield _told(origin, key, own)


def _uses(entry: Any, name: str) -> bool:
    return isinstance(entry, dict) and entry.get("use") == name


def _own(entry: dict[str, Any], name: str) -> Key:
    """Where an entry says the setting itself, which replaces that of the section as a whole; empty if it does not."""
    settings = entry.get("settings")
    says = isinstance(settings, dict) and name in settings
    return (*ENTRIES, str(entry.get("id")), "settings", name) if says else ()


def _told(origin: Origin, key: Key, own: list[Key]) -> Problem:
    saying = _named([one[len(ENTRIES)] for one in own])
    message = f"{origin} changes nothing: {saying} {key[_SETTING]} in settings of its own, which is stronger"
    mend = f"write {_instead(origin.layer, [(*one, *key[_SETTING + 1 :]) for one in own])}"
    return Problem(ProblemKind.INVALID_VALUE, message, mend, dotted(key[:_SETTING]), dotted(key[1:_SETTING]))


def _named(ids: list[str]) -> str:
    return f"strategy {ids[0]} says" if len(ids) == 1 else f"each of the strategies {', '.join(ids)} says"


def _instead(layer: Layer, keys: list[Key]) -> str:
    if layer is Layer.ENVIRONMENT:
        return " and ".join(f"{variable(key)}=..." for key in keys)
    return " ".join(f"--set {dotted(key)}=..." for key in keys)
