"""A host project that runs at once, with a strategy, a container and a profile of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from friday_core.cli.scaffolds.names import package_of_host
from friday_core.cli.scaffolds.writing import require_empty, requirements, template, write_files


def write_host(folder: Path) -> Iterator[str]:
    """Write every file into a new or empty folder; yields each path in it."""
    require_empty(folder, "DIR")
    name = folder.resolve().name
    package = package_of_host(name)
    words = {
        "title": "".join(letter if letter.isprintable() else "?" for letter in name) or package,
        "package": package,
        "plugin": f"{package}_breakout",
        "distribution": package.replace("_", "-"),
        **requirements(template("host/breakout.py") + template("host/containers.py")),
    }
    yield from write_files(folder, _files(package), words)


def _files(package: str) -> tuple[tuple[str, str], ...]:
    """(template, path in the host)."""
    return (
        ("host/friday.toml", "friday.toml"),
        ("host/paper.toml", "profiles/paper.toml"),
        ("host/README.md", "README.md"),
        ("host/gitignore", ".gitignore"),
        ("host/gitkeep", "secrets/.gitkeep"),
        ("host/pyproject.toml", "pyproject.toml"),
        ("host/init.py", f"{package}/__init__.py"),
        ("host/breakout.py", f"{package}/breakout.py"),
        ("host/containers.py", f"{package}/containers.py"),
        ("package/py.typed", f"{package}/py.typed"),
        ("host/test_breakout.py", "tests/test_breakout.py"),
        ("host/test_containers.py", "tests/test_containers.py"),
        ("package/test_conformance.py", "tests/test_conformance.py"),
    )
