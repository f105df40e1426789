"""An author's project: which plugins it offers, and what its ``[tool.friday.conformance]`` says."""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from importlib.metadata import EntryPoint, PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from friday_core.errors import PluginError, Problem
from friday_core.plugin.discovery import InstalledPlugin, nearest
from friday_core.plugin.hookspecs import PLUGIN_GROUP
from friday_core.plugin.registry import PluginRegistry
from friday_core.plugin.spec import ComponentSpec
from friday_core.testing.rule import Check
from friday_core.testing.rules.registration import LOADS
from friday_core.testing.subject import Limits, Provide, Provision, Subject, nothing
from friday_core.testing.suites import checks_of

TABLE = "tool.friday.conformance"
_KEYS = ("distribution", "settings", "limits")


@dataclass(frozen=True, slots=True)
class Project:
    """Plugins by their key, ``source.csv``, with the module that registers each.

    ``settings`` are by the same key: each of them is tried on all rules.
    """

    name: str
    plugins: Mapping[str, str]
    settings: Mapping[str, Sequence[Mapping[str, Any]]] = field(default_factory=dict)
    limits: Limits = Limits()  # noqa: RUF009 - it is frozen


def project_at(folder: Path) -> Project:
    """The project whose ``pyproject.toml`` is in ``folder``; ``PluginError`` says what is wrong with it.

    Its plugins are those of its own table of entry points, so that a new one need not be installed
    first; ``distribution`` names an installed one instead.
    """
    path = folder / "pyproject.toml"
    tables = tomllib.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    own = tables.get("tool", {}).get("friday", {}).get("conformance", {})
    for key in own.keys() - set(_KEYS):
        raise PluginError(f"[{TABLE}] has no key {key!r}; {nearest(key, _KEYS)}Known: {', '.join(_KEYS)}")
    project = tables.get("project", {})
    name = own.get("distribution") or project.get("name", folder.name)
    declared = project.get("entry-points", {}).get(PLUGIN_GROUP, {})
    plugins = _installed(name) if "distribution" in own else declared
    if not plugins:
        raise PluginError(
            f"{path} offers no plugin: it has no table [project.entry-points.{PLUGIN_GROUP!r}]; "
            f'if it is written elsewhere, install the project and set [{TABLE}] distribution = "{name}"'
        )
    return Project(name, plugins, _settings(own.get("settings", {}), plugins), _limits(own.get("limits", {})))


def checks_of_project(project: Project, provide: Provide = nothing) -> list[Check]:
    """Every rule on every plugin of a project; one that cannot be loaded meets the rule about that alone."""
    installed = [
        InstalledPlugin(EntryPoint(key, module, PLUGIN_GROUP), project.name, "")
        for key, module in project.plugins.items()
    ]
    registry = PluginRegistry(installed)
    checks: list[Check] = []
    subjects: list[Subject] = []
    for plugin in installed:
        loaded = registry.load(plugin.key)
        spec, unloadable = ComponentSpec(plugin.kind, plugin.name, _unknown), ""
        if isinstance(loaded, Problem):
            unloadable = f"{loaded.message}; {loaded.mend}"
        else:
            spec = loaded.spec
        sets = project.settings.get(plugin.key, ({},))
        for table in sets:
            provided, module = _with_settings(table, provide), plugin.entry_point.value
            label = _label(table, spec) if len(sets) > 1 else ""
            one = Subject(spec, module, provide=provided, limits=project.limits, unloadable=unloadable, label=label)
            if unloadable:
                checks.append(Check(one, LOADS))
                break
            subjects.append(one)
    return checks + checks_of(subjects)


def _label(table: Mapping[str, Any], spec: ComponentSpec) -> str:
    """What tells this set of settings from others, without secrets."""
    secret = {name for name, one in spec.settings.model_fields.items() if one.annotation is SecretStr}
    return ", ".join(name if name in secret else f"{name}={value!s:.20}" for name, value in table.items()) or "defaults"


def _settings(given: Mapping[str, Any], plugins: Collection[str]) -> dict[str, Sequence[Mapping[str, Any]]]:
    for key in given.keys() - set(plugins):
        known = ", ".join(plugins)
        raise PluginError(f"[{TABLE}.settings] names {key!r}; {nearest(key, plugins)}the project offers: {known}")
    return {key: tables if isinstance(tables, list) else [tables] for key, tables in given.items()}


def _with_settings(table: Mapping[str, Any], provide: Provide) -> Provide:
    """What the author's hook gives, over what the table says."""

    def provided(key: str, market: Any, folder: Path) -> Any:
        from_hook = provide(key, market, folder)
        if from_hook is None:
            from_hook = Provision()
        return replace(from_hook, settings={**table, **from_hook.settings})

    return provided


def _unknown() -> None:
    """Stands for the factory of what could not be loaded."""


def _installed(name: str) -> dict[str, str]:
    try:
        points = distribution(name).entry_points
    except PackageNotFoundError:
        raise PluginError(f"[{TABLE}] names the distribution {name!r}, which is not installed") from None
    return {point.name: point.value for point in points if point.group == PLUGIN_GROUP}


def _limits(given: Mapping[str, Any]) -> Limits:
    known = [one.name for one in fields(Limits)]
    for key in given.keys() - set(known):
        raise PluginError(f"[{TABLE}.limits] has no key {key!r}; {nearest(key, known)}Known: {', '.join(known)}")
    return Limits(**{name: float(value) for name, value in given.items()})
