"""What somebody may have meant."""

from __future__ import annotations

import datetime as dt

from friday_core.market.instruments.near import did_you_mean, nearest, nearest_dates


def test_names_that_look_alike_are_offered_as_they_are_written() -> None:
    assert nearest("relianse", ["Reliance", "RELIGARE", "TCS"]) == ["Reliance", "RELIGARE"]
    assert did_you_mean("TCSS", ["TCS", "INFY"]) == "; did you mean TCS?"
    assert did_you_mean("QQQ", ["TCS", "INFY"]) == ""


def test_among_very_many_names_those_that_begin_alike_are_compared() -> None:
    many = [f"NIFTY{number}" for number in range(30_000)] + ["INFY"]
    assert nearest("INFYY", many) == ["INFY"]
    assert nearest("NIFTY299999", many)[0] == "NIFTY29999"


def test_the_nearest_dates_are_told_in_order() -> None:
    days = [dt.date(2026, 8, day) for day in (1, 10, 20, 30)]
    assert nearest_dates(dt.date(2026, 8, 12), days, 2) == "2026-08-10, 2026-08-20"
