"""The files that come with Friday: what is asked for, what each exchange has, and how far they go."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from friday_core.errors import CalendarError, DataSourceError
from friday_core.market.facts import running_out
from friday_core.market.sessions.shipped import horizon, session_files

EXCHANGES = {"NSE": 2000, "BSE": 2014, "NFO": 2000, "BFO": 2014, "CDS": 2024, "MCX": 2024}


def test_every_exchange_has_its_file() -> None:
    found = {name: [file.name for file in session_files(name)] for name in EXCHANGES}
    others = {"CDS": ["indian_currency"], "MCX": ["indian_commodity"]}
    assert found == {name: others.get(name, ["indian_equity"]) for name in EXCHANGES}


def test_the_horizon_says_of_each_exchange_how_far_back_and_how_far_ahead_it_is_known() -> None:
    tables = {table.name: table for table in horizon()}
    assert {name: tables[f"sessions of {name}"].known_from.year for name in EXCHANGES} == EXCHANGES
    assert {table.known_until for table in tables.values()} == {dt.date(2026, 12, 31)}
    assert all(table.path.is_file() and "looked up on 2026-11-23" in table.source for table in tables.values())


def test_the_horizon_names_the_session_whose_hours_are_not_known() -> None:
    assert {table.gaps for table in horizon()} == {("2026-11-08: Muhurat, a Sunday; the hours are not known here",)}


def test_from_december_on_the_end_of_the_year_is_near() -> None:
    assert list(running_out(horizon(), dt.date(2026, 12, 1))) == []
    assert len(list(running_out(horizon(), dt.date(2026, 12, 2)))) == len(EXCHANGES)


@pytest.mark.parametrize(
    ("name", "hint"), [("NES", "did you mean NSE"), ("nse", "did you mean NSE"), ("X", "there are BFO, BSE")]
)
def test_another_exchange_is_refused_with_a_hint(name: str, hint: str) -> None:
    with pytest.raises(CalendarError, match=f"no sessions of '{name}' come with Friday\n    mend: {hint}"):
        session_files(name)


def test_a_file_of_ones_own_stands_before_what_is_shipped_and_may_bring_an_exchange(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    text = 'name = "mine"\nchecked = 2026-11-20\n'
    path.write_text(text, "utf-8")
    assert [file.name for file in session_files("NSE", path)] == ["mine", "indian_equity"]
    market = (
        '[[markets]]\nexchange = "GIFT"\nsegments = ["index"]\ntitle = "x"\nbase = "weekdays"\nzone = "Asia/Kolkata"\n'
    )
    path.write_text(f"{text}known_until = 2026-12-31\n{market}from = 2026-01-01\n", "utf-8")
    assert [file.name for file in session_files("GIFT", path)] == ["mine"]


def test_a_file_of_ones_own_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataSourceError, match=r"the file of sessions .*mine\.toml cannot be read: No such file"):
        session_files("NSE", tmp_path / "mine.toml")
