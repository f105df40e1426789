"""Prices of a market from files of bars or of ticks, read by the settings that Friday's sources of bars have."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import Field, ValidationError, model_validator

from friday_core.data.bar_files import BarFileSettings, BarFileSource
from friday_core.data.bar_times import Origin
from friday_core.domain.chunk import PRICE_COLUMNS, Chunk, Universe
from friday_core.domain.instruments import Instrument, InstrumentId
from friday_core.errors import DataSourceError
from friday_core.sandbox.kite.market.listing import Listing

#: Rows that are held in memory at once.
ROWS_AT_ONCE = 65_536


class PriceSettings(BarFileSettings):
    """The settings of ``source.csv``, and of ticks what their price and volume are.

    Unless they are given, bars are minutes and stamps without an offset are Indian.
    """

    kind: Literal["bars", "ticks"] = Field("bars", description="What a row is: a bar, or one price.")
    price: str = Field("last_price", description="Of ticks, the column of the price.")
    day_volume: bool = Field(
        True, description="Of ticks, the volume counts up from the morning; else it is the tick's."
    )

    @model_validator(mode="before")
    @classmethod
    def _usual(cls, given: Any) -> Any:
        """A tick is read as a bar that has one price, and a stamp at its end."""
        if not isinstance(given, Mapping):
            return given
        given = {"interval": "1m", "timezone": "Asia/Kolkata", **given}
        if given.get("kind") != "ticks":
            return given
        price = given.get("price", "last_price")
        columns = {**given.get("columns", {}), **dict.fromkeys(PRICE_COLUMNS, price)}
        return {**given, "columns": columns, "interval": "1s", "label": "close"}


class PriceFile(BarFileSource):
    """CSV, packed with gzip or not, and Parquet, in pieces that fit into memory, whatever their order."""

    suffixes = (".parquet", ".csv", ".csv.gz")
    rows_at_once = ROWS_AT_ONCE

    def __init__(self, settings: PriceSettings) -> None:
        super().__init__(settings)
        self.settings = settings

    def frame(self, path: Path, origin: Origin) -> pd.DataFrame:
        return pd.concat(self.frames(path, origin, self.rows_at_once))

    def frames(self, path: Path, origin: Origin, rows: int) -> Iterator[pd.DataFrame]:
        first = 1 if path.suffix == ".parquet" else 2
        try:
            for piece in _parquet(path, rows) if path.suffix == ".parquet" else _csv(path, rows):
                piece.index = pd.RangeIndex(first, first + len(piece))
                first += len(piece)
                yield piece
        except ValueError as error:  # also what pandas and Arrow raise
            raise origin.error(f"it cannot be read: {str(error).splitlines()[0]}", "write or fetch it again") from error

    def files(self) -> list[Path]:
        """What is read, in its order."""
        return self._paths()

    def names(self) -> list[InstrumentId]:
        """The instruments of all files, which are read for it."""
        paths = self._paths()
        found = {
            one
            for path in paths
            for frame in self._pieces(path, 1)
            for one in self._identified(frame, self._origin(path))
        }
        return sorted(found)

    def chunks(self, universe: Universe) -> Iterator[Chunk]:
        """The rows of all files, piece by piece, each in the order of time."""
        for path in self._paths():
            for frame in self._pieces(path, 1):
                yield self._reader.read(frame, universe, self._origin(path))


def price_file(settings: Mapping[str, Any]) -> PriceFile:
    """``DataSourceError`` for settings that are wrong."""
    try:
        return PriceFile(PriceSettings.model_validate(dict(settings)))
    except ValidationError as error:
        told = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())
        raise DataSourceError(f"[prices] {told}\n    mend: write it as in the settings of source.csv") from error


def universe_of(file: PriceFile, listing: Listing) -> Universe:
    """What of a file is listed, in the units of its listing; ``DataSourceError`` for what is not."""
    names = file.names()
    rows = [listing.by_key(f"{one.exchange}:{one.symbol}") for one in names]
    missing = [str(name) for name, row in zip(names, rows, strict=True) if row is None]
    if missing:
        what = f"{', '.join(missing[:5])} of the price file {'is' if len(missing) == 1 else 'are'} not listed"
        raise DataSourceError(f"{what}\n    mend: take a list of instruments of that day, or none at all")
    return Universe(
        Instrument(InstrumentId(row.symbol, row.exchange), "INR", row.decimals) for row in rows if row is not None
    )


def _parquet(path: Path, rows: int) -> Iterator[pd.DataFrame]:
    with path.open("rb") as raw:
        file = pq.ParquetFile(raw, pre_buffer=False)
        for batch in file.iter_batches(rows):
            yield pa.Table.from_batches([batch]).to_pandas(ignore_metadata=True)


def _csv(path: Path, rows: int) -> Iterator[pd.DataFrame]:
    with pd.read_csv(path, dtype=str, keep_default_na=False, skipinitialspace=True, chunksize=rows) as pieces:
        yield from pieces
