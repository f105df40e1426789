"""docs/indicators.md is what the docstrings of the indicators say, and its examples are computed."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

import pytest
from docs.documents import DOCS, script, table

DOCUMENT = DOCS / "indicators.md"


@pytest.fixture(scope="module")
def generator() -> ModuleType:
    return script("indicators_table")


def test_the_document_is_up_to_date(generator: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    assert generator.main(["--check"]) == 0, capsys.readouterr().out


def test_a_stale_document_is_named_and_then_written(
    generator: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stale = tmp_path / "indicators.md"
    stale.write_text("# Indicators\n", "utf-8")
    assert generator.main(["--check"], stale) == 1
    assert capsys.readouterr().out == f"stale, run python docs/indicators_table.py: {stale}\n"
    assert generator.main([], stale) == 0
    assert stale.read_text("utf-8") == DOCUMENT.read_text("utf-8")


def test_every_indicator_has_a_row_and_an_example_with_a_value(generator: ModuleType) -> None:
    names = [one.name for one in generator.all_indicators()]
    assert [row["call"].split("(")[0] for row in table(DOCUMENT, "call")] == names
    shown = [row for row in table(DOCUMENT, "example") if {*list(row.values())[1:]} != {"-"}]
    assert sorted({row["example"].split("(")[0] for row in shown}) == sorted(names)


@pytest.mark.parametrize("text", ["", "The formula.\n\nWarm-up: w\nTA-Lib: SMA, 1e-12\n"])
def test_a_docstring_without_its_facts_is_refused(generator: ModuleType, text: str) -> None:
    def nameless() -> None: ...

    nameless.__doc__ = text
    with pytest.raises(ValueError, match="the docstring of nameless lacks a line Warm-up, TA-Lib or Example"):
        generator._read(nameless)


def test_an_example_is_what_one_works_out_by_hand(generator: ModuleType) -> None:
    examples = {row["example"]: row for row in table(DOCUMENT, "example")}
    # Closes 101, 103, 102, 104, 106, 105, 103, 102.
    assert list(examples["sma(m.close, 3)"].values())[1:] == [
        "-",
        "-",
        "102",
        "103",
        "104",
        "105",
        "104.667",
        "103.333",
    ]
    assert list(examples["momentum(m.close, 2)"].values())[1:] == ["-", "-", "1", "1", "4", "1", "-3", "-3"]
    assert list(examples["obv(m.close, m.volume)"].values())[1:] == ["-", "20", "10", "40", "80", "60", "50", "30"]
