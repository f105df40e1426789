"""Membership from compositions: who was in an index on each of some days."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from pathlib import Path

from friday_core.market.text_table import TextTable
from friday_core.market.universes.membership import Membership, Spell
from friday_core.market.universes.membership_file import read_table
from friday_core.market.written_dates import dates

_REQUIRED, _OPTIONAL = ("index", "date", "symbol"), ("confidence",)
_DAY = dt.timedelta(days=1)
#: Confidence of each symbol on each day.
_Days = dict[dt.date, dict[str, str]]


def read_compositions(
    path: Path, names: Mapping[str, str] | None = None, *, until: dt.date | None = None
) -> Membership:
    """Spells from a CSV or Parquet file with a row for each index, day and member.

    A composition holds until the day before the next one: on which day in between a change came into
    force, such a file does not say. Where the confidence changes, a new spell begins. The last composition holds
    on its own day only, or up to ``until``. ``names`` is what the file calls ``index``, ``date``, ``symbol`` and
    ``confidence``. ``DataSourceError`` names row, column, value and mend, and a member that is named twice.
    """
    file = read_table(path, _REQUIRED, _OPTIONAL, names)
    for column in _REQUIRED:
        file.refuse_blank(column)
    indices = _by_index(file)
    return Membership(spell for index, days in indices.items() for spell in _spells(index, days, until))


def _by_index(file: TextTable) -> dict[str, _Days]:
    columns = [file["index"].to_pylist(), dates(file, "date").to_pylist(), file["symbol"].to_pylist()]
    words = file["confidence"].to_pylist() if "confidence" in file else [""] * len(file)
    found: dict[str, _Days] = {}
    for row, (index, day, symbol, word) in enumerate(zip(*columns, words, strict=True)):
        members = found.setdefault(index, {}).setdefault(day, {})
        if symbol in members:
            raise file.error(f"{symbol} is in {index} on {day} already", "remove the row", row=row, column="symbol")
        members[symbol] = word
    return found


def _spells(index: str, days: _Days, until: dt.date | None) -> Iterator[Spell]:
    order = sorted(days)
    ends = [after - _DAY for after in order[1:]] + [max(order[-1], until or order[-1])]
    running: dict[str, Spell] = {}
    for day, end in zip(order, ends, strict=True):
        for symbol, word in days[day].items():
            before = running.get(symbol)
            if before is not None and before.last == day - _DAY and before.confidence == word:
                running[symbol] = Spell(index, symbol, before.first, end, word)
            else:
                if before is not None:
                    yield before
                running[symbol] = Spell(index, symbol, day, end, word)
    yield from running.values()
