"""When facts run out, and what is refused then."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from friday_core.errors import DataError
from friday_core.market.facts import FactsTable, require, running_out


def table(name: str, until: str) -> FactsTable:
    known = dt.date(2024, 1, 1), dt.date.fromisoformat(until)
    return FactsTable(name, "what they cover", *known, "who said it", Path("data/some.toml"))


TABLES = [table("sessions of NSE", "2026-12-31"), table("lots", "2026-12-01")]


def said(day: str) -> list[str]:
    return [one.splitlines()[0] for one in running_out(TABLES, dt.date.fromisoformat(day))]


def test_in_good_time_nothing_is_said() -> None:
    assert said("2026-11-01") == []


def test_thirty_days_are_enough_and_twenty_nine_are_not() -> None:
    assert said("2026-11-02") == ["facts about lots end on 2026-12-01, in 29 days"]
    assert said("2026-12-02") == [
        "facts about sessions of NSE end on 2026-12-31, in 29 days",
        "facts about lots ended on 2026-12-01",
    ]


def test_the_warning_has_a_mend_with_the_file_whose_form_to_use() -> None:
    (message,) = running_out(TABLES, dt.date(2026, 11, 20))
    assert message.endswith(
        "mend: install a later release, or say what is new in a file of your own, in the form of some.toml"
    )


@pytest.mark.parametrize("day", ["2024-01-01", "2026-12-01"])
def test_the_first_and_the_last_day_are_known(day: str) -> None:
    require(TABLES, dt.date.fromisoformat(day))


@pytest.mark.parametrize(
    ("day", "named"),
    [
        (
            "2023-12-31",
            r"sessions of NSE: 2024-01-01 to 2026-12-31\n    mend: .*\n  lots: 2024-01-01 to 2026-12-01\n    mend: ",
        ),
        ("2026-12-02", r"facts about lots: 2024-01-01 to 2026-12-01\n    mend: install"),
    ],
)
def test_a_day_that_is_not_known_is_refused_with_every_table_that_lacks_it(day: str, named: str) -> None:
    with pytest.raises(DataError, match=f"nothing is known of {day} by .*{named}"):
        require(TABLES, dt.date.fromisoformat(day))
