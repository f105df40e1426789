"""Made-up prices in real sessions, with the lots, ticks and expiries of their days."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Sequence
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from fakes.schedules import Fixed
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from friday_core.api import Chunk, DataSourceError, Instrument, InstrumentId, to_date
from friday_plugins.calendars.indian import IndianCalendar, IndianSettings
from friday_plugins.sources.synthetic_nse import SyntheticNse
from friday_plugins.validators.bar_sanity import BarSanity

SCHEDULE = IndianCalendar(IndianSettings()).schedule()
MINUTE = 60_000_000


def market(**own: Any) -> SyntheticNse:
    return SyntheticNse(SyntheticNse.Settings(**own), Fixed(SCHEDULE))


@cache
def rows(**own: Any) -> Chunk:
    return Chunk.concat(list(market(**own).bars()))


@cache
def instruments(**own: Any) -> Sequence[Instrument]:
    return market(**own).instruments()


def of(symbol: str, **own: Any) -> Chunk:
    place = next(n for n, one in enumerate(instruments(**own)) if one.id.symbol == symbol)
    return rows(**own).take(rows(**own).inst == place)


def dates(chunk: Chunk) -> list[dt.date]:
    """Of India's clock, which is ahead by less than what is left of a session's day."""
    return [to_date(int(day)) for day in np.unique(chunk.ts_event // (1440 * MINUTE))]


def test_a_seed_is_the_same_market_to_the_bit_everywhere() -> None:
    found = rows()
    columns = [found.ts_event, found.inst, *found.columns.values()]
    assert hashlib.sha256(b"".join(column.tobytes() for column in columns)).hexdigest()[:16] == "a8d5970900261a08"


def test_another_seed_is_another_market() -> None:
    assert of("SYN01", seed=1)["close"].tolist() != of("SYN01", seed=2)["close"].tolist()


@pytest.mark.parametrize(
    ("symbol", "lot", "first", "last"),
    [
        ("NIFTY25DECFUT", 75, dt.date(2025, 10, 29), dt.date(2025, 12, 30)),
        ("NIFTY26JANFUT", 65, dt.date(2025, 11, 26), dt.date(2026, 1, 27)),
        # The 31st is a holiday.
        ("NIFTY26MARFUT", 65, dt.date(2026, 1, 28), dt.date(2026, 3, 30)),
    ],
)
def test_a_future_has_the_lot_and_the_expiry_of_the_facts(symbol: str, lot: int, first: dt.date, last: dt.date) -> None:
    (found,) = [one for one in instruments() if one.id.symbol == symbol]
    assert found == Instrument(InstrumentId(symbol, "NFO"), "INR", tick_size=10, lot_size=lot, kind="future")
    assert (dates(of(symbol))[0], dates(of(symbol))[-1]) == (first, last)


def test_shares_stand_in_each_band_of_ticks() -> None:
    ticks = {one.id.symbol: one.tick_size for one in instruments() if one.kind == "equity"}
    assert ticks == {"SYN01": 1, "SYN02": 5, "SYN03": 10, "SYN04": 50}


def test_a_share_that_comes_into_another_band_changes_its_tick_with_the_month() -> None:
    late = {"start": dt.date(2025, 10, 1), "end": dt.date(2026, 10, 30), "seed": 7, "interval": "1d"}
    found = of("SYN01", **late)
    by_month = {}
    months = (found.ts_event * 1_000).astype("M8[ns]").astype("M8[M]")
    for month in np.unique(months):
        closes = found["close"][months == month].astype(np.int64)
        by_month[str(month)] = (int(closes[-1]), bool((closes % 5 == 0).all()))
    names = list(by_month)
    coarse = {after: by_month[before][0] >= 250_00 for before, after in pairwise(names)}
    assert {True, False} <= set(coarse.values())
    assert {month for month, whole in coarse.items() if whole} == {m for m in names[1:] if by_month[m][1]}
    assert next(one.tick_size for one in instruments(**late) if one.id.symbol == "SYN01") == 1


@pytest.mark.parametrize(
    ("interval", "usual", "muhurat"), [("15m", 25, 4), ("5m", 75, 12), ("1m", 375, 60), ("1d", 1, 1)]
)
def test_bars_lie_in_the_sessions_of_the_calendar(interval: str, usual: int, muhurat: int) -> None:
    span = {"start": dt.date(2025, 10, 20), "end": dt.date(2025, 10, 23), "interval": interval}
    times = of("SYN01", **span).ts_event
    places = SCHEDULE.at(times - 1)
    assert np.unique(places, return_counts=True)[1].tolist() == [usual, muhurat, usual]
    assert times[[usual - 1, usual + muhurat - 1]].tolist() == SCHEDULE.sessions.closes[np.unique(places)[:2]].tolist()


def test_there_is_a_session_on_the_sunday_of_the_budget() -> None:
    assert dt.date(2026, 2, 1) in dates(of("SYN01"))


def test_bars_of_any_length_open_and_close_a_session_at_the_same_prices() -> None:
    span = {"start": dt.date(2025, 11, 3), "end": dt.date(2025, 11, 4)}
    daily, quarters = of("SYN02", interval="1d", **span), of("SYN02", interval="15m", **span)
    assert daily["open"].tolist() == quarters["open"][[0, 25]].tolist()
    assert daily["close"].tolist() == quarters["close"][[24, 49]].tolist()


def test_one_future_is_in_front_and_never_one_that_expires_in_this_session_or_the_next() -> None:
    found = rows(interval="1d")
    futures = [n for n, one in enumerate(instruments(interval="1d")) if one.kind == "future"]
    last = {n: dates(found.take(found.inst == n))[-1] for n in futures}
    front = found.take(np.isin(found.inst, futures) & (found["front"] > 0))
    sessions = dates(found)
    assert dates(front) == sessions
    assert len(front) == len(sessions)
    following = dict(pairwise(sessions))
    ends = [last[n] for n in front.inst.tolist()]
    assert all(end > following[day] for day, end in zip(sessions[:-1], ends, strict=False) if end in sessions[:-1])


def test_shares_are_always_in_front() -> None:
    shares = [n for n, one in enumerate(instruments()) if one.kind == "equity"]
    assert set(rows()["front"][np.isin(rows().inst, shares)].tolist()) == {1.0}


def test_a_later_future_is_dearer_by_the_carry() -> None:
    near, far = of("NIFTY25NOVFUT", interval="1d"), of("NIFTY25DECFUT", interval="1d")
    times, left, right = np.intersect1d(near.ts_event, far.ts_event, return_indices=True)
    ratio = far["close"][right] / near["close"][left]
    assert len(times) == 19
    assert float(ratio.mean()) == pytest.approx(1.0 + 0.065 * 35 / 365, abs=2e-5)


def test_volumes_of_futures_are_whole_lots() -> None:
    volume = of("NIFTY26JANFUT")["volume"]
    assert (volume % 65 == 0).all()
    assert volume.min() > 65


def test_every_bar_is_a_bar_on_the_tick_of_its_instrument() -> None:
    for chunk in market().bars():
        assert not BarSanity().validate(chunk).verdict.any()
    ticks = np.array([one.tick_size for one in instruments()])[rows().inst]
    assert all((rows()[name] % ticks == 0).all() for name in ("open", "high", "low", "close"))


@settings(max_examples=25)
@given(st.integers(0, 12), st.integers(0, 12), st.sampled_from(["1d", "15m"]))
def test_more_sessions_change_no_earlier_bar_of_a_share(days: int, more: int, interval: str) -> None:
    start = dt.date(2025, 10, 20)
    short, long = (
        of("SYN01", start=start, end=start + dt.timedelta(days=n), interval=interval) for n in (days, days + more)
    )
    for name in ("open", "high", "low", "close", "volume", "front"):
        assert long[name][: len(short)].tolist() == short[name].tolist()


def test_a_lot_that_changes_while_a_future_is_listed_is_refused() -> None:
    with pytest.raises(DataSourceError, match=r"the lot of NIFTY24MAYFUT.NFO changes from 50 to 25 on 2024-04-26"):
        market(start=dt.date(2024, 4, 1), end=dt.date(2024, 5, 10)).instruments()


@pytest.mark.parametrize(
    ("own", "told"),
    [
        ({"start": dt.date(2025, 10, 22), "end": dt.date(2025, 10, 22)}, "no session from 2025-10-22 to 2025-10-22"),
        ({"underlying": "NITFY"}, "NIFTY"),
        ({"start": dt.date(2019, 1, 1), "end": dt.date(2019, 1, 31)}, "no lot of NIFTY"),
    ],
)
def test_what_the_facts_do_not_know_is_refused_with_a_name(own: dict[str, Any], told: str) -> None:
    with pytest.raises(DataSourceError, match=told):
        market(**own).instruments()


def test_an_end_before_the_start_is_refused() -> None:
    with pytest.raises(ValidationError, match="end 2025-09-30 is before start 2025-10-01"):
        SyntheticNse.Settings(end=dt.date(2025, 9, 30))
