"""Candles on disk: a Parquet file for each instrument and each span that Kite answers at once."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from friday_core.api import InstrumentId, to_date
from friday_plugins.zerodha.candles import DAY, Candle, Interval

_OFFSET = 19_800_000_000
_COVERED = b"covered"
_PRICES = ("open", "high", "low", "close")


class Span(NamedTuple):
    """From ``begin`` to just before ``end``, microseconds UTC."""

    begin: int
    end: int


def spans(interval: Interval, whole: Span) -> Iterator[Span]:
    """The spans of a fixed grid that make up ``whole``, the newest first; no span is longer than Kite allows."""
    width = interval.days * DAY
    for number in range((whole.end - 1 + _OFFSET) // width, (whole.begin + _OFFSET) // width - 1, -1):
        yield Span(number * width - _OFFSET, (number + 1) * width - _OFFSET)


class HistoryFiles:
    """In a folder of one interval. A file is replaced at once, and says what it covers: a download that was cut off
    goes on where it stopped. What has no candle at all is a file of that name that ends in ``.none``.

    The columns are those that ``source.parquet`` reads: ``timestamp``, ``instrument``, OHLC in rupees and ``volume``.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, instrument: InstrumentId, span: Span) -> Path:
        """Of the file with candles."""
        name = f"{instrument}-{to_date((span.begin + _OFFSET) // DAY):%Y%m%d}.parquet"
        return self.folder / name.replace("/", "_")

    def covered(self, path: Path) -> Span | None:
        """What was asked for when it was written; ``None`` if there is no file that can be read."""
        import pyarrow as pa  # noqa: PLC0415
        import pyarrow.parquet as pq  # noqa: PLC0415

        try:
            if path.exists():
                said: Any = (pq.read_schema(path).metadata or {})[_COVERED]
            else:
                said = path.with_suffix(".none").read_bytes()
            begin, end = json.loads(said)
        except (OSError, ValueError, KeyError, TypeError, pa.ArrowException):
            return None
        return Span(int(begin), int(end))

    def closes(self, path: Path) -> dict[int, float]:
        """What a file has, by the begin of each candle; nothing without a file."""
        import pyarrow as pa  # noqa: PLC0415
        import pyarrow.parquet as pq  # noqa: PLC0415

        try:
            table = pq.read_table(path, columns=["timestamp", "close"])
        except (OSError, pa.ArrowException):
            return {}
        return dict(zip(table["timestamp"].cast(pa.int64()).to_pylist(), table["close"].to_pylist(), strict=True))

    def write(self, path: Path, instrument: InstrumentId, candles: Sequence[Candle], covered: Span) -> None:
        """Replace what there was."""
        self.folder.mkdir(parents=True, exist_ok=True)
        empty = path.with_suffix(".none")
        if candles:
            self._replace(path, lambda target: _write_table(target, instrument, candles, covered))
            empty.unlink(missing_ok=True)
        else:
            self._replace(empty, lambda target: target.write_text(json.dumps(covered), encoding="utf-8"))
            path.unlink(missing_ok=True)

    def forget(self, instrument: InstrumentId) -> None:
        """Remove all files of an instrument."""
        name = str(instrument).replace("/", "_")
        for path in self.folder.iterdir() if self.folder.is_dir() else ():
            if path.stem.rpartition("-")[0] == name:
                path.unlink()

    def _replace(self, path: Path, write: Any) -> None:
        handle, name = tempfile.mkstemp(prefix=f".{path.stem}.", dir=path.parent)
        os.close(handle)
        try:
            write(Path(name))
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise


def _write_table(path: Path, instrument: InstrumentId, candles: Sequence[Candle], covered: Span) -> None:
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.parquet as pq  # noqa: PLC0415

    begins = pa.array([one.begin for one in candles], pa.int64())
    columns: dict[str, Any] = {
        "timestamp": begins.cast(pa.timestamp("us", tz="Asia/Kolkata")),
        "instrument": pa.array([str(instrument)] * len(candles)),
        **{name: pa.array([float(getattr(one, name)) for one in candles], pa.float64()) for name in _PRICES},
        "volume": pa.array([float(one.volume) for one in candles], pa.float64()),
    }
    table = pa.table(columns)
    pq.write_table(table.replace_schema_metadata({_COVERED: json.dumps(covered).encode()}), path)
