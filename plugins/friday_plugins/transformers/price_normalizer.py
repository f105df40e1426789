"""Transformer ``price_normalizer``: prices on the tick grid, and prices that compare over time."""

from __future__ import annotations

from typing import Literal

import numpy as np
from pydantic import Field

from friday_core.api import (
    MISSING_PRICE,
    PRICE_COLUMNS,
    Chunk,
    ComponentSpec,
    Int64,
    PluginSettings,
    Transformer,
    Universe,
    hookimpl,
)


class PriceNormalizerSettings(PluginSettings):
    """Settings of the transformer ``price_normalizer``."""

    tick: Literal["keep", "round"] = Field(
        "keep",
        description="What becomes of a price between two ticks: it stays, or goes to the nearest one. "
        "How far off it was is told either way.",
    )


class PriceNormalizer(Transformer):
    """Adds ``adj_<price>`` and ``tick_error_<price>`` for open, high, low and close.

    ``tick_error = (arrived - nearest) / tick_size``, in ticks, negative below the nearest tick. No
    side of an order is assumed: nearest is nearest, a tie goes to the even tick, and a price above
    zero never becomes zero. High stays the highest and low the lowest. With ``round`` the price
    that arrived is ``price + rint(tick_error * tick_size)``, exactly. The grid is the instrument's
    one ``tick_size``, whatever the exchange's rule was on the day.

    ``adj = price / 10**price_decimals * factor``, in the instrument's currency: what a strategy's
    ``Bar`` shows, to the bit. ``rint(adj / factor * 10**price_decimals)`` is the price again,
    exactly below 2**50 price units. A missing price stays missing and is NaN in both columns.

    A transformer drops no row: one that shall not pass for its ticks is a validator's to hold back.
    """

    Settings = PriceNormalizerSettings
    inputs = (*PRICE_COLUMNS, "factor")
    outputs = (*(f"adj_{name}" for name in PRICE_COLUMNS), *(f"tick_error_{name}" for name in PRICE_COLUMNS))

    def __init__(self, settings: PriceNormalizerSettings, universe: Universe) -> None:
        self._rounds = settings.tick == "round"
        self._ticks = np.array([one.tick_size for one in universe], np.int64)
        self._scales = universe.scales

    def transform(self, chunk: Chunk) -> Chunk:
        tick, scale = self._ticks[chunk.inst], self._scales[chunk.inst]
        columns = {}
        for name in PRICE_COLUMNS:
            arrived = chunk[name]
            there = arrived != MISSING_PRICE
            nearest = _nearest_tick(np.where(there, arrived, 0), tick)
            columns[f"tick_error_{name}"] = np.where(there, (arrived - nearest) / tick, np.nan)
            price = np.where(there, nearest, MISSING_PRICE) if self._rounds else arrived
            columns[name] = price
            columns[f"adj_{name}"] = np.where(there, price, np.nan) / scale * chunk["factor"]
        return chunk.with_columns(columns)


def _nearest_tick(units: Int64, tick: Int64) -> Int64:
    """The multiple of ``tick`` next to each price; the even one in a tie, at least one above zero."""
    below, rest = np.divmod(units, tick)
    up = (2 * rest > tick) | ((2 * rest == tick) & (below % 2 == 1))
    nearest: Int64 = (below + up) * tick
    return np.where((units > 0) & (nearest == 0), tick, nearest)


@hookimpl
def friday_components() -> list[ComponentSpec]:
    requires = {"universe": "universe"}
    return [ComponentSpec("transformer", "price_normalizer", PriceNormalizer, PriceNormalizer.Settings, requires)]
