"""The folder of one run: made at the start, every file written under a temporary name and renamed."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from friday_core.domain.sessions import to_datetime
from friday_core.errors import RunFolderError

SUMMARY = "summary.json"


class RunFolder:
    """``<parent>/<profile>-<UTC start>/``; nothing is written before ``create``."""

    def __init__(self, parent: Path, profile: str, started: int) -> None:
        stamp = to_datetime(started).strftime("%Y%m%dT%H%M%S.%fZ")
        safe = re.sub(r"[^A-Za-z0-9_-]", "-", profile)
        self._parent = parent
        self._name = f"{safe}-{stamp}"
        self.path = self._free_path()

    def create(self) -> None:
        """Make the folder and prove that it can be written; ``RunFolderError`` if it cannot."""
        try:
            self.path.mkdir(parents=True)
            probe = self.path / ".writable"
            probe.write_bytes(b"friday")
            probe.unlink()
        except OSError as error:
            raise self._error(error) from error

    def write_json(self, name: str, value: Mapping[str, Any]) -> None:
        """A JSON file, sorted as given."""
        text = json.dumps(value, indent=2, allow_nan=False) + "\n"
        self._write(name, lambda path: path.write_text(text, encoding="utf-8"))

    def write_text(self, name: str, text: str) -> None:
        self._write(name, lambda path: path.write_text(text, encoding="utf-8"))

    def write_table(self, name: str, table: pa.Table) -> None:
        """``<name>.parquet``, compressed."""
        self._write(f"{name}.parquet", lambda path: pq.write_table(table, path, compression="zstd"))

    def _write(self, name: str, write: Callable[[Path], object]) -> None:
        temporary = self.path / f".{name}.tmp"
        try:
            write(temporary)
            temporary.replace(self.path / name)
        except OSError as error:
            temporary.unlink(missing_ok=True)
            raise self._error(error) from error

    def _free_path(self) -> Path:
        candidates = (self._parent / (self._name if n == 1 else f"{self._name}-{n}") for n in range(1, 10_000))
        return next(path for path in candidates if not path.exists())

    def _error(self, error: OSError) -> RunFolderError:
        if isinstance(error, FileExistsError) and self.path.exists():
            return RunFolderError(f"run folder {self.path}: another run took it at the same moment. Start again")
        return RunFolderError(
            f"run folder {self.path}: {error.strerror or error}. Free space or change the rights there, "
            "or choose another place with --set run.folder=FOLDER"
        )
