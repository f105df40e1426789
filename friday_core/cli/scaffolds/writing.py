"""From templates to files."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from importlib import resources
from importlib.metadata import requires
from pathlib import Path
from string import Template

import click

from friday_core import __version__

DISTRIBUTION = "friday-trading"
#: What the tests of a scaffold need, besides what they try.
_TOOLS = (f"{DISTRIBUTION}[testing]>={__version__}", "mypy>=1.19", "ruff>=0.14")
_STUBS = {"pandas": "pandas-stubs>=3.0"}
#: Entries of a folder that is not empty, as many as are named.
_NAMED = 5


def require_empty(folder: Path, hint: str) -> None:
    """``BadParameter`` names what a folder holds already, unless it is new or empty."""
    found = sorted(path.name for path in folder.iterdir()) if folder.exists() else []
    if found:
        more = f" and {len(found) - _NAMED} more" if len(found) > _NAMED else ""
        holds = f"{', '.join(found[:_NAMED])}{more}"
        raise click.BadParameter(f"{folder} is not empty, it holds {holds}; name a new folder", param_hint=hint)


def template(name: str) -> str:
    """The text of a template, by its path without the ending."""
    found = resources.files("friday_core.cli") / "templates" / f"{name}.template"
    return found.read_text(encoding="utf-8")


def has_template(name: str) -> bool:
    return (resources.files("friday_core.cli") / "templates" / f"{name}.template").is_file()


def filled(name: str, words: Mapping[str, str]) -> str:
    """A template with its words, its imports from its own package sorted by them."""
    text = Template(template(name)).substitute(words)
    block = rf"(^from {words['package']}\.\w+ import .+\n)+"
    return re.sub(block, lambda found: _sorted_imports(found[0]), text, flags=re.MULTILINE)


def write_files(folder: Path, files: Iterable[tuple[str, str]], words: Mapping[str, str]) -> Iterator[str]:
    """Write each (template, path in the folder); yields the paths."""
    for name, place in files:
        path = folder / place
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700 if place.startswith("secrets/") else 0o777)
        path.write_text(filled(name, words), encoding="utf-8", newline="\n")
        yield place


def requirements(code: str) -> dict[str, str]:
    """What a package with this code depends on, and what its tests do besides: the values of two TOML arrays.

    Lower bounds are those that Friday itself declares.
    """
    imported = set(re.findall(r"^\s*(?:import|from) (\w+)", code, flags=re.MULTILINE))
    declared = [one for one in requires(DISTRIBUTION) or () if "extra ==" not in one]
    own = [one for one in declared if re.split(r"[^\w-]", one)[0].replace("-", "_") in imported]
    stubs = [stub for library, stub in _STUBS.items() if library in imported]
    return {
        "dependencies": _array([f"{DISTRIBUTION}>={__version__}", *own]),
        "test_dependencies": _array([*_TOOLS, *stubs]),
    }


def _array(texts: Iterable[str]) -> str:
    return ", ".join(f'"{text}"' for text in texts)


def _sorted_imports(block: str) -> str:
    """As linters want them: by module, and of each module constants, classes, functions without regard to case."""

    def place(name: str) -> tuple[int, str]:
        if len(name) > 1 and name.isupper():
            return 0, name.lower()
        return (1 if name[0].isupper() else 2), name.lower()

    lines = [line.partition(" import ") for line in block.splitlines()]
    return "".join(
        f"{module}{word}{', '.join(sorted(names.split(', '), key=place))}\n" for module, word, names in sorted(lines)
    )
