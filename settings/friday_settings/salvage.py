"""What is left of a configuration without its mistakes, to look for further ones."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from friday_core.plugin.spec import Kind
from friday_settings.model import FridaySettings

#: Removing a mistake may uncover another, for example a table that lacks a key now.
_ROUNDS = 5


def salvage(values: Mapping[str, Any]) -> FridaySettings | None:
    """The settings without every value that is refused; ``None`` if nothing can be saved.

    A list with a mistake goes as a whole, and so does a table that lacks a key.
    """
    rest = copy.deepcopy(dict(values))
    for _ in range(_ROUNDS):
        try:
            return FridaySettings(**rest)
        except ValidationError as error:
            for detail in error.errors(include_url=False, include_input=False):
                _remove(rest, detail["loc"][:-1] if detail["type"] == "missing" else detail["loc"])
    return None


def _remove(table: dict[str, Any], location: tuple[int | str, ...]) -> None:
    """Take out what stands at ``location``, or the list or value on the way to it."""
    if location[0] == "plugins" and location[1:] and location[1] not in set(Kind):
        location = location[:2]
    here: Any = table
    for step in location:
        below = here.get(step)
        if step == location[-1] or not isinstance(below, dict):
            here.pop(step, None)
            return
        here = below
