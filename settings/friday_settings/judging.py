"""What the model finds wrong, in the user's words."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError

from friday_core.errors import Problem, ProblemKind
from friday_settings.catalogue import description_at, known_keys, names_at, nearest, variable
from friday_settings.environment import unknown_variable
from friday_settings.layers import Merged
from friday_settings.origins import Key, Layer, Origin, dotted

_LONGEST_VALUE = 60
_TABLES = ("model_type", "dict_type", "model_attributes_type")
_LISTS = ("tuple_type", "list_type")


def problems_of(error: ValidationError, merged: Merged) -> list[Problem]:
    """One problem a field, each with the file, variable or option that the value came from."""
    problems = []
    for detail in error.errors(include_url=False):
        location = detail["loc"]
        known = location[:-1] if detail["type"] == "missing" else location
        origin = merged.origin_of(_key_of(known))
        if detail["type"] == "extra_forbidden":
            problems.append(_unknown(location, origin, detail["input"]))
        else:
            problems.append(_invalid(location, origin, detail))
    return problems


def _key_of(location: tuple[int | str, ...]) -> Key:
    """The location up to the first list: origins know lists as a whole."""
    steps = []
    for step in location:
        if isinstance(step, int):
            break
        steps.append(step)
    return tuple(steps)


def _unknown(location: tuple[int | str, ...], origin: Origin, value: Any) -> Problem:
    name, table = str(location[-1]), dotted(location[:-1])
    if origin.layer is Layer.ENVIRONMENT and variable(_key_of(location)) == origin.name:
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
