import datetime as dt

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from friday_core.data.bar_times import BarTimes, Origin
from friday_core.errors import DataSourceError

ORIGIN = Origin("bars.csv", "line")


def closes(times: BarTimes, *stamps: object) -> list[str]:
    column = pd.Series(list(stamps), name="Date", index=range(2, 2 + len(stamps)))
    return [str(one) for one in times.closes(column, ORIGIN).astype("datetime64[us]").astype("datetime64[s]")]


def test_a_daily_bar_closes_with_its_session_in_the_exchange_s_zone() -> None:
    assert closes(BarTimes("Asia/Kolkata"), "2024-01-01") == ["2024-01-01T10:00:00"]


def test_the_session_s_close_follows_summer_time() -> None:
    new_york = BarTimes("America/New_York", session_close=dt.time(16))
    assert closes(new_york, "2024-01-02", "2024-07-02") == ["2024-01-02T21:00:00", "2024-07-02T20:00:00"]


def test_the_time_of_day_of_a_daily_stamp_does_not_matter() -> None:
    assert closes(BarTimes("Asia/Kolkata"), "2024-01-01T00:00:00+05:30") == ["2024-01-01T10:00:00"]


def test_midnight_utc_is_a_date_also_west_of_greenwich() -> None:
    new_york = BarTimes("America/New_York", session_close=dt.time(16))
    assert closes(new_york, "2024-01-02T00:00:00Z") == ["2024-01-02T21:00:00"]


def test_a_bar_labelled_by_its_open_closes_one_interval_later() -> None:
    assert closes(BarTimes("Asia/Kolkata", "15m", "open"), "2024-01-01 09:15") == ["2024-01-01T04:00:00"]


def test_a_bar_labelled_by_its_close_closes_then() -> None:
    assert closes(BarTimes("Asia/Kolkata", "15m", "close"), "2024-01-01 09:30") == ["2024-01-01T04:00:00"]


def test_a_stamp_with_its_offset_needs_no_zone() -> None:
    assert closes(BarTimes(None, "1m", "close"), "2024-01-01T09:16:00+05:30") == ["2024-01-01T03:46:00"]


def test_stamps_with_and_without_offset_may_be_mixed() -> None:
    times = BarTimes("Asia/Kolkata", "1m", "close")
    assert closes(times, "2024-01-01 09:16", "2024-01-01T03:47:00Z") == ["2024-01-01T03:46:00", "2024-01-01T03:47:00"]


def test_a_naive_stamp_without_a_zone_is_an_error_that_names_the_line_and_the_mend() -> None:
    with pytest.raises(DataSourceError, match=r"bars.csv, line 3, column 'Date'.*\n.*timezone = \"Asia/Kolkata\""):
        closes(BarTimes(None, "1m"), "2024-01-01T09:15:00+05:30", "2024-01-01 09:16")


def test_text_that_is_no_time_is_an_error_that_names_line_and_value() -> None:
    with pytest.raises(DataSourceError, match="line 3, column 'Date': 'yesterday' is not a time stamp"):
        closes(BarTimes("Asia/Kolkata"), "2024-01-01", "yesterday")


def test_day_and_month_are_never_guessed() -> None:
    with pytest.raises(DataSourceError, match="'02-01-2024' is not a time stamp of the form ISO 8601"):
        closes(BarTimes("Asia/Kolkata"), "02-01-2024")


def test_a_given_format_is_followed() -> None:
    assert closes(BarTimes("Asia/Kolkata", format="%d-%m-%Y"), "02-01-2024") == ["2024-01-02T10:00:00"]


@pytest.mark.parametrize(
    ("unit", "count"),
    [
        ("epoch_s", 1_514_778_300),
        ("epoch_s", 1_514_778_300.0),
        ("epoch_ms", "1514778300000"),
        ("epoch_us", 1_514_778_300_000_000),
        ("epoch_ns", 1_514_778_300_000_000_000),
    ],
)
def test_counts_since_1970_are_utc_and_need_no_zone(unit: str, count: object) -> None:
    assert closes(BarTimes(None, "15m", "open", format=unit), count) == ["2018-01-01T04:00:00"]


def test_a_count_of_a_daily_bar_is_a_moment_of_its_date() -> None:
    # 03:45 UTC is 09:15 in India; 20:00 UTC is past midnight there.
    assert closes(BarTimes("Asia/Kolkata", format="epoch_s"), 1_514_778_300, 1_514_836_800) == [
        "2018-01-01T10:00:00",
        "2018-01-02T10:00:00",
    ]


@pytest.mark.parametrize("count", ["09:15", "", None, float("nan"), float("inf"), 1e300])
def test_what_is_no_count_is_an_error_that_names_the_line(count: object) -> None:
    with pytest.raises(DataSourceError, match=r"line 3, column 'Date': .* is not a time stamp of the form epoch_s"):
        closes(BarTimes(None, "15m", format="epoch_s"), 1_514_778_300, count)


@given(st.integers(-(2**52), 2**52))
def test_every_whole_microsecond_is_kept(count: int) -> None:
    column = pd.Series([count], name="Date")
    assert BarTimes(None, "1m", "close", format="epoch_us").closes(column, ORIGIN).tolist() == [count]


HOURS = ("2024-01-01T09:15", "2024-01-01T14:15", "2024-01-01T15:15")


def test_a_last_bar_shorter_than_the_others_closes_with_the_session() -> None:
    times = BarTimes("Asia/Kolkata", "1h", short_last_bar=True)
    assert closes(times, *HOURS) == ["2024-01-01T04:45:00", "2024-01-01T09:45:00", "2024-01-01T10:00:00"]


def test_a_bar_that_opens_with_the_close_or_after_it_keeps_its_length() -> None:
    times = BarTimes("Asia/Kolkata", "1h", short_last_bar=True)
    assert closes(times, "2024-01-01T15:30", "2024-01-01T18:00") == ["2024-01-01T11:00:00", "2024-01-01T13:30:00"]


def test_without_being_told_no_bar_is_cut_short() -> None:
    assert closes(BarTimes("Asia/Kolkata", "1h"), HOURS[-1]) == ["2024-01-01T10:45:00"]


def test_a_session_s_close_needs_a_zone_although_stamps_have_offsets() -> None:
    with pytest.raises(DataSourceError, match="does not say its time zone"):
        closes(BarTimes(None, "1h", short_last_bar=True), "2024-01-01T15:15:00+05:30")


def test_a_time_that_the_clock_shows_twice_is_an_error() -> None:
    with pytest.raises(DataSourceError, match=r"line 2.*America/New_York shows '2024-11-03 01:30' twice"):
        closes(BarTimes("America/New_York", "1m"), "2024-11-03 01:30")


def test_a_time_that_the_clock_never_shows_is_an_error() -> None:
    with pytest.raises(DataSourceError, match=r"line 3.*shows '2024-03-10 02:30' never"):
        closes(BarTimes("America/New_York", "1m"), "2024-03-10 01:30", "2024-03-10 02:30")


def test_whole_numbers_are_read_as_dates() -> None:
    assert closes(BarTimes("Asia/Kolkata"), 20240102) == ["2024-01-02T10:00:00"]


def test_python_dates_are_read() -> None:
    assert closes(BarTimes("Asia/Kolkata"), dt.date(2024, 1, 2)) == ["2024-01-02T10:00:00"]


def test_an_unknown_interval_is_refused() -> None:
    with pytest.raises(ValueError, match="'2d' is not an interval"):
        BarTimes(interval="2d")


@given(st.datetimes(dt.datetime.fromisoformat("1990-01-01"), dt.datetime.fromisoformat("2050-01-01")))
def test_a_time_stamp_means_the_same_as_text_and_as_a_column_of_times(moment: dt.datetime) -> None:
    times = BarTimes("Asia/Kolkata", "1m", "close")
    text = pd.Series([moment.isoformat()], name="timestamp")
    column = pd.Series([moment], name="timestamp")
    assert times.closes(text, ORIGIN).tolist() == times.closes(column, ORIGIN).tolist()
