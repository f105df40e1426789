"""A package of one plugin of any role, whose tests pass at once."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from importlib.metadata import entry_points
from pathlib import Path
from string import Template

import click

from friday_core.cli.scaffolds.names import Names
from friday_core.cli.scaffolds.roles import COMMAND, Role
from friday_core.cli.scaffolds.writing import has_template, require_empty, requirements, template, write_files

_CONFORMANCE = "`tests/test_conformance.py` holds the plugin to every rule of its role; the rules come with Friday.\n"
#: For whoever has a container as `friday new host` makes it.
_TRUSTED = (
    "\nA host that runs with a container of its own (`friday run --container ...`) may load the plugins of some\n"
    'distributions only: add `"{distribution}"` to `TRUSTED` in its `containers.py`.\n'
)
#: Templates that a role may have: those that hold code.
_OWN_FILES = ("component.py", "client.py", "test.py", "conftest.py")


def write_plugin(role: Role, way: str | None, name: str, above: Path) -> Iterator[str]:
    """Write every file into a new or empty folder below ``above``, named like the distribution; yields each path."""
    names = names_of(role, name)
    folder = above / names.distribution
    require_empty(folder, "NAME")
    own = f"roles/{role.templates(way)}"
    yield from write_files(folder, _files(role, own, names), _words(role, own, names))


def names_of(role: Role, name: str) -> Names:
    """``BadParameter`` if they are not legal, or if an installed plugin of the role is called so."""
    try:
        names = Names.of(name)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="NAME") from error
    group, entry = _entry(role, names)
    taken = [point for point in entry_points(group=group) if point.name == entry]
    if taken:
        owner = taken[0].dist.name if taken[0].dist is not None else "an unknown distribution"
        called = names.command if role.name == COMMAND else names.plugin
        offered = f"{owner} offers the {role.name} {called!r} already"
        raise click.BadParameter(f"{offered}; take another name, or uninstall {owner}", param_hint="NAME")
    return names


def _entry(role: Role, names: Names) -> tuple[str, str]:
    """Group and name of the entry point; as in ``plugin.hookspecs``, which is too heavy for help."""
    if role.name == COMMAND:
        return "friday.commands", names.command
    return "friday.plugins", f"{role.name}.{names.plugin}"


def _words(role: Role, own: str, names: Names) -> dict[str, str]:
    code = template(f"{own}/component.py")
    used = frozenset(re.findall(r"\w+", code + "".join(template(one) for one in _own_templates(own))))
    group, entry = _entry(role, names)
    is_command = role.name == COMMAND
    listed = f"friday {names.command} --help" if is_command else f"friday plugins          # lists {entry} as installed"
    how = "The name of the command, then what it calls" if is_command else "<kind>.<name>, then the module"
    words = {
        "package": names.package,
        "plugin": names.plugin,
        "PLUGIN": names.plugin.upper(),
        "command": names.command,
        "distribution": names.distribution,
        "Class": names.class_name(role.name, used),
        "group": group,
        "entry": entry,
        "target": f"{names.package}.{names.plugin}" + (":command" if is_command else ""),
        "how_found": f"{how}: this line is how Friday finds the {'command' if is_command else 'plugin'}.",
        "listed": listed,
        "checked": "" if is_command else _CONFORMANCE,
        "trusted": "" if is_command else _TRUSTED.format(distribution=names.distribution),
        **requirements(code),
    }
    summary, _, about = Template(template(f"{own}/about.md")).substitute(words).strip().partition("\n\n")
    return {**words, "summary": summary, "about": about, "conformance": _kit_settings(own, words)}


def _kit_settings(own: str, words: Mapping[str, str]) -> str:
    """A table for ``pyproject.toml``: settings that the rules of the role need, and that have no default."""
    name = f"{own}/conformance.toml"
    return f"\n\n{Template(template(name)).substitute(words)}".rstrip() if has_template(name) else ""


def _own_templates(own: str) -> list[str]:
    """Those of the role that hold code."""
    return [f"{own}/{name}" for name in _OWN_FILES if has_template(f"{own}/{name}")]


def _files(role: Role, own: str, names: Names) -> Iterator[tuple[str, str]]:
    """(template, path in the project)."""
    places = {
        "component.py": f"{names.package}/{names.plugin}.py",
        "client.py": f"{names.package}/client.py",
        "test.py": f"tests/test_{names.plugin}.py",
        "conftest.py": "tests/conftest.py",
    }
    yield "package/pyproject.toml", "pyproject.toml"
    yield "package/README.md", "README.md"
    yield "package/gitignore", ".gitignore"
    yield "package/ci.yml", ".github/workflows/ci.yml"
    yield "package/init.py", f"{names.package}/__init__.py"
    yield "package/py.typed", f"{names.package}/py.typed"
    for name in _own_templates(own):
        yield name, places[name.rpartition("/")[2]]
    if role.name != COMMAND:
        yield "package/test_conformance.py", "tests/test_conformance.py"
