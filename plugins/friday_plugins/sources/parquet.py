"""Source ``parquet``: bars from Parquet files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from friday_core.api import BarFileSettings, BarFileSource, ComponentSpec, Origin, hookimpl

if TYPE_CHECKING:
    import pandas as pd


class ParquetSource(BarFileSource):
    """Reads whole files. An index that pandas stored in the file is a column like the others."""

    Settings = BarFileSettings
    suffixes = (".parquet",)

    def frame(self, path: Path, origin: Origin) -> pd.DataFrame:
        import pyarrow as pa  # noqa: PLC0415
        import pyarrow.parquet as pq  # noqa: PLC0415

        try:
            with path.open("rb") as file:
                table = pq.ParquetFile(file).read()
            table.validate(full=True)
            frame: pd.DataFrame = table.to_pandas(ignore_metadata=True)
        except (pa.ArrowException, EOFError, ValueError) as error:
            raise origin.error(
                f"it is not a readable Parquet file, perhaps cut off: {str(error).splitlines()[0]}",
                "write or fetch it again",
            ) from error
        frame.index += 1
        return frame


@hookimpl
def friday_components() -> list[ComponentSpec]:
    return [ComponentSpec("source", "parquet", ParquetSource, ParquetSource.Settings)]
