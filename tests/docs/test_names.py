"""Every name of the code that a document mentions exists; the glossary explains each word once."""

from __future__ import annotations

from pathlib import Path

import pytest
from docs.documents import DOCS, ROOT, documents, dotted_names, resolve, table

GLOSSARY = DOCS / "glossary.md"


def _stale(names: list[str]) -> list[str]:
    missing = []
    for name in names:
        try:
            resolve(name)
        except LookupError:
            missing.append(name)
    return missing


@pytest.mark.parametrize("path", documents(), ids=lambda path: str(path.relative_to(ROOT)))
def test_every_name_in_a_document_exists(path: Path) -> None:
    assert _stale(dotted_names(path)) == []


def test_the_life_of_a_bar_names_the_code_of_each_step() -> None:
    steps = [line for line in (DOCS / "life_of_a_bar.md").read_text("utf-8").splitlines() if line[:1].isdigit()]
    assert len(steps) == 14 + 9
    assert len(dotted_names(DOCS / "life_of_a_bar.md")) >= len(steps)


def test_the_life_of_an_order_names_the_code_of_each_step() -> None:
    steps = [line for line in (DOCS / "life_of_an_order.md").read_text("utf-8").splitlines() if line[:1].isdigit()]
    assert len(steps) == 14
    assert len(dotted_names(DOCS / "life_of_an_order.md")) >= len(steps)


@pytest.mark.parametrize("name", ["friday_core.nowhere", "friday_core.domain.orders.Trade", "containers.build.x"])
def test_a_name_that_does_not_exist_is_found_out(name: str) -> None:
    assert _stale([name]) == [name]


def test_a_field_that_only_instances_have_exists() -> None:
    assert _stale(["friday_core.domain.market.Bar.factor", "friday_core.trading.lots.Lot.cost"]) == []


def test_every_word_of_the_glossary_is_there_once_with_its_place() -> None:
    rows = table(GLOSSARY, "word")
    words = [row["word"] for row in rows]
    assert sorted({word for word in words if words.count(word) > 1}) == []
    assert [row["word"] for row in rows if not (row["meaning"] and row["where"] in dotted_names(GLOSSARY))] == []
