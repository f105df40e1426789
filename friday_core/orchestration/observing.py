"""Brings events to the observers: each on its own queue, so that none can hinder another or a run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pluggy

from friday_core.domain.events import ComponentStateChanged, SessionClosed, SessionOpened
from friday_core.domain.orders import OrderEnded
from friday_core.infrastructure.event_bus import Delivery, Envelope, EventBus


def _call(event: object) -> tuple[str, Mapping[str, Any]] | None:
    """The hook that an event belongs to, and its arguments."""
    match event:
        case ComponentStateChanged(component, old, new):
            return "friday_component_state", {"component": component, "old": old, "new": new}
        case SessionOpened(profile, mode):
            return "friday_session_opened", {"profile": profile, "mode": mode}
        case SessionClosed(summary):
            return "friday_session_closed", {"summary": summary}
        case OrderEnded():
            return "friday_order_terminal", {"order": event}
    return None


def connect_observers(hooks: pluggy.PluginManager, bus: EventBus) -> None:
    """Subscribe every registered plugin that implements an observer hook, under its plugin's name."""
    for name, plugin in hooks.list_name_plugin():
        callers = hooks.get_hookcallers(plugin) if plugin is not None else None
        observed = {caller.name for caller in callers or () if caller.name != "friday_components"}
        if observed:
            others = [other for other in hooks.get_plugins() if other is not plugin]
            handler = _Observer(hooks, others, observed)
            bus.subscribe(object, handler, name=f"observer {name}", delivery=Delivery.MUST)


class _Observer:
    """Calls the hooks of one plugin."""

    def __init__(self, hooks: pluggy.PluginManager, others: list[Any], observed: set[str]) -> None:
        self._hooks = hooks
        self._others = others
        self._observed = observed

    def __call__(self, envelope: Envelope[object]) -> None:
        call = _call(envelope.event)
        if call is not None and call[0] in self._observed:
            self._hooks.subset_hook_caller(call[0], remove_plugins=self._others)(**call[1])
