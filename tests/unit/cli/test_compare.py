"""``friday compare``: what is printed of runs side by side, and the page."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner, Result
from fakes.run_folder import SETTINGS, SMALL_PRICES, fill, small_log, small_run, write_run
from fakes.session_log import rows_of

from friday_core.cli.compare import command
from friday_core.errors import RunFolderError


def run(*arguments: object) -> Result:
    return CliRunner().invoke(command, [str(one) for one in arguments])


@pytest.fixture
def two(tmp_path: Path) -> tuple[Path, Path]:
    """The second pays more charges and sells dearer."""
    other = small_log()
    other.fills = rows_of("fills", [other.fills[0], fill(2, -5, 10_900, 200)])
    settings = {**SETTINGS, "plugins": {"charges": {"flat_bps": {"bps": 6.0}}}}
    one = small_run(tmp_path / "one")
    return one, write_run(tmp_path / "two", other, SMALL_PRICES, settings=settings)


def cells(done: Result, name: str) -> list[str]:
    """The values of one printed row."""
    (line,) = (line for line in done.output.splitlines() if line.strip().startswith(name))
    return line.strip().removeprefix(name).split()


def test_figures_stand_side_by_side(two: tuple[Path, Path]) -> None:
    done = run(*two)
    assert done.exit_code == 0
    assert cells(done, "figure") == ["one", "two"]
    assert cells(done, "total return") == ["1.30%", "1.30%"]
    assert cells(done, "charges paid") == ["2.00", "3.00"]


def test_settings_that_differ_are_named_and_others_are_not(two: tuple[Path, Path]) -> None:
    done = run(*two)
    assert cells(done, "plugins.charges.flat_bps.bps") == ["3.0", "6.0"]
    assert cells(done, "plugins.broker.paper.slippage_ticks") == ["1", "not", "set"]
    assert "account.currency" not in done.output


def test_the_first_fill_that_differs_is_shown(two: tuple[Path, Path]) -> None:
    lines = run(*two).output.splitlines()
    at = lines.index("fills: row 2 differs")
    assert "decisions: all equal" in lines
    assert lines[at + 1].startswith(
        "  first: ts_event 2024-01-03 10:00:00Z, strategy one, instrument INFY.NSE, side sell"
    )
    assert lines[at + 1].endswith("price 108.00, charges 1.00")
    assert lines[at + 2].endswith("price 109.00, charges 2.00")


def test_a_run_against_itself_is_equal(tmp_path: Path) -> None:
    one = small_run(tmp_path / "one")
    done = run(one, one)
    assert "settings: all equal\n" in done.output
    assert done.output.endswith("decisions: all equal\nfills: all equal\n")


def test_each_further_run_is_held_against_the_first(two: tuple[Path, Path]) -> None:
    done = run(*two, two[0])
    assert cells(done, "figure") == ["one", "two", "one"]
    assert [line for line in done.output.splitlines() if line.startswith("one and")] == ["one and two", "one and one"]


def test_the_page_has_the_same_and_the_curves(two: tuple[Path, Path], tmp_path: Path) -> None:
    done = run(*two, "--html", tmp_path / "page.html")
    assert done.output.endswith(f"page: {tmp_path / 'page.html'}\n")
    page = ElementTree.fromstring((tmp_path / "page.html").read_text("utf-8").partition("\n")[2])
    assert [one.text for one in page.iter("h2")] == [
        "Returns",
        "Key figures",
        "Settings that differ",
        "First differences",
    ]
    assert {one.get("class") for one in page.iter("path")} == {"line run-0", "line run-1"}
    assert "fills: row 2 differs" in "".join(page.itertext())


def test_a_run_that_failed_early_is_compared_too(tmp_path: Path) -> None:
    failed = tmp_path / "failed"
    failed.mkdir()
    (failed / "summary.json").write_text('{"status": "failed"}', encoding="utf-8")
    done = run(failed, failed, "--html", tmp_path / "page.html")
    assert done.exit_code == 0
    assert cells(done, "status") == ["failed", "failed"]
    assert cells(done, "Sharpe") == ["–", "–"]


def test_one_run_is_not_enough(tmp_path: Path) -> None:
    done = run(small_run(tmp_path / "one"))
    assert done.exit_code == 2
    assert "name two run folders at least" in done.output


def test_a_folder_that_is_no_run_is_refused(two: tuple[Path, Path], tmp_path: Path) -> None:
    assert isinstance(run(two[0], tmp_path).exception, RunFolderError)


def test_a_page_that_cannot_be_written_is_refused(two: tuple[Path, Path], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    done = run(*two, "--html", tmp_path / "file" / "page.html")
    assert isinstance(done.exception, RunFolderError)
    assert "cannot be written" in str(done.exception)
