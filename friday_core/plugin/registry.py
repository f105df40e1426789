"""From a name in the configuration to a component's spec: imports, registers, checks, and isolates."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import EntryPoint
from typing import Any

import pluggy

from friday_core.causal.op import Op
from friday_core.errors import Problem, ProblemKind
from friday_core.plugin import hookspecs
from friday_core.plugin.compatibility import refusal
from friday_core.plugin.deprecation import FridayDeprecationWarning, overheard
from friday_core.plugin.discovery import InstalledPlugin, by_key, nearest
from friday_core.plugin.hookspecs import PLUGIN_GROUP
from friday_core.plugin.operator_table import OperatorTable
from friday_core.plugin.spec import ComponentSpec, Kind
from friday_core.plugin.spec_check import check_spec
from friday_core.plugin.unusable import Unusable

#: What to do about a hook that pluggy refuses.
HOOK_MEND = "correct the hook's name or its arguments; hooks are " + ", ".join(
    f"{name}({', '.join(hook.__code__.co_varnames)})" for name, hook in vars(hookspecs).items() if name[:7] == "friday_"
)

#: Stands for the distribution of what was brought.
BROUGHT = "your own code"


@dataclass(frozen=True, slots=True)
class Loaded:
    """A component's spec, the distribution that it comes from, and the operators that its module brings."""

    spec: ComponentSpec
    plugin: InstalledPlugin
    operators: tuple[Op, ...] = ()


class PluginRegistry:
    """Loads the plugins that a configuration names, each in its own try.

    A plugin that cannot be used becomes a ``Problem``; others are not affected, and nothing that
    is not asked for is imported, nor what was not made for this Friday. A component is found by the
    entry point of its own name only, so that no module can bring one under the name of another's.
    What was tried once is not tried again. pluggy holds what was registered and calls the observers.
    ``deprecations`` says for each plugin that was loaded, by ``key of distribution``, what it uses
    that is to go; of a module with several plugins only the first is told.

    ``brought`` are components that no entry point offers, since the caller has them at hand: their names
    are theirs, whoever else offers them.
    """

    def __init__(
        self,
        plugins: Sequence[InstalledPlugin],
        *,
        import_timeout: float = 10.0,
        brought: Sequence[ComponentSpec] = (),
    ) -> None:
        self.plugins = tuple(plugins)
        self._import_timeout = import_timeout
        self.for_our_major = tuple(plugin for plugin in self.plugins if plugin.for_our_major)
        self.deprecations: dict[str, tuple[str, ...]] = {}
        self._by_key = by_key(self.plugins)
        self._answers: dict[str, Loaded | Problem] = {spec.key: _brought(spec) for spec in brought}
        self._registered: dict[str, list[ComponentSpec] | Unusable] = {}
        self._owners: dict[str, InstalledPlugin] = {}
        self._table = OperatorTable()
        self._operators: dict[str, tuple[Op, ...]] = {}
        self.hooks = pluggy.PluginManager(hookspecs.PROJECT)
        self.hooks.add_hookspecs(hookspecs)

    def load(self, key: str, section: str = "") -> Loaded | Problem:
        """The component ``kind.name``, or the problem that stands in its way."""
        if key not in self._answers:
            self._answers[key] = self._load(key)
        answer = self._answers[key]
        return replace(answer, section=section) if isinstance(answer, Problem) else answer

    def add_observer(self, observer: Any, name: str, plugin: InstalledPlugin) -> None:
        """Let a component's methods be called as hooks."""
        with overheard() as heard:
            self.hooks.register(observer, name=name)
        self._note(plugin, heard)

    def _load(self, key: str) -> Loaded | Problem:
        offered = self._by_key.get(key, ())
        if not offered:
            others = (refusal(plugin) for plugin in self.plugins if plugin.key == key)
            return next(filter(None, others), None) or self._unknown(key)
        if len(offered) > 1:
            owners = " and ".join(plugin.origin for plugin in offered)
            mend = "uninstall all but one of them"
            return Problem(ProblemKind.DUPLICATE_COMPONENT, f"offered by {owners}", mend, plugin=key)
        plugin = offered[0]
        if (refused := refusal(plugin)) is not None:
            return refused
        try:
            spec = self._spec(key, plugin)
        except Unusable as unusable:
            return Problem(unusable.kind, unusable.message, unusable.mend, plugin=f"{key} of {plugin.origin}")
        operators = self._operators[plugin.entry_point.value]
        return check_spec(spec, "", plugin.origin) or Loaded(spec, plugin, operators)

    def _unknown(self, key: str) -> Problem:
        kind, _, name = key.partition(".")
        known = [plugin.name for plugin in self.for_our_major if plugin.kind == kind]
        message = f"no installed plugin offers the {kind} {name!r}"
        mend = (
            f"{nearest(name, known)}Installed: {', '.join(known) or 'none'}. If it belongs to another distribution, "
            "install that; if it is your own: pip install -e . in its folder"
        )
        return Problem(ProblemKind.UNKNOWN_COMPONENT, message, mend, plugin=key)

    def _spec(self, key: str, plugin: InstalledPlugin) -> ComponentSpec:
        specs = self._specs(plugin)
        for spec in specs:
            self._require_sole_owner(spec.key, plugin, wanted=key)
        self._owners.update({spec.key: plugin for spec in specs})
        found = next((spec for spec in specs if spec.key == key), None)
        if found is None:
            raise _not_among(key, specs)
        return found

    def _specs(self, plugin: InstalledPlugin) -> list[ComponentSpec]:
        """Import a plugin and ask it for its components; taken out again if it is unusable."""
        module = plugin.entry_point.value
        if module not in self._registered:
            try:
                self._registered[module] = self._heard(plugin)
            except Unusable as unusable:
                self._registered[module] = unusable
        answer = self._registered[module]
        if isinstance(answer, Unusable):
            raise answer
        return answer

    def _heard(self, plugin: InstalledPlugin) -> list[ComponentSpec]:
        """Register a plugin, and note what it uses that is to go; unusable if the process treats that as an error."""
        try:
            with overheard() as heard:
                specs = self._register(plugin)
        except FridayDeprecationWarning as warning:
            self._forget(plugin.entry_point.load())
            mend = f"install a newer release of {plugin.distribution}, or do not treat this warning as an error"
            raise Unusable(ProblemKind.IMPORT_FAILED, str(warning), mend) from warning
        self._note(plugin, heard)
        return specs

    def _note(self, plugin: InstalledPlugin, heard: Sequence[str]) -> None:
        if heard:
            who = f"{plugin.key} of {plugin.origin}"
            self.deprecations[who] = tuple(dict.fromkeys([*self.deprecations.get(who, ()), *heard]))

    def _register(self, plugin: InstalledPlugin) -> list[ComponentSpec]:
        module = import_plugin(plugin, None if plugin.built_in else self._import_timeout)
        try:
            if not self.hooks.is_registered(module):
                self.hooks.register(module, name=plugin.key)
                self.hooks.check_pending()
            specs = _checked_specs(self._answered("friday_components", module))
            self._operators[plugin.entry_point.value] = self._table.join(
                self._answered("friday_operators", module), plugin
            )
            return specs
        except pluggy.PluginValidationError as error:
            self._forget(module)
            raise Unusable(ProblemKind.BAD_REGISTRATION, str(error), HOOK_MEND) from error
        except Unusable:
            self._forget(module)
            raise

    def _answered(self, hook: str, module: Any) -> list[Any]:
        """What a hook's implementations in one module return."""
        found = getattr(self.hooks.hook, hook).get_hookimpls()
        try:
            return [one.function() for one in found if one.plugin is module]
        except (Exception, SystemExit) as error:
            message = f"{hook}() raised {described(error)}"
            raise Unusable(ProblemKind.BAD_REGISTRATION, message, "mend the plugin or remove it") from error

    def _forget(self, module: Any) -> None:
        if self.hooks.is_registered(module):
            self.hooks.unregister(module)

    def _require_sole_owner(self, key: str, plugin: InstalledPlugin, wanted: str) -> None:
        """Nobody else may offer ``key`` or have registered it: who came first would decide."""
        claims = [*self._by_key.get(key, ()), self._owners.get(key, plugin)]
        others = [one for one in claims if one.entry_point.value != plugin.entry_point.value]
        if others:
            owners = [f"{one.origin} ({one.entry_point.value})" for one in (plugin, others[0])]
            names = " or ".join(dict.fromkeys(one.distribution for one in (plugin, others[0])))
            message = f"{key} is registered by {owners[0]} and by {owners[1]}"
            mend = f"uninstall {names}, or take {wanted} out of the configuration"
            raise Unusable(ProblemKind.DUPLICATE_COMPONENT, message, mend)


def _brought(spec: ComponentSpec) -> Loaded | Problem:
    plugin = InstalledPlugin(EntryPoint(spec.key, "__main__", PLUGIN_GROUP), BROUGHT, "")
    return check_spec(spec, "", plugin.origin) or Loaded(spec, plugin)


def described(error: BaseException) -> str:
    """Class and text of whatever a plugin raised; its class alone if even its text raises."""
    try:
        return f"{type(error).__name__}: {error}"
    except Exception:  # noqa: BLE001 - the text is a stranger's code
        return type(error).__name__


def import_plugin(plugin: InstalledPlugin, timeout: float | None) -> Any:
    """Import a plugin's module; with a time limit, in a thread that is left behind if it hangs."""
    outcomes: list[Any] = []
    mend = f"mend or uninstall {plugin.distribution}, or take it out of the configuration"
    if timeout is None:
        outcomes.append(_attempt(plugin))
        if isinstance(outcomes[0], KeyboardInterrupt):
            raise outcomes[0]
    else:
        thread = threading.Thread(target=lambda: outcomes.append(_attempt(plugin)), daemon=True)
        thread.start()
        thread.join(timeout)
        if not outcomes:
            message = f"its import did not return within {timeout:g} s"
            raise Unusable(ProblemKind.IMPORT_FAILED, message, mend)
    if isinstance(outcomes[0], BaseException):
        if _is_missing(plugin.entry_point.module, outcomes[0]):
            mend = _entry_point_mend(plugin)
        message = f"importing {plugin.entry_point.value} raised {described(outcomes[0])}"
        raise Unusable(ProblemKind.IMPORT_FAILED, message, mend) from outcomes[0]
    return outcomes[0]


def _is_missing(module: str, error: BaseException) -> bool:
    """Whether the module itself is not there, or a package that it would be in."""
    missing = error.name if isinstance(error, ModuleNotFoundError) else None
    return missing is not None and f"{module}.".startswith(f"{missing}.")


def _entry_point_mend(plugin: InstalledPlugin) -> str:
    where = f'[project.entry-points."{plugin.entry_point.group}"] of its pyproject.toml'
    return (
        f"mend or uninstall {plugin.distribution}: correct the module of {plugin.key} in {where}, "
        "then install it again (pip install -e . in its folder)"
    )


def _attempt(plugin: InstalledPlugin) -> Any:
    try:
        return plugin.entry_point.load()
    except BaseException as error:  # noqa: BLE001 - a plugin may raise anything, SystemExit included
        return error


def _checked_specs(answers: Iterable[Any]) -> list[ComponentSpec]:
    mend = "return a list of ComponentSpec from friday_components()"
    specs: list[ComponentSpec] = []
    for answer in answers:
        if not isinstance(answer, list | tuple) or not all(isinstance(one, ComponentSpec) for one in answer):
            raise Unusable(ProblemKind.BAD_REGISTRATION, f"friday_components() returned {answer!r:.80}", mend)
        specs.extend(answer)
    if not specs:
        mend = f"mark friday_components() with @hookimpl; {mend}"
        raise Unusable(ProblemKind.BAD_REGISTRATION, "it registers no component", mend)
    keys = [spec.key for spec in specs]
    twice = sorted({key for key in keys if keys.count(key) > 1})
    if twice:
        raise Unusable(ProblemKind.DUPLICATE_COMPONENT, f"it registers {', '.join(twice)} twice", mend)
    return specs


def _not_among(key: str, specs: Sequence[ComponentSpec]) -> Unusable:
    message = f"its module registers {', '.join(spec.key for spec in specs)} and not {key}"
    strange = next((spec.kind for spec in specs if spec.kind not in set(Kind)), None)
    if strange is not None:
        mend = f"{strange!r} is no kind of component: {nearest(str(strange), Kind)}Kinds are {', '.join(Kind)}"
    else:
        own = specs[0].key if len(specs) == 1 else "<kind>.<name>"
        mend = f"name it {own} in pyproject.toml, [project.entry-points], as it is registered, and install it again"
    return Unusable(ProblemKind.BAD_REGISTRATION, message, mend)
