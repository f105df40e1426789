"""The table of Kite's faults is that of the tests, and none of them is without one."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

import pytest
from docs.documents import DOCS, script, table


@pytest.fixture(scope="module")
def generator() -> ModuleType:
    return script("faults_table")


def test_the_table_of_faults_is_up_to_date(generator: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    assert generator.main(["--check"]) == 0, capsys.readouterr().out


def test_every_fault_from_1_to_43_has_a_test(generator: ModuleType) -> None:
    assert [*generator.FAULTS] == [*range(1, 44)]
    shown = {number for one in generator.fault_tests() for number in one.numbers}
    assert sorted(generator.FAULTS.keys() - shown) == []
    assert sorted(shown - generator.FAULTS.keys()) == []


def test_the_name_of_a_test_is_read_as_numbers_and_a_sentence(generator: ModuleType, tmp_path: Path) -> None:
    names = ["test_fault_30_corrupt_prices_and_fault_32_a_spike_do_not_come", "test_fault_30_and_34_frames_are_counted"]
    code = "".join(f"def {name}() -> None: ...\n\n\n" for name in names)
    (tmp_path / "test_some.py").write_text(code, "utf-8")
    assert [(one.numbers, one.reaction) for one in generator.fault_tests(tmp_path)] == [
        ((30, 32), "corrupt prices and a spike do not come"),
        ((30, 34), "frames are counted"),
    ]


def test_a_stale_table_is_named_and_not_touched(
    generator: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stale = tmp_path / "zerodha.md"
    stale.write_text(f"# Zerodha\n{generator.BEGIN}\n{generator.END}\nThe end.\n", "utf-8")
    assert generator.main(["--check"], tmp_path) == 1
    assert capsys.readouterr().out == f"stale, run python docs/faults_table.py: {stale}\n"
    assert generator.main([], tmp_path) == 0
    text = stale.read_text("utf-8")
    assert text.startswith("# Zerodha\n")
    assert text.endswith(f"{generator.END}\nThe end.\n")


def test_a_document_without_a_place_for_the_table_is_refused(generator: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "zerodha.md").write_text("# Zerodha\n", "utf-8")
    with pytest.raises(ValueError, match="lacks the lines"):
        generator.main([], tmp_path)


def test_every_row_names_a_reaction_and_where_it_is_shown() -> None:
    rows = table(DOCS / "zerodha.md", "fault")
    silent = [row["fault"] for row in rows if not (row["Friday's reaction"] and row["shown by"])]
    assert silent == []
