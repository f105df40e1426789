"""Observers are told what they have hooks for, and can neither hinder nor reach anything."""

from __future__ import annotations

from typing import Any

import pluggy
import pytest

from friday_core.domain.events import ComponentStateChanged, SessionClosed, SessionOpened
from friday_core.domain.instruments import InstrumentId
from friday_core.domain.orders import OrderEnded, OrderStatus
from friday_core.infrastructure.event_bus import EventBus
from friday_core.orchestration.observing import connect_observers
from friday_core.plugin import hookspecs
from friday_core.plugin.hookspecs import hookimpl

ENDED = OrderEnded("F1", InstrumentId("INFY", "NSE"), "moon", OrderStatus.FILLED, 1, "", 0)


@pytest.fixture
def hooks() -> pluggy.PluginManager:
    manager = pluggy.PluginManager(hookspecs.PROJECT)
    manager.add_hookspecs(hookspecs)
    return manager


class Diary:
    """Writes down whatever it is told."""

    def __init__(self) -> None:
        self.told: list[object] = []

    @hookimpl
    def friday_component_state(self, component: str, old: str, new: str) -> None:
        self.told.append((component, old, new))

    @hookimpl
    def friday_session_opened(self, profile: str, mode: str) -> None:
        self.told.append((profile, mode))

    @hookimpl
    def friday_order_terminal(self, order: OrderEnded) -> None:
        self.told.append(order)

    @hookimpl
    def friday_session_closed(self, summary: dict[str, Any]) -> None:
        self.told.append(summary)


def publish(hooks: pluggy.PluginManager, *events: object) -> EventBus:
    """Everything delivered."""
    bus = EventBus()
    connect_observers(hooks, bus)
    for event in events:
        bus.publish(event)
    assert bus.close(10.0) == ()
    return bus


def test_each_event_reaches_its_hook_in_order(hooks: pluggy.PluginManager) -> None:
    diary = Diary()
    hooks.register(diary)
    publish(
        hooks,
        ComponentStateChanged("broker.paper", "ready", "running"),
        SessionOpened("demo", "backtest"),
        ENDED,
        SessionClosed({"status": "finished"}),
    )
    assert diary.told == [
        ("broker.paper", "ready", "running"),
        ("demo", "backtest"),
        ENDED,
        {"status": "finished"},
    ]


def test_events_without_a_hook_are_passed_over(hooks: pluggy.PluginManager) -> None:
    diary = Diary()
    hooks.register(diary)
    bus = publish(hooks, "something else", ENDED)
    assert diary.told == [ENDED]
    assert [(one.delivered, one.failed) for one in bus.statistics()] == [(2, 0)]


def test_a_hook_may_take_some_of_the_arguments(hooks: pluggy.PluginManager) -> None:
    modes: list[str] = []

    class Brief:
        @hookimpl
        def friday_session_opened(self, mode: str) -> None:
            modes.append(mode)

    hooks.register(Brief())
    publish(hooks, SessionOpened("demo", "backtest"))
    assert modes == ["backtest"]


def test_a_plugin_without_an_observers_hook_is_not_subscribed(hooks: pluggy.PluginManager) -> None:
    class Registering:
        @hookimpl
        def friday_components(self) -> list[Any]:
            raise AssertionError("nobody asks for components here")

    hooks.register(Registering())
    assert publish(hooks, ENDED).statistics() == ()


def test_an_observer_that_raises_is_counted_and_the_others_are_told(hooks: pluggy.PluginManager) -> None:
    class Broken:
        @hookimpl
        def friday_order_terminal(self, order: OrderEnded) -> None:
            raise RuntimeError("no ink")

    diary = Diary()
    hooks.register(Broken(), name="broken")
    hooks.register(diary, name="diary")
    bus = publish(hooks, ENDED, ENDED)
    assert diary.told == [ENDED, ENDED]
    assert {one.name: (one.failed, one.last_error) for one in bus.statistics()} == {
        "observer broken": (2, "RuntimeError: no ink"),
        "observer diary": (0, ""),
    }


def test_an_observer_that_has_no_hash_hinders_nobody(hooks: pluggy.PluginManager) -> None:
    class Unhashable(Diary):
        __hash__ = None  # type: ignore[assignment]

    first, second = Unhashable(), Diary()
    hooks.register(first)
    hooks.register(second)
    publish(hooks, ENDED)
    assert first.told == second.told == [ENDED]


def test_no_observer_can_change_the_summary_for_anybody(hooks: pluggy.PluginManager) -> None:
    class Vandal:
        @hookimpl
        def friday_session_closed(self, summary: dict[str, Any]) -> None:
            summary["results"]["fills"] = 0

    diary = Diary()
    hooks.register(Vandal())
    hooks.register(diary)
    summary = {"results": {"fills": 7}}
    publish(hooks, SessionClosed(summary))
    assert summary == {"results": {"fills": 7}}
    assert diary.told == [summary]
