"""Prices of the paper broker from a file of bars, read by the settings that Friday's sources of bars have."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq
from pydantic import ValidationError

from friday_core.data.bar_files import BarFileSettings, BarFileSource
from friday_core.data.bar_times import Origin
from friday_core.errors import DataSourceError
from friday_core.sandbox.paper.tape import BarTape


class PriceFile(BarFileSource):
    """Parquet, and files of comma-separated values."""

    suffixes = (".parquet", ".csv", ".csv.gz")

    def frame(self, path: Path, origin: Origin) -> pd.DataFrame:
        frame: pd.DataFrame
        try:
            if path.suffix == ".parquet":
                frame = pq.read_table(path).to_pandas(ignore_metadata=True)
            else:
                frame = pd.read_csv(path, dtype=str, keep_default_na=False, skipinitialspace=True)
        except ValueError as error:
            raise origin.error(f"it cannot be read: {str(error).splitlines()[0]}", "write or fetch it again") from error
        frame.index += 1 if path.suffix == ".parquet" else 2
        return frame


def price_tape(settings: Mapping[str, Any]) -> BarTape:
    """The bars of a file; ``DataSourceError`` for settings that are wrong, and for a file that cannot be read."""
    try:
        source = PriceFile(BarFileSettings.model_validate(settings))
    except ValidationError as error:
        told = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())
        raise DataSourceError(f"[prices] {told}\n    mend: write it as in the settings of source.csv") from error
    return BarTape(source.instruments(), list(source.bars()))
