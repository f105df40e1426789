"""``friday version``: what is installed."""

from __future__ import annotations

import json
import platform
import re
from importlib import metadata

import click

from friday_core import __version__
from friday_core.plugin.api_version import API_VERSION

DISTRIBUTION = "friday-trading"


@click.command("version")
@click.option("--json", "as_json", is_flag=True, help="As one JSON object.")
def command(as_json: bool) -> None:
    """Show the versions of Friday, Python, the plugin interface and the dependencies."""
    api = ".".join(map(str, API_VERSION))
    dependencies = dependency_versions()
    if as_json:
        found = {"friday": __version__, "python": platform.python_version(), "api": api, "dependencies": dependencies}
        click.echo(json.dumps(found, indent=2))
        return
    rows = {"friday": __version__, "python": platform.python_version(), "plugin API": api, **dependencies}
    width = max(map(len, rows))
    for name, version in rows.items():
        click.echo(f"{name:<{width}}  {version}")


def dependency_versions(distribution: str = DISTRIBUTION) -> dict[str, str]:
    """Installed versions of what the distribution needs without extras, by name, importing nothing."""
    try:
        requirements = metadata.requires(distribution) or []
    except metadata.PackageNotFoundError:
        return {}
    needed = [text for text in requirements if not re.search(r";.*\bextra\b", text)]
    names = sorted(re.split(r"[^A-Za-z0-9._-]", text, maxsplit=1)[0] for text in needed)
    return {name: _installed(name) for name in names}


def _installed(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "not installed"
