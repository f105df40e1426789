"""The markets of the kit: the same everywhere, and rich enough to show what a plugin does wrong."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest

from friday_core.domain.chunk import MISSING_PRICE, PRICE_COLUMNS
from friday_core.testing.comparing import digest
from friday_core.testing.dirt import CUT_OFF, FUTURES
from friday_core.testing.markets import Market, Markets
from friday_plugins.sources import csv

MARKETS = Markets()
ALL = ("daily", "gappy", "dirty", "minutes", "ticks")


def market(name: str) -> Market:
    found: Market = getattr(MARKETS, name)
    return found


@pytest.mark.parametrize("name", ALL)
def test_a_market_is_the_same_whenever_it_is_made(name: str) -> None:
    again: Market = getattr(Markets(), name)
    assert digest(again.stamped(["x"])) == digest(market(name).stamped(["x"]))


def test_the_daily_market_has_these_bytes_on_every_machine() -> None:
    whole = hashlib.sha256(digest(MARKETS.daily.with_columns(["prediction"]))).hexdigest()
    assert whole[:16] == "f12ae56f24c574b3"


@pytest.mark.parametrize("name", ["daily", "gappy", "minutes", "ticks"])
def test_rows_of_clean_markets_are_in_order(name: str) -> None:
    rows = market(name).rows
    keys = list(zip(rows.ts_event.tolist(), rows.inst.tolist(), strict=True))
    assert keys == sorted(keys)


@pytest.mark.parametrize("name", ["daily", "minutes"])
def test_bars_of_clean_markets_are_possible_and_on_their_grid(name: str) -> None:
    rows = market(name).rows
    opened, high, low, close = (rows[one] for one in PRICE_COLUMNS)
    tick = np.array([one.tick_size for one in market(name).universe])[rows.inst]
    assert (low > 0).all()
    assert (high >= np.maximum(opened, close)).all()
    assert (low <= np.minimum(opened, close)).all()
    assert not any((rows[one] % tick).any() for one in PRICE_COLUMNS)


def test_closes_repeat_so_that_ties_are_common() -> None:
    rows = MARKETS.daily.rows
    own = rows["close"][rows.inst == 0]
    assert (np.diff(own) == 0).mean() > 0.2


def test_one_instrument_starts_late_and_one_ends() -> None:
    daily = MARKETS.daily
    names = [str(one.id) for one in daily.universe]
    first, last = daily.rows.ts_event[0], daily.rows.ts_event[-1]
    late = daily.rows.ts_event[daily.rows.inst == names.index("LATE.SIM")]
    gone = daily.rows.ts_event[daily.rows.inst == names.index("GONE.SIM")]
    assert (late[0] > first, late[-1] == last, gone[0] == first, gone[-1] < last) == (True, True, True, True)


def test_a_split_leaves_no_step_in_adjusted_prices() -> None:
    daily = MARKETS.daily
    (split,) = (one for one in daily.actions if one.numerator == 2)
    rows = daily.stamped()
    own = rows.take(rows.inst == daily.universe.position(split.instrument))
    raw, adjusted = own["close"], own["close"] * own["factor"]
    at = int(np.flatnonzero(own["session"] == split.session)[0])
    assert raw[at] / raw[at - 1] < 0.6
    assert 0.9 < adjusted[at] / adjusted[at - 1] < 1.1


def test_gaps_are_prices_and_volumes_that_are_missing() -> None:
    rows = MARKETS.gappy.rows
    assert (rows["close"] == MISSING_PRICE).sum() > 10
    assert np.isnan(rows["volume"]).sum() > 5


def test_dirt_has_what_validators_are_for() -> None:
    rows = MARKETS.dirty.rows
    assert (rows["high"] < rows["low"]).any()
    assert (np.diff(rows.ts_event) < 0).any()
    assert (rows["close"] == 0).any()
    assert (rows["volume"] < 0).any()


@pytest.mark.parametrize("how", [CUT_OFF, *FUTURES])
@pytest.mark.parametrize("name", ["daily", "ticks"])
def test_another_future_has_the_same_past(name: str, how: str) -> None:
    one = market(name)
    row = one.turns()[0]
    other = one.with_future(row, how)
    past = other.stamped(["prediction"]).take(slice(0, row))
    assert digest(past) == digest(one.stamped(["prediction"]).take(slice(0, row)))
    assert digest(other.rows) != digest(one.rows)


def test_the_future_is_changed_where_a_time_begins() -> None:
    rows = MARKETS.daily.rows
    turns = MARKETS.daily.turns(5)
    assert len(turns) == 5
    assert all(rows.ts_event[row - 1] < rows.ts_event[row] for row in turns)


def test_a_place_is_told_by_row_instrument_and_time() -> None:
    assert MARKETS.daily.place(1) == "row 1 (FINE.SIM, 2024-01-01 10:00 UTC)"


def test_a_market_as_a_file_has_a_line_for_every_row_in_the_currency() -> None:
    header, first, *rest = MARKETS.daily.as_csv.splitlines()
    assert header == "timestamp,symbol,open,high,low,close,volume"
    assert first == "2024-01-01T15:30:00+05:30,CALM,399.95,400.05,399.95,399.95,1809.0"
    assert len(rest) == len(MARKETS.daily.rows) - 1


def test_what_is_missing_is_an_empty_field_that_the_csv_source_reads_as_missing(tmp_path: Path) -> None:
    path = tmp_path / "gappy.csv"
    path.write_text(MARKETS.gappy.as_csv, encoding="utf-8")
    source = csv.CsvSource(csv.CsvSettings(path=path, exchange="SIM", price_decimals=4, timezone="Asia/Kolkata"))
    assert [one.id for one in source.instruments()] == [one.id for one in MARKETS.gappy.universe]
    (rows,) = source.bars()
    given = MARKETS.gappy.rows
    for name in PRICE_COLUMNS:
        assert np.array_equal(rows[name] == MISSING_PRICE, given[name] == MISSING_PRICE)
    assert np.array_equal(np.isnan(rows["volume"]), np.isnan(given["volume"]))


def test_two_futures_of_a_market_do_not_share_a_name() -> None:
    names = {MARKETS.daily.full_name, *(MARKETS.daily.with_future(7, how).full_name for how in (CUT_OFF, *FUTURES))}
    assert names == {"daily", "daily-7-cut-off", "daily-7-missing", "daily-7-huge", "daily-7-reversed"}
