"""Transformer ``average_true_range``: how far an instrument moves in a bar, gaps included."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import Field

from friday_core.api import Col, ColumnTransformer, ComponentSpec, Market, PluginSettings, hookimpl, indicators


class AverageTrueRangeSettings(PluginSettings):
    """Settings of the transformer ``average_true_range``."""

    window: int = Field(14, ge=1, description="Rows of Wilder's average.")
    column: str = Field("atr", min_length=1, description="Name of the new column.")


class AverageTrueRange(ColumnTransformer):
    """Adds ``atr``: ``rma(max(high - low, |high - close[-1]|, |low - close[-1]|), window)``, in the currency.

    Of forward-adjusted prices, so that a split is no range. NaN on the first ``window`` rows of an
    instrument.
    """

    Settings = AverageTrueRangeSettings

    def __init__(self, settings: AverageTrueRangeSettings) -> None:
        self._settings = settings

    def outputs(self, m: Market) -> Mapping[str, Col]:
        return {self._settings.column: indicators.atr(m.high, m.low, m.close, self._settings.window)}


@hookimpl
def friday_components() -> list[ComponentSpec]:
    return [ComponentSpec("transformer", "average_true_range", AverageTrueRange, AverageTrueRange.Settings)]
