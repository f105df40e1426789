"""Sizer ``fractional_kelly``: a part of what grows fastest in the long run, if the edge is what it is said to be."""

from __future__ import annotations

import math
from typing import Literal

from pydantic import Field

from friday_core.api import Bar, BookView, ComponentSpec, PluginSettings, Signal, Sizer, Target, hookimpl


class Settings(PluginSettings):
    fraction: float = Field(0.25, gt=0, le=1, description="Part of the full Kelly share; a quarter to a half is usual.")
    cap: float = Field(0.25, gt=0, description="Largest weight, however good the odds.")
    allow_short: bool = Field(False, description="Whether a signal to go short gets a negative weight, or none.")
    edge: Literal["columns", "strength"] = Field(
        "columns", description="Where the edge comes from: two columns, or the signal's strength."
    )
    expected_return: str = Field("expected_return", min_length=1, description="Column with the predicted return.")
    variance: str = Field("variance", min_length=1, description="Column with its variance, over the same time.")
    risk_free: float = Field(0.0, description="Return without risk over that time.")
    most_volatility: float | None = Field(
        None, gt=0, description="Volatility over that time that one position may contribute; with columns only."
    )
    payoff: float = Field(1.0, gt=0, description="With strength: what a win brings for each unit that a loss costs.")


class FractionalKelly(Sizer):
    """From columns: ``f = (mu - r) / sigma**2``, in the direction of the signal, and
    ``weight = strength * min(cap, most_volatility / sigma, fraction * f)``.

    From strength: ``p = (1 + |strength|) / 2`` is the chance to win ``payoff`` for each unit staked,
    ``f = p - (1 - p) / payoff``, and ``weight = sign(strength) * min(cap, fraction * f)``.

    All are shares of equity; ``mu``, ``r`` and ``sigma**2`` are of the same span of time, which
    cancels out. Where the edge is against the signal's direction the weight is 0, never the other
    side; so it is for a short without ``allow_short``. Flat signals need no columns. No target while a
    column is not known or the variance is not above zero: the decision is recorded as ``NO_TARGET``.
    Source: E. Thorp, The Kelly Criterion in Blackjack, Sports Betting, and the Stock Market, 2006.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        if settings.edge == "columns":
            self.inputs = (settings.expected_return, settings.variance)

    def size(self, signal: Signal, bar: Bar, book: BookView) -> Target | None:  # noqa: ARG002 - any book alike
        strength = signal.strength
        if strength == 0.0 or (strength < 0.0 and not self._settings.allow_short):
            return Target(signal.instrument, 0.0, signal.reason)
        weight = self._from_columns(strength, bar) if self._settings.edge == "columns" else self._from_odds(strength)
        return None if weight is None else Target(signal.instrument, weight, signal.reason)

    def _from_columns(self, strength: float, bar: Bar) -> float | None:
        settings = self._settings
        mu, variance = bar[settings.expected_return], bar[settings.variance]
        if not (math.isfinite(mu) and variance > 0.0):
            return None
        edge = math.copysign(1.0, strength) * (mu - settings.risk_free)
        most = math.inf if settings.most_volatility is None else settings.most_volatility / math.sqrt(variance)
        return strength * max(0.0, min(settings.cap, most, settings.fraction * edge / variance))

    def _from_odds(self, strength: float) -> float:
        settings = self._settings
        chance = (1.0 + abs(strength)) / 2.0
        share = chance - (1.0 - chance) / settings.payoff
        return math.copysign(max(0.0, min(settings.cap, settings.fraction * share)), strength)


@hookimpl
def friday_components() -> list[ComponentSpec]:
    return [ComponentSpec("sizer", "fractional_kelly", FractionalKelly, Settings)]
