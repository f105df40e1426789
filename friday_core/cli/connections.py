"""The connection to a vendor by itself, for commands that a person gives."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from friday_core.cli.options import Choice

if TYPE_CHECKING:
    from friday_core.interfaces.connection import Connection


def made_connection(choice: Choice, name: str) -> Connection:
    """Not started, with the settings that the profile has for it; ``ConfigurationError`` if there is none."""
    from friday_core.errors import ConfigurationError, Problem  # noqa: PLC0415 - `--help` must stay light
    from friday_core.plugin.discovery import installed_plugins  # noqa: PLC0415
    from friday_core.plugin.registry import PluginRegistry  # noqa: PLC0415
    from friday_core.plugin.spec import Kind  # noqa: PLC0415

    settings = choice.load().settings
    registry = PluginRegistry(installed_plugins(), import_timeout=settings.run.import_timeout)
    found = registry.load(f"{Kind.CONNECTION}.{name}")
    if isinstance(found, Problem):
        raise ConfigurationError([found])
    spec = found.spec
    section = settings.plugins.get(Kind.CONNECTION, {}).get(name, {})
    try:
        made: Connection = spec.factory(spec.settings.model_validate(section))
    except ValueError as error:
        raise click.UsageError(f"[plugins.connection.{name}] cannot be used: {type(error).__name__}") from None
    return made
