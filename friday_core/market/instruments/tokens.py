"""Instrument tokens: whole numbers that name one row of one day, made of the exchange's token and the segment."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from friday_core.domain.chunk import Int64
from friday_core.errors import DataSourceError
from friday_core.market.text_table import TextTable
from friday_core.market.written_numbers import refuse_negative, whole_numbers

_Mask = npt.NDArray[np.bool_]


def read_tokens(file: TextTable) -> tuple[Int64, _Mask]:
    """The tokens, and which of them do not agree with the exchange's token.

    A token that was rounded in scientific notation is taken if the exchange's token confirms it.
    """
    for column in ("instrument_token", "tradingsymbol", "exchange"):
        file.refuse_blank(column)
    tokens, rounded = whole_numbers(file, "instrument_token")
    refuse_negative(file, "instrument_token", tokens)
    known = pc.equal(exchange_tokens(file), pc.cast(pa.array(tokens >> 8), pa.string()))
    agrees: _Mask = known.to_numpy(zero_copy_only=False)
    lost = rounded & ~agrees
    if lost.any():
        row = int(np.argmax(lost))
        value = file["instrument_token"][row].as_py()
        mend = "get the file anew and do not open it in a spreadsheet, or format the column as a number first"
        raise file.error(f"{value!r} has lost digits", mend, row=row, column="instrument_token")
    return tokens, ~agrees


def exchange_tokens(file: TextTable) -> pa.ChunkedArray:
    """As text; without the ``.0`` of a spreadsheet if the whole column are numbers."""
    text = file["exchange_token"]
    if pc.all(pc.match_substring_regex(text, r"^\d+(\.0+)?$")).as_py():
        return pc.replace_substring_regex(text, r"\.0+$", "")
    return text


def first_of_repeats(file: TextTable, rows: pa.Table, tokens: Int64) -> _Mask:
    """The rows whose token did not come before; ``DataSourceError`` if one comes again with anything else."""
    _, first, which = np.unique(tokens, return_index=True, return_inverse=True)
    earlier = first[which]
    is_first: _Mask = earlier == np.arange(len(tokens))
    again = np.flatnonzero(~is_first)
    if rows.take(again) == rows.take(earlier[again]):
        return is_first
    pairs = ((int(row), int(earlier[row])) for row in again)
    row, before = next(pair for pair in pairs if rows.slice(pair[0], 1) != rows.slice(pair[1], 1))
    raise _token_twice(file, row, before)


def _token_twice(file: TextTable, row: int, before: int) -> DataSourceError:
    symbols = [file["tradingsymbol"][place].as_py() for place in (before, row)]
    token = file["instrument_token"][row].as_py()
    why = f"{token} is the token of {symbols[1]} and, in line {file.line(before)}, of {symbols[0]}"
    return file.error(why, "get the file anew; two days may be in one file", row=row, column="instrument_token")
