"""Plugins for a registry of a test's own."""

from __future__ import annotations

import sys
import types
from collections.abc import Callable
from importlib.metadata import EntryPoint
from itertools import count
from typing import Any

import pytest

from friday_core.plugin.discovery import InstalledPlugin
from friday_core.plugin.hookspecs import PLUGIN_GROUP, hookimpl
from friday_core.plugin.registry import PluginRegistry
from friday_core.plugin.spec import ComponentSpec

_NUMBERS = count(1)


class PluginList:
    """Plugins in memory, and the registry over them."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._monkeypatch = monkeypatch
        self.plugins: list[InstalledPlugin] = []

    def add(self, *specs: ComponentSpec, distribution: str = "friday-moon", **names: Any) -> None:
        """A module that registers these components, with an entry point for each."""
        module = self.module(friday_components=registration(lambda: list(specs)), **names)
        for spec in specs:
            self.point(spec.key, module, distribution)

    def point(self, key: str, value: str, distribution: str = "friday-moon") -> None:
        self.plugins.append(InstalledPlugin(EntryPoint(key, value, PLUGIN_GROUP), distribution, "1.0"))

    def module(self, **names: Any) -> str:
        made = types.ModuleType(f"listed_{next(_NUMBERS)}")
        vars(made).update(names)
        self._monkeypatch.setitem(sys.modules, made.__name__, made)
        return made.__name__

    def registry(self) -> PluginRegistry:
        return PluginRegistry(self.plugins, import_timeout=5.0)


def registration(components: Callable[[], Any]) -> Any:
    """A ``friday_components`` that answers with this."""

    def friday_components() -> Any:
        return components()

    return hookimpl(friday_components)
