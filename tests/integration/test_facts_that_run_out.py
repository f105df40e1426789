"""Whole runs whose dates are beyond what facts say: refused at the start, or warned in good time."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner
from fakes.installed import UserFolder

from friday_core.cli import run
from friday_core.errors import FactsError, Problem
from friday_core.market.charges.shipped import rate_tables

#: The last day for which rates are shipped, and the first Monday of the same month.
LAST = min(file.known_until for file in rate_tables("zerodha").files)
MONDAY = LAST.replace(day=1) + dt.timedelta(days=-LAST.replace(day=1).weekday() % 7)
FIRST = dt.date(2021, 4, 1)
CHARGES = '[account]\ncharges = "indian"\n'
MARKET = """\
[data]
calendar = "indian"
{data}
[plugins.calendar.indian]
exchange = "SEA"
file = "sea.toml"
"""
#: An exchange of one's own, of which nothing is known after the first quarter.
SEA = """\
name = "mine"
checked = 2024-01-01
known_until = 2024-03-31

[[markets]]
exchange = "SEA"
segments = ["fish"]
title = "fish"
base = "weekdays"
zone = "Asia/Kolkata"
from = 2023-01-01

[[hours]]
from = 2023-01-01
continuous = "09:15-15:30"
source = "the harbour master"
certainty = "certain"
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> UserFolder:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sea.toml").write_text(SEA, "utf-8")
    return UserFolder(tmp_path)


def data(**dates: dt.date) -> str:
    """The days of ``[data]``."""
    return "[data]\n" + "".join(f"{key} = {date}\n" for key, date in dates.items())


def source(start: dt.date) -> str:
    return f"plugins.source.synthetic.start={start}"


def summary(folder: UserFolder) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder.run_folder / "summary.json").read_text("utf-8"))
    return found


def logged(folder: UserFolder) -> list[str]:
    """What the notifier ``log`` was told as a warning."""
    lines = map(json.loads, (folder.run_folder / "log.jsonl").read_text("utf-8").splitlines())
    return [json.dumps(one) for one in lines if one["level"] == "warning"]


def only(problems: tuple[Problem, ...]) -> Problem:
    (problem,) = problems
    return problem


def test_a_run_that_goes_beyond_the_calendar_is_refused_before_anything_starts(folder: UserFolder) -> None:
    problem = only(folder.problems(MARKET.format(data="end = 2024-04-01")))
    assert str(problem) == (
        "[data] invalid value: no sessions are known for 2024-04-01, the last day of the run: "
        "they are known for 2023-01-01 to 2024-03-31 (calendar.indian)\n"
        "    mend: keep [data] start and end within these dates, or "
        "say what is new in a file of your own: [plugins.calendar.indian] file"
    )


def test_a_run_that_begins_before_the_rates_is_refused_with_the_key_that_names_others(folder: UserFolder) -> None:
    problem = only(folder.problems(CHARGES + data(start=dt.date(2015, 2, 11), end=dt.date(2024, 6, 28))))
    assert str(problem) == (
        "[data] invalid value: no rates are known for 2015-02-11, the first day of the run: "
        f"they are known for 2021-04-01 to {LAST} (charges.indian)\n"
        "    mend: keep [data] start and end within these dates, or "
        "say the missing rates with their sources in a file of your own: [plugins.charges.indian] rates"
    )


def test_a_run_that_goes_beyond_the_rates_is_refused(folder: UserFolder) -> None:
    after = LAST + dt.timedelta(days=1)
    problem = only(folder.problems(CHARGES + data(end=after)))
    assert problem.message.startswith(f"no rates are known for {after}, the last day of the run: ")


def test_the_command_refuses_with_the_dates_and_makes_no_folder(folder: UserFolder) -> None:
    (folder.path / "friday.toml").write_text(MARKET.format(data="end = 2024-04-01"), "utf-8")
    result = CliRunner().invoke(run.command, ["-q"])
    assert "no sessions are known for 2024-04-01" in str(result.exception)
    assert not (folder.path / "runs").exists()


def test_a_run_that_ends_soon_before_the_rates_is_warned_in_the_log_the_summary_and_the_report(
    folder: UserFolder,
) -> None:
    end = MONDAY + dt.timedelta(days=4)
    (folder.path / "friday.toml").write_text(CHARGES + data(end=end), "utf-8")
    options = ["plugins.source.synthetic.sessions=5", source(MONDAY)]
    result = CliRunner().invoke(run.command, [part for one in options for part in ("--set", one)])
    assert result.exit_code == 0, result.output
    told = (
        f"rates of charges.indian are known to {LAST}, and the run goes to {end}; "
        "say the missing rates with their sources in a file of your own: [plugins.charges.indian] rates"
    )
    assert summary(folder)["warnings"] == [told]
    assert told in result.output
    (line,) = logged(folder)
    assert told in line
    page = (folder.run_folder / "report.html").read_text("utf-8").partition("\n")[2]
    assert f"R{told[1:]}." in " ".join("".join(ElementTree.fromstring(page).itertext()).split())


def test_a_run_long_before_the_end_is_not_warned(folder: UserFolder) -> None:
    folder.host(CHARGES + data(end=dt.date(2024, 1, 31)), sessions=5).run()
    assert (summary(folder)["warnings"], logged(folder)) == ([], [])


def test_a_run_of_which_nobody_knew_the_end_is_warned_by_the_last_session_that_it_saw(folder: UserFolder) -> None:
    result = folder.host(MARKET.format(data=""), overrides=[source(dt.date(2024, 3, 25))], sessions=10).run()
    assert result.status == "finished"
    (told,) = summary(folder)["warnings"]
    assert told.startswith("sessions of calendar.indian are known to 2024-03-31, and the run goes to 2024-04-05; ")


def test_a_run_of_which_nobody_knew_the_start_fails_at_its_first_session_and_not_at_its_first_order(
    folder: UserFolder,
) -> None:
    host = folder.host(CHARGES, overrides=[source(FIRST - dt.timedelta(days=31))], sessions=60)
    with pytest.raises(FactsError, match="no rates are known for 2021-03-01: the tariff answers for 2021-04-01 to"):
        host.run()
    told = summary(folder)
    assert (told["status"], told["results"]["slices"]) == ("failed", 0)
    assert "[plugins.charges.indian] rates" in told["error"]


def test_a_run_that_leaves_the_rates_behind_keeps_what_it_did_before(folder: UserFolder) -> None:
    start = LAST - dt.timedelta(days=LAST.weekday())
    host = folder.host(CHARGES, overrides=[source(start)], sessions=60)
    with pytest.raises(FactsError, match=f"no rates are known for .*: the tariff answers for 2021-04-01 to {LAST}\n"):
        host.run()
    told = summary(folder)
    assert told["results"]["first_session"] == str(start)
    assert dt.date.fromisoformat(told["results"]["last_session"]) <= LAST
