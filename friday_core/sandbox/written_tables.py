"""What is wrong with a table that somebody wrote for a msgspec struct, each mistake with the nearest right word."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterator, Mapping

import msgspec

from friday_core.errors import Problem, ProblemKind


def unknown_keys(written: Mapping[str, object], known: Collection[str], section: str) -> Iterator[Problem]:
    """Keys that are none of those."""
    for name in written:
        if name not in known:
            nearest = difflib.get_close_matches(name, known, 1)
            mend = f"write {nearest[0]}" if nearest else f"known are {', '.join(known)}"
            yield Problem(ProblemKind.UNKNOWN_KEY, f"there is no key {name!r}", mend, section)


def invalid_values(written: object, kind: type[msgspec.Struct], section: str) -> Iterator[Problem]:
    """What is wrong with the values of known keys; the first of each table."""
    if isinstance(written, dict):
        written = {name: value for name, value in written.items() if name in kind.__struct_fields__}
    try:
        msgspec.convert(written, kind)
    except msgspec.ValidationError as error:
        yield invalid_value(str(error), section, _offer(written, kind))


def invalid_value(message: str, section: str, mend: str) -> Problem:
    return Problem(ProblemKind.INVALID_VALUE, message, mend, section)


def _offer(written: object, kind: type[msgspec.Struct]) -> str:
    """The nearest of the words that one of the fields takes."""
    if isinstance(written, dict):
        for field in msgspec.structs.fields(kind):
            taken = getattr(field.type, "__members__", None)
            value = written.get(field.name)
            if taken and isinstance(value, str) and value not in set(taken.values()):
                words = [str(one) for one in taken.values()]
                nearest = difflib.get_close_matches(value, words, 1)
                return f"write {field.name} = {nearest[0]!r}" if nearest else f"{field.name} is {', '.join(words)}"
    return "correct the value"
