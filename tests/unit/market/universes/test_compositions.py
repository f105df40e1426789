"""Spells from compositions: who was in an index on each of some days."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from friday_core.errors import DataSourceError
from friday_core.market.universes.compositions import read_compositions
from friday_core.market.universes.membership import Membership, Spell


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


def read(folder: Path, *lines: str, until: dt.date | None = None) -> Membership:
    path = folder / "compositions.csv"
    path.write_text("\n".join(("index,date,symbol,confidence", *lines)) + "\n")
    return read_compositions(path, until=until)


def test_a_composition_holds_to_the_day_before_the_next_one(tmp_path: Path) -> None:
    found = read(
        tmp_path, "I,2020-01-31,A,", "I,2020-01-31,B,", "I,2020-02-29,A,", "I,2020-03-31,A,", "I,2020-03-31,B,"
    )
    assert found.spells == (
        Spell("I", "A", day("2020-01-31"), day("2020-03-31")),
        Spell("I", "B", day("2020-01-31"), day("2020-02-28")),
        Spell("I", "B", day("2020-03-31"), day("2020-03-31")),
    )


def test_the_last_composition_holds_on_its_day_or_as_long_as_is_said(tmp_path: Path) -> None:
    assert read(tmp_path, "I,2020-01-31,A,").span("I") == (day("2020-01-31"), day("2020-01-31"))
    assert read(tmp_path, "I,2020-01-31,A,", until=day("2020-06-30")).span("I")[1] == day("2020-06-30")


def test_another_confidence_begins_another_spell(tmp_path: Path) -> None:
    found = read(tmp_path, "I,2020-01-31,A,medium", "I,2020-02-29,A,high", "I,2020-03-31,A,high")
    assert found.spells == (
        Spell("I", "A", day("2020-01-31"), day("2020-02-28"), "medium"),
        Spell("I", "A", day("2020-02-29"), day("2020-03-31"), "high"),
    )


def test_each_index_has_days_of_its_own(tmp_path: Path) -> None:
    found = read(tmp_path, "I,2020-01-31,A,", "J,2020-02-29,A,", "I,2020-03-31,A,")
    assert found.of("I") == (Spell("I", "A", day("2020-01-31"), day("2020-03-31")),)
    assert found.of("J") == (Spell("J", "A", day("2020-02-29"), day("2020-02-29")),)


def test_a_member_that_is_named_twice_is_refused_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(DataSourceError, match="line 3, column 'symbol': A is in I on 2020-01-31 already"):
        read(tmp_path, "I,2020-01-31,A,", "I,2020-01-31,A,")
