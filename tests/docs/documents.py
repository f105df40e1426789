"""What the documents and docstrings of the project say: their blocks, tables, names and links."""

from __future__ import annotations

import importlib
import inspect
import re
import textwrap
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"

_FENCE = re.compile(
    r"^(?P<mark><!--\s*(?P<comment>.*?)\s*-->\n)?```(?P<language>\w*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL
)
_DOTTED = re.compile(r"`((?:friday_core|friday_plugins|friday_settings|containers)\.(?!py`)[A-Za-z_][\w.]*\w)`")
_EXAMPLE = re.compile(r"::\n\n(?P<block>(?:    .*\n|\n)+)\Z")


@dataclass(frozen=True)
class Block:
    """A fenced block of a document; ``comment`` is the HTML comment on the line above it."""

    document: str
    line: int
    language: str
    comment: str
    text: str

    def __str__(self) -> str:
        return f"{self.document}:{self.line}"


def documents() -> list[Path]:
    """Every document that a user reads."""
    return [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted(DOCS.rglob("*.md"))]


def blocks(path: Path) -> list[Block]:
    """The fenced blocks of one document, in order."""
    text = path.read_text("utf-8")
    name = str(path.relative_to(ROOT))
    return [
        Block(name, text.count("\n", 0, found.start()) + 1, found["language"], found["comment"] or "", found["text"])
        for found in _FENCE.finditer(text)
    ]


def table(path: Path, first_column: str) -> list[dict[str, str]]:
    """The rows of all tables of a document whose first column has this heading, without backticks."""
    rows: list[dict[str, str]] = []
    heading: list[str] = []
    for line in path.read_text("utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")] if line.startswith("|") else []
        if not cells:
            heading = []
        elif not heading:
            heading = cells
        elif heading[0] == first_column and set("".join(cells)) - set("-: "):
            rows.append({name: cell.replace("`", "") for name, cell in zip(heading, cells, strict=True)})
    return rows


def dotted_names(path: Path) -> list[str]:
    """Every name of a module, class or attribute of the product that stands in backticks."""
    return sorted(set(_DOTTED.findall(path.read_text("utf-8"))))


def resolve(dotted: str) -> Any:
    """What a dotted name means; ``LookupError`` if it means nothing."""
    steps = dotted.split(".")
    for length in range(len(steps), 0, -1):
        try:
            found: Any = importlib.import_module(".".join(steps[:length]))
        except ModuleNotFoundError:
            continue
        for step in steps[length:]:
            found = _member(found, step, dotted)
        return found
    raise LookupError(dotted)


def _member(holder: Any, name: str, dotted: str) -> Any:
    """An attribute, or a field that only instances have."""
    if name in getattr(holder, "__annotations__", {}) or name in getattr(holder, "model_fields", {}):
        return holder.__annotations__.get(name, holder)
    try:
        return inspect.getattr_static(holder, name)
    except AttributeError:
        raise LookupError(dotted) from None


def example(role: type) -> str:
    """The plugin at the end of a role's docstring; empty if there is none."""
    found = _EXAMPLE.search(f"{inspect.cleandoc(role.__doc__ or '')}\n")
    return textwrap.dedent(found["block"]).strip("\n") + "\n" if found else ""
