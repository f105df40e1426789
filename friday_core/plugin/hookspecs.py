"""All hooks. They are cold: never one per row, decision, validation or fill."""

from __future__ import annotations

from typing import Any

import pluggy

from friday_core.causal.op import Op
from friday_core.domain.orders import OrderEnded
from friday_core.plugin.api_version import API_VERSION, group_of
from friday_core.plugin.spec import ComponentSpec

PROJECT = "friday"
#: Group of the entry points of plugins for our major, named ``<kind>.<name>``, and of commands, named like them.
PLUGIN_GROUP = group_of(API_VERSION[0])
COMMAND_GROUP = "friday.commands"

hookspec = pluggy.HookspecMarker(PROJECT)
#: Marks a function of a plugin as one of Friday's hooks: ``@hookimpl``.
hookimpl = pluggy.HookimplMarker(PROJECT)


@hookspec
def friday_components() -> list[ComponentSpec]:  # type: ignore[empty-body]
    """The components that this plugin offers. The one registration; asked when one is first named."""


@hookspec
def friday_operators() -> list[Op]:  # type: ignore[empty-body]
    """The operators of its own that this module's columns use; asked, and tried, when it registers components."""


@hookspec
def friday_component_state(component: str, old: str, new: str) -> None:
    """Observer: a component went from one state of its life to another."""


@hookspec
def friday_session_opened(profile: str, mode: str) -> None:
    """Observer: every component runs and the first record is about to be applied."""


@hookspec
def friday_session_closed(summary: dict[str, Any]) -> None:
    """Observer: the session is over; ``summary`` is what ``summary.json`` holds."""


@hookspec
def friday_order_terminal(order: OrderEnded) -> None:
    """Observer: an order reached its end: filled, cancelled, expired or rejected."""
