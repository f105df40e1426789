"""Strategy ``moving_average_cross``: long while a fast average is above a slow one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Self

from pydantic import Field, model_validator

from friday_core.api import Col, ColumnStrategy, ComponentSpec, Market, PluginSettings, hookimpl, indicators, where

#: Share of a price below which a difference is rounding: equal averages are common on a grid of ticks.
_ROUNDING = 1e-12


class MovingAverageCrossSettings(PluginSettings):
    """Settings of the strategy ``moving_average_cross``."""

    fast: int = Field(20, ge=1, description="Bars of the fast average.")
    slow: int = Field(50, ge=2, description="Bars of the slow average.")
    only: str | None = Field(
        None, min_length=1, description="Column that is above 0 where a position may be held; elsewhere it is closed."
    )

    @model_validator(mode="after")
    def _fast_is_faster(self) -> Self:
        if self.fast >= self.slow:
            raise ValueError(f"fast ({self.fast}) must be smaller than slow ({self.slow})")
        return self


class MovingAverageCross(ColumnStrategy):
    """``signal = 1 if mean(close, fast) > mean(close, slow) else 0``, simple means of an instrument's own bars.

    Closes are adjusted for splits and dividends. Nothing is signalled before ``slow`` bars of an
    instrument, nor while the averages keep their order: a signal is given only when it changes.
    Averages that differ by rounding only are equal, wherever the data begin. With ``only`` the signal is 0 on
    rows where that column is not above 0, as on those of a future that is about to expire.
    """

    Settings = MovingAverageCrossSettings

    def __init__(self, settings: MovingAverageCrossSettings) -> None:
        self._fast, self._slow, self._only = settings.fast, settings.slow, settings.only

    def outputs(self, m: Market) -> Mapping[str, Col]:
        fast, slow = indicators.sma(m.close, self._fast), indicators.sma(m.close, self._slow)
        above = fast - slow > _ROUNDING * abs(slow)
        held = above if self._only is None else above & (m[self._only] > 0.0)
        return {"signal": where(held, 1.0, 0.0), "fast": fast, "slow": slow}


@hookimpl
def friday_components() -> list[ComponentSpec]:
    return [ComponentSpec("strategy", "moving_average_cross", MovingAverageCross, MovingAverageCross.Settings)]
