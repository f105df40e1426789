"""What the documents and docstrings of the project say: their blocks, tables, names and links."""

from __future__ import annotations

import importlib
import inspect
import re
import textwrap
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

from markdown_it import MarkdownIt

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"

_COMMENT = re.compile(r"<!--\s*(.*?)\s*-->\n?\Z", re.DOTALL)
_TITLE = re.compile(r'\btitle="([^"]*)"')
_DOTTED = re.compile(r"`((?:friday_core|friday_plugins|friday_settings|containers)\.(?!py`)[A-Za-z_][\w.]*\w)`")
#: Between two cells of a table; one that belongs to a cell has a backslash before it.
_BAR = re.compile(r"(?<!\\)\|")
_EXAMPLE = re.compile(r"::\n\n(?P<block>(?:    .*\n|\n)+)\Z")


@dataclass(frozen=True)
class Block:
    """A block of code in a document; ``comment`` is the HTML comment on the line above it.

    ``info`` is what stands behind the opening fence: the language, and ``title="..."`` if there is one.
    """

    document: str
    line: int
    info: str
    comment: str
    text: str

    @property
    def language(self) -> str:
        """Empty if the block does not say it."""
        return self.info.partition(" ")[0]

    @property
    def title(self) -> str:
        """What the site shows above the block."""
        found = _TITLE.search(self.info)
        return found[1] if found else ""

    def __str__(self) -> str:
        return f"{self.document}:{self.line}"


def documents() -> list[Path]:
    """Every document that a user reads."""
    ours = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "SECURITY.md", *sorted(DOCS.rglob("*.md"))]
    return [*ours, *sorted((ROOT / "examples").glob("*/README.md"))]


@cache
def blocks(path: Path) -> list[Block]:
    """The blocks of code of one document, in order; one that is made by indenting has no language."""
    name = str(path.relative_to(ROOT))
    found, comment = [], ""
    for token in MarkdownIt("commonmark").enable("table").parse(path.read_text("utf-8")):
        if token.type in ("fence", "code_block") and token.map is not None:
            found.append(Block(name, token.map[0] + 1, token.info.strip(), comment, token.content))
        noted = _COMMENT.search(token.content) if token.type == "html_block" else None
        comment = noted[1] if noted else ""
    return found


def mentions(path: Path) -> list[str]:
    """What stands between backticks in the sentences and tables of a document."""
    tokens = MarkdownIt("commonmark").enable("table").parse(path.read_text("utf-8"))
    return [one.content for token in tokens for one in token.children or [] if one.type == "code_inline"]


def script(name: str) -> ModuleType:
    """A program that writes a document, ``docs/<name>.py``, as a module."""
    return importlib.import_module(name)


def table(path: Path, first_column: str) -> list[dict[str, str]]:
    """The rows of all tables of a document whose first column has this heading, without backticks."""
    rows: list[dict[str, str]] = []
    heading: list[str] = []
    for line in path.read_text("utf-8").splitlines():
        cells = [cell.strip() for cell in _BAR.split(line.strip().strip("|"))] if line.startswith("|") else []
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
