"""The activity observer, registered as an object, as the host does it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pluggy
import pytest

from friday_core.domain.instruments import InstrumentId
from friday_core.domain.orders import OrderEnded, OrderStatus
from friday_core.infrastructure.logging import configure_logging
from friday_core.infrastructure.secrets import SecretRegistry
from friday_core.plugin import hookspecs
from friday_plugins.observers.activity import ActivityObserver, friday_components

INFY = InstrumentId("INFY", "NSE")


@pytest.fixture
def observer() -> ActivityObserver:
    return ActivityObserver()


@pytest.fixture
def hook(observer: ActivityObserver) -> Any:
    plugins = pluggy.PluginManager(hookspecs.PROJECT)
    plugins.add_hookspecs(hookspecs)
    plugins.register(observer)
    plugins.check_pending()
    return plugins.hook


@pytest.fixture
def lines_of(tmp_path: Path) -> Callable[[Callable[[], object]], list[dict[str, Any]]]:
    def logged(act: Callable[[], object]) -> list[dict[str, Any]]:
        path = tmp_path / "log.jsonl"
        handle = configure_logging(path, SecretRegistry())
        act()
        handle.close()
        lines = [json.loads(text) for text in path.read_text().splitlines()]
        assert {(line["component"], line["level"]) for line in lines} == {("activity", "info")}
        for line in lines:
            for key in ("ts", "component", "level", "run_id"):
                del line[key]
        return lines

    return logged


def test_states_and_the_session_are_logged_and_counted(hook: Any, lines_of: Any) -> None:
    def act() -> None:
        hook.friday_component_state(component="source.csv", old="ready", new="running")
        hook.friday_component_state(component="broker.paper", old="ready", new="running")
        hook.friday_session_opened(profile="demo", mode="backtest")
        hook.friday_session_closed(summary={"status": "finished", "equity": 1})

    assert lines_of(act) == [
        {"event": "component state", "number": 1, "of": "source.csv", "old": "ready", "new": "running"},
        {"event": "component state", "number": 2, "of": "broker.paper", "old": "ready", "new": "running"},
        {"event": "session opened", "number": 1, "profile": "demo", "mode": "backtest"},
        {
            "event": "session closed",
            "number": 1,
            "status": "finished",
            "counts": {"component state": 2, "session opened": 1},
        },
    ]


def test_orders_are_logged_by_how_they_ended(hook: Any, lines_of: Any) -> None:
    def act() -> None:
        hook.friday_order_terminal(order=OrderEnded("F1", INFY, "trend", OrderStatus.FILLED, 10, "", ts_event=1))
        for tag in ("F2", "F3"):
            hook.friday_order_terminal(
                order=OrderEnded(tag, INFY, "trend", OrderStatus.DENIED, 0, "MAX_POSITIONS: 5", ts_event=1)
            )

    order = {"instrument": "INFY.NSE", "strategy": "trend"}
    denied = {**order, "event": "order denied", "filled": 0, "reason": "MAX_POSITIONS: 5"}
    assert lines_of(act) == [
        {**order, "event": "order filled", "number": 1, "tag": "F1", "filled": 10, "reason": ""},
        {**denied, "number": 1, "tag": "F2"},
        {**denied, "number": 2, "tag": "F3"},
    ]


def test_its_progress_is_the_number_of_events(observer: ActivityObserver, hook: Any) -> None:
    assert observer.health().progress == 0
    hook.friday_session_opened(profile="demo", mode="backtest")
    hook.friday_session_closed(summary={})
    assert observer.health().progress == 2


def test_it_registers_as_the_observer_activity() -> None:
    (spec,) = friday_components()
    assert (spec.key, spec.factory) == ("observer.activity", ActivityObserver)
