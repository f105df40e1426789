"""What differs between two runs."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from fakes.run_folder import SETTINGS, decision, fill, small_log, small_run, write_run
from fakes.session_log import rows_of

from friday_core.analytics.comparison import ABSENT, differing_settings, first_difference
from friday_core.analytics.run_files import RunFiles
from friday_core.session.log import SessionLog


def run(folder: Path, log: SessionLog | None = None, **settings: object) -> RunFiles:
    return RunFiles.read(write_run(folder, small_log() if log is None else log, settings={**SETTINGS, **settings}))


def test_equal_runs_do_not_differ(tmp_path: Path) -> None:
    one, two = run(tmp_path / "one"), run(tmp_path / "two")
    assert differing_settings([one, two]) == []
    assert (first_difference(one, two, "decisions"), first_difference(one, two, "fills")) == (None, None)


def test_settings_are_named_with_their_section(tmp_path: Path) -> None:
    one = run(tmp_path / "one", risk={"max_drawdown": 0.2, "rules": ["long_only"]})
    two = run(tmp_path / "two", risk={"max_drawdown": 0.3, "rules": ["long_only"]}, extra={"on": True})
    assert differing_settings([one, two]) == [("extra.on", [ABSENT, "True"]), ("risk.max_drawdown", ["0.2", "0.3"])]


def test_tables_in_a_list_go_by_their_id(tmp_path: Path) -> None:
    def trading(fast: int) -> dict[str, object]:
        return {"active_strategies": [{"id": "cross", "settings": {"fast": fast}}]}

    one, two = run(tmp_path / "one", trading=trading(10)), run(tmp_path / "two", trading=trading(20))
    assert differing_settings([one, two]) == [("trading.active_strategies.cross.settings.fast", ["10", "20"])]


def test_the_first_row_that_differs_is_found(tmp_path: Path) -> None:
    other = small_log()
    other.fills = rows_of("fills", [other.fills[0], fill(2, -5, 10_900)])
    found = first_difference(run(tmp_path / "one"), run(tmp_path / "two", other), "fills")
    assert found is not None
    assert found.row == 1
    assert found.first is not None
    assert found.other is not None
    assert {k for k in found.first if found.first[k] != found.other[k]} == {"price"}


@pytest.mark.parametrize("swapped", [False, True])
def test_a_run_that_ended_earlier_has_no_row(tmp_path: Path, swapped: bool) -> None:
    short = small_log()
    short.decisions = rows_of("decisions", short.decisions[:2])
    pair = [run(tmp_path / "one"), run(tmp_path / "two", short)]
    found = first_difference(*(reversed(pair) if swapped else pair), "decisions")
    assert found is not None
    assert (found.row, found.first is None, found.other is None) == (2, swapped, not swapped)


def test_tags_only_count_and_make_no_difference(tmp_path: Path) -> None:
    other = small_log()
    other.fills = rows_of("fills", [type(one)("other", *_rest(one)) for one in other.fills])
    assert first_difference(run(tmp_path / "one"), run(tmp_path / "two", other), "fills") is None


def _rest(one: object) -> list[object]:
    return [getattr(one, name) for name in type(one).__struct_fields__[1:]]  # type: ignore[attr-defined]


def test_a_value_that_is_no_number_equals_itself(tmp_path: Path) -> None:
    log = small_log()
    log.decisions = rows_of("decisions", [decision(0, 0, 0, "NO_CHANGE", value=math.nan)])
    assert first_difference(run(tmp_path / "one", log), run(tmp_path / "two", log), "decisions") is None


def test_a_run_without_tables_has_no_rows_to_differ(tmp_path: Path) -> None:
    folder = tmp_path / "failed"
    folder.mkdir()
    (folder / "summary.json").write_text('{"status": "failed"}', encoding="utf-8")
    found = first_difference(RunFiles.read(small_run(tmp_path / "one")), RunFiles.read(folder), "fills")
    assert found is not None
    assert (found.row, found.other) == (0, None)
