"""A run, its page, and the page's figures against those of the run's own summary."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner

from friday_core.analytics.run_analysis import RunAnalysis
from friday_core.analytics.run_files import RunFiles
from friday_core.cli import compare, report, run


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A backtest on synthetic bars."""
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(run.command, ["--quiet"])
    assert done.exit_code == 0, done.output
    return tmp_path / done.output.strip()


def test_the_report_agrees_with_the_summary_to_the_last_minor_unit(folder: Path) -> None:
    found = RunAnalysis(RunFiles.read(folder))
    summary = json.loads((folder / "summary.json").read_text("utf-8"))
    figures = found.figures(found.whole)
    assert figures is not None
    account = {name: getattr(figures.account, name) for name in figures.account.__struct_fields__}
    assert account == {name: summary["results"][name] for name in account}
    books = summary["strategies"].values()
    assert figures.charges == round(sum(book["charges"] for book in books) * 100)
    assert found.capital + sum(found.contributions.values()) == round(sum(book["equity"] for book in books) * 100)
    gains = sum(book[name] for book in books for name in ("realised", "dividends"))
    income = sum(one.income for one in found.trips) + sum(one.income for one in found.open_lots)
    assert sum(trip.gross for trip in found.trips) + income == round(gains * 100)


def test_a_run_has_a_page_and_is_equal_to_itself(folder: Path) -> None:
    assert CliRunner().invoke(report.command, [str(folder)]).exit_code == 0
    page = (folder / "report.html").read_text("utf-8")
    assert "Round trips" in {one.text for one in ElementTree.fromstring(page.partition("\n")[2]).iter("h2")}
    done = CliRunner().invoke(compare.command, [str(folder), str(folder)])
    assert done.output.endswith("decisions: all equal\nfills: all equal\n")
