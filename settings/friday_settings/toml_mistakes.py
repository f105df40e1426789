"""What a TOML file that cannot be read says wrong, in the words of whoever wrote it."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator

from friday_settings.origins import Key, dotted, leaves

_PLACE = re.compile(r"\(at line (\d+), column \d+\)")
_TWICE = ("Cannot overwrite a value", "Cannot declare", "Cannot mutate immutable namespace")
#: What other languages write for a truth value, and TOML's word for it.
_STRANGE = {"true": "true", "yes": "true", "on": "true", "false": "false", "no": "false", "off": "false"}
_NOTHING = ("none", "null", "nil")
_BARE_VALUE = re.compile(r"=\s*([A-Za-z]+)\s*(?=[,}#\]]|$)")
_HEADER = re.compile(r"\s*(\[\[?)(.+?)\]\]?\s*(?:#.*)?$")
_ASSIGNMENT = re.compile(r"\s*([^=\[{#]+?)\s*=(?!=)")
_MEND = "correct that line of {name}; text stands in double quotes"


def explained(text: str, error: tomllib.TOMLDecodeError, name: str) -> tuple[str, str]:
    """What is wrong in the file ``name`` with this text, and the mend."""
    lines = text.splitlines()
    place = _PLACE.search(str(error))
    last = int(place[1]) if place is not None else len(lines)
    if any(sign in str(error) for sign in _TWICE) and (twice := _twice(lines[:last])) is not None:
        return twice
    return str(error), next(_word_mends(lines[last - 1] if lines else ""), _MEND.format(name=name))


def _word_mends(line: str) -> Iterator[str]:
    """The mend of a word that stands bare for a truth value, or for nothing."""
    for word in _BARE_VALUE.findall(line):
        if word.lower() in _STRANGE and word not in ("true", "false"):
            yield f"TOML writes {_STRANGE[word.lower()]}, not {word}"
        elif word.lower() in _NOTHING:
            yield f"TOML has no {word}: leave the key out"


def _twice(lines: list[str]) -> tuple[str, str] | None:
    """The first key that is written again, where it stood before, and the mend."""
    seen: dict[Key, tuple[int, str]] = {}
    for number, key, form in _written(lines):
        earlier = seen.get(key)
        if earlier is not None and not (form == earlier[1] == "[["):
            return _told(key, earlier, (number, form))
        if form == "[[":
            # A new entry may say everything again.
            seen = {one: place for one, place in seen.items() if one[: len(key)] != key or one == key}
        seen.setdefault(key, (number, form))
    return None


def _told(key: Key, first: tuple[int, str], second: tuple[int, str]) -> tuple[str, str]:
    name, (one, form), (two, other) = dotted(key), first, second
    if form == other == "[":
        return f"[{name}] stands twice, in lines {one} and {two}", "put the keys of both below one of them"
    if form == other:
        return f"{name} is written twice, in lines {one} and {two}", "keep one"
    shown = {"=": f"as `{key[-1]} = ...`", "[": f"as `[{name}]`", "[[": f"as `[[{name}]]`"}
    message = f"{name} is written twice, {shown[form]} in line {one} and {shown[other]} in line {two}"
    more = f": below [[{name}]] every entry is a table of its own" if "[[" in (form, other) else ""
    return message, f"keep one{more}"


def _written(lines: list[str]) -> Iterator[tuple[int, Key, str]]:
    """Line, full key and form of everything that is set."""
    table: Key = ()
    for number, line in enumerate(lines, 1):
        if header := _HEADER.match(line):
            table = _key(header[2])
            if table:
                yield number, table, header[1]
        elif (assigned := _ASSIGNMENT.match(line)) and (key := _key(assigned[1])):
            yield number, (*table, *key), "="


def _key(text: str) -> Key:
    """The steps of a key as TOML reads it; none if it is no key."""
    try:
        return next(leaves(tomllib.loads(f"{text} = 0")))[0]
    except tomllib.TOMLDecodeError:
        return ()
