"""The product's modules as syntax trees: what the tests of this folder look at."""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
#: Folders on the import path, with the packages in them.
PACKAGES = (ROOT / "friday_core", ROOT / "plugins/friday_plugins", ROOT / "settings/friday_settings")
CONTAINERS = ROOT / "containers.py"

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Module:
    """One module of the product: its dotted name and its file."""

    name: str
    path: Path

    @cached_property
    def text(self) -> str:
        return self.path.read_text(encoding="utf-8")

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text, filename=str(self.path))

    @property
    def lines(self) -> int:
        return len(self.text.splitlines())

    def functions(self) -> Iterator[tuple[str, Function]]:
        """Every function and method with its qualified name."""
        yield from _functions(self.tree, "")

    def imports(self) -> Iterator[tuple[str, ast.Import | ast.ImportFrom]]:
        """Every import with the qualified name of the function around it, empty at the top."""
        yield from _imports(self.tree, "", inside=False)


def modules() -> list[Module]:
    """All modules of the product, sorted by name, ``containers`` included."""
    found = [
        Module(_dotted(path, package.parent), path) for package in PACKAGES for path in sorted(package.rglob("*.py"))
    ]
    if CONTAINERS.exists():
        found.append(Module("containers", CONTAINERS))
    return sorted(found, key=lambda module: module.name)


def imported_names(node: ast.Import | ast.ImportFrom) -> list[str]:
    """The dotted names of the imported modules; relative imports keep their dots."""
    if isinstance(node, ast.ImportFrom):
        return ["." * node.level + (node.module or "")]
    return [alias.name for alias in node.names]


def pyproject() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def _dotted(path: Path, above: Path) -> str:
    parts = path.relative_to(above).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _functions(node: ast.AST, prefix: str) -> Iterator[tuple[str, Function]]:
    for child in ast.iter_child_nodes(node):
        name = f"{prefix}{child.name}" if isinstance(child, Function | ast.ClassDef) else prefix.removesuffix(".")
        if isinstance(child, Function):
            yield name, child
        yield from _functions(child, f"{name}." if name else "")


def _imports(node: ast.AST, where: str, *, inside: bool) -> Iterator[tuple[str, ast.Import | ast.ImportFrom]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import | ast.ImportFrom):
            yield (where if inside else ""), child
        elif isinstance(child, Function | ast.ClassDef):
            name = f"{where}.{child.name}" if where else child.name
            yield from _imports(child, name, inside=inside or isinstance(child, Function))
        else:
            yield from _imports(child, where, inside=inside)
