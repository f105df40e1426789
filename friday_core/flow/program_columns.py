"""The columns of a chunk as a program reads them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

import numpy as np

from friday_core.causal.program import Program
from friday_core.causal.tables import Places, Table
from friday_core.domain.chunk import MISSING_PRICE, PRICE_COLUMNS, Array, Chunk, Float64, Int64
from friday_core.domain.row import PlainRow

_RAW = "raw."
_NAN = float("nan")


def program_columns(rows: Chunk, labels: Iterable[str], scales: Float64) -> dict[str, list[float]]:
    """By label: ``raw.close`` in price units, ``close`` adjusted and in the currency, any other as it stands.

    ``scales`` holds the price units of one currency unit for each instrument of the universe.
    """
    return {label: _column(rows, label, scales).tolist() for label in labels}


def program_table(
    rows: Chunk,
    program: Program,
    domain: str,
    scales: Float64,
    times: Int64 | None = None,
    *,
    later: Collection[str] = (),
    places: Places | None = None,
    empty: Callable[[int], Float64] = np.empty,
) -> Table:
    """The columns that a program reads in a domain, whole; ``times`` of the rows instead of their close.

    ``places`` are those of the rows where they are known already; ``empty`` gives memory for columns.

    Those that come ``later`` hold nothing yet: they are filled in before their rows are read.
    """
    columns = {
        label: empty(len(rows)) if label in later else _column(rows, label, scales, empty)
        for label in program.inputs[domain]
    }
    if places is None:
        places = Places(rows.ts_event if times is None else times, rows.inst.astype(np.int64))
    return Table(columns, program, domain, places)


def chunk_columns(labels: Iterable[str]) -> tuple[str, ...]:
    """Which columns of the chunk these labels need besides those that every bar has."""
    needed = (label.removeprefix(_RAW) for label in labels)
    return tuple(dict.fromkeys(name for name in needed if name not in PRICE_COLUMNS))


def read_columns(labels: Sequence[str]) -> tuple[str, ...]:
    """Every column of the chunk that these labels are read from."""
    names = [label.removeprefix(_RAW) for label in labels]
    adjusted = any(label in PRICE_COLUMNS for label in labels)
    return tuple(dict.fromkeys([*names, "factor"] if adjusted else names))


class SingleRow:
    """Reads what ``program_columns`` gives of the values of one row, and makes no arrays."""

    def __init__(self, labels: Iterable[str], scales: Float64) -> None:
        self._readers = [(label, row_reader(label)) for label in labels]
        self._scales: list[float] = scales.tolist()

    def __call__(self, row: Mapping[str, float], inst: int) -> dict[str, float]:
        """By label; ``inst`` is the row's instrument, and ``row`` what its chunk has, by column."""
        scale = self._scales[inst]
        return {label: read(row, scale) for label, read in self._readers}


def adjusted_prices(rows: Chunk, name: str, scales: Float64, empty: Callable[[int], Float64] = np.empty) -> Float64:
    """Raw price times factor in the currency, NaN where the price is missing."""
    is_one = len(rows) > len(scales) > 0 and bool((scales == scales[0]).all())
    prices = _prices(rows[name], scales[0] if is_one else scales[rows.inst], empty)
    prices *= rows["factor"]
    return prices


def _column(rows: Chunk, label: str, scales: Float64, empty: Callable[[int], Float64] = np.empty) -> Float64:
    if label.startswith(_RAW):
        return _prices(rows[label.removeprefix(_RAW)], 1.0, empty)
    if label in PRICE_COLUMNS:
        return adjusted_prices(rows, label, scales, empty)
    return np.asarray(rows[label], np.float64)


def _prices(units: Array, scale: Float64 | float, empty: Callable[[int], Float64]) -> Float64:
    """Price units as floats, divided by a scale, NaN where there is none."""
    prices = np.divide(units, scale, out=empty(len(units)))
    if units.min(initial=0) == MISSING_PRICE:  # which is the smallest of all numbers
        prices[units == MISSING_PRICE] = _NAN
    return prices


def rows_reader(label: str) -> Callable[[Sequence[PlainRow], Sequence[float]], list[float]]:
    """``row_reader`` for several rows, given the scales of all instruments."""
    name = label.removeprefix(_RAW)

    def raw(rows: Sequence[PlainRow], _scales: Sequence[float]) -> list[float]:
        return [_NAN if (units := row.values[name]) == MISSING_PRICE else float(units) for row in rows]

    def adjusted(rows: Sequence[PlainRow], scales: Sequence[float]) -> list[float]:
        return [
            (_NAN if (units := (own := row.values)[label]) == MISSING_PRICE else units / scales[row.inst])
            * own["factor"]
            for row in rows
        ]

    if name != label:
        return raw
    return adjusted if label in PRICE_COLUMNS else lambda rows, _scales: [float(row.values[label]) for row in rows]


def few_reader(label: str) -> Callable[[Mapping[str, list[float]], Sequence[float]], list[float]]:
    """``rows_reader`` for rows that are kept by column, given the scale of each."""
    name = label.removeprefix(_RAW)

    def raw(columns: Mapping[str, list[float]], _scales: Sequence[float]) -> list[float]:
        return [_NAN if units == MISSING_PRICE else float(units) for units in columns[name]]

    def adjusted(columns: Mapping[str, list[float]], scales: Sequence[float]) -> list[float]:
        units = columns[label]
        if MISSING_PRICE in units:
            units = [_NAN if one == MISSING_PRICE else one for one in units]
        return [one / scale * factor for one, scale, factor in zip(units, scales, columns["factor"], strict=True)]

    if name != label:
        return raw
    return adjusted if label in PRICE_COLUMNS else lambda columns, _scales: [*map(float, columns[label])]


def row_reader(label: str) -> Callable[[Mapping[str, float], float], float]:
    """Reads one label of a row, given its instrument's scale: in the order of ``_column``, for the same bits."""
    name = label.removeprefix(_RAW)

    def raw(row: Mapping[str, float], _scale: float) -> float:
        return _NAN if row[name] == MISSING_PRICE else float(row[name])

    def adjusted(row: Mapping[str, float], scale: float) -> float:
        units = row[label]
        return (_NAN if units == MISSING_PRICE else units / scale) * row["factor"]

    if name != label:
        return raw
    return adjusted if label in PRICE_COLUMNS else lambda row, _scale: float(row[label])
