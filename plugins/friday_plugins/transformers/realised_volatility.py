"""Transformer ``realised_volatility``: how much an instrument has moved lately, as a yearly rate."""

from __future__ import annotations

import math
from collections.abc import Mapping

from pydantic import Field

from friday_core.api import Col, ColumnTransformer, ComponentSpec, Market, PluginSettings, hookimpl, where


class RealisedVolatilitySettings(PluginSettings):
    """Settings of the transformer ``realised_volatility``."""

    window: int = Field(20, ge=2, description="Returns of the instrument's own rows that count.")
    periods_per_year: int = Field(252, gt=0, description="Rows of one instrument in a year.")
    column: str = Field("volatility", min_length=1, description="Name of the new column.")


class RealisedVolatility(ColumnTransformer):
    """Adds ``volatility``: ``sqrt(periods_per_year) * s``, ``s`` the sample deviation (ddof = 1) of log returns.

    ``r[t] = ln(p[t] / p[t-1])`` of the forward-adjusted close over the last ``window`` returns of
    the instrument's own rows; the unit is a share per year (0.25 is 25%). NaN until ``window``
    returns are known, and while one of the closes that they are made of is not above zero.
    """

    Settings = RealisedVolatilitySettings

    def __init__(self, settings: RealisedVolatilitySettings) -> None:
        self._settings = settings

    def outputs(self, m: Market) -> Mapping[str, Col]:
        close = where(m.close > 0.0, m.close, math.nan)
        returns = (close / close.shift(1)).then("log")
        deviation = returns.rolling(self._settings.window).std()
        return {self._settings.column: math.sqrt(self._settings.periods_per_year) * deviation}


@hookimpl
def friday_components() -> list[ComponentSpec]:
    return [ComponentSpec("transformer", "realised_volatility", RealisedVolatility, RealisedVolatility.Settings)]
