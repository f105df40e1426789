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

from friday_core.errors import RunFolderError

SUMMARY = "summary.json"
SETTINGS = "resolved.toml"


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
        return cls(path, summary, settings, text, {one.stem: _table(one) for one in sorted(path.glob("*.parquet"))})

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
        values = found[name]
        if pa.types.is_timestamp(values.type):
            values = values.cast(pa.timestamp("us", tz="UTC")).cast(pa.int64())
        elif pa.types.is_date32(values.type):
            values = values.cast(pa.int32())
        listed: list[Any] = values.to_pylist()
        return listed

    def floats(self, table: str, name: str) -> Any:
        """One column of numbers as a float64 array, NaN where a value is missing."""
        found = self.tables.get(table)
        if found is None:
            return np.zeros(0)
        self._check(table, name)
        return found[name].cast(pa.float64()).to_numpy(zero_copy_only=False)

    def money(self, table: str, name: str) -> list[int]:
        """One column of money in minor units, exactly."""
        digits = self.money_digits
        return [int(value.scaleb(digits)) for value in self.column(table, name)]

    @property
    def money_digits(self) -> int:
        """Decimal digits of the minor unit, as the tables have them."""
        equity = self.tables.get("equity")
        return 2 if equity is None else int(equity.schema.field("equity").type.scale)

    def _check(self, table: str, name: str) -> None:
        if name not in self.tables[table].column_names:
            raise RunFolderError(f"{self.path}: {table}.parquet has no column {name!r}: another version wrote it")


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise RunFolderError(f"{path} cannot be read: {error.strerror or error}") from error


def _table(path: Path) -> pa.Table:
    try:
        return pq.read_table(path)
    except (OSError, pa.ArrowException) as error:
        raise RunFolderError(f"{path} cannot be read: {error}") from error
