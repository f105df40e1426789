"""CSV files as programs and spreadsheets hand them on."""

from __future__ import annotations

import csv
import difflib
import gzip
import hashlib
import io
import itertools
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pc_csv

from friday_core.errors import DataSourceError
from friday_core.market.text_table import TextTable

_SEPARATORS = (",", ";", "\t")
_GZIP = b"\x1f\x8b"
_UTF16 = (b"\xff\xfe", b"\xfe\xff")


def read_csv(
    path: Path,
    required: Sequence[str],
    optional: Sequence[str] = (),
    *,
    what: str,
    names: Mapping[str, str] | None = None,
) -> TextTable:
    """The named columns of a file, plain or gzipped.

    A byte order mark, either line ending, quotes, blank lines, blanks around values, capital letters in
    the header, any order of columns and further ones are taken; commas, semicolons or tabs divide them,
    as the header shows. ``names`` is what the file calls columns that it calls otherwise.
    ``DataSourceError`` for what is not such a file; ``what`` is what it should be.
    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        why = error.strerror or error
        raise DataSourceError(f"{path} cannot be read: {why}\n    mend: correct the path") from error
    refuse = _refusal(path, what)
    content = _decoded(raw, refuse)
    header = content.partition("\n")[0]
    separator = max(_SEPARATORS, key=header.count)
    there = [name.strip().lower() for name in next(csv.reader([header], delimiter=separator), [])]
    shown = {name: (names or {}).get(name, name) for name in (*required, *optional)}
    _check_names(there, [shown[name] for name in required], list(shown.values()), refuse)
    wanted = {name: theirs.lower() for name, theirs in shown.items() if theirs.lower() in there}
    columns = _parsed(content, separator, there, wanted, refuse)
    digest = hashlib.sha256(raw).hexdigest()
    return TextTable(str(path), columns, _Lines(content, separator), shown=shown, sha256=digest)


class _Lines:
    """Finds the line in which a row ends; slow, for messages."""

    def __init__(self, content: str, separator: str) -> None:
        self._content, self._separator = content, separator

    def __call__(self, row: int) -> int:
        records = _records(self._content, self._separator)
        return next(itertools.islice(records, row + 1, None))[0]


_Refuse = Callable[[str, str], DataSourceError]


def _refusal(path: Path, what: str) -> _Refuse:
    return lambda wrong, mend: DataSourceError(f"{path} is not {what}: {wrong}\n    mend: {mend}")


def _decoded(raw: bytes, refuse: _Refuse) -> str:
    if raw.startswith(_GZIP):
        try:
            raw = gzip.decompress(raw)
        except (OSError, EOFError, zlib.error) as error:
            raise refuse(f"it is a damaged gzip file: {error}", "get it anew") from error
    if raw.startswith(_UTF16):
        raise refuse("it is UTF-16 text", "save it as CSV UTF-8")
    if b"\0" in raw[:1024]:
        raise refuse("it is no text", "save it as CSV; a workbook of a spreadsheet is none")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise refuse(f"line {line} is not UTF-8 text", "save it as CSV UTF-8") from error
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _check_names(there: list[str], required: Sequence[str], known: Sequence[str], refuse: _Refuse) -> None:
    missing = [name for name in required if name.lower() not in there]
    if missing:
        near = difflib.get_close_matches(missing[0].lower(), there, 1)
        hint = f" ({near[0]!r} is near)" if near else ""
        raise refuse(
            f"its first line lacks {', '.join(missing)}{hint}; it has {', '.join(there[:12]) or 'nothing':.200}",
            f"the first line names the columns {','.join(required)}",
        )
    twice = [name for name in known if there.count(name.lower()) > 1]
    if twice:
        raise refuse(f"its first line names {twice[0]} twice", "remove or rename one of the two columns")


def _parsed(content: str, separator: str, there: list[str], wanted: Mapping[str, str], refuse: _Refuse) -> pa.Table:
    misfits: list[pa.csv.InvalidRow] = []

    def keep(row: pa.csv.InvalidRow) -> str:
        misfits.append(row)
        return "skip"

    unique = [name if name in wanted.values() else f"{place} {name}" for place, name in enumerate(there)]
    try:
        table = pc_csv.read_csv(
            io.BytesIO(content.encode("utf-8")),
            pc_csv.ReadOptions(column_names=unique, skip_rows=1, block_size=1 << 24),
            pc_csv.ParseOptions(delimiter=separator, invalid_row_handler=keep),
            pc_csv.ConvertOptions(
                column_types=dict.fromkeys(wanted.values(), pa.string()),
                include_columns=list(wanted.values()),
                strings_can_be_null=False,
            ),
        )
    except pa.ArrowInvalid as error:
        raise refuse(f"{error}", "open it and look for an odd line") from error
    if misfits:
        raise _misfit(content, separator, len(there), refuse)
    return pa.table({name: pc.utf8_trim_whitespace(table[theirs]) for name, theirs in wanted.items()})


def _misfit(content: str, separator: str, width: int, refuse: _Refuse) -> DataSourceError:
    for line, record in _records(content, separator):
        if len(record) != width:
            return refuse(f"line {line} has {len(record)} values, the first line {width}", "correct the line")
    return refuse("a line has more or fewer values than the first line", "correct the line")


def _records(content: str, separator: str) -> Iterator[tuple[int, list[str]]]:
    """Records that are not empty, the header among them, with the line in which each ends."""
    reader = csv.reader(io.StringIO(content), delimiter=separator)
    for record in reader:
        if record:
            yield reader.line_num, record
