"""What every file of dated facts is told in the same words: faults by their lines, and the mend."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from friday_core.errors import DataSourceError
from friday_core.market.charges.rate_file import RateFile
from friday_core.market.fact_file import FactFile, Fault, check_file, judge, read_file
from friday_core.market.instruments.dated_file import InstrumentFile, check_facts
from friday_core.market.margins.margin_file import MarginFile
from friday_core.market.sessions.session_file import SessionFile
from friday_core.market.tax_rules import TaxRules

MODELS = (RateFile, MarginFile, SessionFile, TaxRules, InstrumentFile)
TICKS = """\
name = "mine"
checked = 2026-11-20
known_until = 2027-03-31

[[ticks]]
kinds = ["share"]
tick = 0.05
from = 2026-01-01
source = "x"
certainty = "certain"
"""
HOLDING = """
[[holding]]
long_after_months = 12
from = {first}
source = "x"
certainty = "certain"
"""


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "mine.toml"
    path.write_text(text, "utf-8")
    return path


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.called)
def test_a_file_that_is_not_there_is_told_with_what_it_would_be(tmp_path: Path, model: type[FactFile]) -> None:
    told = rf"the {model.called} .*none\.toml cannot be read: No such file or directory\n    mend: correct the path"
    with pytest.raises(DataSourceError, match=told):
        read_file(tmp_path / "none.toml", model)
    with pytest.raises(FileNotFoundError, match=r"none\.toml"):
        check_file(tmp_path / "none.toml", model)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.called)
def test_a_file_with_faults_is_told_with_their_lines_and_where_the_form_is(
    tmp_path: Path, model: type[FactFile]
) -> None:
    path = written(tmp_path, '# mine\nname = "mine"\nchecked = "soon"\nknown_until = 2027-03-31\n')
    told = rf"is not a {model.called}:(\n  line .*)*\n  line 3: checked: .*\n    mend: correct these lines; the form"
    with pytest.raises(DataSourceError, match=f"{told} is that of {model.form}$"):
        read_file(path, model)
    assert [fault.line for fault in check_file(path, model) if "checked" in fault.message] == [3]


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.called)
def test_text_that_is_no_toml_is_a_fault(tmp_path: Path, model: type[FactFile]) -> None:
    path = written(tmp_path, 'name = "mine"\nchecked = \n')
    assert check_file(path, model) == [Fault(2, "Invalid value (at line 2, column 11)")]


def test_numbers_are_read_as_they_are_written(tmp_path: Path) -> None:
    file, faults = judge(written(tmp_path, TICKS), InstrumentFile)
    assert file is not None
    assert (file.ticks[0].tick, faults) == (Decimal("0.05"), [])


def test_a_fault_of_the_whole_file_stands_in_its_first_line(tmp_path: Path) -> None:
    market = '[[markets]]\nexchange = "X"\nsegments = ["x"]\ntitle = "x"\nbase = "weekdays"\nzone = "Asia/Kolkata"\n'
    path = written(tmp_path, f'name = "mine"\nchecked = 2026-11-20\n{market}from = 2026-01-01\n')
    assert check_file(path, SessionFile) == [
        Fault(1, "known_until is missing: a file with markets says how far they are known")
    ]


def test_rules_of_tax_may_not_overlap_either(tmp_path: Path) -> None:
    head = 'name = "mine"\nchecked = 2026-11-20\nknown_until = 2030-03-31\nrates = []\nturnover = []\n'
    twice = HOLDING.format(first="2020-01-01") + HOLDING.format(first="2024-01-01")
    assert check_file(written(tmp_path, head + twice), TaxRules) == [
        Fault(13, "holding: 2024-01-01 is also in the row of line 7")
    ]


def test_facts_about_instruments_are_checked_in_the_same_form(tmp_path: Path) -> None:
    assert check_facts(written(tmp_path, TICKS)) == []
    assert check_facts(written(tmp_path, TICKS.replace("from = 2026", "from = 2028"))) == [
        Fault(8, "from 2028-01-01 is after known_until 2027-03-31")
    ]
