"""``friday facts``: how far facts are known, and a file of one's own."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from friday_core.cli.facts import check_facts_known, command
from friday_core.cli.findings import Outcome
from friday_core.errors import DataSourceError
from friday_core.market.facts_tables import facts_tables
from friday_core.market.margins.shipped import SHIPPED

GOOD_TIME, TOO_LATE = "2022-01-03", "2031-01-01"

CASH = """\
name = "mine"
checked = 2026-11-20
known_until = 2028-03-31

[[cash]]
products = ["intraday"]
percent = 125
from = 2026-01-01
source = "my broker's letter"
certainty = "certain"
"""


def facts(*arguments: str) -> Result:
    return CliRunner().invoke(command, list(arguments))


def own(tmp_path: Path, text: str) -> str:
    path = tmp_path / "mine.toml"
    path.write_text(text, "utf-8")
    return str(path)


# status ------------------------------------------------------------------------------------------


def test_every_table_is_told_with_its_days_its_source_and_its_file() -> None:
    found = json.loads(facts("status", "--at", "2027-03-01", "--json").output)
    assert [row["name"] for row in found["tables"]] == [table.name for table in facts_tables()]
    (margins,) = [row for row in found["tables"] if row["name"] == "margins of india"]
    assert margins == {
        "name": "margins of india",
        "covers": "Margins of the clearing corporations",
        "known_from": "2020-05-01",
        "known_until": "2027-03-31",
        "days_left": 30,
        "runs_out": False,
        "gaps": [],
        "source": "SEBI, 5 February 2026: in force three months later (certain); looked up on 2026-11-23",
        "file": str(SHIPPED[1]),
    }


def test_from_thirty_days_before_the_end_a_table_is_marked() -> None:
    (line,) = [one for one in facts("status", "--at", "2027-03-02").output.splitlines() if "margins of india" in one]
    assert line.split()[:6] == ["margins", "of", "india", "2020-05-01", "2027-03-31", "!"]
    (line,) = [one for one in facts("status", "--at", "2027-04-02").output.splitlines() if "margins of india" in one]
    assert "! ended 2 days ago" in line


@pytest.mark.parametrize(("day", "code", "count"), [(GOOD_TIME, 0, "none"), (TOO_LATE, 1, str(len(facts_tables())))])
def test_strict_tells_a_script(day: str, code: int, count: str) -> None:
    strict = facts("status", "--strict", "--at", day)
    assert strict.exit_code == code
    last = f"{len(facts_tables())} tables on {day}, {count} of them with less than 30 days left"
    assert strict.output.splitlines()[-1] == last
    assert facts("status", "--at", day).exit_code == 0


# check -------------------------------------------------------------------------------------------


def test_a_file_that_can_be_used_is_recognised(tmp_path: Path) -> None:
    path = own(tmp_path, CASH.replace("125", "25"))
    result = facts("check", path)
    assert (result.exit_code, result.output) == (0, f"ok: {path} is a file of margins\n")


def test_faults_are_told_by_line_with_the_mend(tmp_path: Path) -> None:
    path = own(tmp_path, CASH)
    result = facts("check", path)
    assert result.exit_code == 1
    assert result.output.splitlines() == [
        f"{path}, taken for margins: 1 fault",
        "  line 7: cash.percent: Input should be less than or equal to 100",
        "    mend: correct these lines; the form is that of friday_core/market/data/margins, docs/margins.md",
    ]


def test_faults_are_told_to_programs(tmp_path: Path) -> None:
    result = facts("check", own(tmp_path, CASH), "--json")
    found = json.loads(result.output)
    assert (result.exit_code, found["kind"], found["ok"]) == (1, "margins", False)
    assert found["faults"] == [{"line": 7, "message": "cash.percent: Input should be less than or equal to 100"}]


def test_a_kind_can_be_said(tmp_path: Path) -> None:
    result = facts("check", own(tmp_path, CASH), "--kind", "charges")
    assert (result.exit_code, result.output.splitlines()[1]) == (1, "  line 1: cash: Extra inputs are not permitted")


def test_a_file_that_is_not_there_is_an_error_of_ours(tmp_path: Path) -> None:
    result = facts("check", str(tmp_path / "none.toml"))
    assert isinstance(result.exception, DataSourceError)
    assert str(result.exception).endswith(
        "none.toml cannot be read: No such file or directory\n    mend: correct the path"
    )


# doctor ------------------------------------------------------------------------------------------


def test_the_doctor_is_content_in_good_time() -> None:
    (finding,) = check_facts_known(dt.date.fromisoformat(GOOD_TIME))
    first = min(table.known_until for table in facts_tables())
    assert (finding.outcome, finding.mend) == (Outcome.OK, "")
    assert finding.evidence == f"{len(facts_tables())} tables, known to {first} at least"


def test_the_doctor_names_what_runs_out_and_what_to_do() -> None:
    (finding,) = check_facts_known(dt.date(2027, 3, 21))
    assert finding.outcome is Outcome.WARN
    assert "margins of india end on 2027-03-31, in 10 days" in finding.evidence.split("; ")
    assert finding.mend.startswith("`friday facts status` shows all; install a later release")
