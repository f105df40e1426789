"""A vendor's connection by itself, from its section: for a login, and where the rest cannot be built yet."""

from __future__ import annotations

from collections.abc import Iterator

from friday_core.domain.findings import Finding, Outcome
from friday_core.errors import ConfigurationError
from friday_core.interfaces.connection import Connection
from friday_core.orchestration.preflight import asked, limits
from friday_core.plugin.alone import built_alone
from friday_core.plugin.discovery import installed_plugins
from friday_core.plugin.plan import SettingsSections, requested_components
from friday_core.plugin.registry import PluginRegistry
from friday_core.plugin.spec import Kind


def lone_connection(name: str, settings: SettingsSections) -> Connection:
    """Not started. ``ConfigurationError`` if there is none of the name, or its section is wrong."""
    registry = PluginRegistry(installed_plugins(), import_timeout=settings.run.import_timeout)
    connection: Connection = built_alone(registry, settings.plugins, Kind.CONNECTION, name)
    return connection


def unbuilt_findings(settings: SettingsSections) -> Iterator[Finding]:
    """What can be told of a configuration that does not fit together: of its connections, and of a broker's limits."""
    connections = [one for one in requested_components(settings) if one.kind is Kind.CONNECTION]
    for request in connections:
        try:
            made = lone_connection(request.name, settings)
        except (ConfigurationError, ValueError):
            evidence = f"[{request.settings_section}] cannot be used"
            yield Finding(Outcome.FAIL, request.name, evidence, "friday config check")
            continue
        yield from asked(request.id, made, settings.run.step_timeout)
    if settings.broker.use in {one.name for one in connections}:
        yield from limits(settings.risk)
