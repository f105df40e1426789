"""A simulated broker: every order type, filled from the bars by fixed, pessimistic rules."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import Field

from friday_core.api import (
    BarMatcher,
    ComponentSpec,
    Intent,
    MatchingRules,
    OrderType,
    PluginSettings,
    SimulatedBroker,
    hookimpl,
)


class PaperBroker(SimulatedBroker):
    """Fills by the rules of ``BarMatcher``; nothing leaves the process."""

    order_types = frozenset(OrderType)

    class Settings(PluginSettings):
        latency: int = Field(0, ge=0, description="Slices an order takes to reach the market, after the next one.")
        slippage_ticks: int = Field(1, ge=0, description="Ticks by which market and stop orders trade worse.")
        participation: float | None = Field(
            None, ge=0.000001, le=1, description="Largest share of a bar's volume that all orders may take."
        )

    def __init__(self, settings: Settings) -> None:
        share = settings.participation
        ppm = None if share is None else round(share * 1_000_000)
        self._rules = MatchingRules(settings.latency, settings.slippage_ticks, ppm)

    def matcher(self) -> BarMatcher:
        return BarMatcher(self._rules)

    def send(self, intents: Sequence[Intent]) -> None:
        """Nothing to do: the matcher is given every working order."""


@hookimpl
def friday_components() -> list[ComponentSpec]:
    return [ComponentSpec("broker", "paper", PaperBroker, PaperBroker.Settings, provides=PaperBroker.order_types)]
