"""The folder of one run: made at the start, every file written under a temporary name and renamed."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from friday_core.domain.sessions import to_datetime
from friday_core.errors import RunFolderError

SUMMARY = "summary.json"
#: The folder of what was written of the tables while the run went on; it is gone when they are whole.
PARTS = "parts"


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

    def write_part(self, name: str, number: int, table: pa.Table) -> Path:
        """Some rows of a table that is not whole yet: ``parts/<name>/<number>.parquet``."""
        part = Path(PARTS) / name / f"{number:08}.parquet"

        def write(path: Path) -> None:
            for folder in (path.parent.parent, path.parent):
                folder.mkdir(exist_ok=True)
            pq.write_table(table, path, compression="lz4")

        self._write(str(part), write)
        return self.path / part

    def write_joined(self, name: str, parts: Iterable[pa.Table], schema: pa.Schema) -> None:
        """``<name>.parquet`` of tables that come one after the other, never all in memory; its parts are removed."""

        def write(path: Path) -> None:
            with pq.ParquetWriter(path, schema, compression="zstd") as writer:
                for part in parts:
                    writer.write_table(part)

        self._write(f"{name}.parquet", write)
        shutil.rmtree(self.path / PARTS / name, ignore_errors=True)
        with suppress(OSError):
            (self.path / PARTS).rmdir()

    def _write(self, name: str, write: Callable[[Path], object]) -> None:
        place = self.path / name
        temporary = place.with_name(f".{place.name}.tmp")
        try:
            write(temporary)
            temporary.replace(place)
        except OSError as error:
            with suppress(OSError):
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
