"""Components that are handed over in Python: by name, by name with settings, as a class, or as an object."""

from __future__ import annotations

import copy
import inspect
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from friday_core.errors import ConfigurationError, Problem, ProblemKind
from friday_core.plugin.spec import ComponentSpec, Kind, NoSettings, PluginSettings


@dataclass(frozen=True, slots=True)
class Component:
    """How the configuration names a component: its plugin, and its settings if some were given.

    ``spec`` is the plugin itself where it is not installed.
    """

    name: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    spec: ComponentSpec | None = None


def component(kind: Kind, given: Any, where: str, name: str = "") -> Component:
    """``given`` as the configuration has it.

    A text is an installed plugin, ``{"indian": {"product": "delivery"}}`` one with settings. A class is made anew
    for each run. Of an object each run gets a copy, so that a second run does not begin where the first one ended.
    ``ConfigurationError`` for anything else; ``where`` is its section.
    """
    if isinstance(given, str):
        return Component(given)
    if isinstance(given, Mapping):
        return _with_settings(kind, given, where)
    own = name or _named(given if inspect.isclass(given) else type(given))
    if inspect.isclass(given):
        return Component(own, spec=ComponentSpec(kind, own, given, _settings_of(kind, given, where)))
    return Component(own, spec=ComponentSpec(kind, own, lambda: copy.deepcopy(given)))


def refused(what: str, mend: str, section: str = "") -> ConfigurationError:
    """One problem with what was handed over."""
    return ConfigurationError([Problem(ProblemKind.INVALID_VALUE, what, mend, section)])


def _with_settings(kind: Kind, given: Mapping[Any, Any], where: str) -> Component:
    if len(given) == 1:
        ((name, settings),) = given.items()
        if isinstance(name, str) and isinstance(settings, Mapping):
            return Component(name, settings)
    raise refused(f"{given!r:.80} names no {kind}", f'write one name and its settings: {{"{kind}": {{...}}}}', where)


def _settings_of(kind: Kind, made: type, where: str) -> type[PluginSettings]:
    """The settings that a class takes: its own ``Settings``, or those of its module; none if it takes nothing."""
    wanted = [one for one in inspect.signature(made).parameters.values() if one.default is one.empty]
    wanted = [one for one in wanted if one.kind not in (one.VAR_POSITIONAL, one.VAR_KEYWORD)]
    if not wanted:
        return NoSettings
    beside = getattr(sys.modules.get(made.__module__), "Settings", None)
    found = getattr(made, "Settings", beside)
    if [one.name for one in wanted] == ["settings"] and inspect.isclass(found) and issubclass(found, PluginSettings):
        return found
    names = ", ".join(one.name for one in wanted)
    mend = f"hand over an object, {made.__name__}(...), or give the class a nested Settings(PluginSettings)"
    raise refused(f"the {kind} {made.__name__} cannot be made without {names}", mend, where)


def _named(made: type) -> str:
    """``BuyTheDip`` is ``buy_the_dip``."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", made.__name__).strip("_").lower()[:32] or "own"
