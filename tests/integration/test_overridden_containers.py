"""Tests and other hosts replace a part of the containers before it is used first."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from dependency_injector import errors, providers
from fakes.components import Simulation
from fakes.installed import UserFolder
from fakes.plugin_list import PluginList

import containers
from friday_core.errors import ConfigurationError
from friday_core.infrastructure.clock import ManualClock
from friday_core.infrastructure.event_bus import EventBus
from friday_core.orchestration.host import Host
from friday_core.plugin.discovery import installed_plugins
from friday_core.plugin.spec import ComponentSpec
from friday_settings import LoadedSettings

NOON = int(dt.datetime(2024, 2, 29, 12, 30, 15, tzinfo=dt.UTC).timestamp()) * 1_000_000


@pytest.fixture
def loaded(tmp_path: Path) -> LoadedSettings:
    return UserFolder(tmp_path).load(sessions=5)


def opened(loaded: LoadedSettings) -> tuple[containers.Infrastructure, containers.Plugins, containers.Session]:
    """Fresh containers; nothing is made yet."""
    infrastructure = containers.Infrastructure(loaded=loaded)
    plugins = containers.Plugins(infrastructure=infrastructure)
    return infrastructure, plugins, containers.Session(infrastructure=infrastructure, plugins=plugins)


def test_a_clock_of_the_tests_own_names_the_run_folder(loaded: LoadedSettings) -> None:
    infrastructure, _, session = opened(loaded)
    infrastructure.clock.override(providers.Object(ManualClock(NOON)))
    result = session.host().run()
    assert result.folder.name == "backtest-20240229T123015.000000Z"


def test_two_runs_at_one_moment_have_folders_of_their_own(loaded: LoadedSettings) -> None:
    names = []
    for _ in range(2):
        infrastructure, _, session = opened(loaded)
        infrastructure.clock.override(providers.Object(ManualClock(NOON)))
        names.append(session.host().run().folder.name)
    assert names == ["backtest-20240229T123015.000000Z", "backtest-20240229T123015.000000Z-2"]


def test_an_override_of_one_container_does_not_touch_the_next(loaded: LoadedSettings) -> None:
    first, _, _ = opened(loaded)
    first.clock.override(providers.Object(ManualClock(NOON)))
    second, _, _ = opened(loaded)
    assert first.clock().now() == NOON
    assert second.clock().now() > NOON


def test_a_registry_of_the_tests_own_is_asked_for_the_plugins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    listed = PluginList(monkeypatch)
    listed.plugins += installed_plugins()
    listed.add(ComponentSpec("broker", "own", Simulation))
    loaded = UserFolder(tmp_path).load(sessions=5, overrides=["broker.use=own"])
    _, plugins, session = opened(loaded)
    plugins.registry.override(providers.Object(listed.registry()))
    assert isinstance(session.host().assembly.broker, Simulation)


def test_without_the_override_the_plugin_is_not_found(tmp_path: Path) -> None:
    loaded = UserFolder(tmp_path).load(sessions=5, overrides=["broker.use=own"])
    with pytest.raises(ConfigurationError, match="no installed plugin offers the broker 'own'"):
        opened(loaded)[2].host()


def test_a_bus_of_the_tests_own_carries_the_runs_events(loaded: LoadedSettings) -> None:
    bus = EventBus()
    infrastructure, _, session = opened(loaded)
    infrastructure.events.override(providers.Object(bus))
    session.host().run()
    names = {one.name for one in bus.statistics()}
    assert names == {
        "observer observer.activity instance",
        "notifications",
        "notifications of faults",
        "notifications of differences",
        "notifications of silence",
    }


def test_a_host_is_made_once_in_a_container(loaded: LoadedSettings) -> None:
    _, _, session = opened(loaded)
    host = session.host()
    assert isinstance(host, Host)
    assert session.host() is host


def test_building_twice_gives_two_hosts_that_share_nothing(loaded: LoadedSettings) -> None:
    first, second = containers.build(loaded), containers.build(loaded)
    pairs = zip(first.assembly.components.values(), second.assembly.components.values(), strict=True)
    assert not any(one is other for one, other in pairs)
    parts = ("folder", "_events", "_security", "_runner", "_account", "_registry")
    assert [name for name in parts if getattr(first, name) is getattr(second, name)] == []


def test_containers_without_settings_say_what_is_missing() -> None:
    infrastructure = containers.Infrastructure()
    with pytest.raises(errors.Error, match="loaded"):
        infrastructure.check_dependencies()


def test_settings_of_another_kind_are_refused() -> None:
    infrastructure = containers.Infrastructure(loaded={"profile": "backtest"})
    with pytest.raises(errors.Error, match="LoadedSettings"):
        infrastructure.loaded()
