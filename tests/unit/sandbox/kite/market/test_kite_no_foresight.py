"""Nothing later than the market's clock is ever visible, whatever the data say after it."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

from fakes.kite_markets import FUTURE, INFY, MINUTE, SBIN, at, bar, market
from hypothesis import given, settings
from hypothesis import strategies as st

from friday_core.sandbox.kite.market.candles import INTERVALS
from friday_core.sandbox.kite.market.frames import packet
from friday_core.sandbox.kite.market.market import Market
from friday_core.sandbox.kite.market.opening import open_market
from friday_core.sandbox.kite.market.tape import Row
from friday_core.sandbox.kite.values import SECOND

OPEN = at("2026-11-20 09:15")
LISTED = (INFY, SBIN, FUTURE)
MODES = ("ltp", "quote", "full")


@st.composite
def rows(draw: st.DrawFn, count: int = 40) -> list[Row]:
    """Minutes of the end of a day and the beginning of the next one."""
    found = []
    for n in range(count):
        start = at("2026-11-19 15:10") + n * MINUTE if n < count // 2 else OPEN + (n - count // 2) * MINUTE
        prices = draw(st.lists(st.integers(900, 1_100), min_size=4, max_size=4))
        low, opened, close, high = sorted(prices)
        if draw(st.booleans()):
            opened, close = close, opened
        found.append(
            bar(start, opened, high, low, close, volume=draw(st.integers(0, 999)), oi=draw(st.integers(0, 99)))
        )
    return found


def answers(shown: Market) -> list[Any]:
    """Everything that can be asked."""
    found: list[Any] = [shown.now]
    for listed in LISTED:
        snapshot = shown.snapshot(listed.token)
        found += [snapshot, shown.traded(listed.token)]
        found += [packet(listed, snapshot, mode) for mode in MODES] if snapshot else []  # type: ignore[arg-type]
        found += [shown.candles(listed.token, one, 0, 2**62) for one in INTERVALS]
    return [*found, shown.listing.csv(None, shown.last_prices())]


def known(row: Row, ts: int) -> bool:
    """A bar that has begun stands in the data with what it will be: it is all that prints of it are made of."""
    return row.first <= ts


moments = st.integers(at("2026-11-19 15:05"), OPEN + 25 * MINUTE)


@settings(max_examples=40)
@given(rows(), rows(), moments)
def test_an_answer_does_not_depend_on_bars_that_begin_later(past: list[Row], other: list[Row], ts: int) -> None:
    changed = [one if known(one, ts) else another for one, another in zip(past, other, strict=True)]
    first, second = ({one.key: kept for one in LISTED} for kept in (past, changed))
    cut = {one.key: [row for row in past if known(row, ts)] for one in LISTED}
    told = answers(market(first, ts, *LISTED))
    assert told == answers(market(second, ts, *LISTED))
    assert told == answers(market(cut, ts, *LISTED))


@settings(max_examples=40)
@given(rows(), moments, st.integers(0, 10**6))
def test_nor_on_the_close_of_a_bar_that_is_still_going_on(past: list[Row], ts: int, luck: int) -> None:
    changed = [
        one._replace(close=one.low + luck % (one.high - one.low + 1), oi=luck) if one.last > ts else one for one in past
    ]
    first, second = ({one.key: kept for one in LISTED} for kept in (past, changed))
    assert answers(market(first, ts, *LISTED)) == answers(market(second, ts, *LISTED))


@settings(max_examples=40)
@given(rows(), st.lists(moments, min_size=1, max_size=12).map(sorted), st.integers(0, 2))
def test_a_market_that_went_on_is_one_that_began_there(past: list[Row], steps: list[int], watched: int) -> None:
    tape = {one.key: past for one in LISTED}
    gone_on = market(tape, steps[0], *LISTED)
    gone_on.watch(one.token for one in LISTED[:watched])
    prints = []
    for ts in steps:
        prints += gone_on.advance(ts)
        answers(gone_on)
    assert answers(gone_on) == answers(market(tape, steps[-1], *LISTED))
    assert all(steps[0] < one.ts <= steps[-1] for one in prints)


def test_a_stamp_is_never_later_than_the_clock(tmp_path: Path) -> None:
    shown = open_market(OPEN, tmp_path, seed=3)
    tokens = [one.token for one in shown.listing.rows()][::9]
    for ts in range(OPEN, OPEN + 5 * MINUTE, 17 * SECOND):
        shown.advance(ts)
        found = [one for one in map(shown.snapshot, tokens) if one is not None]
        assert max(max(one.ts, one.last_trade_ts) for one in found) <= ts
        candles = [shown.candles(token, "minute", at("2026-11-19 15:00"), ts)[-1] for token in tokens[:3]]
        assert max(one.ts for one in candles) <= ts


def test_a_synthetic_market_that_went_on_is_one_that_began_there(tmp_path: Path) -> None:
    first = open_market(OPEN - MINUTE, tmp_path, seed=3)
    tokens = [one.token for one in first.listing.rows()][:40]
    first.watch(tokens[::2])
    for ts in range(OPEN, OPEN + 25 * MINUTE, 37 * SECOND):
        first.advance(ts)
    second = open_market(first.now, tmp_path, seed=3)
    assert [first.snapshot(one) for one in tokens] == [second.snapshot(one) for one in tokens]
    assert first.day(first.now) == dt.date(2026, 11, 20)
