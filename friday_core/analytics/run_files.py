"""A run folder as it was written: summary, settings and tables, whatever of them is there."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from friday_core.domain.chunk import Int64
from friday_core.errors import RunFolderError

SUMMARY = "summary.json"
SETTINGS = "resolved.toml"
#: What a run that was killed has written of its tables.
PARTS = "parts"


@dataclass(frozen=True, slots=True)
class RunFiles:
    """What one run left. A run that failed early has a summary and little else."""

    path: Path
    summary: Mapping[str, Any]
    settings: Mapping[str, Any]
    settings_text: str
    tables: Mapping[str, pa.Table]

    @classmethod
    def read(cls, path: Path) -> RunFiles:
        """``RunFolderError`` names a folder without a summary, and a file that cannot be read."""
        if not (path / SUMMARY).is_file():
            raise RunFolderError(f"{path} is no run folder: it has no {SUMMARY}; `friday run` prints where it wrote")
        text = _text(path / SETTINGS) if (path / SETTINGS).is_file() else ""
        try:
            summary, settings = json.loads(_text(path / SUMMARY)), tomllib.loads(text)
        except ValueError as error:
            raise RunFolderError(f"{path}: {SUMMARY} or {SETTINGS} is damaged: {error}") from error
        tables = {one.stem: _table(one) for one in sorted(path.glob("*.parquet"))}
        return cls(path, summary, settings, text, {**_unfinished(path / PARTS), **tables})

    @property
    def name(self) -> str:
        return self.path.resolve().name

    @property
    def results(self) -> Mapping[str, Any]:
        """The summary's figures; empty if the run failed before there were any."""
        found: Mapping[str, Any] = self.summary.get("results", {})
        return found

    @property
    def timezone(self) -> str:
        zone: str = self.settings.get("data", {}).get("timezone", "UTC")
        return zone

    def rows(self, table: str) -> list[dict[str, Any]]:
        """The rows of a table, none if the run did not write it."""
        found = self.tables.get(table)
        rows: list[dict[str, Any]] = [] if found is None else found.to_pylist()
        return rows

    def column(self, table: str, name: str) -> list[Any]:
        """One column: times as microseconds UTC, dates as days since 1970-01-01, decimals as ``Decimal``."""
        found = self.tables.get(table)
        if found is None:
            return []
        self._check(table, name)
        listed: list[Any] = _counted(found[name]).to_pylist()
        return listed

    def whole(self, table: str, name: str) -> Int64:
        """One column of times, dates or counts, as ``column`` has them."""
        found = self.tables.get(table)
        if found is None:
            return np.zeros(0, np.int64)
        self._check(table, name)
        numbers: Int64 = _counted(found[name]).to_numpy().astype(np.int64)
        return numbers

    def floats(self, table: str, name: str) -> Any:
        """One column of numbers as a float64 array, NaN where a value is missing."""
        found = self.tables.get(table)
        if found is None:
            return np.zeros(0)
        self._check(table, name)
        return found[name].cast(pa.float64()).to_numpy(zero_copy_only=False)

    def money(self, table: str, name: str) -> list[int]:
        """One column of money in minor units, exactly."""
        amounts: list[int] = self.minor_units(table, name).tolist()
        return amounts

    def minor_units(self, table: str, name: str) -> Int64:
        """The same as an array."""
        found = self.tables.get(table)
        if found is None:
            return np.zeros(0, np.int64)
        self._check(table, name)
        parts = found[name].cast(pa.decimal128(38, self.money_digits)).chunks
        return np.concatenate([np.zeros(0, np.int64), *map(_units, parts)])

    @property
    def money_digits(self) -> int:
        """Decimal digits of the minor unit, as the tables have them."""
        equity = self.tables.get("equity")
        return 2 if equity is None else int(equity.schema.field("equity").type.scale)

    def _check(self, table: str, name: str) -> None:
        if name not in self.tables[table].column_names:
            raise RunFolderError(f"{self.path}: {table}.parquet has no column {name!r}: another version wrote it")


def _counted(values: pa.ChunkedArray) -> pa.ChunkedArray:
    """Times and dates as numbers; anything else as it is."""
    if pa.types.is_timestamp(values.type):
        return values.cast(pa.timestamp("us", tz="UTC")).cast(pa.int64())
    return values.cast(pa.int32()) if pa.types.is_date32(values.type) else values


def _units(amounts: pa.Array) -> Int64:
    """Decimals of 128 bits as whole numbers, read as they lie in memory: the first of two words of each."""
    words = np.frombuffer(amounts.buffers()[1], np.int64) if len(amounts) else np.zeros(0, np.int64)
    first = 2 * amounts.offset
    return words[first : first + 2 * len(amounts) : 2]


def read_settings(folder: Path) -> dict[str, Any]:
    """``resolved.toml`` of a run; ``RunFolderError`` if it cannot be read."""
    try:
        return tomllib.loads(_text(folder / SETTINGS))
    except ValueError as error:
        raise RunFolderError(f"{folder / SETTINGS} is damaged: {error}") from error


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise RunFolderError(f"{path} cannot be read: {error.strerror or error}") from error


def _unfinished(folder: Path) -> dict[str, pa.Table]:
    """By name, what there is of each table."""
    parts: dict[str, list[pa.Table]] = {}
    for one in sorted(folder.glob("*/[!.]*.parquet")):
        parts.setdefault(one.parent.name, []).append(_table(one))
    return {name: pa.concat_tables(found) for name, found in parts.items()}


def _table(path: Path) -> pa.Table:
    try:
        return pq.read_table(path)
    except (OSError, pa.ArrowException) as error:
        raise RunFolderError(f"{path} cannot be read: {error}") from error
