"""What stands in for the components and the host that a component requires."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from friday_core.interfaces.component import Component
from friday_core.plugin.spec import Kind
from friday_core.testing.doubles import (
    FixedCalendar,
    KeptNotifications,
    MarketSource,
    NoCharges,
    ScriptedBroker,
    StrengthSizer,
)
from friday_core.testing.markets import Market
from friday_core.testing.outcomes import Broken


def of(capability: str, market: Market, folder: Path) -> Any:
    """What serves a capability in this market; ``Broken`` if the kit has nothing that could."""
    if capability == "universe":
        return market.universe
    if capability == "run_folder":
        return folder
    match capability.partition(":")[0]:
        case Kind.CALENDAR:
            return FixedCalendar(market.schedule)
        case Kind.SOURCE:
            return MarketSource(market)
        case Kind.CHARGES:
            return NoCharges()
        case Kind.SIZER:
            return StrengthSizer()
        case Kind.BROKER:
            return ScriptedBroker()
        case Kind.NOTIFIER:
            return KeptNotifications()
        case Kind.OBSERVER:
            return Component()
    raise Broken(f"nothing stands in for what it requires, {capability!r}: give one as a requirement of its Provision")
