"""docs/values.md is what the names of friday_core.api say of themselves."""

from __future__ import annotations

import re
from pathlib import Path
from types import ModuleType

import pytest
from docs.documents import DOCS, blocks, script

from friday_core import api

DOCUMENT = DOCS / "values.md"
TEXT = DOCUMENT.read_text("utf-8")


@pytest.fixture(scope="module")
def generator() -> ModuleType:
    return script("values_reference")


def _section(name: str) -> str:
    return re.split(r"^##+ ", TEXT.partition(f"\n### `{name}`\n")[2], maxsplit=1, flags=re.MULTILINE)[0]


def test_the_document_is_up_to_date(generator: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    assert generator.main(["--check"]) == 0, capsys.readouterr().out


def test_a_stale_document_is_named_and_then_written(
    generator: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stale = tmp_path / "values.md"
    stale.write_text("# What a plugin handles\n", "utf-8")
    assert generator.main(["--check"], stale) == 1
    assert capsys.readouterr().out == f"stale, run python docs/values_reference.py: {stale}\n"
    assert generator.main([], stale) == 0
    assert stale.read_text("utf-8") == TEXT


def test_every_name_of_the_api_is_told_once(generator: ModuleType) -> None:
    assert sorted(generator.names()) == sorted(api.__all__)


def test_every_name_says_what_it_is() -> None:
    rows = re.findall(r"^\| \[`(\w+)`\]\([^)]+\) \| (.*) \|$", TEXT, re.MULTILINE)
    assert sorted(name for name, _ in rows) == sorted(api.__all__)
    assert [name for name, meaning in rows if not meaning] == []


def test_no_two_headings_have_one_address() -> None:
    headings = [heading.strip("`").lower() for heading in re.findall(r"^##+ (.+)$", TEXT, re.MULTILINE)]
    assert sorted({one for one in headings if headings.count(one) > 1}) == []


def test_no_block_is_an_accident_of_indenting() -> None:
    assert {block.language for block in blocks(DOCUMENT)} == {"text"}


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("Bar", "- `session: int`"),
        ("Bar", "- `[column: str] -> float`: A column of `columns`; `KeyError` if there is none of that name."),
        ("Side", '- `BUY = "buy"`'),
        ("Judgement", "- `marked(rows: Any, verdict: Verdict, reason: str) -> Self`: The same judgement"),
        ("Judgement", "- `passing(chunk: Chunk) -> Self`: Every row passes."),
        ("BarFileSettings", '- `exchange: str = "NSE"`: Exchange of all symbols.'),
        ("ComponentSpec", "- `capabilities: frozenset[str]`: Everything that a `requires` may ask of this component."),
        ("to_date", "`to_date(session: int) -> dt.date`"),
    ],
)
def test_fields_methods_and_calls_are_those_of_the_source(name: str, line: str) -> None:
    assert line in _section(name)


def test_what_every_component_may_do_is_not_told_again() -> None:
    assert "initialize" not in _section("BarFileSource")
