"""Changes of symbols: those that come with Friday, and a user's own."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from pathlib import Path

import msgspec

from friday_core.market.csv_text import read_csv
from friday_core.market.instruments.dated_facts import InstrumentFacts
from friday_core.market.instruments.dated_file import read_facts
from friday_core.market.instruments.dated_rows import SymbolChangeRow
from friday_core.market.text_table import TextTable
from friday_core.market.written_dates import dates

_REQUIRED, _OPTIONAL = ("old_symbol", "new_symbol", "new_first"), ("old_last", "isin")


class SymbolChange(msgspec.Struct, frozen=True, order=True):
    """A company that traded as ``old`` and trades as ``new`` since ``first``; ``isin`` is empty if unknown."""

    first: dt.date
    old: str
    new: str
    isin: str = ""


def shipped_changes(facts: InstrumentFacts) -> list[SymbolChange]:
    """The changes in files of facts."""
    return [_change(row) for file in facts.files for row in file.changes]


def read_symbol_changes(path: Path) -> list[SymbolChange]:
    """A file of one's own: TOML as the shipped one, or CSV with ``old_symbol,new_symbol,new_first``.

    A CSV may also have ``old_last`` and ``isin``. ``DataSourceError`` names line, column, value and mend for
    an empty or an unchanged symbol, a new one that begins before the old one ends, and two changes of which
    not both can be.
    """
    if path.suffix.lower() == ".toml":
        return [_change(row) for row in read_facts(path).changes]
    file = read_csv(path, _REQUIRED, _OPTIONAL, what="a file of symbol changes")
    if not len(file):
        return []
    for column in _REQUIRED:
        file.refuse_blank(column)
    old, new = (file[name].to_pylist() for name in ("old_symbol", "new_symbol"))
    first = dates(file, "new_first").to_pylist()
    last = dates(file, "old_last").to_pylist() if "old_last" in file else [None] * len(file)
    isins = file["isin"].to_pylist() if "isin" in file else [""] * len(file)
    found = [SymbolChange(*parts) for parts in zip(first, old, new, isins, strict=True)]
    for row, (one, last_old) in enumerate(zip(found, last, strict=True)):
        _check(file, row, one, last_old)
    _refuse_twice(file, found, "old_symbol", lambda one: (one.first, one.old))
    _refuse_twice(file, found, "new_symbol", lambda one: (one.first, one.new))
    return found


def _change(row: SymbolChangeRow) -> SymbolChange:
    return SymbolChange(row.first, row.old, row.new, row.isin)


def _check(file: TextTable, row: int, one: SymbolChange, last: dt.date | None) -> None:
    if one.old == one.new:
        raise file.error(f"{one.new!r} is the old symbol too", "remove the line", row=row, column="new_symbol")
    if last is not None and one.first <= last:
        why = f"{one.first} is not after the last day of {one.old}, {last}"
        raise file.error(why, "correct one of the two", row=row, column="new_first")


def _refuse_twice(
    file: TextTable, found: Iterable[SymbolChange], column: str, key: Callable[[SymbolChange], tuple[dt.date, str]]
) -> None:
    seen: dict[tuple[dt.date, str], int] = {}
    for row, one in enumerate(found):
        before = seen.setdefault(key(one), row)
        if before != row:
            why = f"{key(one)[1]!r} changes on {one.first} in line {file.line(before)} too"
            raise file.error(why, "remove one of the two lines", row=row, column=column)
