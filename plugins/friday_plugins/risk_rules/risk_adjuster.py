"""Risk rule ``risk_adjuster``: smaller targets in wild markets, in drawdowns and without confidence."""

from __future__ import annotations

from itertools import pairwise
from typing import Self

from pydantic import Field, field_validator, model_validator

from friday_core.api import (
    Bar,
    BookView,
    ComponentSpec,
    PluginSettings,
    RiskAdjuster,
    RiskState,
    Target,
    hookimpl,
)


class Step(PluginSettings):
    drawdown: float = Field(gt=0, le=1, description="Drawdown from which on the scale holds.")
    scale: float = Field(ge=0, lt=1, description="Part of the target that is left.")


class Settings(PluginSettings):
    volatility: str | None = Field(None, description="Column with the instrument's annual volatility.")
    calm: float = Field(0.2, gt=0, description="Volatility up to which a target stays as it is.")
    drawdowns: tuple[Step, ...] = Field((), description="Steps down: { drawdown, scale }, ever stricter.")
    confidence: str | None = Field(None, description="Column with the confidence in [0, 1].")
    least_confidence: float = Field(0.0, ge=0, le=1, description="Below this nothing is left of a target.")

    @field_validator("drawdowns")
    @classmethod
    def _ever_stricter(cls, steps: tuple[Step, ...]) -> tuple[Step, ...]:
        for before, after in pairwise(steps):
            if after.drawdown <= before.drawdown or after.scale >= before.scale:
                raise ValueError("each step needs a larger drawdown and a smaller scale than the one before")
        return steps

    @model_validator(mode="after")
    def _adjusts_something(self) -> Self:
        if not (self.volatility or self.drawdowns or self.confidence):
            raise ValueError("it would adjust nothing: set volatility, drawdowns or confidence")
        return self


class SmallerTargets(RiskAdjuster):
    """``weight * min(1, calm / volatility) * scale * min(1, confidence)``; what is not set counts as 1.

    ``scale`` is that of the deepest drawdown since the equity was at its peak, so that it comes back
    with a new peak only. In contrast to ``[risk] drawdown_tiers`` a smaller target also sells what is
    held beyond it, at the next decision. While a column is not known there is no target, and the
    position stays as it is.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.inputs = tuple(one for one in (settings.volatility, settings.confidence) if one)

    def adjust(self, target: Target, bar: Bar, book: BookView, state: RiskState) -> Target | None:  # noqa: ARG002
        calm, confidence = self._calm(bar), self._confidence(bar)
        if calm is None or confidence is None:
            return None
        weight = target.weight * min(1.0, calm * self._scale(state.deepest) * confidence)
        return Target(target.instrument, weight, target.reason)

    def _calm(self, bar: Bar) -> float | None:
        if self._settings.volatility is None:
            return 1.0
        volatility = bar[self._settings.volatility]
        if not volatility >= 0.0:
            return None
        return min(1.0, self._settings.calm / volatility) if volatility else 1.0

    def _scale(self, deepest: float) -> float:
        return next((step.scale for step in reversed(self._settings.drawdowns) if deepest >= step.drawdown), 1.0)

    def _confidence(self, bar: Bar) -> float | None:
        if self._settings.confidence is None:
            return 1.0
        confidence = bar[self._settings.confidence]
        if confidence < self._settings.least_confidence:
            return 0.0
        return min(1.0, confidence) if confidence >= 0.0 else None


@hookimpl
def friday_components() -> list[ComponentSpec]:
    return [ComponentSpec("risk_rule", "risk_adjuster", SmallerTargets, Settings)]
