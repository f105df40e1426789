"""Sizer ``volatility_target``: smaller positions in wilder instruments."""

from __future__ import annotations

from pydantic import Field

from friday_core.api import Bar, BookView, ComponentSpec, PluginSettings, Signal, Sizer, Target, hookimpl


class Settings(PluginSettings):
    target: float = Field(0.05, gt=0, description="Annual volatility that one position shall contribute.")
    cap: float = Field(0.25, gt=0, description="Largest weight, however calm the instrument.")
    column: str = Field("volatility", description="Column with the instrument's annual volatility.")


class VolatilityTarget(Sizer):
    """``weight = strength * min(cap, target / volatility)``; flat signals need no volatility.

    No target while the volatility is not known: the decision is recorded as ``NO_TARGET``.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.inputs = (settings.column,)

    def size(self, signal: Signal, bar: Bar, book: BookView) -> Target | None:  # noqa: ARG002 - any book alike
        if signal.strength == 0.0:
            return Target(signal.instrument, 0.0, signal.reason)
        volatility = bar[self._settings.column]
        if not volatility > 0.0:
            return None
        weight = min(self._settings.cap, self._settings.target / volatility)
        return Target(signal.instrument, signal.strength * weight, signal.reason)


@hookimpl
def friday_components() -> list[ComponentSpec]:
    return [ComponentSpec("sizer", "volatility_target", VolatilityTarget, Settings)]
