"""A simulated broker: every order type, filled from the bars by fixed, pessimistic rules."""

from __future__ import annotations

from friday_core.api import BarMatcher, ComponentSpec, MatchingSettings, OrderType, SimulatedBroker, hookimpl


class PaperBroker(SimulatedBroker):
    """Fills by the rules of ``BarMatcher``; nothing leaves the process."""

    order_types = frozenset(OrderType)

    Settings = MatchingSettings

    def __init__(self, settings: MatchingSettings) -> None:
        self._rules = settings.rules

    def matcher(self) -> BarMatcher:
        return BarMatcher(self._rules)


@hookimpl
def friday_components() -> list[ComponentSpec]:
    return [ComponentSpec("broker", "paper", PaperBroker, PaperBroker.Settings, provides=PaperBroker.order_types)]
