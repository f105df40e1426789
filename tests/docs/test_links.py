"""Links between documents lead somewhere, and the index leads to every document."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from docs.documents import DOCS, ROOT, documents

_LINK = re.compile(r"(?<!!)\[[^\]]*\]\((?!https?://|#)([^)#\s]+)(?:#[^)]*)?\)")


def _targets(path: Path) -> list[Path]:
    return [(path.parent / target).resolve() for target in _LINK.findall(path.read_text("utf-8"))]


@pytest.mark.parametrize("path", documents(), ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_leads_to_a_file(path: Path) -> None:
    assert [str(target) for target in _targets(path) if not target.exists()] == []


def test_the_index_leads_to_every_document() -> None:
    index = DOCS / "index.md"
    assert sorted(set(DOCS.rglob("*.md")) - {index} - set(_targets(index))) == []
