"""Strategy ``top_predictions``: holds the instruments of which the most is expected, in equal parts."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Literal

from pydantic import Field

from friday_core.api import HOLD, Col, ColumnStrategy, ComponentSpec, Market, PluginSettings, hookimpl, where

#: More than the rows of a session: they number its rows within it.
_SESSION = 100_000.0
#: Below every prediction.
_LOWEST = -1e300


class TopPredictionsSettings(PluginSettings):
    """Settings of the strategy ``top_predictions``."""

    column: str = Field("prediction", min_length=1, description="Column with the prediction.")
    n: int = Field(10, ge=1, description="Instruments that are held at most, each with 1 / n of the equity.")
    rebalance: Literal["month", "week", "session"] = Field(
        "month", description="At whose last close the instruments are chosen; needs [data] calendar."
    )
    least: float = Field(0.0, allow_inf_nan=False, description="Prediction above which an instrument is held at all.")
    enough: int = Field(2, ge=1, description="Instruments that must have had a prediction before anything is decided.")
    quorum: float = Field(
        0.5, ge=0, le=1, description="Share of those in the slice that must have one now for anything to be decided."
    )


class TopPredictions(ColumnStrategy):
    """``target = 1 / n`` for the n highest predictions above ``least``, 0 for the others, ``HOLD`` between.

    Decided at the close of the last session of each month or week, or of each session; on bars
    within a session, at the one that closes with it. Of equal predictions the earlier InstrumentId
    is taken.

    An instrument that is no longer among them gets the target 0, and so does one that has no
    prediction now but had one before: nothing speaks for it, and kept beside n others it would be
    more than the equity. Fewer than n above ``least`` leave the rest in cash.

    Nothing is decided, and what is held stays, for an instrument that never had a prediction or has
    no bar in the slice; and for all of them while fewer than ``enough`` in the slice have ever had
    one, or less than ``quorum`` of these have one now. That is a model that failed, not an opinion,
    and no reason to sell everything.
    """

    Settings = TopPredictionsSettings

    def __init__(self, settings: TopPredictionsSettings) -> None:
        self._settings = settings

    def outputs(self, m: Market) -> Mapping[str, Col]:
        own, prediction = self._settings, m[self._settings.column]
        known = _known(m, prediction)
        count = where(known, 1.0, 0.0)
        share = count - m.panel(count, min_valid=own.enough).demean()
        top = m.panel(where(known, prediction, _LOWEST), min_valid=own.enough).top(own.n)
        target = where(known & (prediction > own.least), top / own.n, 0.0)
        return {"target": where(self._is_time(m) & (share >= own.quorum), target, HOLD), "share": share}

    def _is_time(self, m: Market) -> Col:
        if self._settings.rebalance == "session":
            return m.session_end
        return m.session_end & (m.month_end if self._settings.rebalance == "month" else m.week_end)


def _known(m: Market, column: Col) -> Col:
    """Whether the row has a value, true or false and never unknown, once the instrument had one.

    Every other condition on NaN is unknown. So the row's number, which is always there, is compared
    with that of the latest row that had a value.
    """
    number = m.session * _SESSION + (m.session * 0.0 + 1.0).cumsum()
    latest = where(abs(column) < math.inf, number, math.nan).ffill()
    return number == latest


@hookimpl
def friday_components() -> list[ComponentSpec]:
    return [ComponentSpec("strategy", "top_predictions", TopPredictions, TopPredictions.Settings)]
