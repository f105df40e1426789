"""Source ``csv``: bars from comma-separated files."""

from __future__ import annotations

import codecs
import gzip
import io
import sys
import zlib
from collections.abc import Iterable, Iterator, Sequence
from csv import reader as csv_reader
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from pydantic import Field, field_validator

from friday_core.api import BarFileSettings, BarFileSource, ComponentSpec, DataSourceError, Origin, hookimpl

if TYPE_CHECKING:
    import pandas as pd

#: With what everything begins that gzip has packed.
_PACKED = b"\x1f\x8b"
#: Bytes that are read at once.
_BLOCK = 1 << 20
#: Bytes of a bar, in a file as it is and in a packed one, where they are few.
_ROW, _PACKED_ROW = 48, 8


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
    """Reads whole files, and very large ones in pieces, as they are or packed with gzip.

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
        (whole,) = self.frames(path, origin, sys.maxsize)
        return whole

    def frames(self, path: Path, origin: Origin, rows: int) -> Iterator[pd.DataFrame]:
        pieces = _in_lines(self._texts(path, origin), rows)
        text, is_last = next(pieces)
        names, end, body = text.partition("\n")
        wanted = self._fields(names)
        if not wanted:
            raise origin.error("it is empty", "its first line names the columns, the next ones are bars", line=1)
        if names.count('"') % 2:
            raise _unclosed(origin, 1)
        header = [name.strip() for name in next(csv_reader([names], delimiter=self._separator))]
        first, lines = 2, body.split("\n") if end else []
        while True:
            filled = self._filled_lines(lines, first, wanted, is_last, origin)
            yield self._frame(lines, header, first)[filled]
            if is_last:
                return
            first += len(lines)
            text, is_last = next(pieces)
            lines = text.split("\n") if text or not is_last else []

    def rows_in(self, path: Path) -> int:
        """By the size of the file."""
        try:
            with path.open("rb") as file:
                is_packed = file.read(len(_PACKED)) == _PACKED
            return path.stat().st_size // (_PACKED_ROW if is_packed else _ROW)
        except OSError:
            return 0

    def _frame(self, lines: Sequence[str], header: Sequence[str], first: int) -> pd.DataFrame:
        """Lines below that of the columns' names, numbered from ``first``."""
        import pandas as pd  # noqa: PLC0415

        numbers = self._names.intersection(header)
        places = [str(place) for place in range(len(header))]
        if not any(map(str.strip, lines)):
            return pd.DataFrame(index=pd.RangeIndex(first, first + len(lines)), columns=pd.Index(header))
        frame = pd.read_csv(
            io.StringIO("".join(f"{line}\n" for line in lines)),
            sep=self._separator,
            header=None,
            names=places,
            dtype={str(place): "str" for place, name in enumerate(header) if name not in numbers},
            # Only what is empty: NA and NULL may be symbols, and the reader knows them in numbers.
            keep_default_na=False,
            na_values={str(place): [""] for place, name in enumerate(header) if name in numbers},
            skip_blank_lines=False,
            low_memory=False,
        )
        frame.columns = pd.Index(header)
        frame.index = pd.RangeIndex(first, first + len(frame))
        return frame

    def _texts(self, path: Path, origin: Origin) -> Iterator[str]:
        """The file's text in pieces, every line end a line feed."""
        utf8 = codecs.lookup(self._encoding).name == "utf-8"
        characters = codecs.getincrementaldecoder("utf-8-sig" if utf8 else self._encoding)()
        decoder = io.IncrementalNewlineDecoder(characters, translate=True)
        line = 1
        with path.open("rb") as file:
            blocks = _unpacked(file, origin)
            for block in blocks:
                try:
                    yield decoder.decode(block, final=not block)
                except UnicodeDecodeError as error:
                    raise origin.error(
                        f"{self._encoding} cannot decode byte 0x{error.object[error.start]:02x}",
                        'set encoding to that of the file, for example encoding = "cp1252"',
                        line=line + error.object.count(b"\n", 0, error.start),
                    ) from None
                line += block.count(b"\n")

    def _filled_lines(self, lines: Sequence[str], first: int, wanted: int, is_last: bool, origin: Origin) -> list[bool]:
        """Whether each line holds something; a line that breaks the file's shape is an error."""
        for number, line in enumerate(lines, first):
            if line.count('"') % 2:
                raise _unclosed(origin, number)
            there = self._fields(line)
            if there not in (0, wanted):
                is_end = is_last and number == first + len(lines) - 1
                raise origin.error(
                    f"{there} fields where the first line names {wanted}"
                    + (" (is the file cut off?)" if is_end and there < wanted else ""),
                    "complete or remove the line; put quotes round a field that contains the separator",
                    line=number,
                )
        return [bool(line.strip()) for line in lines]

    def _fields(self, line: str) -> int:
        """How many fields a line has; 0 for a blank one."""
        if '"' in line:
            return len(next(csv_reader([line], delimiter=self._separator)))
        return line.count(self._separator) + 1 if line.strip() else 0


def _unclosed(origin: Origin, line: int) -> DataSourceError:
    return origin.error("a quotation mark is not closed", "close or remove it", line=line)


def _unpacked(file: BinaryIO, origin: Origin) -> Iterator[bytes]:
    """The bytes of a file that may be packed with gzip, block by block; an empty block at last."""
    is_packed = file.read(len(_PACKED)) == _PACKED
    file.seek(0)
    stream = gzip.GzipFile(fileobj=file) if is_packed else file
    while True:
        try:
            block = stream.read(_BLOCK)
        except (OSError, EOFError, zlib.error) as error:
            if not is_packed:
                raise
            what = f"it is packed with gzip and cannot be unpacked, perhaps cut off: {error}"
            raise origin.error(what, "fetch it again, or pack it again") from error
        yield block
        if not block:
            return


def _in_lines(texts: Iterable[str], lines: int) -> Iterator[tuple[str, bool]]:
    """The same text in pieces of at least so many whole lines, and whether it is the last; that without blank ends."""
    waiting: list[str] = []
    count = 0
    for text in texts:
        waiting.append(text)
        count += text.count("\n")
        if count > lines:
            piece, _, rest = "".join(waiting).rpartition("\n")
            yield piece, False
            waiting, count = [rest], 0
    yield "".join(waiting).rstrip("\n"), True


@hookimpl
def friday_components() -> list[ComponentSpec]:
    return [ComponentSpec("source", "csv", CsvSource, CsvSource.Settings)]
