"""Sizer ``atr_unit``: a move of one average true range costs every position the same share of equity."""

from __future__ import annotations

from pydantic import Field

from friday_core.api import Bar, BookView, ComponentSpec, PluginSettings, Signal, Sizer, Target, hookimpl


class Settings(PluginSettings):
    risk: float = Field(0.01, gt=0, le=1, description="Share of equity that a move of one average true range costs.")
    cap: float = Field(0.25, gt=0, description="Largest weight, however narrow the range.")
    column: str = Field("atr", min_length=1, description="Column with the average true range, in adjusted prices.")


class AtrUnit(Sizer):
    """``weight = strength * min(cap, risk * close / atr)``, so that ``quantity = equity * risk / atr`` before lots.

    ``close`` and ``atr`` are in the currency, both adjusted forward; the unit of the range cancels
    out. Flat signals need no range. No target while it is not known or not above zero: the decision
    is recorded as ``NO_TARGET``. Source: the unit of the Turtles, with ``risk = 0.01``; C. Faith, The
    Original Turtle Trading Rules, 2003.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.inputs = (settings.column,)

    def size(self, signal: Signal, bar: Bar, book: BookView) -> Target | None:  # noqa: ARG002 - any book alike
        if signal.strength == 0.0:
            return Target(signal.instrument, 0.0, signal.reason)
        average = bar[self._settings.column]
        if not (average > 0.0 and bar.close > 0.0):
            return None
        weight = min(self._settings.cap, self._settings.risk * bar.close / average)
        return Target(signal.instrument, signal.strength * weight, signal.reason)


@hookimpl
def friday_components() -> list[ComponentSpec]:
    return [ComponentSpec("sizer", "atr_unit", AtrUnit, Settings)]
