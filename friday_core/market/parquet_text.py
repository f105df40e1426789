"""Parquet files as the same columns of text that CSV files are, so that both are judged alike."""

from __future__ import annotations

import difflib
import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from friday_core.errors import DataSourceError
from friday_core.market.text_table import TextTable


def read_parquet(
    path: Path,
    required: Sequence[str],
    optional: Sequence[str] = (),
    *,
    what: str,
    names: Mapping[str, str] | None = None,
) -> TextTable:
    """The named columns of a file; null is an empty text, rows are counted from 1.

    ``names`` is what the file calls columns that it calls otherwise. ``DataSourceError`` for what is not such
    a file; ``what`` is what it should be.
    """
    try:
        table = pq.read_table(path)
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
    except (OSError, pa.ArrowException) as error:
        why = getattr(error, "strerror", None) or error
        raise DataSourceError(f"{path} cannot be read: {why}\n    mend: correct the path") from error
    shown = {name: (names or {}).get(name, name) for name in (*required, *optional)}
    there = {column.lower(): column for column in table.column_names}
    missing = [shown[name] for name in required if shown[name].lower() not in there]
    if missing:
        near = difflib.get_close_matches(missing[0].lower(), there, 1)
        hint = f" ({there[near[0]]!r} is near)" if near else ""
        raise DataSourceError(
            f"{path} is not {what}: it lacks {', '.join(missing)}{hint}; it has {', '.join(there.values()):.200}\n"
            f"    mend: say what it calls the columns {','.join(required)}"
        )
    wanted = {name: there[theirs.lower()] for name, theirs in shown.items() if theirs.lower() in there}
    columns = pa.table({name: _text(table[theirs]) for name, theirs in wanted.items()})
    return TextTable(str(path), columns, lambda row: row + 1, word="row", shown=shown, sha256=digest)


def _text(column: pa.ChunkedArray) -> pa.ChunkedArray:
    if pa.types.is_timestamp(column.type):
        column = pc.strftime(column, format="%Y-%m-%d")
    return pc.utf8_trim_whitespace(pc.cast(column, pa.string()).fill_null(""))
