"""Files of symbol changes: a user's own in CSV or TOML, and what comes with Friday."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from friday_core.errors import DataSourceError
from friday_core.market.instruments.dated_facts import instrument_facts
from friday_core.market.instruments.symbol_changes import SymbolChange, read_symbol_changes, shipped_changes


def read(folder: Path, *lines: str, name: str = "own.csv") -> list[SymbolChange]:
    path = folder / name
    path.write_text("\n".join(lines) + "\n")
    return read_symbol_changes(path)


def test_a_csv_needs_both_symbols_and_the_first_day_of_the_new_one(tmp_path: Path) -> None:
    found = read(tmp_path, "old_symbol,new_symbol,new_first", "ZOMATO,ETERNAL,2025-04-09")
    assert found == [SymbolChange(dt.date(2025, 4, 9), "ZOMATO", "ETERNAL")]


def test_a_csv_may_tell_the_last_day_and_the_isin_and_more(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        "file,old_symbol,new_symbol,old_last,new_first,isin",
        "X,UTIBANK,AXISBANK,14-08-2007,16-08-2007,INE238A01034",
    )
    assert found == [SymbolChange(dt.date(2007, 8, 16), "UTIBANK", "AXISBANK", "INE238A01034")]


def test_a_toml_has_the_form_of_the_shipped_file(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        'name = "own"',
        "checked = 2026-11-20",
        "known_until = 2026-11-20",
        "[[changes]]",
        'old = "ZOMATO"',
        'new = "ETERNAL"',
        "from = 2025-04-09",
        'source = "the exchange"',
        'certainty = "certain"',
        name="own.toml",
    )
    assert found == [SymbolChange(dt.date(2025, 4, 9), "ZOMATO", "ETERNAL")]


def test_a_file_without_changes_has_none(tmp_path: Path) -> None:
    assert read(tmp_path, "old_symbol,new_symbol,new_first") == []


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("A,A,,2020-01-01", "line 3, column 'new_symbol': 'A' is the old symbol too"),
        (
            "A,B,2020-01-01,2020-01-01",
            "line 3, column 'new_first': 2020-01-01 is not after the last day of A, 2020-01-01",
        ),
        (",B,,2020-01-01", "line 3, column 'old_symbol': nothing stands there"),
        ("A,B,,", "line 3, column 'new_first': nothing stands there"),
        ("X,B,,2019-01-13", "line 3, column 'old_symbol': 'X' changes on 2019-01-13 in line 2 too"),
        ("A,Y,,2019-01-13", "line 3, column 'new_symbol': 'Y' changes on 2019-01-13 in line 2 too"),
    ],
)
def test_a_change_that_cannot_be_is_refused_with_its_line(tmp_path: Path, line: str, message: str) -> None:
    with pytest.raises(DataSourceError, match=message):
        read(tmp_path, "old_symbol,new_symbol,old_last,new_first", "X,Y,,2019-01-13", line)


def test_the_shipped_changes_are_dated_and_numbered() -> None:
    found = shipped_changes(instrument_facts())
    assert SymbolChange(dt.date(2011, 6, 29), "INFOSYSTCH", "INFY", "INE009A01021") in found
    assert len(found) == len({(one.old, one.new) for one in found}) == 12
