"""What holds for bars of any ticks, and two other ways to make them: a plain loop, and pandas."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
import pytest
from fakes.bar_builder import Built, Made
from fakes.bars import UNIVERSE, A, B, C, cut, one_by_one
from fakes.ticks import MINUTE, SECOND, Tick, at, market, shuffled, ticks_of
from hypothesis import given
from hypothesis import strategies as st

from friday_core.domain.chunk import Chunk
from friday_core.domain.sessions import SessionDates

DOMAINS = ("1m", "15m", "1d", "v100")
domains = st.sampled_from(DOMAINS)
latenesses = st.sampled_from([0, 20 * SECOND])
#: Sorted ticks round both ends of two sessions, with equal times, ends of bars and rows outside.
moments = st.builds(
    lambda base, offset: base + offset * 10 * SECOND,
    st.sampled_from([at("09:15"), at("15:28"), at("09:15", 2)]),
    st.integers(-2, 14),
)
volumes = st.one_of(st.integers(0, 120).map(float), st.floats(0, 120))
delays = st.sampled_from([None, 1, 90 * SECOND])
ticks = st.lists(
    st.builds(
        lambda ts, price, volume, instrument, delay: Tick(ts, price, volume, instrument, delay and ts + delay),
        moments, st.integers(90, 110), volumes, st.sampled_from([A, B, C]), delays,
    ),
    max_size=14,
)  # fmt: skip
sorted_ticks = ticks.map(lambda drawn: sorted(drawn, key=lambda tick: (tick.ts_event, tick.instrument)))


@given(ticks, domains, latenesses, st.sets(st.integers(1, 13)))
def test_any_cut_makes_the_same_bars_and_holds_the_same_rows(
    drawn: list[Tick], domain: str, lateness: int, cuts: set[int]
) -> None:
    whole, pieces = Built(domain, lateness=lateness), Built(domain, lateness=lateness)
    whole.of(ticks_of(drawn))
    pieces.of(*cut(ticks_of(drawn), cuts))
    assert (pieces.bars, pieces.held) == (whole.bars, whole.held)


@given(sorted_ticks, domains, st.integers(0, 99))
def test_any_order_within_the_lateness_makes_the_same_bars(drawn: list[Tick], domain: str, seed: int) -> None:
    in_order = Built(domain, lateness=20 * SECOND).of(ticks_of(drawn))
    arrived = shuffled(ticks_of(drawn), seed, within=20 * SECOND)
    assert Built(domain, lateness=20 * SECOND).of(*one_by_one(arrived)) == in_order
    assert Built(domain).of(ticks_of(drawn)) == in_order


@given(ticks, domains, latenesses)
def test_a_builder_restored_at_every_row_goes_on_with_the_same_bits(
    drawn: list[Tick], domain: str, lateness: int
) -> None:
    through, pieces = Built(domain, lateness=lateness), Built(domain, lateness=lateness)
    through.of(ticks_of(drawn))
    for one in one_by_one(ticks_of(drawn)):
        snapshot = pieces.stage.snapshot()
        pieces.restart()
        assert pieces.stage.snapshot() == snapshot
        pieces.push(one)
    pieces.restart()
    pieces.end()
    assert (pieces.bars, pieces.held) == (through.bars, through.held)


@given(ticks, ticks, domains, latenesses)
def test_no_future_changes_a_bar_that_is_out(past: list[Tick], future: list[Tick], domain: str, lateness: int) -> None:
    built = Built(domain, lateness=lateness)
    out = built.push(ticks_of(past))
    built.of(ticks_of(future))
    assert built.bars[: len(out)] == out
    assert Built(domain, lateness=lateness).push(ticks_of(past)) == out


@given(ticks, domains, latenesses)
def test_every_believed_row_is_in_one_bar(drawn: list[Tick], domain: str, lateness: int) -> None:
    built = Built(domain, lateness=lateness)
    built.of(ticks_of(drawn))
    held = {row for row, _ in built.held}
    assert sum(float(bar.ticks) for bar in built.bars) == len(drawn) - len(held)
    believed = sum(tick.volume for row, tick in enumerate(drawn) if row not in held)
    assert sum(float(bar.volume) for bar in built.bars) == pytest.approx(believed)


@given(ticks, domains)
def test_high_and_low_hold_the_other_prices_and_the_average(drawn: list[Tick], domain: str) -> None:
    for bar in Built(domain).of(ticks_of(drawn)):
        assert bar.low <= min(bar.open, bar.close) <= max(bar.open, bar.close) <= bar.high
        if float(bar.volume) > 0:
            assert float(bar.vwap) == pytest.approx(np.clip(float(bar.vwap), bar.low, bar.high), rel=1e-12)


@given(ticks, domains, latenesses)
def test_bars_come_out_in_order_and_are_numbered(drawn: list[Tick], domain: str, lateness: int) -> None:
    bars = Built(domain, lateness=lateness).of(ticks_of(drawn))
    assert [bar.seq for bar in bars] == list(range(len(bars)))
    times = [bar.ts_event for bar in bars]
    assert times == sorted(times)
    if not domain.startswith("v"):
        assert [(bar.ts_event, bar.symbol) for bar in bars] == sorted({(bar.ts_event, bar.symbol) for bar in bars})


def test_whole_volumes_add_up_exactly() -> None:
    chunk = market(1, 5_000, sessions=3, disorder=5 * SECOND)
    for domain in DOMAINS:
        built = Built(domain, lateness=2 * SECOND)
        built.of(*cut(chunk, range(0, 5_000, 700)))
        held = [row.values["volume"] for row in built.quarantine.rows]
        assert {row.reason for row in built.quarantine.rows} == {"late: behind the watermark", "outside the session"}
        assert sum(float(bar.volume) for bar in built.bars) == chunk["volume"].sum() - sum(held)


@pytest.mark.parametrize("domain", DOMAINS)
def test_bars_are_those_of_a_loop_over_the_ticks_to_the_last_bit(domain: str) -> None:
    chunk = market(2, 3_000, sessions=2, fractions=True)
    assert Built(domain).of(*cut(chunk, range(0, 3_000, 413))) == _looped(chunk, domain)


@pytest.mark.parametrize(("domain", "rule"), [("1m", "1min"), ("15m", "15min"), ("1h", "1h"), ("1d", "24h")])
def test_bars_are_those_of_a_pandas_resample(domain: str, rule: str) -> None:
    chunk = market(3, 4_000, sessions=2, disorder=3 * SECOND)
    built = Built(domain, lateness=3 * SECOND).of(chunk)
    expected = pd.concat([_resampled(chunk, inst, rule) for inst in range(len(UNIVERSE))])
    expected = expected.sort_values(["ts_event", "symbol"]).reset_index(drop=True)
    made = pd.DataFrame(built)
    for name in ("ts_event", "symbol", "open", "high", "low", "close"):
        assert made[name].tolist() == expected[name].tolist()
    for name in ("volume", "ticks"):
        assert made[name].astype(float).tolist() == expected[name].tolist()
    np.testing.assert_allclose(made["vwap"].astype(float), expected["vwap"], rtol=1e-12)


@pytest.mark.parametrize("lateness", [0, 3 * SECOND])
def test_bars_of_bars_are_those_of_the_ticks_and_out_with_the_same_row(lateness: int) -> None:
    minutes, quarters, days = Built("1m", lateness=lateness), Built("15m", of="bars"), Built("1d", of="bars")
    direct = {domain: Built(domain, lateness=lateness) for domain in ("15m", "1d")}
    chunks = cut(market(4, 2_000, sessions=2, disorder=lateness), range(0, 2_000, 3))
    steps: list[Callable[[Built], object]] = [partial(_take, chunk) for chunk in chunks]
    for step in [*steps, Built.end]:
        made, of_quarters = len(minutes.chunks), len(quarters.chunks)
        step(minutes)
        _hand_on(minutes, quarters, made)
        _hand_on(quarters, days, of_quarters)
        for one in direct.values():
            step(one)
        assert quarters.bars == direct["15m"].bars
        assert days.bars == direct["1d"].bars
    assert [bar.ts_event for bar in days.bars] == [at("15:30")] * 3 + [at("15:30", 2)] * 3


def _take(chunk: Chunk, built: Built) -> None:
    built.push(chunk)


def _hand_on(finer: Built, coarser: Built, since: int) -> None:
    """What the finer builder made since then, and how far it is."""
    coarser.push(*finer.chunks[since:])
    coarser.advance(finer.stage.complete_before)


def _looped(chunk: Chunk, domain: str) -> list[Made]:
    """The rules as a plain loop, one tick at a time, for ticks in order."""
    begun: dict[int, list[Any]] = {}
    out: list[list[Any]] = []
    dates = SessionDates("Asia/Kolkata").of(chunk.ts_event).tolist()
    length = {"1m": MINUTE, "15m": 15 * MINUTE}.get(domain, 375 * MINUTE)
    for row, ts in enumerate(chunk.ts_event.tolist()):
        opens, closes = at("09:15", dates[row]), at("15:30", dates[row])
        if not opens <= ts < closes:
            continue
        done = [inst for inst, bar in begun.items() if bar[0] <= ts]
        out += sorted(begun.pop(inst) for inst in done)
        inst, price = int(chunk.inst[row]), int(chunk["price"][row])
        volume = float(chunk["volume"][row])
        end = min(opens + ((ts - opens) // length + 1) * length, closes)
        bar = begun.setdefault(inst, [end, inst, price, price, price, price, 0.0, 0.0, 0.0])
        bar[3], bar[4], bar[5] = max(bar[3], price), min(bar[4], price), price
        bar[6], bar[7], bar[8] = bar[6] + volume, bar[7] + 1, bar[8] + price * volume
        if domain.startswith("v") and bar[6] >= int(domain[1:]):
            out.append([ts, *begun.pop(inst)[1:]])
    return _as_made([*out, *sorted(begun.values())])


def _as_made(bars: Sequence[Sequence[Any]]) -> list[Made]:
    made = []
    for seq, (ts, inst, *prices, volume, n, turnover) in enumerate(bars):
        values: list[Any] = [ts, "ABC"[inst], *prices, *map(repr, (volume, n, turnover, turnover / volume)), ts, seq]
        made.append(Made(*values))
    return made


def _resampled(chunk: Chunk, inst: int, rule: str) -> pd.DataFrame:
    """One instrument's bars by pandas, labelled by their close in microseconds UTC."""
    order = np.lexsort((chunk.seq, chunk.ts_event))
    rows = chunk.take(order[chunk.inst[order] == inst])
    index = pd.DatetimeIndex(rows.ts_event.view("datetime64[us]")).tz_localize("UTC").tz_convert("Asia/Kolkata")
    columns = {"price": rows["price"], "volume": rows["volume"], "turnover": rows["price"] * rows["volume"]}
    frame = pd.DataFrame(columns, index)
    during = index.indexer_between_time("09:15", "15:30", include_end=False)
    frame = frame.iloc[during]
    days = [_resampled_day(day, rule) for _, day in frame.groupby(index[during].normalize())]
    return pd.concat(days).assign(symbol="ABC"[inst])


def _resampled_day(day: pd.DataFrame, rule: str) -> pd.DataFrame:
    opens = day.index[0].normalize() + pd.Timedelta(hours=9, minutes=15)
    groups = day.resample(rule, label="right", closed="left", origin=opens)
    bars = groups["price"].ohlc()
    bars["volume"], bars["ticks"] = groups["volume"].sum(), groups["price"].count()
    bars["vwap"] = groups["turnover"].sum() / bars["volume"]
    ends = bars.index.map(lambda end: min(end, opens + pd.Timedelta(hours=6, minutes=15)))
    return bars.assign(ts_event=[end.value // 1_000 for end in ends])[bars["ticks"] > 0]
