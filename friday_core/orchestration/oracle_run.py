"""A session's records once more, through plain Python alone, and what differs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from friday_core.domain.records import ChunkReceived
from friday_core.orchestration.assembly import Assembly
from friday_core.orchestration.building import build_account, build_desks, build_driver, build_flow, build_risk
from friday_core.orchestration.masking import secrets_of
from friday_core.orchestration.rehearsal import started
from friday_core.session.core import Core
from friday_core.session.journal import Entry
from friday_core.session.runner import Progress
from friday_core.session.tables import ResultTables

#: Tables in the order in which a difference arises; others are looked at after these.
FIRST = (
    "quarantine",
    "decisions",
    "nettings",
    "orders",
    "account_orders",
    "fills",
    "account_fills",
    "corporate_actions",
    "postings",
    "equity",
    "positions",
)
#: The pseudo-table of what was sent because of a record.
INTENTS = "intents"


@dataclass(frozen=True, slots=True)
class Difference:
    """The first place at which two runs differ: ``row`` counts from 0, ``first`` is the fast run's value.

    ``None`` stands for a row that one of them does not have. ``of`` tells which row it is.
    """

    table: str
    row: int
    column: str
    first: object
    other: object
    of: str = ""

    def __str__(self) -> str:
        where = f"{self.table}, row {self.row:,}{f' ({self.of})' if self.of else ''}"
        return f"{where}, {self.column}: {_shown(self.first)}, and {_shown(self.other)} in plain Python"


@dataclass(frozen=True, slots=True)
class OracleRun:
    """What plain Python made of the same records. Tables as in the run folder."""

    core: Core
    tables: Mapping[str, pa.Table]
    digest: str
    first_intents: Difference | None = None


@dataclass(frozen=True, slots=True)
class Checked:
    """How far the fast run and plain Python agree. ``difference`` is ``None`` if they do."""

    rows: Mapping[str, int] = field(default_factory=dict)
    slices: int = 0
    digest: str = ""
    difference: Difference | None = None

    def __str__(self) -> str:
        """One line; with a difference two, the second with the mend."""
        if self.difference is not None:
            return f"not equal: {self.difference}\n    mend: {MEND}"
        counts = f"{self.rows.get('decisions', 0):,} decisions, {self.rows.get('fills', 0):,} fills"
        return f"{counts}, equity of {self.slices:,} slices: equal"


MEND = (
    "if a component draws random numbers, reads a clock or keeps something between two runs, take that out; else "
    'report it, and set [run] executor = "python" until it is mended'
)


def oracle_run(assembly: Assembly, journal: Iterable[Entry], progress: Progress = lambda _rows, _ts: None) -> OracleRun:
    """Apply the records of another run, and nothing else, to an assembly that has not run.

    The assembly is to be made with ``[run] executor = "python"``. Nothing is sent and nobody told.
    """
    account = build_account(assembly)
    core = Core(build_flow(assembly), build_driver(assembly, build_desks(assembly, account, build_risk(assembly))))
    rows, differs = 0, None
    with started(assembly):
        for entry in journal:
            answer = tuple(core.apply(entry.record))
            if differs is None and answer != entry.intents:
                differs = _intents(entry, answer)
            if isinstance(entry.record, ChunkReceived):
                rows += len(entry.record.chunk)
                progress(rows, int(entry.record.chunk.ts_event[-1]))
    mask = secrets_of(assembly.graph.nodes.values()).mask
    currency = assembly.settings.account.currency
    held = [row for quarantine in core.flow.quarantines.values() for row in quarantine.rows]
    tables = ResultTables(assembly.universe, currency, mask).all(core.log, held)
    return OracleRun(core, tables, core.log.digest(), differs)


def check(tables: Mapping[str, pa.Table], digest: str, oracle: OracleRun) -> Checked:
    """Hold the tables and the digest of a run against those of plain Python: every table, row and column."""
    names = [name for name in dict.fromkeys((*FIRST, *oracle.tables)) if name in tables or name in oracle.tables]
    found = (first_difference(name, tables.get(name), oracle.tables.get(name)) for name in names)
    difference = next((one for one in found if one is not None), oracle.first_intents)
    if difference is None and digest != oracle.digest:
        difference = Difference("summary.json", 0, "digest", digest, oracle.digest)
    counts = {name: tables[name].num_rows for name in names if name in tables}
    return Checked(counts, oracle.core.log.slices, oracle.digest, difference)


def first_difference(name: str, first: pa.Table | None, other: pa.Table | None) -> Difference | None:
    """The first row, and of it the first column, in which two tables differ; NaN is equal to NaN."""
    if first is None or other is None:
        there = "there" if first is not None else None
        return Difference(name, 0, "table", there, "there" if other is not None else None)
    if first.column_names != other.column_names:
        return Difference(name, 0, "columns", first.column_names, other.column_names)
    if name == "quarantine":  # its streams are written in turns
        keys = [(key, "ascending") for key in ("stream", "seq", "stage", "reason")]
        first, other = first.sort_by(keys), other.sort_by(keys)
    rows = min(first.num_rows, other.num_rows)
    places = [(_first_row(first[one][:rows], other[one][:rows]), n) for n, one in enumerate(first.column_names)]
    row, column = min(places)
    if row == rows and first.num_rows == other.num_rows:
        return None
    named = first.column_names[column] if row < rows else "row"
    here, plain = _cell(first, row, named), _cell(other, row, named)
    return Difference(name, row, named, here, plain, _row_name(first, other, row))


def _first_row(first: pa.ChunkedArray, other: pa.ChunkedArray) -> int:
    """Where two columns of one length differ first; their length if they do not."""
    if first.type != other.type:
        return 0
    if first.equals(other):
        return len(first)
    same = pc.fill_null(pc.equal(first, other), False)
    same = pc.or_(same, pc.and_(pc.is_null(first), pc.is_null(other)))
    if pa.types.is_floating(first.type):
        nan = pc.and_(pc.fill_null(pc.is_nan(first), False), pc.fill_null(pc.is_nan(other), False))
        same = pc.or_(same, nan)
    at: int = pc.index(same, False).as_py()
    return len(first) if at < 0 else at


def _cell(table: pa.Table, row: int, column: str) -> object:
    if row >= table.num_rows:
        return None
    if column not in table.column_names:
        return "there"
    value = table[column][row].as_py()
    return "null" if value is None else value


def _row_name(first: pa.Table, other: pa.Table, row: int) -> str:
    """Time, strategy and instrument of a row, as far as its table has them."""
    table: Any = first if row < first.num_rows else other
    names = ("ts_event", "ts_decided", "session", "strategy", "instrument")
    return " ".join(str(table[name][row].as_py()) for name in names if name in table.column_names)


def _intents(entry: Entry, answer: tuple[object, ...]) -> Difference:
    sent = [str(one) for one in entry.intents]
    asked = [str(one) for one in answer]
    at = next((n for n, (a, b) in enumerate(zip(sent, asked, strict=False)) if a != b), min(len(sent), len(asked)))
    there, plain = (one[at] if at < len(one) else None for one in (sent, asked))
    return Difference(INTENTS, entry.seq, f"intent {at}", there, plain)


def _shown(value: object) -> str:
    return "no such row" if value is None else f"{value!s:.200}"
