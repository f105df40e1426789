"""A built-in plugin's file, its entry point and its registration carry one name."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from pathlib import PurePosixPath

import pytest
from architecture.source_tree import PACKAGES, modules, pyproject

from friday_core.plugin.hookspecs import PLUGIN_GROUP
from friday_core.plugin.spec import ComponentSpec, Kind

#: The folder of every kind.
FOLDERS = {
    Kind.SOURCE: "sources",
    Kind.VALIDATOR: "validators",
    Kind.TRANSFORMER: "transformers",
    Kind.FEATURE_SET: "feature_sets",
    Kind.MODEL: "models",
    Kind.STRATEGY: "strategies",
    Kind.SIZER: "sizers",
    Kind.RISK_RULE: "risk_rules",
    Kind.BROKER: "brokers",
    Kind.CHARGES: "charges",
    Kind.CALENDAR: "calendars",
    Kind.CONNECTION: "connections",
    Kind.NOTIFIER: "notifiers",
    Kind.OBSERVER: "observers",
}
#: Folders of vendors that play several roles: their modules are named by role.
VENDORS = frozenset({"zerodha"})


def _is_of_a_vendor(module: str) -> bool:
    return module.split(".")[1] in VENDORS


ENTRY_POINTS: dict[str, str] = pyproject()["project"]["entry-points"][PLUGIN_GROUP]
BY_ROLE = {key: module for key, module in ENTRY_POINTS.items() if not _is_of_a_vendor(module)}


def _registered(module: str) -> list[ComponentSpec]:
    friday_components: Callable[[], list[ComponentSpec]] = importlib.import_module(module).friday_components
    return friday_components()


def test_every_kind_has_a_folder() -> None:
    assert set(FOLDERS) == set(Kind)


@pytest.mark.parametrize(("key", "module"), BY_ROLE.items())
def test_a_plugin_stands_in_the_folder_of_its_kind_under_its_name(key: str, module: str) -> None:
    kind, _, name = key.partition(".")
    assert module == f"friday_plugins.{FOLDERS[Kind(kind)]}.{name}"


@pytest.mark.parametrize(("key", "module"), BY_ROLE.items())
def test_a_plugin_registers_exactly_the_component_of_its_entry_point(key: str, module: str) -> None:
    assert [spec.key for spec in _registered(module)] == [key]


def test_every_plugin_file_has_an_entry_point() -> None:
    files = {m.name for m in modules() if m.name.startswith("friday_plugins.") and m.path.name != "__init__.py"}
    assert sorted(one for one in files - set(ENTRY_POINTS.values()) if not _is_of_a_vendor(one)) == []


def test_every_folder_of_plugins_is_a_role_or_a_vendor() -> None:
    folders = {PurePosixPath(path).name for path in PACKAGES[1].iterdir() if path.is_dir()} - {"__pycache__"}
    assert folders - set(FOLDERS.values()) - VENDORS == set()
