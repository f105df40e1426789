"""What stands in for the components and the host that a component requires."""

from __future__ import annotations

from collections.abc import Callable, Mapping
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
    made: Mapping[str, Callable[[], Any]] = {
        "universe": lambda: market.universe,
        "run_folder": lambda: folder,
        Kind.CALENDAR: lambda: FixedCalendar(market.schedule),
        Kind.SOURCE: lambda: MarketSource(market),
        Kind.CHARGES: NoCharges,
        Kind.SIZER: StrengthSizer,
        Kind.BROKER: ScriptedBroker,
        Kind.NOTIFIER: KeptNotifications,
        Kind.OBSERVER: Component,
    }
    name = capability.partition(":")[0]
    if name not in made:
        raise Broken(f"nothing stands in for {capability!r}, which it requires: give one with its Provision")
    return made[name]()
