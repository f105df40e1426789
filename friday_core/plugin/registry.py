"""From a name in the configuration to a component's spec: imports, registers, checks, and isolates."""

from __future__ import annotations

import inspect
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import pluggy

from friday_core.errors import PluginImportError, Problem, ProblemKind
from friday_core.plugin import hookspecs
from friday_core.plugin.discovery import InstalledPlugin, nearest, with_key
from friday_core.plugin.spec import API_VERSION, ComponentSpec, Kind, NoSettings


@dataclass(frozen=True, slots=True)
class Loaded:
    """A component's spec and the distribution that it comes from."""

    spec: ComponentSpec
    plugin: InstalledPlugin


class PluginRegistry:
    """Loads the plugins that a configuration names, each in its own try.

    A plugin that cannot be used becomes a ``Problem``; others are not affected, and nothing that
    is not asked for is imported. pluggy holds what was registered and calls the observers.
    """

    def __init__(self, plugins: Sequence[InstalledPlugin], *, import_timeout: float = 10.0) -> None:
        self.plugins = tuple(plugins)
        self._import_timeout = import_timeout
        self._loaded: dict[str, Loaded] = {}
        self.hooks = pluggy.PluginManager(hookspecs.PROJECT)
        self.hooks.add_hookspecs(hookspecs)

    def load(self, key: str, section: str = "") -> Loaded | Problem:
        """The component ``kind.name``, or the problem that stands in its way."""
        if key in self._loaded:
            return self._loaded[key]
        offered = with_key(self.plugins, key)
        if not offered:
            return self._unknown(key, section)
        if len(offered) > 1:
            owners = " and ".join(plugin.origin for plugin in offered)
            mend = "uninstall all but one of them"
            return Problem(ProblemKind.DUPLICATE_COMPONENT, f"offered by {owners}", mend, section, key)
        plugin = offered[0]
        try:
            specs = self._register(plugin)
        except _Unusable as unusable:
            return Problem(unusable.kind, unusable.message, unusable.mend, section, f"{key} of {plugin.origin}")
        return self._admit(key, section, plugin, specs)

    def _unknown(self, key: str, section: str) -> Problem:
        kind, _, name = key.partition(".")
        known = [plugin.name for plugin in self.plugins if plugin.kind == kind]
        message = f"no installed plugin offers the {kind} {name!r}"
        mend = (
            f"{nearest(name, known)}Installed: {', '.join(known) or 'none'}. If it belongs to a plugin of its own, "
            f"install that first, for example: pip install friday-{name.replace('_', '-')}"
        )
        return Problem(ProblemKind.UNKNOWN_COMPONENT, message, mend, section, key)

    def _register(self, plugin: InstalledPlugin) -> list[ComponentSpec]:
        """Import a plugin and ask it for its components; taken out again if it is unusable."""
        module = import_plugin(plugin, None if plugin.built_in else self._import_timeout)
        try:
            return self._ask(module, plugin.key)
        except _Unusable:
            if self.hooks.is_registered(module):
                self.hooks.unregister(module)
            raise

    def _ask(self, module: ModuleType, name: str) -> list[ComponentSpec]:
        try:
            if not self.hooks.is_registered(module):
                self.hooks.register(module, name=name)
                self.hooks.check_pending()
            others = [other for other in self.hooks.get_plugins() if other is not module]
            return _checked_specs(self.hooks.subset_hook_caller("friday_components", remove_plugins=others)())
        except pluggy.PluginValidationError as error:
            mend = "correct the hook's name or arguments; docs/hooks.md lists all hooks"
            raise _Unusable(ProblemKind.BAD_REGISTRATION, str(error), mend) from error
        except _Unusable:
            raise
        except Exception as error:
            message = f"friday_components() raised {type(error).__name__}: {error}"
            raise _Unusable(ProblemKind.BAD_REGISTRATION, message, "mend the plugin or remove it") from error

    def _admit(self, key: str, section: str, plugin: InstalledPlugin, specs: list[ComponentSpec]) -> Loaded | Problem:
        for spec in specs:
            owner = self._loaded.get(spec.key)
            if owner is not None and owner.plugin.entry_point.value != plugin.entry_point.value:
                message = f"registered by {owner.plugin.origin} and by {plugin.origin}"
                mend = "uninstall one of them, or take it out of the configuration"
                return Problem(ProblemKind.DUPLICATE_COMPONENT, message, mend, section, spec.key)
        asked = next((spec for spec in specs if spec.key == key), None)
        if asked is None:
            offers = ", ".join(spec.key for spec in specs)
            message = f"its module registers {offers} and not {key}"
            mend = "name the entry point <kind>.<name> as the component is registered"
            return Problem(ProblemKind.BAD_REGISTRATION, message, mend, section, f"{key} of {plugin.origin}")
        problem = check_spec(asked, section, plugin.origin)
        if problem is not None:
            return problem
        for other in specs:
            self._loaded.setdefault(other.key, Loaded(other, plugin))
        return self._loaded[key]


class _Unusable(Exception):  # noqa: N818 - never leaves this module
    """Carries a problem out of a registration."""

    def __init__(self, kind: ProblemKind, message: str, mend: str) -> None:
        super().__init__(message)
        self.kind, self.message, self.mend = kind, message, mend


def import_plugin(plugin: InstalledPlugin, timeout: float | None) -> ModuleType:
    """Import a plugin's module; with a time limit, in a thread that is left behind if it hangs."""
    if timeout is None:
        outcome = _attempt(plugin)
    else:
        outcome = PluginImportError(f"its import did not return within {timeout:g} s")
        finished: list[Any] = []
        thread = threading.Thread(target=lambda: finished.append(_attempt(plugin)), daemon=True)
        thread.start()
        thread.join(timeout)
        if finished:
            outcome = finished[0]
    if isinstance(outcome, BaseException):
        message = str(outcome)
        if not isinstance(outcome, PluginImportError):
            message = f"importing {plugin.entry_point.value} raised {type(outcome).__name__}: {outcome}"
        mend = f"mend or uninstall {plugin.distribution}, or take {plugin.key} out of the configuration"
        raise _Unusable(ProblemKind.IMPORT_FAILED, message, mend) from outcome
    module: ModuleType = outcome
    return module


def _attempt(plugin: InstalledPlugin) -> Any:
    try:
        return plugin.entry_point.load()
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001 - a plugin may raise anything, SystemExit included
        return error


def _checked_specs(answers: Iterable[Any]) -> list[ComponentSpec]:
    mend = "return a list of ComponentSpec from friday_components()"
    specs: list[ComponentSpec] = []
    for answer in answers:
        if not isinstance(answer, list | tuple) or not all(isinstance(one, ComponentSpec) for one in answer):
            raise _Unusable(ProblemKind.BAD_REGISTRATION, f"friday_components() returned {answer!r:.80}", mend)
        specs.extend(answer)
    if not specs:
        raise _Unusable(ProblemKind.BAD_REGISTRATION, "it registers no component", mend)
    keys = [spec.key for spec in specs]
    twice = sorted({key for key in keys if keys.count(key) > 1})
    if twice:
        raise _Unusable(ProblemKind.DUPLICATE_COMPONENT, f"it registers {', '.join(twice)} twice", mend)
    return specs


def check_spec(spec: ComponentSpec, section: str, origin: str) -> Problem | None:
    """What is wrong with a spec by itself: version, kind, or the factory's signature."""
    who = f"{spec.key} of {origin}"
    major, minor = API_VERSION
    if spec.api[0] != major or spec.api[1] > minor:
        wanted = ".".join(map(str, spec.api))
        message = f"it is written for plugin API {wanted}, this Friday has {major}.{minor}"
        mend = "install a release of the plugin for this API" if spec.api[0] <= major else "update friday-trading"
        return Problem(ProblemKind.API_VERSION, message, mend, section, who)
    if spec.kind not in set(Kind):
        mend = f"{nearest(spec.kind, Kind)}Kinds are {', '.join(Kind)}"
        return Problem(ProblemKind.BAD_REGISTRATION, f"unknown kind {spec.kind!r}", mend, section, who)
    return _check_signature(spec, section, who)


def _check_signature(spec: ComponentSpec, section: str, who: str) -> Problem | None:
    """The factory must accept ``settings`` (if it has any) and each required name, and demand no more."""
    try:
        parameters = inspect.signature(spec.factory).parameters
    except (TypeError, ValueError) as error:
        message, mend = f"the factory cannot be called: {error}", "pass a class or a function as factory"
        return Problem(ProblemKind.FACTORY_SIGNATURE, message, mend, section, who)
    given = set(spec.requires) | (set() if spec.settings is NoSettings else {"settings"})
    open_ended = any(p.kind is p.VAR_KEYWORD for p in parameters.values())
    named = {n for n, p in parameters.items() if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)}
    demanded = {n for n, p in parameters.items() if n in named and p.default is p.empty}
    positional = [n for n, p in parameters.items() if p.kind is p.POSITIONAL_ONLY and p.default is p.empty]
    refused = [] if open_ended else sorted(given - named)
    missing = [*positional, *sorted(demanded - given)]
    if not refused and not missing:
        return None
    parts = [f"it does not accept {', '.join(refused)}"] if refused else []
    parts += [f"nothing provides {', '.join(missing)}"] if missing else []
    mend = f"give the factory the parameters ({', '.join(sorted(given))}), or change the spec's requires and settings"
    return Problem(ProblemKind.FACTORY_SIGNATURE, f"factory: {'; '.join(parts)}", mend, section, who)
