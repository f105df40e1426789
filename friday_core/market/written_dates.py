"""Columns of dates: how they are written is told from the whole column, never from one value."""

from __future__ import annotations

import calendar
import datetime as dt
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from friday_core.domain.chunk import Array
from friday_core.errors import DataSourceError
from friday_core.market.text_table import TextTable

_NUMERIC = re.compile(r"(\d{1,4})([-/.])(\d{1,2})\2(\d{1,4})(?:[ T]00:00(?::00(?:\.0+)?)?)?")
_NAMED = re.compile(r"(\d{1,2})[- ]([A-Za-z]{3})[A-Za-z]*[- ](\d{4}|\d{2})")
_SERIAL = re.compile(r"\d{5}(\.0+)?")
_MONTHS = {name.lower(): month for month, name in enumerate(calendar.month_abbr)}

_Reader = Callable[[str], dt.date | None]
#: Whether a date can be that of a row, by what another column shows.
Evidence = Callable[[int, dt.date], bool]


@dataclass(frozen=True, slots=True)
class Form:
    """A way to write dates: its name in settings, its words in messages."""

    name: str
    words: str
    read: _Reader


def _numeric(order: str) -> _Reader:
    places = [order.index(letter) for letter in "ymd"]

    def read(text: str) -> dt.date | None:
        match = _NUMERIC.fullmatch(text)
        if match is None:
            return None
        parts = (match[1], match[3], match[4])
        year, month, day = (parts[place] for place in places)
        return None if len(year) != 4 or len(month) > 2 or len(day) > 2 else _date(int(year), int(month), int(day))

    return read


def _named(text: str) -> dt.date | None:
    match = _NAMED.fullmatch(text)
    month = _MONTHS.get(match[2].lower()) if match else None
    if match is None or month is None:
        return None
    return _date(int(match[3]) + (2000 if len(match[3]) == 2 else 0), month, int(match[1]))


def _date(year: int, month: int, day: int) -> dt.date | None:
    try:
        return dt.date(year, month, day)
    except ValueError:
        return None


FORMS: Mapping[str, Form] = {
    form.name: form
    for form in (
        Form("ymd", "year-month-day", _numeric("ymd")),
        Form("dmy", "day-month-year", _numeric("dmy")),
        Form("mdy", "month-day-year", _numeric("mdy")),
        Form("named", "day-month's name-year", _named),
    )
}


def dates(file: TextTable, column: str, *, form: str | None = None, evidence: Evidence | None = None) -> pa.Array:
    """The column as dates, null where nothing stands.

    All values must be written in one form. If several forms read them all, ``evidence`` decides over the
    whole column; if it does not, the column is refused, and ``form`` (a key of ``FORMS``) says how to
    read it. ``DataSourceError`` names line, column, value and mend.
    """
    written = _Written(file, column)
    forms = [FORMS[form]] if form else list(FORMS.values())
    read = {one.name: [one.read(text) if text else None for text in written.texts] for one in forms}
    whole = [one for one in forms if all(map(_is_read, read[one.name], written.texts))]
    if not whole:
        best = max(forms, key=lambda one: sum(date is not None for date in read[one.name]))
        raise written.unread(best, read[best.name])
    if any(written.texts) and len(whole) > 1:
        agreeing = [one for one in whole if evidence and written.agrees(read[one.name], evidence)]
        if len(agreeing) != 1:
            raise written.ambiguous(agreeing or whole, contradicted=evidence is not None and not agreeing)
        whole = agreeing
    return pa.array(read[whole[0].name], pa.date32()).take(pa.array(written.codes))


def _is_read(date: dt.date | None, text: str) -> bool:
    return date is not None or not text


class _Written:
    """A column as its different texts, and which of them each row has."""

    def __init__(self, file: TextTable, column: str) -> None:
        encoded = file[column].combine_chunks().dictionary_encode()
        self._file, self._column = file, column
        self.texts: list[str] = encoded.dictionary.to_pylist()
        self.codes: Array = encoded.indices.to_numpy()

    def agrees(self, values: Sequence[dt.date | None], evidence: Evidence) -> bool:
        found = ((row, values[code]) for row, code in enumerate(self.codes))
        return all(date is None or evidence(row, date) for row, date in found)

    def unread(self, best: Form, values: Sequence[dt.date | None]) -> DataSourceError:
        """About the first value that the form which reads most of the column cannot read."""
        code = next(n for n, text in enumerate(self.texts) if not _is_read(values[n], text))
        if _SERIAL.fullmatch(self.texts[code]):
            why = "is a spreadsheet's count of days and no date"
        elif any(values):
            why = f"is not a date as {best.words}, as others of the column are"
        else:
            why = "is not a date"
        return self._error(code, why, "write every date as 2026-08-21")

    def ambiguous(self, whole: Sequence[Form], *, contradicted: bool) -> DataSourceError:
        code = next(n for n, text in enumerate(self.texts) if text)
        ways = " and as ".join(one.words for one in whole)
        why = f"and all other dates of the column can be read as {ways}"
        why += ", and the symbols contradict both" if contradicted else ""
        mend = f"write every date as 2026-08-21, or say how they are written: {', '.join(FORMS)}"
        return self._error(code, why, mend)

    def _error(self, code: int, why: str, mend: str) -> DataSourceError:
        row = int(np.argmax(self.codes == code))
        return self._file.error(f"{self.texts[code]!r:.40} {why}", mend, row=row, column=self._column)
