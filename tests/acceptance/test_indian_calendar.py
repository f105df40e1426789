"""The calendar of NSE against the dates on which NSE traded: every one is a session, and no other date is.

The files are not part of the project: ``MARKET_DATA_DIR`` says where they are.
"""

from __future__ import annotations

import datetime as dt
import os
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest

from friday_plugins.calendars.indian import IndianCalendar, IndianSettings

FOLDER = os.environ.get("MARKET_DATA_DIR")
DATA = Path(FOLDER or "nowhere").resolve()

pytestmark = pytest.mark.skipif(FOLDER is None, reason="MARKET_DATA_DIR names no folder of market data")

#: Days that a file lacks although NSE traded, with the file that has them.
LACKING = {
    dt.date(2021, 11, 4): "Muhurat; Kite's daily bars have it",
    dt.date(2022, 8, 8): "Kite's daily bars have it",
}
MINUTE = 60_000_000
#: The lines to NSE failed.
OUTAGE = dt.date(2021, 2, 24)
#: Minutes without a value: on the day of the outage the index stood still from 10:08 on, the others the file lacks.
SHORT = {"2021-02-24": 92, "2021-07-23": 41, "2021-11-01": 4}
#: From here on the daily files have every day; before it only some of their shares.
COMPLETE = dt.date(2019, 10, 1)


@cache
def calendar() -> IndianCalendar:
    return IndianCalendar(IndianSettings())


def sessions(first: dt.date, last: dt.date) -> set[dt.date]:
    every: list[dt.date] = calendar().schedule().sessions.dates.astype("M8[D]").tolist()
    return {date for date in every if first <= date <= last}


def traded(file: str, column: str) -> set[dt.date]:
    values = pd.read_parquet(DATA / "daily" / file, columns=[column])[column].astype(str).str[:10]
    return set(pd.to_datetime(values.unique()).date)


def test_from_2000_to_2024_every_observed_date_is_a_session_and_no_other_date_is() -> None:
    table = pd.read_csv(DATA / "holidays" / "trading_days_observed_2000_2024.csv", parse_dates=["date"])
    observed = set(table["date"].dt.date)
    found = sessions(min(observed), max(observed))
    assert len(observed) == 6217
    assert sorted(observed - found) == []
    assert sorted(found - observed) == []


def test_the_daily_files_to_august_2026_have_the_same_dates() -> None:
    days = traded("nse_bhav_eq_2019_2026.parquet", "DATE")
    days = {date for date in days if date >= COMPLETE}
    found = sessions(COMPLETE, dt.date(2026, 8, 21))
    assert max(days) == dt.date(2026, 8, 21)
    assert sorted(days - found) == []
    assert {date: LACKING.get(date) for date in found - days} == LACKING


def test_daily_bars_of_kite_have_the_same_dates() -> None:
    days = traded("kite_adjusted_day_2020_2026.parquet", "datetime")
    assert set(LACKING) <= days
    assert days == sessions(min(days), max(days))


def test_daily_files_since_2000_have_the_same_dates() -> None:
    days = traded("nse_eod_raw_2000_2020.parquet", "Date")
    assert days == sessions(min(days), max(days))


@cache
def minutes_of_2021() -> dict[dt.date, npt.NDArray[np.int64]]:
    """By date the ends of the minutes for which the NIFTY 50 has a value, in microseconds UTC."""
    rows = pd.read_parquet(DATA / "intraday" / "NIFTY_1min_endlabel_2021.parquet", columns=["date", "time"])
    stamps = pd.to_datetime(rows["date"].astype(str) + " " + rows["time"]).dt.tz_localize("Asia/Kolkata")
    moments = stamps.dt.tz_convert("UTC").dt.tz_localize(None).to_numpy().astype("M8[us]").astype(np.int64)
    return {date: moments[(stamps.dt.date == date).to_numpy()] for date in sorted(set(stamps.dt.date))}


def test_of_2021_the_index_has_a_value_for_every_minute_of_continuous_trading() -> None:
    lacking = {}
    for date, ends in minutes_of_2021().items():
        phases = [one for one in calendar().sessions.phases(date) if one.phase == "continuous"]
        due = {minute for one in phases for minute in range(one.open + MINUTE, one.close + MINUTE, MINUTE)}
        if due - set(ends.tolist()):
            lacking[str(date)] = len(due - set(ends.tolist()))
    assert lacking == SHORT


def test_while_trading_was_halted_the_index_has_but_the_value_of_the_second_pre_open() -> None:
    before, after = (one for one in calendar().sessions.phases(OUTAGE) if one.phase == "continuous")
    ends = minutes_of_2021()[OUTAGE]
    within = ends[(ends > before.close) & (ends <= after.open)] - before.open
    assert (within // MINUTE).tolist() == [6 * 60 + 23]  # 15:38
