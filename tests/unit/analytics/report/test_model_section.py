"""What the page says of a model, and of instruments that were left out."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from fakes.run_folder import a_model, a_version, small_run

from friday_core.analytics.report import model_section
from friday_core.analytics.report.page import run_page
from friday_core.analytics.run_analysis import RunAnalysis
from friday_core.analytics.run_files import RunFiles

Element = ElementTree.Element
FB = {"instrument": "FB.US", "bars": 196, "predictions": 0, "fills": 0, "reason": "too few bars"}
TCS = {"instrument": "TCS.NSE", "bars": 900, "predictions": 600, "fills": 0, "reason": "no strategy decided on it"}


def page_with(folder: Path, **summary: Any) -> Element:
    text = run_page(RunAnalysis(RunFiles.read(small_run(folder / "run", **summary))))
    return ElementTree.fromstring(text.partition("\n")[2])


def words(element: Element) -> str:
    return " ".join(" ".join(element.itertext()).split())


def part(page: Element, title: str) -> Element:
    return next(one for one in page.iter("section") if one.findtext("h2") == title)


def rows(element: Element) -> list[list[str]]:
    return [[words(cell) for cell in row] for row in element.iter("tr")]


def warned(page: Element) -> list[str]:
    return [words(line) for one in page.iter("section") if one.get("class") == "warnings" for line in one.iter("li")]


def test_the_verdict_stands_above_the_figures_and_among_what_is_to_be_read_first(tmp_path: Path) -> None:
    page = page_with(tmp_path, model=a_model(verdict="None that can be told from luck: rank IC +0.0100."))
    assert words(part(page, "Model")[1]) == "None that can be told from luck: rank IC +0.0100."
    told = "Skill of the model ridge, out of sample: None that can be told from luck: rank IC +0.0100."
    assert warned(page)[0] == told


def test_skill_has_t_and_the_number_of_times(tmp_path: Path) -> None:
    found = rows(part(page_with(tmp_path, model=a_model()), "Model"))
    assert found[1:6] == [
        ["rank IC", "0.0345", "–", "2 times"],
        ["IC", "0.0500", "1.2", "2 times"],
        ["correlation over time", "–", "–", "0 times"],
        ["side was right", "75.0%", "", "4 pairs"],
        ["outcomes above zero", "50.0%", "", "4 pairs"],
    ]


def test_each_group_of_predictions_is_a_dot_against_what_came(tmp_path: Path) -> None:
    found = part(page_with(tmp_path, model=a_model()), "Model")
    assert [words(one) for one in found.iter("title")] == [
        "2 predictions: −2.00% said, 1.00% came",
        "2 predictions: 3.00% said, 2.00% came",
    ]


def test_a_model_that_never_predicted_has_an_empty_figure(tmp_path: Path) -> None:
    page = page_with(tmp_path, model=a_model(buckets=()), out_of_sample_from=None)
    assert list(part(page, "Model").iter("circle")) == []
    assert "The model predicted nothing: there is nothing out of sample." in warned(page)


def test_versions_say_when_they_were_fitted_and_which_failed(tmp_path: Path) -> None:
    versions = [a_version(0), a_version(1, failure="MemoryError: too many rows", rows=400)]
    found = part(page_with(tmp_path, model=a_model(versions=versions)), "Model")
    assert rows(found)[-2:] == [
        ["2024-01-01", "2024-01-01", "000000000000", "300"],
        ["2024-01-02", "2024-01-02", "failed, the one before stays: MemoryError: too many rows", "400"],
    ]
    assert "2 fits, 1 of them failed." in words(found)


def test_of_many_versions_the_latest_and_every_failure_are_listed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(model_section, "MOST_VERSIONS", 1)
    versions = [a_version(0, failure="no"), a_version(1), a_version(2)]
    found = part(page_with(tmp_path, model=a_model(versions=versions)), "Model")
    assert [row[0] for row in rows(found)[-2:]] == ["2024-01-01", "2024-01-03"]
    assert "Listed: the latest 1 and every one that failed; all are in models.parquet." in words(found)


def test_the_head_names_the_model(tmp_path: Path) -> None:
    head = page_with(tmp_path, model=a_model()).find(".//header")
    assert head is not None
    assert "model ridge, 20 bars ahead, 1 fit" in words(head)


def test_instruments_that_were_left_out_are_listed_with_the_reason(tmp_path: Path) -> None:
    page = page_with(tmp_path, left_out=[TCS, FB])
    assert rows(part(page, "Left out")) == [
        ["instrument", "reason", "bars", "predictions", "fills"],
        ["FB.US", "too few bars", "196", "0", "0"],
        ["TCS.NSE", "no strategy decided on it", "900", "600", "0"],
    ]
    assert warned(page)[1:3] == [
        "FB.US was never predicted or traded: too few bars.",
        "1 instrument more never traded; the reasons stand under Left out.",
    ]


def test_without_a_model_nobody_counts_predictions(tmp_path: Path) -> None:
    found = part(page_with(tmp_path, left_out=[{**TCS, "predictions": None}]), "Left out")
    assert rows(found) == [["instrument", "reason", "bars", "fills"], ["TCS.NSE", TCS["reason"], "900", "0"]]


def test_a_long_list_of_those_left_out_is_cut_with_a_note(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model_section, "MOST_LEFT_OUT", 1)
    found = part(page_with(tmp_path, left_out=[TCS, FB]), "Left out")
    assert [row[0] for row in rows(found)] == ["instrument", "FB.US"]
    assert "1 instrument more in summary.json." in words(found)


def test_a_run_without_a_model_and_with_everything_traded_has_neither_part(tmp_path: Path) -> None:
    titles = {one.text for one in page_with(tmp_path, left_out=[]).iter("h2")}
    assert titles & {"Model", "Left out"} == set()
