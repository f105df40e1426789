"""A folder with the list of each day, of which yesterday's question gets yesterday's answer."""

from __future__ import annotations

import datetime as dt
import json
import os
from contextlib import suppress
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from friday_core.errors import DataError, DataSourceError
from friday_core.market.instruments.kite_list import DayList
from friday_core.market.instruments.snapshot import Snapshot
from friday_core.market.instruments.stored_columns import SCHEMA

_DAY, _SOURCE, _DIGEST = b"friday.day", b"friday.source", b"friday.source_sha256"
_MANIFEST = "manifest.json"


class InstrumentMaster:
    """Lists of instruments by day: a file ``2026-08-21.parquet`` each, and ``manifest.json`` about all.

    A day without a list of its own is answered with the list before it, if that is at most ``max_age``
    days older: a week-end and holidays lie between, and not a forgotten month.
    """

    def __init__(self, folder: Path, *, max_age: int = 7) -> None:
        self.folder = folder
        self._max_age = max_age

    def days(self) -> tuple[dt.date, ...]:
        """The days that there are lists of, in order."""
        return tuple(sorted(day for path in self.folder.glob("*.parquet") if (day := _day(path)) is not None))

    def asof(self, day: dt.date) -> Snapshot:
        """The instruments as of a day; ``DataError`` if the list before it is too old, or there is none."""
        days = self.days()
        before = [one for one in days if one <= day]
        mend = f"friday instruments import FILE --date {day}"
        if not before:
            first = f"the first is that of {days[0]}" if days else "it is empty"
            raise DataError(f"{self.folder} has no list of instruments up to {day}: {first}\n    mend: {mend}")
        age = (day - before[-1]).days
        if age > self._max_age:
            why = f"the list before {day} in {self.folder} is that of {before[-1]}, {age} days older"
            raise DataError(f"{why}; at most {self._max_age} are taken\n    mend: {mend}")
        return Snapshot(before[-1], self._read(before[-1]), day)

    def latest(self) -> Snapshot:
        """The last day's; ``DataError`` if there is none."""
        days = self.days()
        if not days:
            raise DataError(
                f"{self.folder} has no list of instruments\n    mend: friday instruments import FILE --date DAY"
            )
        return self.asof(days[-1])

    def before(self, day: dt.date) -> Snapshot | None:
        """The last list before a day, however old."""
        earlier = [one for one in self.days() if one < day]
        return Snapshot(earlier[-1], self._read(earlier[-1])) if earlier else None

    def has(self, found: DayList) -> bool:
        """Whether the day's list was made from the same file."""
        path = self._path(found.day)
        return path.exists() and _metadata(path).get(_DIGEST, b"").decode() == found.sha256

    def add(self, found: DayList, *, replace: bool = False) -> Path:
        """Write the list of a day; ``DataError`` if there is another one, unless it is to be replaced.

        Nobody meets half a list. ``DataSourceError`` if it cannot be written.
        """
        path = self._path(found.day)
        if path.exists() and not replace and not self.has(found):
            source = _metadata(path).get(_SOURCE, b"").decode()
            why = f"{path} has another list of {found.day}, from {source}"
            raise DataError(f"{why}\n    mend: correct --date, or give --replace")
        about = {_DAY: str(found.day), _SOURCE: found.source, _DIGEST: found.sha256}
        table = found.table.replace_schema_metadata(about)
        temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            pq.write_table(table, temporary, compression="zstd")
            temporary.replace(path)
            self._write_manifest()
        except OSError as error:
            with suppress(OSError):
                temporary.unlink(missing_ok=True)
            raise DataSourceError(f"{path} cannot be written: {error.strerror or error}") from error
        return path

    def _path(self, day: dt.date) -> Path:
        return self.folder / f"{day}.parquet"

    def _read(self, day: dt.date) -> pa.Table:
        path = self._path(day)
        mend = f"import the day again: friday instruments import FILE --date {day} --replace"
        try:
            table = pq.read_table(path)
        except (OSError, pa.ArrowException) as error:
            raise DataSourceError(f"{path} cannot be read: {error}\n    mend: {mend}") from error
        if not table.schema.equals(SCHEMA):
            raise DataSourceError(f"{path} has not the columns of a list of instruments\n    mend: {mend}")
        said = (table.schema.metadata or {}).get(_DAY, b"").decode()
        if said != str(day):
            raise DataSourceError(f"{path} is the list of {said or 'no day'}\n    mend: {mend}")
        return table

    def _write_manifest(self) -> None:
        """What every file says of itself: rows, and name and digest of the file that it was made from."""
        entries = {str(day): _entry(self._path(day)) for day in self.days()}
        temporary = self.folder / f".{_MANIFEST}.{os.getpid()}.tmp"
        temporary.write_text(json.dumps(entries, indent=2) + "\n", "utf-8")
        temporary.replace(self.folder / _MANIFEST)


def _day(path: Path) -> dt.date | None:
    try:
        return dt.date.fromisoformat(path.stem)
    except ValueError:
        return None


def _metadata(path: Path) -> dict[bytes, bytes]:
    try:
        return pq.read_schema(path).metadata or {}
    except (OSError, pa.ArrowException) as error:
        raise DataSourceError(f"{path} cannot be read: {error}\n    mend: remove the file") from error


def _entry(path: Path) -> dict[str, Any]:
    about = _metadata(path)
    rows = pq.read_metadata(path).num_rows
    return {"rows": rows, "source": about.get(_SOURCE, b"").decode(), "sha256": about.get(_DIGEST, b"").decode()}
