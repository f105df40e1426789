"""A file of dated facts about instruments: read, and judged line by line."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from friday_core.errors import DataSourceError
from friday_core.market.charges.rate_file import Fault
from friday_core.market.fact_file import judge
from friday_core.market.facts import FactsTable
from friday_core.market.instruments.dated_rows import (
    ExpiryDayRow,
    FactRow,
    FreezeRow,
    LotRow,
    SymbolChangeRow,
    TickRow,
)
from friday_core.market.toml_lines import TomlLines

_TABLES = ("lots", "freeze", "ticks", "expiry_days", "changes")


class InstrumentFile(BaseModel):
    """Facts that somebody looked up on ``checked`` and that answer for no day after ``known_until``.

    ``gaps`` says in words what is known to be missing.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(min_length=1)
    title: str = ""
    checked: dt.date
    known_until: dt.date
    gaps: tuple[str, ...] = ()
    lots: tuple[LotRow, ...] = ()
    freeze: tuple[FreezeRow, ...] = ()
    ticks: tuple[TickRow, ...] = ()
    expiry_days: tuple[ExpiryDayRow, ...] = ()
    changes: tuple[SymbolChangeRow, ...] = ()

    def rows(self) -> Iterator[tuple[str, int, FactRow]]:
        """Every row with its table and its place in it, from 0."""
        for table in _TABLES:
            for place, row in enumerate(getattr(self, table)):
                yield table, place, row


def read_facts(path: Path) -> InstrumentFile:
    """The file; ``DataSourceError`` names every fault with its line.

    Two rows that answer for the same question are faults; days that no row answers for are none.
    """
    try:
        file, (faults, lines) = judge(path, InstrumentFile)
    except OSError as error:
        raise DataSourceError(f"{path} cannot be read: {error.strerror}\n    mend: correct the path") from error
    if file is not None:
        faults = sorted(_faults(file, lines))
    if file is None or faults:
        listed = "".join(f"\n  line {fault.line}: {fault.message}" for fault in faults)
        raise DataSourceError(f"{path} holds no facts about instruments:{listed}")
    return file


def facts_table(path: Path) -> FactsTable:
    """What a file covers, for whoever asks how far facts are known."""
    file = read_facts(path)
    sources = dict.fromkeys(str(row.certainty) for _, _, row in file.rows())
    known = min((row.first for _, _, row in file.rows()), default=file.checked)
    source = f"see each row ({', '.join(sources)}); looked up on {file.checked}"
    return FactsTable(file.name.replace("_", " "), file.title, known, file.known_until, source, path, file.gaps)


def _faults(file: InstrumentFile, lines: TomlLines) -> Iterator[Fault]:
    seen: dict[tuple[str, ...], list[tuple[FactRow, int]]] = {}
    for table, place, row in file.rows():
        line = lines.of(table, place)
        if row.first > file.known_until:
            yield Fault(lines.of(table, place, "from"), f"from {row.first} is after known_until {file.known_until}")
        for key in row.keys:
            for before, line_before in seen.setdefault(key, []):
                if row.meets(before):
                    yield Fault(line, f"{' '.join(key)}: the row of line {line_before} answers for the same")
            seen[key].append((row, line))
