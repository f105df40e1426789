"""Columns of text from a file, with the line that each value stands in."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from friday_core.errors import DataSourceError


class TextTable:
    """The columns of a file that were asked for, as text without blanks around it.

    Rows without any value are left out. ``line`` tells the number of a row of ``columns`` for messages, and
    ``word`` what it counts; ``shown`` is what the file calls a column. ``sha256`` is that of the file's bytes.
    """

    def __init__(
        self,
        name: str,
        columns: pa.Table,
        line: Callable[[int], int],
        *,
        word: str = "line",
        shown: Mapping[str, str] | None = None,
        sha256: str = "",
    ) -> None:
        self.name = name
        self.sha256 = sha256
        self._line, self._word, self._shown = line, word, shown or {}
        filled = np.zeros(columns.num_rows, bool)
        for column in columns.columns:
            filled |= pc.not_equal(column, "").to_numpy(zero_copy_only=False)
        self._rows = np.flatnonzero(filled)
        self.table = columns if filled.all() else columns.take(self._rows)

    def __len__(self) -> int:
        return int(self.table.num_rows)

    def __contains__(self, column: str) -> bool:
        return column in self.table.column_names

    def __getitem__(self, column: str) -> pa.ChunkedArray:
        return self.table[column]

    def line(self, row: int) -> int:
        """The line, counted from 1, in which a row stands."""
        return self._line(int(self._rows[row]))

    def error(self, what: str, mend: str, *, row: int | None = None, column: str = "") -> DataSourceError:
        """An error that names file, line and column, what is wrong there, and the mend."""
        places = [self.name, *([] if row is None else [f"{self._word} {self.line(row)}"])]
        if column:
            places.append(f"column {self._shown.get(column, column)!r}")
        return DataSourceError(f"{', '.join(places)}: {what}\n    mend: {mend}")

    def refuse_blank(self, column: str) -> None:
        """``DataSourceError`` names the first row without a value."""
        blank = pc.equal(self[column], "").to_numpy(zero_copy_only=False)
        if blank.any():
            raise self.error("nothing stands there", "fill it in", row=int(np.argmax(blank)), column=column)
