"""Bars, ticks and chunks as an author writes them down."""

from __future__ import annotations

import pytest

from friday_core.domain.market import RawBar
from friday_core.domain.sessions import to_datetime
from friday_core.testing.builders import bar, bars, chunk, date_of, instrument, moment, ticks, universe


def test_a_bar_is_its_close_unless_something_else_is_said() -> None:
    made = bar(101.5, high=103.0)
    assert made.raw == RawBar(10_150, 10_300, 10_150, 10_150)
    assert (made.open, made.high, made.close, str(made.instrument.id)) == (101.5, 103.0, 101.5, "INFY.NSE")


def test_a_factor_adjusts_what_the_strategy_sees_and_not_what_traded() -> None:
    made = bar(50.0, factor=2.0)
    assert (made.close, made.raw.close) == (100.0, 5_000)


def test_a_bar_closes_at_half_past_three_in_india() -> None:
    assert str(to_datetime(bar(at="2024-01-31").ts_event)) == "2024-01-31 10:00:00+00:00"


def test_a_price_that_is_finer_than_the_instrument_is_refused() -> None:
    with pytest.raises(ValueError, match="finer than 2 decimals"):
        bar(100.005)


def test_bars_are_of_one_weekday_after_another() -> None:
    assert [date_of(one) for one in bars([1.0, 2.0, 3.0], first="2024-01-04")] == [
        "2024-01-04",
        "2024-01-05",
        "2024-01-08",
    ]


def test_a_chunk_has_the_columns_that_the_flow_would_stamp() -> None:
    made = chunk({"close": [100, 105], "volume": [1.0, 2.0]})
    assert sorted(made.columns) == ["close", "factor", "high", "low", "open", "session", "split", "volume"]
    assert made["high"].tolist() == [100, 105]
    assert made["session"].tolist() == [19_723.0, 19_724.0]


def test_a_chunk_without_stamps_is_what_a_source_delivers() -> None:
    assert list(chunk({"price": [100]}, stamped=False).columns) == ["price"]


def test_ticks_follow_one_another() -> None:
    made = ticks([100, 101, 101], every=500_000)
    assert (made.ts_event - moment("2024-01-01 09:15")).tolist() == [0, 500_000, 1_000_000]


def test_an_instrument_has_the_units_that_are_said() -> None:
    assert instrument("NIFTY24FUT.NFO", lot_size=50, tick_size=5).lot_size == 50


def test_a_universe_is_sorted_by_name() -> None:
    assert [str(one.id) for one in universe("TCS.NSE", "INFY.NSE")] == ["INFY.NSE", "TCS.NSE"]
