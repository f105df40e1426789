"""A table that is written while the run goes on: parts at first, one file in the end."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from friday_core.session.run_folder import RunFolder

#: Rows of a row group of the whole file.
_GROUP_ROWS = 65_536


class TableParts:
    """One table of a run folder. Rows are numbered from 0, in the order in which they are written.

    A part is a Parquet file of its own and readable as soon as it is there, whatever becomes of the run.
    """

    def __init__(self, folder: RunFolder, name: str) -> None:
        self._folder = folder
        self._name = name
        self._parts: list[tuple[Path, int]] = []

    def write(self, table: pa.Table) -> None:
        """The next rows."""
        if len(table):
            self._parts.append((self._folder.write_part(self._name, len(self._parts) + 1, table), len(table)))

    def finish(self, rest: pa.Table, numbers: Sequence[int] = (), changed: pa.Table | None = None) -> None:
        """The last rows; ``changed`` are the rows with these ``numbers``, ascending, as they stand by now."""
        if not self._parts:
            self._folder.write_table(self._name, rest)
            return
        tables = with_changes(self._read(), numbers, changed)
        self._folder.write_joined(self._name, _grouped(tables, rest), rest.schema)

    def _read(self) -> Iterator[pa.Table]:
        for path, _ in self._parts:
            with path.open("rb") as file:
                yield pq.ParquetFile(file, pre_buffer=False).read()


def with_changes(parts: Iterable[pa.Table], numbered: Sequence[int], changed: pa.Table | None) -> Iterator[pa.Table]:
    """The parts of a table, where the rows that are ``numbered``, ascending, are those of ``changed``."""
    first, numbers = 0, np.array(numbered, np.int64)
    for part in parts:
        begin, end = np.searchsorted(numbers, [first, first + len(part)])
        if changed is not None and begin < end:
            rows = np.arange(len(part))
            rows[numbers[begin:end] - first] = len(part) + np.arange(end - begin)
            yield pa.concat_tables([part, changed.slice(begin, end - begin)]).take(pa.array(rows))
        else:
            yield part
        first += len(part)


def _grouped(parts: Iterator[pa.Table], rest: pa.Table) -> Iterator[pa.Table]:
    """Small tables together, so that a row group is worth its while."""
    waiting: list[pa.Table] = []
    for part in parts:
        waiting.append(part)
        if sum(map(len, waiting)) >= _GROUP_ROWS:
            yield pa.concat_tables(waiting).combine_chunks()
            waiting = []
    yield pa.concat_tables([*waiting, rest])
