"""A TOML file of dated facts: read, and judged line by line."""

from __future__ import annotations

import datetime as dt
import re
import tomllib
from collections.abc import Iterator
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import ClassVar, NamedTuple, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from friday_core.errors import DataSourceError
from friday_core.market.fact_rows import Row
from friday_core.market.toml_lines import TomlLines

_DAY = dt.timedelta(days=1)


class Fault(NamedTuple):
    """What is wrong with a file, and in which line, counted from 1."""

    line: int
    message: str


class FactFile(BaseModel):
    """Facts that somebody looked up on ``checked``.

    ``called`` is what messages call such a file, ``form`` where to see how one is written, ``tables`` what
    holds its rows.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    called: ClassVar[str]
    form: ClassVar[str]
    tables: ClassVar[tuple[str, ...]]

    name: str = Field(min_length=1)
    title: str = ""
    checked: dt.date

    def faults(self, lines: TomlLines) -> Iterator[Fault]:
        """What is wrong with rows that are right each by itself."""
        raise NotImplementedError


class DatedFile(FactFile):
    """Facts that hold for spans of days; no day after ``known_until`` is answered for."""

    known_until: dt.date

    def rows(self) -> Iterator[tuple[str, int, Row]]:
        """Every row with its table and its place in it, from 0."""
        for table in self.tables:
            for place, row in enumerate(getattr(self, table)):
                yield table, place, row

    def faults(self, lines: TomlLines) -> Iterator[Fault]:
        """Rows that begin too late, two that answer for the same day, and days between the first row and the
        last that none answers for.
        """
        yield from self.too_late(lines)
        by_key: dict[tuple[str, ...], list[tuple[Row, int]]] = {}
        for table, place, row in self.rows():
            for key in row.keys:
                by_key.setdefault(key, []).append((row, lines.of(table, place)))
        for key, rows in by_key.items():
            yield from _apart(" ".join(key), sorted(rows, key=lambda one: one[0].first))

    def too_late(self, lines: TomlLines) -> Iterator[Fault]:
        """Rows that begin when the file answers no more."""
        for table, place, row in self.rows():
            if row.first > self.known_until:
                yield Fault(lines.of(table, place, "from"), f"from {row.first} is after known_until {self.known_until}")


FileT = TypeVar("FileT", bound=FactFile)


def read_file(path: Path, model: type[FileT]) -> FileT:
    """The file; ``DataSourceError`` if it cannot be read, else with every fault by its line, and the mend."""
    try:
        file, faults = judge(path, model)
    except OSError as error:
        what = f"the {model.called} {path} cannot be read: {error.strerror or error}"
        raise DataSourceError(f"{what}\n    mend: correct the path") from error
    if file is None or faults:
        listed = "".join(f"\n  line {fault.line}: {fault.message}" for fault in faults)
        mend = f"correct these lines; the form is that of {model.form}"
        raise DataSourceError(f"{path} is not a {model.called}:{listed}\n    mend: {mend}")
    return file


def check_file(path: Path, model: type[FactFile]) -> list[Fault]:
    """All that is wrong with a file, by line; empty if it can be used. ``OSError`` if it cannot be read."""
    return judge(path, model)[1]


def judge(path: Path, model: type[FileT]) -> tuple[FileT | None, list[Fault]]:
    """The file as far as it is one, and its faults in the order of their lines. ``OSError`` if it cannot be read."""
    try:
        text = path.read_text("utf-8")
        content = tomllib.loads(text, parse_float=Decimal)
    except UnicodeDecodeError as error:
        return None, [Fault(1, f"it is not UTF-8 text: {error.reason}")]
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"line (\d+)", str(error))
        return None, [Fault(int(found[1]) if found else 1, str(error))]
    lines = TomlLines(text)
    try:
        file = model.model_validate(content)
    except ValidationError as error:
        # Of one value the first fault only: the others follow from it.
        faults = {one["loc"][:3]: _fault(lines, one["loc"], one["msg"]) for one in reversed(error.errors())}
        return None, sorted(faults.values())
    return file, sorted(set(file.faults(lines)))


def _fault(lines: TomlLines, place: tuple[str | int, ...], message: str) -> Fault:
    what = ".".join(str(step) for step in place if isinstance(step, str))
    return Fault(lines.of(*place), f"{what}: {message.removeprefix('Value error, ')}".removeprefix(": "))


def _apart(what: str, rows: list[tuple[Row, int]]) -> Iterator[Fault]:
    """Rows of one key by their first days, each with its line: where they overlap, and what they leave out."""
    for (before, line_before), (row, line) in pairwise(rows):
        if before.until is None or row.first <= before.until:
            yield Fault(line, f"{what}: {row.first} is also in the row of line {line_before}")
        elif row.first - before.until > _DAY:
            yield Fault(line, f"{what}: nothing is said of {before.until + _DAY} to {row.first - _DAY}")
