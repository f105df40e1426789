"""What is installed, for whichever major of the plugin interface, read from metadata."""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest
from fakes.installed_distribution import install_distribution

from friday_core.plugin.discovery import InstalledPlugin, by_key, installed_plugins, kind_mend
from friday_core.plugin.hookspecs import PLUGIN_GROUP

LATER, LAST, NOBODYS = "friday.plugins.v2", "friday.plugins.v3", "friday.plugins.v1"
MOON = {"strategy.moon": "no_such_module"}

Install = Callable[..., None]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """A distribution of no modules: whoever imports a plugin of it fails."""
    monkeypatch.syspath_prepend(tmp_path)

    def put(name: str = "friday-moon", *groups: str, **more: object) -> None:
        ours = MOON if PLUGIN_GROUP in groups else {}
        others = {group: MOON for group in groups if group != PLUGIN_GROUP}
        install_distribution(tmp_path, name, ours, {}, others=others, **more)  # type: ignore[arg-type]

    return put


def strangers() -> list[tuple[str, str, int | None]]:
    """Plugins of other distributions: distribution, group and major."""
    found = [plugin for plugin in installed_plugins() if plugin.key == "strategy.moon"]
    return [(plugin.distribution, plugin.entry_point.group, plugin.major) for plugin in found]


def test_a_plugin_for_another_major_is_listed_with_it(install: Install) -> None:
    install("friday-moon", LATER)
    assert strangers() == [("friday-moon", LATER, 2)]


@pytest.mark.parametrize(
    ("groups", "listed"),
    [
        ((PLUGIN_GROUP, LATER), PLUGIN_GROUP),
        ((LATER, LAST), LATER),
        ((NOBODYS, LAST), LAST),
        ((NOBODYS, PLUGIN_GROUP), PLUGIN_GROUP),
        ((NOBODYS,), NOBODYS),
    ],
)
def test_one_that_is_registered_for_several_majors_is_listed_for_the_nearest(
    install: Install, groups: tuple[str, ...], listed: str
) -> None:
    install("friday-moon", *groups)
    assert [group for _, group, _ in strangers()] == [listed]


def test_two_distributions_are_listed_each_for_its_major(install: Install) -> None:
    install("friday-moon", LATER)
    install("friday-sun", PLUGIN_GROUP)
    assert [(name, major) for name, _, major in strangers()] == [("friday-moon", 2), ("friday-sun", 1)]


def test_who_is_written_for_another_major_is_in_nobodys_way(install: Install) -> None:
    install("friday-moon", LATER)
    install("friday-sun", PLUGIN_GROUP)
    (only,) = by_key(installed_plugins())["strategy.moon"]
    assert only.distribution == "friday-sun"


def test_a_key_that_only_another_major_has_is_not_offered(install: Install) -> None:
    install("friday-moon", LATER)
    assert "strategy.moon" not in by_key(installed_plugins())


def test_what_is_installed_later_is_found_when_it_is_asked_for_again(install: Install) -> None:
    install("friday-moon", LATER)
    installed_plugins().clear()
    install("friday-sun", PLUGIN_GROUP)
    assert [name for name, *_ in strangers()] == ["friday-moon", "friday-sun"]


def test_what_a_distribution_requires_of_another_is_found_however_it_is_spelt(install: Install) -> None:
    needs = ["numpy>=2", "Friday_Trading >=1 ; python_version > '3'", "friday.trading[demo]", "friday-trading-extras"]
    install("friday-moon", PLUGIN_GROUP, requires=needs)
    (moon,) = by_key(installed_plugins())["strategy.moon"]
    assert moon.requirements_on("friday-trading") == needs[1:3]


def test_an_entry_point_without_a_distribution_requires_nothing() -> None:
    plugin = InstalledPlugin(EntryPoint("strategy.moon", "moon", PLUGIN_GROUP), "friday-moon", "1.0")
    assert plugin.requirements_on("friday-trading") == []


@pytest.mark.parametrize(
    ("name", "mend"),
    [
        ("keltner", "write [plugins.strategy.keltner]"),
        ("bar", "write [plugins.source.bar] or [plugins.sizer.bar]"),
        ("stratgy", "did you mean 'strategy'? Kinds are source, "),
    ],
)
def test_a_section_that_names_no_kind_is_told_the_plugins_of_that_name(name: str, mend: str) -> None:
    keys = ("strategy.keltner", "source.bar", "sizer.bar", "keltner")
    plugins = [InstalledPlugin(EntryPoint(key, "none", PLUGIN_GROUP), "friday-keltner", "1.0") for key in keys]
    assert kind_mend(name, plugins).startswith(mend)
