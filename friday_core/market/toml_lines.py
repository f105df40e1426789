"""Where in a TOML file something stands: the reader of the standard library does not tell."""

from __future__ import annotations

import re
from collections import Counter

_TABLE = re.compile(r"\s*\[\[?\s*([\w.-]+)\s*\]")
_KEY = re.compile(r'\s*"?([\w-]+)"?\s*=')


class TomlLines:
    """Lines of tables and keys, counted from 1, of a text that tomllib can read.

    A line inside a text of several lines that looks like a table or a key is taken for one.
    """

    def __init__(self, text: str) -> None:
        self._lines: dict[tuple[str | int, ...], int] = {}
        counted: Counter[str] = Counter()
        table: tuple[str | int, ...] = ()
        for number, line in enumerate(text.splitlines(), 1):
            if header := _TABLE.match(line):
                name = header[1]
                table = (name, counted[name]) if line.lstrip().startswith("[[") else (name,)
                counted[name] += 1
                self._lines.setdefault(table, number)
            elif key := _KEY.match(line):
                self._lines.setdefault((*table, key[1]), number)

    def of(self, *place: str | int) -> int:
        """The line of a place such as ``"levies", 3, "buy"``; of the nearest table around it, else 1."""
        for length in range(len(place), 0, -1):
            if place[:length] in self._lines:
                return self._lines[place[:length]]
        return 1
