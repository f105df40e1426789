"""What the model finds wrong, in the user's words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic import ValidationError

from friday_core.errors import Problem, ProblemKind
from friday_core.plugin.discovery import installed_plugins, kind_mend
from friday_core.plugin.spec import Kind
from friday_core.plugin.written_types import mistyped
from friday_settings.catalogue import description_at, known_keys, names_at, nearest, variable
from friday_settings.environment import unknown_variable
from friday_settings.layers import Merged
from friday_settings.model import FridaySettings
from friday_settings.origins import ENTRIES, Layer, Origin, dotted

_LONGEST_VALUE = 60
_TABLES = ("model_type", "dict_type", "model_attributes_type")
_LISTS = ("tuple_type", "list_type")


def problems_of(error: ValidationError, merged: Merged) -> list[Problem]:
    """One problem a field, each with the file, variable or option that the value came from."""
    problems, strange = [], {}
    for detail in error.errors(include_url=False):
        location = detail["loc"]
        if location[0] == "plugins" and len(location) > 1 and location[1] not in set(Kind):
            strange[location[1]] = merged.origin_of(merged.key_of(location))
            continue
        known = location[:-1] if detail["type"] == "missing" else location
        origin = merged.origin_of(merged.key_of(known))
        if detail["type"] == "extra_forbidden":
            problems.append(_unknown(location, origin, detail["input"]))
        else:
            problems.append(_invalid(location, origin, detail))
    return [*problems, *(_no_kind(str(name), origin) for name, origin in strange.items())]


def mistyped_values(merged: Merged) -> Iterator[Problem]:
    """Values of Friday's own sections that a file writes as another type than theirs."""
    for location, wanted in mistyped(FridaySettings, merged.values):
        origin = merged.origin_of(merged.key_of(location))
        if not origin.is_text:
            name, section = dotted(location[-1:]), dotted(location[:-1])
            message = f"{dotted(location)} in {origin} is written as another type"
            yield Problem(ProblemKind.INVALID_VALUE, message, f"write {name} = {wanted}", section)


def _no_kind(name: str, origin: Origin) -> Problem:
    message = f"{name!r} in {origin} is not a kind of component"
    return Problem(ProblemKind.UNKNOWN_SECTION, message, kind_mend(name, installed_plugins()), f"plugins.{name}")


def _unknown(location: tuple[int | str, ...], origin: Origin, value: Any) -> Problem:
    name, table = str(location[-1]), dotted(location[:-1])
    names = tuple(step for step in location if isinstance(step, str))
    if origin.layer is Layer.ENVIRONMENT and variable(names) == origin.name:
        return unknown_variable(origin.name)
    if not table and isinstance(value, dict):
        return _unknown_section(name, origin)
    message = f"{name!r} in {origin} is not a key of [{table}]" if table else f"{name!r} in {origin} is in no section"
    return Problem(ProblemKind.UNKNOWN_KEY, message, _mend_of_key(name, location), section=table)


def _unknown_section(name: str, origin: Origin) -> Problem:
    sections = names_at(())
    close = nearest(name, sections)
    mend = f"did you mean [{close}]?" if close else f"sections are {', '.join(sections)}"
    return Problem(ProblemKind.UNKNOWN_SECTION, f"[{name}] in {origin} is not a section", mend, section=name)


def _mend_of_key(name: str, location: tuple[int | str, ...]) -> str:
    if location == ("profile",):
        return "choose the profile with --profile, FRIDAY_PROFILE or in the user's file"
    siblings = names_at(location[:-1]) if len(location) > 1 else ()
    if close := nearest(name, siblings):
        return f"did you mean {close!r}?"
    if location[:2] == ENTRIES:
        return f"a setting of the plugin stands in settings = {{ {name} = ... }}; known are {', '.join(siblings)}"
    elsewhere = {key[-1]: key for key in known_keys()}
    if close := nearest(name, elsewhere):
        return f"did you mean {dotted(elsewhere[close])}?"
    return f"known are {', '.join(siblings or names_at(()))}"


def _invalid(location: tuple[int | str, ...], origin: Origin, detail: Any) -> Problem:
    name, description = dotted(location[-1:]), description_at(location)
    kind = ProblemKind.INVALID_VALUE
    means = f"; {name}: {description}" if description else ""
    if detail["type"] == "missing":
        table = dotted(location[:-1])
        place = f"[{table}] in {origin}" if origin.layer else f"[{table}]"
        return Problem(kind, f"{name} is missing in {place}", f"add it{means}", section=table)
    is_open = location[0] != "plugins" and not isinstance(detail["input"], dict)
    shown = f"{name} = {_short(detail['input'])}" if is_open else name
    mend = f"correct it in {origin}{means}"
    return Problem(kind, f"{shown} in {origin}: {_wanted(detail)}", mend, section=dotted(location[:-1]) or name)


def _wanted(detail: Any) -> str:
    """pydantic's sentence, without its vocabulary."""
    if detail["type"] in _TABLES:
        return "must be a table"
    if detail["type"] in _LISTS:
        return "must be a list"
    if detail["type"] == "value_error":
        return str(detail["ctx"]["error"])
    sentence = str(detail["msg"]).replace("Input should be", "must be").replace("String should", "must")
    given = ", but is a table" if isinstance(detail["input"], dict) else ""
    return sentence[:1].lower() + sentence[1:] + given


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= _LONGEST_VALUE else text[: _LONGEST_VALUE - 3] + "..."
