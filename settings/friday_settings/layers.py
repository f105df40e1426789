"""What a layer says before anyone judges it, and the layers laid over one another."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from friday_core.errors import Problem, ProblemKind
from friday_settings.origins import CODE, Key, Origin, dotted

#: Below [plugins.<kind>.<name>] only the plugin knows whether a key is a table or a value.
_PLUGIN_DEPTH = 3


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
    value is a problem; the weaker layer's table stays, so that nothing below it is lost.
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

    def _lay(self, layer: RawLayer, new: Mapping[str, Any], old: dict[str, Any], above: Key) -> None:
        for step, value in new.items():
            key = (*above, step)
            is_table, was_table = isinstance(value, Mapping), isinstance(old.get(step), dict)
            if step in old and is_table != was_table and not _is_plugins_own(key):
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
    return key[0] == "plugins" and len(key) > _PLUGIN_DEPTH


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
