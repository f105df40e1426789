"""What a layer says before anyone judges it, and the layers laid over one another."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from friday_core.errors import Problem, ProblemKind
from friday_settings.catalogue import nearest
from friday_settings.origins import CODE, ENTRIES, Key, Layer, Origin, dotted

#: Below [plugins.<kind>.<name>] only the plugin knows whether a key is a table or a value.
_PLUGIN_DEPTH = 3
#: Below trading.active_strategies.<id>.settings too.
_ENTRY_DEPTH = 4


@dataclass(frozen=True, slots=True)
class RawLayer:
    """The values of one file, variable, secret or ``--set``.

    ``text`` is a variable's own text, for fields that want it as it is.
    """

    origin: Origin
    values: dict[str, Any] = field(repr=False)
    text: str | None = field(default=None, repr=False)


class Reading(NamedTuple):
    """Layers, weakest first, and what could not be read."""

    layers: list[RawLayer]
    problems: list[Problem]


class Merged:
    """Layers laid over one another: tables merge, everything else is replaced.

    ``values`` is what holds, ``origins`` tells of every value which layer set it, ``texts`` the
    text of those that a variable set. A key that one layer uses as a table and another as a
    value is a problem; the weaker layer's table stays, so that nothing below it is lost. Arguments
    and variables change single values of ``trading.active_strategies``: its entries go by their ids.
    """

    def __init__(self, layers: Iterable[RawLayer]) -> None:
        self.values: dict[str, Any] = {}
        self.origins: dict[Key, Origin] = {}
        self.texts: dict[Key, str] = {}
        self.problems: list[Problem] = []
        for layer in layers:
            self._lay(layer, layer.values, self.values, ())

    def origin_of(self, key: Key) -> Origin:
        """Of the value at ``key`` or of what holds it; of a table, its strongest value's."""
        for length in range(len(key), 0, -1):
            if key[:length] in self.origins:
                return self.origins[key[:length]]
        below = [origin for one, origin in self.origins.items() if one[: len(key)] == key]
        return max(below, key=lambda origin: origin.layer, default=CODE)

    def key_of(self, location: Iterable[str | int]) -> Key:
        """The key of what stands there, up to the first list; an entry of a strategy goes by its id."""
        steps: Key = ()
        for step in location:
            if isinstance(step, str):
                steps = (*steps, step)
            elif steps == ENTRIES and (named := self._entry_id(step)):
                steps = (*steps, named)
            else:
                break
        return steps

    def entries(self) -> list[Any]:
        """The strategies as they are written, right or wrong; empty if they are no list."""
        trading = self.values.get(ENTRIES[0])
        entries = trading.get(ENTRIES[1]) if isinstance(trading, dict) else None
        return entries if isinstance(entries, list) else []

    def _entry_id(self, position: int) -> str:
        entries = self.entries()
        entry = entries[position] if position < len(entries) else None
        name = entry.get("id") if isinstance(entry, dict) else None
        return name if isinstance(name, str) else ""

    def _lay_entries(self, layer: RawLayer, new: Mapping[str, Any], old: dict[str, Any]) -> None:
        """Change single values of strategies. Variables have no case and no dashes; their ids are met without."""
        if isinstance(old.get(ENTRIES[1]), list):
            old[ENTRIES[1]] = copy.deepcopy(old[ENTRIES[1]])
        known = {named: position for position in range(len(self.entries())) if (named := self._entry_id(position))}
        for name, values in new.items():
            alike = [one for one in known if one == name] or [
                one for one in known if layer.origin.layer is Layer.ENVIRONMENT and _plain(one) == _plain(name)
            ]
            if not alike or not isinstance(values, Mapping):
                self.problems.append(_no_entry(name, layer.origin, list(known)))
            else:
                self._lay(layer, values, self.entries()[known[alike[0]]], (*ENTRIES, alike[0]))

    def _lay(self, layer: RawLayer, new: Mapping[str, Any], old: dict[str, Any], above: Key) -> None:
        for step, value in new.items():
            key = (*above, step)
            is_table, was_table = isinstance(value, Mapping), isinstance(old.get(step), dict)
            if key == ENTRIES and is_table:
                if layer.origin.layer >= Layer.ENVIRONMENT:
                    self._lay_entries(layer, value, old)
                else:
                    self.problems.append(_one_bracket(layer.origin))
            elif step in old and is_table != was_table and not _is_plugins_own(key):
                self.problems.append(_conflict(key, layer.origin, self.origin_of(key), is_table))
            elif is_table:
                if not was_table:
                    self._forget(key)
                    old[step] = {}
                self._lay(layer, value, old[step], key)
            else:
                self._forget(key)
                old[step] = value
                self.origins[key] = layer.origin
                if layer.text is not None:
                    self.texts[key] = layer.text

    def _forget(self, key: Key) -> None:
        for known in [one for one in self.origins if one[: len(key)] == key]:
            del self.origins[known]
            self.texts.pop(known, None)


def _is_plugins_own(key: Key) -> bool:
    in_entry = key[:2] == ENTRIES and key[3:4] == ("settings",)
    return (key[0] == "plugins" and len(key) > _PLUGIN_DEPTH) or (in_entry and len(key) > _ENTRY_DEPTH)


def _plain(name: str) -> str:
    return name.lower().replace("-", "_")


def _no_entry(name: str, origin: Origin, known: list[str]) -> Problem:
    close = nearest(name, known)
    mend = f"did you mean {close}? " if close else ""
    active = f"active are {', '.join(known)}" if known else "none is active"
    return Problem(
        ProblemKind.UNKNOWN_KEY,
        f"{origin} sets nothing: no active strategy has the id {name!r}",
        f"{mend}write {dotted(ENTRIES)}.<id>.settings.<key>; {active}",
        section=dotted(ENTRIES),
    )


def _one_bracket(origin: Origin) -> Problem:
    return Problem(
        ProblemKind.INVALID_VALUE,
        f"{dotted(ENTRIES)} is a table in {origin}, and has to be a list of tables",
        f"write [[{dotted(ENTRIES)}]], in two brackets, above each strategy, with its id and use",
        section=dotted(ENTRIES),
    )


def _conflict(key: Key, new: Origin, old: Origin, is_table: bool) -> Problem:
    what = ("a table", "a value") if is_table else ("a value", "a table")
    return Problem(
        ProblemKind.INVALID_VALUE,
        f"{dotted(key)} is {what[0]} in {new}, but {what[1]} in {old}",
        f"in {new}, write {dotted(key)} = ..."
        if is_table
        else f"in {new}, write the keys of [{dotted(key)}] one by one",
        section=dotted(key[:-1]) or dotted(key),
    )
