"""The columns of a chunk as a program reads them."""

from __future__ import annotations

from collections.abc import Iterable

from friday_core.domain.chunk import MISSING_PRICE, PRICE_COLUMNS, Array, Chunk, Float64

_RAW = "raw."


def program_columns(rows: Chunk, labels: Iterable[str], scales: Float64) -> dict[str, list[float]]:
    """By label: ``raw.close`` in price units, ``close`` adjusted and in the currency, any other as it stands.

    ``scales`` holds the price units of one currency unit for each instrument of the universe.
    """
    return {label: _column(rows, label, scales) for label in labels}


def chunk_columns(labels: Iterable[str]) -> tuple[str, ...]:
    """Which columns of the chunk these labels need besides those that every bar has."""
    needed = (label.removeprefix(_RAW) for label in labels)
    return tuple(dict.fromkeys(name for name in needed if name not in PRICE_COLUMNS))


def _column(rows: Chunk, label: str, scales: Float64) -> list[float]:
    if label.startswith(_RAW):
        return _prices(rows[label.removeprefix(_RAW)]).tolist()  # type: ignore[no-any-return]
    if label in PRICE_COLUMNS:
        return adjusted_prices(rows, label, scales).tolist()  # type: ignore[no-any-return]
    return rows[label].tolist()  # type: ignore[no-any-return]


def adjusted_prices(rows: Chunk, name: str, scales: Float64) -> Float64:
    """Raw price times factor in the currency, NaN where the price is missing."""
    adjusted: Float64 = _prices(rows[name]) / scales[rows.inst] * rows["factor"]
    return adjusted


def _prices(units: Array) -> Float64:
    """Price units as floats, NaN where there is none."""
    prices: Float64 = units.astype("float64")
    prices[units == MISSING_PRICE] = float("nan")
    return prices
