"""Strategy ``follow_signal``: does what a column says."""

from __future__ import annotations

import math
from collections.abc import Mapping

from pydantic import Field

from friday_core.api import Col, ColumnStrategy, ComponentSpec, Market, PluginSettings, hookimpl, where


class FollowSignalSettings(PluginSettings):
    """Settings of the strategy ``follow_signal``."""

    column: str = Field("signal", min_length=1, description="Column with a strength in [-1, 1] on each row.")
    expiry: int | None = Field(
        None, ge=0, description="Days that a signal outlives the last row that had one; then 0. Not set: for ever."
    )


class FollowSignal(ColumnStrategy):
    """``signal = column``: a decision whenever it changes, none where it is NaN.

    A row has no signal before the first prediction, or because a validator of its stream held it
    back: what was decided stays. A stream that has ended says nothing any more; ``expiry`` bounds
    how long its last word is kept, counted in calendar days from session to session. A value
    beyond [-1, 1] stops the strategy: the column is no signal.
    """

    Settings = FollowSignalSettings

    def __init__(self, settings: FollowSignalSettings) -> None:
        self._settings = settings

    def outputs(self, m: Market) -> Mapping[str, Col]:
        signal = m[self._settings.column]
        if self._settings.expiry is None:
            return {"signal": signal}
        latest = where(abs(signal) <= math.inf, m.session, math.nan).ffill()
        return {"signal": where(m.session - latest > self._settings.expiry, 0.0, signal.ffill())}


@hookimpl
def friday_components() -> list[ComponentSpec]:
    return [ComponentSpec("strategy", "follow_signal", FollowSignal, FollowSignal.Settings)]
