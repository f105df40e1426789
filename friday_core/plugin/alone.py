"""A component by itself, with the settings that a configuration has for it: what a command needs and no session."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from friday_core.errors import ConfigurationError, Problem, ProblemKind
from friday_core.plugin.registry import PluginRegistry
from friday_core.plugin.spec import ComponentSpec, Kind, NoSettings

Sections = Mapping[str, Mapping[str, Mapping[str, Any]]]


def built_alone(
    registry: PluginRegistry, sections: Sections, kind: Kind, name: str, given: Mapping[str, Any] | None = None
) -> Any:
    """The component, not started, and the connection that it needs; ``given`` goes before its section.

    ``sections`` is ``[plugins]``. ``ConfigurationError`` for one that is not there, cannot be set so, or needs more
    than a connection.
    """
    found = registry.load(f"{kind}.{name}")
    if isinstance(found, Problem):
        raise ConfigurationError([found])
    spec, section = found.spec, f"plugins.{kind}.{name}"
    needed = {}
    for parameter, capability in spec.requires.items():
        role, _, vendor = capability.partition(":")
        if role != Kind.CONNECTION:
            message = f"it needs {capability!r}, which only a session has"
            mend = "run a session with it"
            raise ConfigurationError([Problem(ProblemKind.MISSING_DEPENDENCY, message, mend, section, spec.key)])
        needed[parameter] = built_alone(registry, sections, Kind.CONNECTION, vendor)
    settings = _settings(spec, section, {**sections.get(kind, {}).get(name, {}), **(given or {})})
    return spec.factory(*settings, **needed)


def _settings(spec: ComponentSpec, section: str, values: Mapping[str, Any]) -> tuple[Any, ...]:
    """None for a spec that declares none."""
    try:
        return (spec.settings.model_validate(values),) if spec.settings is not NoSettings else ()
    except ValidationError as error:
        wrong = error.errors(include_input=False, include_context=False, include_url=False)
        problems = [
            Problem(
                ProblemKind.INVALID_VALUE,
                f"{'.'.join(map(str, one['loc'])) or 'its settings'}: {one['msg'].removeprefix('Value error, ')}",
                f"write it in [{section}], or give it with the command", section, spec.key,
            )
            for one in wrong
        ]  # fmt: skip
        raise ConfigurationError(problems) from None
