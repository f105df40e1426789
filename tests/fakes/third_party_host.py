"""A host that finds, besides what is installed, plugins that exist in memory only."""

from __future__ import annotations

import hashlib
import sys
import types
from collections.abc import Iterable
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest
from dependency_injector import providers

import containers
from friday_core.orchestration.host import Host
from friday_core.plugin.discovery import InstalledPlugin, installed_plugins
from friday_core.plugin.hookspecs import PLUGIN_GROUP
from friday_core.plugin.registry import PluginRegistry


def install(monkeypatch: pytest.MonkeyPatch, source: str) -> InstalledPlugin:
    """A plugin of another distribution whose one module has this text; taken out after the test."""
    (plugin,) = install_all(monkeypatch, source)
    return plugin


def install_all(monkeypatch: pytest.MonkeyPatch, source: str) -> list[InstalledPlugin]:
    """As ``install``, of a module with several components."""
    name = f"third_party_{hashlib.sha256(source.encode()).hexdigest()[:8]}"
    module = types.ModuleType(name)
    monkeypatch.setitem(sys.modules, name, module)
    exec(compile(source, name, "exec", dont_inherit=True), module.__dict__)
    specs = module.friday_components()
    owner = f"friday-{specs[0].name}"
    return [InstalledPlugin(EntryPoint(spec.key, name, PLUGIN_GROUP), owner, "1.0") for spec in specs]


def host_with(plugins: Iterable[InstalledPlugin], folder: Path, *overrides: str) -> Host:
    """A host of the default profile with sixty synthetic sessions and these ``--set`` options.

    Runs are written below ``folder``, the environment is empty.
    """
    short = ("plugins.source.synthetic.sessions=60", f"run.folder={folder / 'runs'}")
    loaded = containers.load_settings(environ={}, folder=folder, overrides=[*short, *overrides])
    infrastructure = containers.Infrastructure(loaded=loaded)
    plugged = containers.Plugins(infrastructure=infrastructure)
    plugged.registry.override(providers.Object(PluginRegistry([*installed_plugins(), *plugins])))
    host: Host = containers.Session(infrastructure=infrastructure, plugins=plugged).host()
    return host
