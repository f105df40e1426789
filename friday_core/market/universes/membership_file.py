"""Files of spells: ``index,symbol,from,to,confidence``."""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

from friday_core.errors import DataSourceError
from friday_core.market.csv_text import read_csv
from friday_core.market.parquet_text import read_parquet
from friday_core.market.text_table import TextTable
from friday_core.market.universes.membership import Membership, Spell
from friday_core.market.written_dates import dates

_REQUIRED = ("index", "symbol", "from")
_OPTIONAL = ("to", "confidence", "announced", "end_announced")
_DAY = dt.timedelta(days=1)


def read_membership(path: Path, names: Mapping[str, str] | None = None) -> Membership:
    """Spells from a CSV or Parquet file with the columns ``index,symbol,from`` and what it has of the others.

    ``names`` is what the file calls columns that it calls otherwise. ``DataSourceError`` names line, column,
    value and mend for what cannot be read, for a spell that ends before it begins, one that overlaps another
    of the same symbol in the same index, and a change that was announced after it came into force.
    """
    file = read_table(path, _REQUIRED, _OPTIONAL, names)
    for column in _REQUIRED:
        file.refuse_blank(column)
    texts = {name: file[name].to_pylist() for name in ("index", "symbol", "confidence") if name in file}
    days = {
        name: dates(file, name).to_pylist() for name in ("from", "to", "announced", "end_announced") if name in file
    }
    found = [
        Spell(
            texts["index"][row],
            texts["symbol"][row],
            days["from"][row],
            days["to"][row] if "to" in days else None,
            texts["confidence"][row] if "confidence" in texts else "",
            days["announced"][row] if "announced" in days else None,
            days["end_announced"][row] if "end_announced" in days else None,
        )
        for row in range(len(file))
    ]
    for row, spell in enumerate(found):
        _check(file, row, spell)
    _refuse_overlaps(file, found)
    return Membership(found)


def write_membership(path: Path, membership: Membership) -> None:
    """The spells as CSV, by index, symbol and day; ``DataSourceError`` if it cannot be written.

    The columns about announcements are left out if nothing is known of any.
    """
    spells = membership.spells
    announced = any(one.announced or one.end_announced for one in spells)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*_REQUIRED, *(_OPTIONAL if announced else _OPTIONAL[:2])])
    for one in spells:
        row = [one.index, one.symbol, one.first, one.last, one.confidence, one.announced, one.end_announced]
        writer.writerow(["" if value is None else value for value in (row if announced else row[:5])])
    temporary = path.with_name(f".{path.name}.tmp")
    try:
        temporary.write_text(text.getvalue(), "utf-8")
        temporary.replace(path)
    except OSError as error:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise DataSourceError(f"{path} cannot be written: {error.strerror or error}") from error


def read_table(
    path: Path,
    required: tuple[str, ...],
    optional: tuple[str, ...],
    names: Mapping[str, str] | None,
    *,
    of: str = "member",
    what: str = "a file of members of indices",
) -> TextTable:
    """A CSV or Parquet file, as its ending says, with at least one row, each of which is ``of`` something."""
    read = read_parquet if path.suffix.lower() == ".parquet" else read_csv
    file = read(path, required, optional, what=what, names=names)
    if not len(file):
        raise file.error("there are no rows", f"give it at least one {of}")
    return file


def _check(file: TextTable, row: int, spell: Spell) -> None:
    if spell.last is not None and spell.last < spell.first:
        raise file.error(f"{spell.last} is before {spell.first}", "swap or correct the days", row=row, column="to")
    if spell.announced is not None and spell.announced > spell.first:
        why = f"{spell.announced} is after the change came into force, on {spell.first}"
        raise file.error(why, "correct one of the days", row=row, column="announced")
    if spell.end_announced is not None and (spell.last is None or spell.end_announced > spell.last + _DAY):
        why = f"{spell.end_announced} is after the change came into force" if spell.last else "there is no end"
        raise file.error(why, "correct one of the days", row=row, column="end_announced")


def _refuse_overlaps(file: TextTable, found: Iterable[Spell]) -> None:
    latest: dict[tuple[str, str], tuple[int, Spell]] = {}
    for row, spell in sorted(enumerate(found), key=lambda one: (one[1].first, one[0])):
        before = latest.get((spell.index, spell.symbol))
        if before is not None and (before[1].last is None or spell.first <= before[1].last):
            why = f"{spell.symbol} is in {spell.index} on {spell.first} by line {file.line(before[0])} too"
            raise file.error(why, "end one before the other begins", row=row, column="from")
        latest[spell.index, spell.symbol] = (row, spell)
