"""Columns of numbers as Kite and spreadsheets write them; a number that lost digits is told from one that did not."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from friday_core.domain.chunk import Float64, Int64
from friday_core.market.text_table import TextTable

_PLAIN = "write plain numbers with a decimal point and without separators of thousands"
_LARGEST = 2**53


def whole_numbers(file: TextTable, column: str, *, blank: int | None = None) -> tuple[Int64, npt.NDArray[np.bool_]]:
    """The column as whole numbers, ``500.0`` and ``5E+2`` among them, and which of them are rounded.

    Rounded is what scientific notation shows with fewer digits than the number has: ``1.34E+08`` may
    stand for any of a million numbers. ``blank`` is what an empty value is. ``DataSourceError`` names the
    first line with anything else.
    """
    text = file[column]
    try:
        numbers = pc.cast(text, pa.int64()).to_numpy()
        return numbers, np.zeros(len(file), bool)
    except pa.ArrowInvalid:
        pass
    encoded = text.combine_chunks().dictionary_encode()
    codes = encoded.indices.to_numpy()
    found = [_whole(value, blank) for value in encoded.dictionary.to_pylist()]
    bad = np.array([one is None for one in found], bool)[codes]
    if bad.any():
        raise _unread(file, column, int(np.argmax(bad)), "a whole number")
    pairs = [one or (0, False) for one in found]
    return np.array([value for value, _ in pairs], np.int64)[codes], np.array([lost for _, lost in pairs])[codes]


def decimal_numbers(file: TextTable, column: str, *, blank: float) -> Float64:
    """The column as floats; ``DataSourceError`` names the first line without a finite number, zero or positive."""
    text = file[column]
    filled = pc.if_else(pc.equal(text, ""), repr(blank), text)
    try:
        numbers: Float64 = pc.cast(filled, pa.float64()).to_numpy()
        bad = ~np.isfinite(numbers)
    except pa.ArrowInvalid:
        numbers = np.array([_number(value) for value in filled.to_pylist()])
        bad = ~np.isfinite(numbers)
    if bad.any():
        raise _unread(file, column, int(np.argmax(bad)), "a number")
    return numbers


def refuse_negative(file: TextTable, column: str, numbers: Float64 | Int64) -> None:
    """``DataSourceError`` names the first line with a negative number."""
    if (numbers < 0).any():
        row = int(np.argmax(numbers < 0))
        raise file.error(f"{file[column][row].as_py()!r} is negative", "correct the value", row=row, column=column)


def _unread(file: TextTable, column: str, row: int, what: str) -> Exception:
    value = file[column][row].as_py()
    return file.error(f"{value!r:.60} is not {what}" if value else f"{what} is missing", _PLAIN, row=row, column=column)


def _whole(text: str, blank: int | None) -> tuple[int, bool] | None:
    if not text:
        return None if blank is None else (blank, False)
    try:
        number = Decimal(text)
        whole = int(number)
    except (InvalidOperation, ValueError, OverflowError):
        return None
    if whole != number or abs(whole) > _LARGEST or "_" in text:
        return None
    exponent = number.as_tuple().exponent
    return whole, isinstance(exponent, int) and exponent > 0


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return float("nan")
