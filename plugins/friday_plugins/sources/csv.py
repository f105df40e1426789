"""Source ``csv``: bars from comma-separated files."""

from __future__ import annotations

import codecs
import gzip
import io
import zlib
from csv import reader as csv_reader
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import Field, field_validator

from friday_core.api import BarFileSettings, BarFileSource, ComponentSpec, Origin, hookimpl

if TYPE_CHECKING:
    import pandas as pd

#: With what everything begins that gzip has packed.
_PACKED = b"\x1f\x8b"


class CsvSettings(BarFileSettings):
    """Settings of the source ``csv``."""

    encoding: str = Field("utf-8", description="Encoding of the files; a byte order mark is skipped.")
    separator: str = Field(",", min_length=1, max_length=1, description="What stands between two fields.")

    @field_validator("encoding")
    @classmethod
    def _known_encoding(cls, name: str) -> str:
        try:
            codecs.lookup(name)
        except LookupError:
            raise ValueError(f"{name!r} is not an encoding; write for example utf-8 or cp1252") from None
        return name


class CsvSource(BarFileSource):
    """Reads whole files, as they are or packed with gzip.

    The first line names the columns, blanks round a name do not count; every further line has as
    many fields. Line numbers are those of the unpacked file.
    """

    Settings = CsvSettings
    suffixes = (".csv", ".csv.gz")
    row = "line"

    def __init__(self, settings: CsvSettings) -> None:
        super().__init__(settings)
        self._encoding = settings.encoding
        self._separator = settings.separator
        self._names = {settings.columns.get(name, name) for name in self.columns}

    def frame(self, path: Path, origin: Origin) -> pd.DataFrame:
        import pandas as pd  # noqa: PLC0415

        text = self._text(path, origin)
        filled = self._filled_lines(text, origin)
        header = [name.strip() for name in next(csv_reader([text.split("\n", 1)[0]], delimiter=self._separator))]
        numbers = self._names.intersection(header)
        frame = pd.read_csv(
            io.StringIO(text),
            sep=self._separator,
            header=None,
            skiprows=1,
            names=[str(place) for place in range(len(header))],
            dtype={str(place): "str" for place, name in enumerate(header) if name not in numbers},
            # Only what is empty: NA and NULL may be symbols, and the reader knows them in numbers.
            keep_default_na=False,
            na_values={str(place): [""] for place, name in enumerate(header) if name in numbers},
            skip_blank_lines=False,
            low_memory=False,
        )
        frame.columns = pd.Index(header)
        frame.index = pd.RangeIndex(2, 2 + len(frame))
        return frame[filled[1:]]

    def _text(self, path: Path, origin: Origin) -> str:
        """The file's text without blank lines at its end."""
        data = self._unpacked(path.read_bytes(), origin)
        utf8 = codecs.lookup(self._encoding).name == "utf-8"
        try:
            text = data.decode("utf-8-sig" if utf8 else self._encoding)
        except UnicodeDecodeError as error:
            raise origin.error(
                f"{self._encoding} cannot decode byte 0x{data[error.start]:02x}",
                'set encoding to that of the file, for example encoding = "cp1252"',
                line=data.count(b"\n", 0, error.start) + 1,
            ) from None
        return text.replace("\r\n", "\n").replace("\r", "\n").rstrip("\n")

    def _unpacked(self, data: bytes, origin: Origin) -> bytes:
        if not data.startswith(_PACKED):
            return data
        try:
            return gzip.decompress(data)
        except (OSError, EOFError, zlib.error) as error:
            what = f"it is packed with gzip and cannot be unpacked, perhaps cut off: {error}"
            raise origin.error(what, "fetch it again, or pack it again") from error

    def _filled_lines(self, text: str, origin: Origin) -> list[bool]:
        """Whether each line holds something; a line that breaks the file's shape is an error."""
        lines = text.split("\n")
        wanted = self._fields(lines[0])
        if not wanted:
            raise origin.error("it is empty", "its first line names the columns, the next ones are bars", line=1)
        for number, line in enumerate(lines, 1):
            if line.count('"') % 2:
                raise origin.error("a quotation mark is not closed", "close or remove it", line=number)
            there = self._fields(line)
            if there not in (0, wanted):
                raise origin.error(
                    f"{there} fields where the first line names {wanted}"
                    + (" (is the file cut off?)" if number == len(lines) and there < wanted else ""),
                    "complete or remove the line; put quotes round a field that contains the separator",
                    line=number,
                )
        return [bool(line.strip()) for line in lines]

    def _fields(self, line: str) -> int:
        """How many fields a line has; 0 for a blank one."""
        if '"' in line:
            return len(next(csv_reader([line], delimiter=self._separator)))
        return line.count(self._separator) + 1 if line.strip() else 0


@hookimpl
def friday_components() -> list[ComponentSpec]:
    return [ComponentSpec("source", "csv", CsvSource, CsvSource.Settings)]
