"""Source ``parquet``: bars from Parquet files."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from friday_core.api import BarFileSettings, BarFileSource, ComponentSpec, Origin, hookimpl

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

#: Bytes of a column that are read at once, so that a large row group is not held as a whole.
_BUFFER = 1 << 18


class ParquetSource(BarFileSource):
    """Reads whole files, and very large ones in pieces.

    An index that pandas stored in the file is a column like the others.
    """

    Settings = BarFileSettings
    suffixes = (".parquet",)

    def frame(self, path: Path, origin: Origin) -> pd.DataFrame:
        import pyarrow.parquet as pq  # noqa: PLC0415

        with _named(origin), path.open("rb") as file:
            return _frame(pq.ParquetFile(file).read(), 1)

    def frames(self, path: Path, origin: Origin, rows: int) -> Iterator[pd.DataFrame]:
        import pyarrow as pa  # noqa: PLC0415
        import pyarrow.parquet as pq  # noqa: PLC0415

        with _named(origin), path.open("rb") as raw:
            file = pq.ParquetFile(raw, buffer_size=_BUFFER, pre_buffer=False)
            batches = file.iter_batches(rows) if file.metadata.num_rows else [file.schema_arrow.empty_table()]
            first = 1
            for batch in batches:
                table = batch if isinstance(batch, pa.Table) else pa.Table.from_batches([batch])
                yield _frame(table, first)
                first += len(table)

    def rows_in(self, path: Path) -> int:
        import pyarrow as pa  # noqa: PLC0415
        import pyarrow.parquet as pq  # noqa: PLC0415

        try:
            with path.open("rb") as file:
                return int(pq.read_metadata(file).num_rows)
        except (pa.ArrowException, EOFError, ValueError, OSError):
            return 0


def _frame(table: pa.Table, first: int) -> pd.DataFrame:
    """A table with the numbers of its rows."""
    table.validate(full=True)
    frame: pd.DataFrame = table.to_pandas(ignore_metadata=True)
    frame.index += first
    return frame


@contextmanager
def _named(origin: Origin) -> Iterator[None]:
    """What is wrong inside of a file, with its name."""
    import pyarrow as pa  # noqa: PLC0415

    try:
        yield
    except (pa.ArrowException, EOFError, ValueError) as error:
        raise origin.error(
            f"it is not a readable Parquet file, perhaps cut off: {str(error).splitlines()[0]}",
            "write or fetch it again",
        ) from error


@hookimpl
def friday_components() -> list[ComponentSpec]:
    return [ComponentSpec("source", "parquet", ParquetSource, ParquetSource.Settings)]
