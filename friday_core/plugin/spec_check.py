"""What is wrong with a component's spec by itself, before anything is built."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from typing import Any

from friday_core.errors import Problem, ProblemKind
from friday_core.plugin.api_version import API_VERSION
from friday_core.plugin.discovery import nearest
from friday_core.plugin.roles import ROLES
from friday_core.plugin.spec import USE, ComponentSpec, Kind, NoSettings, PluginSettings

#: What can be required, by the class that it is an instance of.
_CAPABILITIES = {role.__name__: str(kind) for kind, roles in ROLES.items() for role in roles}
_CAPABILITIES |= {"Universe": "universe", "Path": "run_folder"}


def check_spec(spec: ComponentSpec, section: str, origin: str) -> Problem | None:
    """Version, fields, kind and the factory's signature: the first that is wrong."""
    who = f"{spec.key} of {origin}"
    if _is_version(spec.api) and not (spec.api[0] == API_VERSION[0] and spec.api <= API_VERSION):
        return _other_api(spec, section, who)
    if malformed := next(_malformed(spec), ""):
        mend = "correct the ComponentSpec that friday_components() returns"
        return Problem(ProblemKind.BAD_REGISTRATION, malformed, mend, section, who)
    if spec.kind not in set(Kind):
        mend = f"{nearest(spec.kind, Kind)}Kinds are {', '.join(Kind)}"
        return Problem(ProblemKind.BAD_REGISTRATION, f"unknown kind {spec.kind!r}", mend, section, who)
    return _check_signature(spec, section, who)


def _is_version(api: Any) -> bool:
    return isinstance(api, tuple) and len(api) == len(API_VERSION) and all(type(part) is int for part in api)


def _other_api(spec: ComponentSpec, section: str, who: str) -> Problem:
    wanted, ours = (".".join(map(str, version)) for version in (spec.api, API_VERSION))
    message = f"it is written for plugin API {wanted}, this Friday has {ours}"
    newer = "update friday-trading, or install an older release of the plugin"
    mend = newer if spec.api > API_VERSION else "install a newer release of the plugin"
    return Problem(ProblemKind.API_VERSION, message, mend, section, who)


def _malformed(spec: ComponentSpec) -> Iterator[str]:
    """Fields that are not what ``ComponentSpec`` declares them to be."""
    if not (isinstance(spec.kind, str) and isinstance(spec.name, str)):
        yield "kind and name must be text"
    if not _is_version(spec.api):
        yield f"api must be two whole numbers, as {API_VERSION}, and not {spec.api!r}"
    if not (isinstance(spec.settings, type) and issubclass(spec.settings, PluginSettings)):
        yield f"settings must be a class derived from PluginSettings, and not {spec.settings!r:.80}"
    elif USE in spec.settings.model_fields:
        yield f"no setting may be called {USE!r}: it chooses components in the configuration"
    if not (isinstance(spec.requires, Mapping) and all(isinstance(one, str) for one in spec.requires.values())):
        yield f"requires must map parameters to capabilities, and not be {spec.requires!r:.80}"
    elif "settings" in spec.requires:
        yield "no requirement may be called 'settings': that is the parameter of the settings"
    if isinstance(spec.provides, str) or not all(isinstance(one, str) for one in spec.provides):
        yield f"provides must be a set of abilities, and not {spec.provides!r:.80}"


def _capability(parameter: inspect.Parameter) -> str:
    """What would serve a parameter, by its name or else by its annotation; empty if nothing is known to."""
    if parameter.name in _CAPABILITIES.values():
        return parameter.name
    annotation = parameter.annotation
    return _CAPABILITIES.get(str(getattr(annotation, "__name__", annotation)).rpartition(".")[2], "")


def _check_signature(spec: ComponentSpec, section: str, who: str) -> Problem | None:
    """The factory must accept ``settings`` (if it has any) and each required name, and demand no more."""
    try:
        parameters = inspect.signature(spec.factory).parameters
    except (TypeError, ValueError) as error:
        message, mend = f"the factory's parameters are not known: {error}", "pass a class or a function as factory"
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
    known = {name: _capability(parameters[name]) for name in missing}
    if not refused and all(known.values()):
        added = ", ".join(f'"{name}": "{capability}"' for name, capability in {**spec.requires, **known}.items())
        mend = f"write requires={{{added}}} in the ComponentSpec"
    return Problem(ProblemKind.FACTORY_SIGNATURE, f"factory: {'; '.join(parts)}", mend, section, who)
