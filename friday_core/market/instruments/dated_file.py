"""A file of dated facts about instruments."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

from friday_core.market.fact_file import DatedFile, Fault, check_file, read_file
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


class InstrumentFile(DatedFile):
    """Facts that somebody looked up on ``checked`` and that answer for no day after ``known_until``.

    ``gaps`` says in words what is known to be missing.
    """

    called: ClassVar[str] = "file of facts about instruments"
    form: ClassVar[str] = "friday_core/market/data/instruments, docs/instruments.md"
    tables: ClassVar[tuple[str, ...]] = ("lots", "freeze", "ticks", "expiry_days", "changes")

    gaps: tuple[str, ...] = ()
    lots: tuple[LotRow, ...] = ()
    freeze: tuple[FreezeRow, ...] = ()
    ticks: tuple[TickRow, ...] = ()
    expiry_days: tuple[ExpiryDayRow, ...] = ()
    changes: tuple[SymbolChangeRow, ...] = ()

    def faults(self, lines: TomlLines) -> Iterator[Fault]:
        """Rows that begin too late, and two that answer for the same; days that none answers for are no fault."""
        yield from self.too_late(lines)
        seen: dict[tuple[str, ...], list[tuple[FactRow, int]]] = {}
        for table in self.tables:
            for place, row in enumerate(getattr(self, table)):
                for key in row.keys:
                    for before, line_before in seen.setdefault(key, []):
                        if row.meets(before):
                            told = f"{' '.join(key)}: the row of line {line_before} answers for the same"
                            yield Fault(lines.of(table, place), told)
                    seen[key].append((row, lines.of(table, place)))


def read_facts(path: Path) -> InstrumentFile:
    """The file; ``DataSourceError`` if it cannot be read, else with every fault by its line."""
    return read_file(path, InstrumentFile)


def check_facts(path: Path) -> list[Fault]:
    """All that is wrong with a file of facts about instruments, by line; empty if it can be used.

    Two rows that answer for the same question are faults; days that no row answers for are none.
    ``OSError`` if there is no such file.
    """
    return check_file(path, InstrumentFile)


def facts_table(path: Path) -> FactsTable:
    """What a file covers, for whoever asks how far facts are known."""
    file = read_facts(path)
    sources = dict.fromkeys(str(row.certainty) for _, _, row in file.rows())
    known = min((row.first for _, _, row in file.rows()), default=file.checked)
    source = f"see each row ({', '.join(sources)}); looked up on {file.checked}"
    return FactsTable(file.name.replace("_", " "), file.title, known, file.known_until, source, path, file.gaps)
