"""Brings events to the observers: each on its own queue, so that none can hinder another or a run."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any

import pluggy

from friday_core.domain.events import ComponentStateChanged, SessionClosed, SessionOpened
from friday_core.domain.orders import OrderEnded
from friday_core.infrastructure.event_bus import Delivery, Envelope, EventBus
from friday_core.interfaces.component import Component
from friday_core.plugin.graph import Graph
from friday_core.plugin.registry import PluginRegistry
from friday_core.plugin.spec import Kind


def _call(event: object) -> tuple[str, Mapping[str, Any]] | None:
    """The hook that an event belongs to, and its arguments."""
    match event:
        case ComponentStateChanged(component, old, new):
            return "friday_component_state", {"component": component, "old": old, "new": new}
        case SessionOpened(profile, mode):
            return "friday_session_opened", {"profile": profile, "mode": mode}
        case SessionClosed(summary):
            return "friday_session_closed", {"summary": copy.deepcopy(summary)}
        case OrderEnded():
            return "friday_order_terminal", {"order": event}
    return None


def connect_observers(hooks: pluggy.PluginManager, bus: EventBus) -> None:
    """Subscribe every registered plugin that implements an observer hook, under its plugin's name."""
    for name, plugin in hooks.list_name_plugin():
        callers = hooks.get_hookcallers(plugin) if plugin is not None else None
        observed = {
            caller.name: [one for one in caller.get_hookimpls() if one.plugin is plugin]
            for caller in callers or ()
            if caller.name != "friday_components"
        }
        if observed:
            bus.subscribe(object, _Observer(observed), name=f"observer {name}", delivery=Delivery.MUST)


def connect_components(
    graph: Graph, components: Mapping[str, Component], registry: PluginRegistry, bus: EventBus
) -> None:
    """Subscribe the observers among the components, and every plugin that implements an observer hook."""
    for node in graph.nodes.values():
        if node.request.kind is Kind.OBSERVER:
            registry.add_observer(components[node.id], f"{node.id} instance", node.loaded.plugin)
    connect_observers(registry.hooks, bus)


class _Observer:
    """Calls the hooks of one plugin, past pluggy, which would ask every plugin for its hash."""

    def __init__(self, observed: Mapping[str, Sequence[pluggy.HookImpl]]) -> None:
        self._observed = observed

    def __call__(self, envelope: Envelope[object]) -> None:
        call = _call(envelope.event)
        if call is not None:
            hook, arguments = call
            for one in self._observed.get(hook, ()):
                one.function(*(arguments[name] for name in one.argnames))
