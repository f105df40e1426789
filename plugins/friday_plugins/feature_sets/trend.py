"""Feature set ``trend``: where an instrument stands in its own past, and among the others."""

from __future__ import annotations

import math
from collections.abc import Mapping

from pydantic import Field

from friday_core.api import Col, ComponentSpec, FeatureSet, Market, PluginSettings, hookimpl, where


class TrendSettings(PluginSettings):
    """Settings of the feature set ``trend``; lengths are bars of the instrument."""

    week: int = Field(5, ge=2, description="Bars of the latest return, which tends to turn.")
    month: int = Field(21, ge=2, description="Bars that momentum leaves out at its end, and of volatility.")
    year: int = Field(252, ge=2, description="Bars of momentum, and of the high.")


class Trend(FeatureSet):
    """Adds ``reversal``, ``momentum``, ``momentum_rank``, ``near_high`` and ``trend_volatility``.

    All are of the forward-adjusted close p, each NaN until the instrument had the bars it needs.

    - ``reversal = p[t] / p[t - week] - 1``: short-term losers tend to recover (Jegadeesh, 1990).
    - ``momentum = p[t - month] / p[t - year] - 1``: a year's winners tend to go on, the latest month
      left out (Jegadeesh and Titman, 1993).
    - ``momentum_rank``: the rank of ``momentum`` among the instruments of the slice, in (0, 1].
    - ``near_high = p[t] / max(p[t - year + 1 .. t])`` (George and Hwang, 2004).
    - ``trend_volatility``: sample deviation (ddof = 1) of the last ``month`` daily log returns, times sqrt(252).

    Prices that are not above zero count as missing.
    """

    Settings = TrendSettings

    def __init__(self, settings: TrendSettings) -> None:
        self._settings = settings

    def outputs(self, m: Market) -> Mapping[str, Col]:
        week, month, year = self._settings.week, self._settings.month, self._settings.year
        price = where(m.close > 0.0, m.close, math.nan)
        momentum = price.shift(month) / price.shift(year) - 1.0
        returns = (price / price.shift(1)).then("log")
        return {
            "reversal": price / price.shift(week) - 1.0,
            "momentum": momentum,
            "momentum_rank": m.panel(momentum).rank(),
            "near_high": price / price.rolling(year).max(),
            "trend_volatility": returns.rolling(month).std() * math.sqrt(252.0),
        }


@hookimpl
def friday_components() -> list[ComponentSpec]:
    return [ComponentSpec("feature_set", "trend", Trend, Trend.Settings)]
