"""What an observer keeps."""

from __future__ import annotations

from typing import Any

import pluggy

from friday_core.domain.instruments import InstrumentId
from friday_core.domain.orders import OrderEnded, OrderStatus
from friday_core.plugin import hookspecs
from friday_core.testing.outcomes import Broken
from friday_core.testing.rule import Rule
from friday_core.testing.subject import Subject

_ENDED = OrderEnded("FKIT", InstrumentId("WILD", "SIM"), "trial", OrderStatus.CANCELLED, 3, "CANCELLED: by the kit", 1)


def _hooks_are_known(subject: Subject) -> None:
    _registered(subject.make())


def _bears_a_session(subject: Subject) -> None:
    hooks: Any = _registered(subject.started()).hook
    hooks.friday_component_state(component="source.kit", old="created", new="ready")
    hooks.friday_session_opened(profile="kit", mode="backtest")
    hooks.friday_order_terminal(order=_ENDED)
    hooks.friday_session_closed(summary={"status": "finished"})
    hooks.friday_session_closed(summary={})


def _registered(observer: object) -> pluggy.PluginManager:
    manager = pluggy.PluginManager(hookspecs.PROJECT)
    manager.add_hookspecs(hookspecs)
    try:
        manager.register(observer)
        manager.check_pending()
    except pluggy.PluginValidationError as error:
        raise Broken(str(error)) from error
    if not manager.get_hookcallers(observer):
        raise Broken("it observes nothing: none of its methods is a hook")
    return manager


RULES = (
    Rule(
        "its hooks are Friday's, with the arguments that they have",
        "a hook that nobody calls does nothing, and nobody says so",
        "mark each method with @hookimpl, and name it and its arguments as docs/hooks.md does",
        _hooks_are_known,
    ),
    Rule(
        "it bears a session from beginning to end",
        "its failures are reported and counted beside every run",
        "expect a summary that lacks what it is not about",
        _bears_a_session,
    ),
)
