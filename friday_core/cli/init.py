"""``friday init``: a host project that runs at once, with a strategy to start from."""

from __future__ import annotations

import re
import shlex
import unicodedata
from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from string import Template

import click

from friday_core import __version__

STRATEGY_FOLDER = "my_strategy"
#: Keeps the names of files within what every file system takes.
_LONGEST_NAME = 40
#: Entries of a folder that is not empty, as many as are named.
_NAMED = 5


@click.command("init")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path, file_okay=False))
def command(folder: Path) -> None:
    """Make a host project in DIR, a new or empty folder.

    It runs at once, on synthetic bars: DIR/friday.toml is its configuration, DIR/README.md says
    what comes next, DIR/my_strategy is a strategy of your own as a package to install.
    """
    try:
        _require_empty(folder)
        made = list(_write_host(folder))
    except OSError as error:
        raise click.FileError(error.filename or str(folder), error.strerror) from error
    click.echo("\n".join((f"made in {folder}:", *(f"  {name}" for name in made), "", "next:")))
    click.echo(f"  cd {shlex.quote(str(folder))}")
    click.echo("  friday run                       a backtest on synthetic bars")
    click.echo(f"  pip install -e ./{STRATEGY_FOLDER}     then friday.toml turns your strategy on with one line")
    click.echo("README.md there has more.")


def module_name(folder: str) -> str:
    """The name of a host's strategy: its module, its plugin, and with dashes its distribution.

    From the folder's name, so that two hosts in one environment do not offer the same plugin:
    lower case letters, digits and single underscores, never a keyword.
    """
    plain = unicodedata.normalize("NFKD", folder.casefold()).encode("ascii", "ignore").decode().lower()
    name = re.sub(r"[^a-z0-9]+", "_", plain).strip("_")[:_LONGEST_NAME].rstrip("_") or "my"
    if name[0].isdigit():
        name = f"host_{name}"
    return name if name.endswith("_strategy") else f"{name}_strategy"


def _require_empty(folder: Path) -> None:
    found = sorted(path.name for path in folder.iterdir()) if folder.exists() else []
    if found:
        more = f" and {len(found) - _NAMED} more" if len(found) > _NAMED else ""
        holds = f"{', '.join(found[:_NAMED])}{more}"
        raise click.BadParameter(f"{folder} is not empty, it holds {holds}; name a new folder", param_hint="DIR")


def _write_host(folder: Path) -> Iterator[str]:
    """Write every file; yields each path in the folder."""
    name = folder.resolve().name
    module = module_name(name)
    words = {
        "title": "".join(letter if letter.isprintable() else "?" for letter in name) or module,
        "folder": STRATEGY_FOLDER,
        "module": module,
        "distribution": module.replace("_", "-"),
        "version": __version__,
    }
    templates = resources.files("friday_core.cli") / "templates" / "host"
    for template, place in _files(module):
        path = folder / place
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700 if place.startswith("secrets/") else 0o777)
        text = (templates / f"{template}.template").read_text(encoding="utf-8")
        path.write_text(Template(text).substitute(words), encoding="utf-8", newline="\n")
        yield place


def _files(module: str) -> tuple[tuple[str, str], ...]:
    """(template, path in the host)."""
    return (
        ("friday.toml", "friday.toml"),
        ("README.md", "README.md"),
        ("gitignore", ".gitignore"),
        ("gitkeep", "secrets/.gitkeep"),
        ("pyproject.toml", f"{STRATEGY_FOLDER}/pyproject.toml"),
        ("strategy.py", f"{STRATEGY_FOLDER}/{module}.py"),
        ("test_strategy.py", f"{STRATEGY_FOLDER}/test_{module}.py"),
    )
