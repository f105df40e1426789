"""Files of spells, read and written."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from friday_core.errors import DataSourceError
from friday_core.market.universes.membership import Membership, Spell
from friday_core.market.universes.membership_file import read_membership, write_membership

HEAD = "index,symbol,from,to,confidence"
FIRST, LAST = dt.date(2010, 1, 4), dt.date(2023, 7, 12)


def read(folder: Path, *lines: str) -> Membership:
    path = folder / "members.csv"
    path.write_text("\n".join(lines) + "\n")
    return read_membership(path)


def test_a_spell_has_a_first_day_and_may_have_a_last_one(tmp_path: Path) -> None:
    found = read(tmp_path, HEAD, "NIFTY 50,HDFC,2010-01-04,2023-07-12,high", "NIFTY 50,TCS,2010-01-04,,")
    assert found.spells == (Spell("NIFTY 50", "HDFC", FIRST, LAST, "high"), Spell("NIFTY 50", "TCS", FIRST))


def test_end_confidence_and_announcements_may_be_missing(tmp_path: Path) -> None:
    assert read(tmp_path, "index,symbol,from", "I,A,2010-01-04").spells == (Spell("I", "A", FIRST),)
    found = read(tmp_path, HEAD + ",announced,end_announced", "I,A,2010-01-04,2023-07-12,,2009-12-01,2023-07-05")
    announced = (dt.date(2009, 12, 1), dt.date(2023, 7, 5))
    assert found.spells == (Spell("I", "A", FIRST, LAST, "", *announced),)


def test_a_parquet_file_is_read_alike(tmp_path: Path) -> None:
    path = tmp_path / "members.parquet"
    pq.write_table(pa.table({"IDX": ["I"], "symbol": ["A"], "from": [FIRST], "to": [None]}), path)
    assert read_membership(path, {"index": "IDX"}).spells == (Spell("I", "A", FIRST),)


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    members = Membership([Spell("I", "B", FIRST, LAST, "high"), Spell("I", "A", FIRST)])
    write_membership(path, members)
    assert path.read_text() == f"{HEAD}\nI,A,2010-01-04,,\nI,B,2010-01-04,2023-07-12,high\n"
    assert read_membership(path).spells == members.spells
    announced = Membership([Spell("I", "A", FIRST, LAST, "", None, LAST)])
    write_membership(path, announced)
    assert read_membership(path).spells == announced.spells


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (("I,A,2020-01-01,2019-12-31,",), "line 2, column 'to': 2019-12-31 is before 2020-01-01\n    mend: swap"),
        (("I,A,2020-01-01,,", "I,A,2021-01-01,,"), "line 3, column 'from': A is in I on 2021-01-01 by line 2 too"),
        (
            ("I,A,2021-01-01,,", "I,A,2020-01-01,2021-01-01,"),
            "line 2, column 'from': A is in I on 2021-01-01 by line 3 too",
        ),
        (("I,,2020-01-01,,",), "line 2, column 'symbol': nothing stands there"),
        (("I,A,,,",), "line 2, column 'from': nothing stands there"),
        (("I,A,01-02-2020,,",), "line 2, column 'from': '01-02-2020' and all other dates of the column can be read as"),
        ((), "there are no rows"),
    ],
)
def test_a_spell_that_cannot_be_is_refused_with_its_line(tmp_path: Path, lines: tuple[str, ...], message: str) -> None:
    with pytest.raises(DataSourceError, match=message):
        read(tmp_path, HEAD, *lines)


def test_spells_that_touch_do_not_overlap_nor_do_those_of_two_indices(tmp_path: Path) -> None:
    found = read(tmp_path, HEAD, "I,A,2020-01-01,2020-06-30,", "I,A,2020-07-01,,", "J,A,2020-03-01,,")
    assert len(found.spells) == 3


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (
            "I,A,2020-01-01,,,2020-01-02,",
            "column 'announced': 2020-01-02 is after the change came into force, on 2020-01-01",
        ),
        ("I,A,2020-01-01,2021-01-01,,,2021-01-03", "column 'end_announced': 2021-01-03 is after the change came into"),
        ("I,A,2020-01-01,,,,2021-01-03", "column 'end_announced': there is no end"),
    ],
)
def test_an_announcement_after_the_change_is_refused(tmp_path: Path, line: str, message: str) -> None:
    with pytest.raises(DataSourceError, match=message):
        read(tmp_path, HEAD + ",announced,end_announced", "I,B,2020-01-01,2021-01-01,,2019-12-31,2020-12-31", line)


def test_a_place_that_cannot_be_written_to_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataSourceError, match=r"out\.csv cannot be written: No such file or directory"):
        write_membership(tmp_path / "nothing" / "out.csv", Membership([Spell("I", "A", FIRST)]))
