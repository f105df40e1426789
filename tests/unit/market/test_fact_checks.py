"""Files of one's own with facts: of which kind, and what is wrong."""

from __future__ import annotations

import datetime as dt
import gzip
from pathlib import Path

import pytest

import friday_core.market
from friday_core.errors import DataSourceError
from friday_core.market.fact_checks import KINDS, check_facts
from friday_core.market.fact_file import Fault

DATA = Path(friday_core.market.__file__).parent / "data"
HEADER = (
    "instrument_token,exchange_token,tradingsymbol,name,last_price,expiry,strike,tick_size,lot_size,"
    "instrument_type,segment,exchange\n"
)
SHARE = "408065,1594,INFY,INFOSYS,0.0,,0.0,0.1,1,EQ,NSE,NSE\n"


def written(tmp_path: Path, text: str, name: str = "mine.toml") -> Path:
    path = tmp_path / name
    path.write_text(text, "utf-8")
    return path


@pytest.mark.parametrize(
    "path", [path for path in sorted(DATA.rglob("*.toml")) if path.parent.name != "tax"], ids=lambda path: path.stem
)
def test_every_shipped_file_is_taken_for_what_it_is_and_has_no_fault(path: Path) -> None:
    checked = check_facts(path)
    assert (checked.kind.name, checked.faults) == (path.parent.name, ())


def test_a_list_of_instruments_is_known_by_its_columns_also_compressed(tmp_path: Path) -> None:
    path = tmp_path / "instruments.csv.gz"
    path.write_bytes(gzip.compress((HEADER + SHARE).encode()))
    checked = check_facts(path, day=dt.date(2026, 5, 5))
    assert (checked.kind.name, checked.faults) == ("instrument_list", ())


def test_a_fault_of_a_list_of_instruments_has_its_line(tmp_path: Path) -> None:
    path = written(tmp_path, HEADER + SHARE + SHARE.replace("INFY", "TCS").replace("408065,1594", "x,1"), "list.csv")
    (fault,) = check_facts(path, day=dt.date(2026, 5, 5)).faults
    assert fault.line == 3
    assert "mend: " in fault.message


def test_a_file_of_corporate_actions_is_known_by_its_columns(tmp_path: Path) -> None:
    text = "symbol,ex_date,kind,ratio\nINFY,2018-09-04,bonus,1:1\nINFY,2018-09-31,split,5:1\n"
    checked = check_facts(written(tmp_path, text, "actions.csv"))
    assert (checked.kind.name, [fault.line for fault in checked.faults]) == ("corporate_actions", [3])


def test_a_fault_about_instruments_has_its_line(tmp_path: Path) -> None:
    text = 'name = "mine"\nchecked = 2026-11-20\nknown_until = 2027-03-31\n\n[[lots]]\nunderlying = "NIFTY"\n'
    checked = check_facts(written(tmp_path, text))
    assert (checked.kind.name, {fault.line for fault in checked.faults}) == ("instruments", {5})


def test_a_file_that_is_no_toml_is_still_recognised_by_its_tables(tmp_path: Path) -> None:
    checked = check_facts(written(tmp_path, "[[levies]]\nbuy = \n"))
    assert (checked.kind.name, checked.faults) == ("charges", (Fault(2, "Invalid value (at line 2, column 7)"),))


def test_a_file_that_shows_nothing_is_refused_with_what_would(tmp_path: Path) -> None:
    with pytest.raises(
        DataSourceError, match=r"mine\.toml shows no kind of facts(?s:.)*\n  margins: calendar, cash, ex"
    ):
        check_facts(written(tmp_path, 'name = "mine"\n'))


def test_a_file_about_two_things_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataSourceError, match="has tables of charges and of margins\n    mend: write a file for each"):
        check_facts(written(tmp_path, "[[levies]]\n[[cash]]\n"))


def test_a_kind_that_there_is_not_is_refused_with_those_that_there_are(tmp_path: Path) -> None:
    with pytest.raises(DataSourceError, match=f"'rates'\n    mend: one of {', '.join(kind.name for kind in KINDS)}"):
        check_facts(written(tmp_path, ""), "rates")


def test_no_table_marks_two_kinds() -> None:
    marks = [mark for kind in KINDS if not kind.by_columns for mark in kind.marks]
    assert len(set(marks)) == len(marks)
