"""The connection to a vendor by itself, for commands that a person gives."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from friday_core.cli.options import Choice

if TYPE_CHECKING:
    from friday_core.interfaces.connection import Connection


def made_connection(choice: Choice, name: str) -> Connection:
    """Not started, with the settings that the profile has for it; ``ConfigurationError`` if there is none."""
    from friday_core.orchestration.lone_connection import lone_connection  # noqa: PLC0415 - `--help` must stay light

    try:
        return lone_connection(name, choice.load().settings)
    except ValueError as error:
        raise click.UsageError(f"[plugins.connection.{name}] cannot be used: {type(error).__name__}") from None
