"""How far facts are known."""

from __future__ import annotations

from fakes.schedules import day

from friday_core.domain.known_dates import KnownDates

MAY = KnownDates(day("2026-05-01"), day("2026-05-31"))


def test_the_first_and_the_last_date_are_known_and_those_beside_them_are_not() -> None:
    dates = ("2026-04-30", "2026-05-01", "2026-05-31", "2026-06-01")
    assert [MAY.knows(day(date)) for date in dates] == [False, True, True, False]


def test_they_are_told_as_dates() -> None:
    assert str(MAY) == "2026-05-01 to 2026-05-31"
    assert MAY.mend == "bring the facts up to date"
