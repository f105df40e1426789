"""Synthetic prices: a function of seed, instrument and time, and one market."""

from __future__ import annotations

import datetime as dt
from itertools import pairwise

import numpy as np
import pytest
from fakes.kite_markets import MINUTE, at
from hypothesis import given
from hypothesis import strategies as st

from friday_core.sandbox.kite.market.hours import Hours
from friday_core.sandbox.kite.market.listing import Listing
from friday_core.sandbox.kite.market.shipped import shipped_rows
from friday_core.sandbox.kite.market.synthetic import Synthetic
from friday_core.sandbox.kite.market.tape import Row
from friday_core.sandbox.kite.values import SECOND

DAY = dt.date(2026, 11, 20)
OPEN, CLOSE = at("2026-11-20 09:15"), at("2026-11-20 15:30")
ROWS = shipped_rows(DAY, lambda root: Synthetic(7, Hours()).spot(root, DAY))
LISTING = Listing(ROWS)
HOURS = Hours(LISTING.with_derivatives)
TAPE = Synthetic(7, HOURS, ROWS)
AT_THE_MONEY = [one for one in ROWS if one.name == "NIFTY" and one.kind in ("CE", "PE")][20:22]
KEYS = ["NSE:INFY", "NSE:NIFTY 50", "NFO:INFY26NOVFUT", "CDS:USDINR26NOVFUT", "MCX:GOLDM26DECFUT"]
KEYS += [one.key for one in AT_THE_MONEY]


@pytest.mark.parametrize("key", KEYS)
def test_rows_are_the_bars_of_their_prints(key: str) -> None:
    listed = LISTING.named(key)
    rows = [Row(*one) for one in TAPE.rows(listed, OPEN, OPEN + 30 * MINUTE).tolist()]
    assert len(rows) == 30
    for row in rows:
        prints = TAPE.prints(listed, row.first - 1, row.last)
        assert (prints[0, 0], prints[-1, 0]) == (row.first, row.last)
        prices = prints[:, 1]
        assert (prices[0], prices.max(), prices.min(), prices[-1]) == (row.open, row.high, row.low, row.close)
        assert prints[:, 2].sum() == row.volume
        assert set(prices % max(listed.tick, 1)) == {0}
        assert set(prints[:, 2] % max(listed.lot, 1)) == {0}


@given(
    st.lists(st.integers(OPEN - MINUTE, OPEN + 90 * MINUTE), min_size=2, max_size=6).map(sorted), st.sampled_from(KEYS)
)
def test_prints_are_the_same_in_whatever_pieces_they_are_asked_for(moments: list[int], key: str) -> None:
    listed = LISTING.named(key)
    whole = TAPE.prints(listed, moments[0], moments[-1])
    pieces = [Synthetic(7, HOURS, ROWS).prints(listed, *one) for one in pairwise(moments)]
    assert np.array_equal(np.concatenate(pieces), whole)


def test_another_seed_is_another_market() -> None:
    infy = LISTING.named("NSE:INFY")
    assert Synthetic(8, HOURS, ROWS).last(infy, OPEN) != TAPE.last(infy, OPEN)


def test_nothing_trades_outside_of_continuous_trading() -> None:
    infy = LISTING.named("NSE:INFY")
    prints = TAPE.prints(infy, OPEN - 10 * MINUTE, CLOSE + 10 * MINUTE)
    assert OPEN <= prints[0, 0] < OPEN + 3 * SECOND
    assert at("2026-11-20 15:14") < prints[-1, 0] < at("2026-11-20 15:15")
    assert len(TAPE.prints(infy, at("2026-11-21 00:00"), at("2026-11-22 23:00"))) == 0
    always = Synthetic(7, Hours(always_open=True))
    assert len(always.prints(infy, at("2026-11-22 03:00"), at("2026-11-22 03:10"))) == 200


def test_the_last_price_is_that_of_the_last_print_also_over_a_weekend() -> None:
    infy = LISTING.named("NSE:INFY")
    for moment in (OPEN + 100 * SECOND, CLOSE, at("2026-11-22 12:00"), at("2026-11-23 09:10")):
        prints = TAPE.prints(infy, moment - 96 * 60 * MINUTE, moment)
        assert TAPE.last(infy, moment) == tuple(prints[-1].tolist())


def test_a_share_costs_the_same_at_both_exchanges_and_its_future_a_little_more() -> None:
    keys = ("NSE:INFY", "BSE:INFY", "NFO:INFY26NOVFUT", "NFO:INFY26DECFUT")
    nse, bse, near, far = (TAPE.rows(LISTING.named(key), OPEN, CLOSE)[:300, 5] for key in keys)
    assert np.array_equal(nse, bse)
    assert (near >= nse).all()
    assert 1.002 < (far / nse).mean() < 1.01


def test_a_call_and_a_put_of_one_strike_differ_by_what_exercise_would_bring() -> None:
    call, put = AT_THE_MONEY
    assert call.strike == put.strike
    future = TAPE.rows(LISTING.named("NFO:NIFTY26NOVFUT"), OPEN, CLOSE)[:, 5]
    calls, puts = (TAPE.rows(one, OPEN, CLOSE)[:, 5] for one in (call, put))
    assert np.abs(calls - puts - (future - call.strike)).max() <= 15


def test_a_day_of_a_share_moves_by_a_per_cent_or_so_and_years_stay_in_sight_of_where_it_began() -> None:
    infy = LISTING.named("NSE:INFY")
    years = TAPE.rows(infy, at("2022-01-01 00:00"), CLOSE)
    days = years[:, 0] // (86_400 * SECOND)
    firsts = np.flatnonzero(np.diff(days, prepend=0))
    closes = years[np.append(firsts[1:], len(years)) - 1, 5]
    moves = np.abs(np.diff(closes) / closes[:-1])
    assert len(closes) > 1_100
    assert 0.003 < moves.mean() < 0.02
    assert moves.max() < 0.08
    assert 100_000 < closes.min() < closes.max() < 200_000


def test_a_contract_has_no_prices_before_it_is_listed_nor_after_it_expires() -> None:
    future = LISTING.named("NFO:INFY26NOVFUT")
    assert len(TAPE.rows(future, at("2026-11-24 00:00"), at("2026-12-24 00:00"))) == 0
    assert TAPE.last(future, at("2026-01-24 12:00")) is None
