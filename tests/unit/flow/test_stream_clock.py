"""The clock between rows: what it completes, and that it changes nothing about what comes out in the end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pytest
from fakes.bars import COLUMNS, DAY, A, B, chunk_of, cut, flat, one_by_one
from fakes.stages import ByRow
from fakes.streams import MARKET_DATA, flow_of, rows_of, stream_of
from fakes.ticks import MINUTE, SECOND, Tick, at, market, ticks_of
from hypothesis import given
from hypothesis import strategies as st

from friday_core.domain import row as plain
from friday_core.domain.chunk import Chunk
from friday_core.domain.verdicts import Verdict
from friday_core.flow.plans import StreamPlan
from friday_core.flow.stream import Stream

TICKS = ("price", "volume")


class Flowed:
    """A stream and all that came out of it."""

    def __init__(self, plan: StreamPlan) -> None:
        self.stream: Stream = stream_of(plan)
        self.out: list[dict[str, Any]] = []

    def push(self, chunk: Chunk) -> int:
        """How many rows came out."""
        return self._take(self.stream.process(chunk))

    def advance(self, now: int) -> int:
        return self._take(self.stream.advance(now))

    def end(self) -> int:
        return self._take(self.stream.end())

    @property
    def held(self) -> list[str]:
        return sorted(map(repr, self.stream.quarantine.rows))

    def _take(self, chunks: Any) -> int:
        before = len(self.out)
        for chunk in chunks:
            self.out += rows_of(chunk if isinstance(chunk, Chunk) else plain.chunk_of(chunk))
        return len(self.out) - before


def flowed(plan: StreamPlan, pieces: Sequence[Chunk], clock: Mapping[int, Sequence[int]]) -> Flowed:
    """All pieces; before those of these numbers the clock shows these times."""
    made = Flowed(plan)
    for number, piece in enumerate(pieces):
        for now in clock.get(number, ()):
            made.advance(now)
        made.push(piece)
    made.end()
    return made


def earliest_left(pieces: Sequence[Chunk]) -> list[int]:
    """Of each piece and all after it, the earliest time."""
    least = [int(piece.ts_event.min()) for piece in pieces]
    return np.minimum.accumulate(least[::-1])[::-1].tolist()


@st.composite
def times_between(draw: st.DrawFn, pieces: Sequence[Chunk]) -> dict[int, list[int]]:
    """Times that a clock may show before some of the pieces: no later row is earlier."""
    left = earliest_left(pieces)
    chosen = draw(st.sets(st.integers(0, len(pieces) - 1), max_size=6))
    back = st.sampled_from([0, 1, SECOND, MINUTE, 30 * MINUTE, DAY])
    return {number: sorted(left[number] - draw(back) for _ in range(2)) for number in sorted(chosen)}


TICK_PLANS = [
    StreamPlan(TICKS, bars=bars, interval="tick", lateness=lateness)
    for bars in ("1m", "15m", "1d", "v150")
    for lateness in (0, 20 * SECOND)
]


@given(st.data(), st.sampled_from(TICK_PLANS), st.integers(0, 10**6))
def test_showing_the_time_between_ticks_changes_no_bar(data: st.DataObject, plan: StreamPlan, seed: int) -> None:
    ticks = market(seed, 60, sessions=2, disorder=plan.lateness * 2)
    pieces = cut(ticks, data.draw(st.sets(st.integers(1, 59), max_size=8)))
    shown = flowed(plan, pieces, data.draw(times_between(pieces)))
    unshown = flowed(plan, pieces, {})
    assert shown.out == unshown.out
    assert shown.held == unshown.held


bars = st.lists(
    st.builds(
        lambda day, one, minute: flat(day, one, 100, minute=minute),
        st.integers(0, 4), st.sampled_from([A, B]), st.integers(0, 2),
    ),
    min_size=1, max_size=16,
)  # fmt: skip


@given(st.data(), bars, st.sampled_from([0, 2 * MINUTE]), st.sets(st.integers(0, 15), max_size=4), st.booleans())
def test_showing_the_time_between_bars_changes_no_slice_and_no_late_row(
    data: st.DataObject, rows: list[Any], lateness: int, doubted: set[int], in_order: bool
) -> None:
    if in_order:
        rows.sort(key=lambda row: (row.ts_event, row.instrument))
    pieces = cut(chunk_of(rows), data.draw(st.sets(st.integers(1, 15))))

    def plan() -> StreamPlan:
        judge = ByRow(dict.fromkeys(doubted, Verdict.QUARANTINE))
        return StreamPlan(COLUMNS, validators=[("judge", judge)], lateness=lateness)

    shown = flowed(plan(), pieces, data.draw(times_between(pieces)))
    unshown = flowed(plan(), pieces, {})
    assert shown.out == unshown.out
    assert shown.held == unshown.held


@given(st.sampled_from(TICK_PLANS), st.integers(0, 10**6))
def test_a_stream_that_is_told_the_time_it_waits_for_waits_for_a_later_one(plan: StreamPlan, seed: int) -> None:
    made = Flowed(plan)
    for piece in one_by_one(market(seed, 30, disorder=plan.lateness)):
        made.push(piece)
        for _ in range(100):
            before = made.stream.waits_until
            if before is None or before > int(piece.ts_event[0]) + 5 * MINUTE:
                break
            made.advance(before)
            assert made.stream.waits_until is None or made.stream.waits_until > before
        else:
            pytest.fail("the stream waits for ever")


def test_a_slice_comes_as_soon_as_its_time_is_past() -> None:
    made = Flowed(StreamPlan(COLUMNS))
    assert made.push(chunk_of([flat(1, A, 100), flat(1, B, 100)])) == 0
    close = flat(1, A, 100).ts_event
    assert made.stream.waits_until == close + 1
    assert made.advance(close) == 0
    assert made.advance(close + 1) == 2
    assert made.stream.waits_until is None
    assert made.end() == 0


def test_with_lateness_a_slice_waits_for_it() -> None:
    made = Flowed(StreamPlan(COLUMNS, lateness=SECOND))
    made.push(chunk_of([flat(1, A, 100)]))
    close = flat(1, A, 100).ts_event
    assert made.stream.waits_until == close + SECOND + 1
    assert made.advance(close + SECOND) == 0
    assert made.advance(close + SECOND + 1) == 1


@pytest.mark.parametrize("lateness", [0, 2 * SECOND])
def test_a_bar_of_ticks_comes_when_the_clock_has_reached_its_end(lateness: int) -> None:
    made = Flowed(StreamPlan(TICKS, bars="1m", interval="tick", lateness=lateness))
    made.push(ticks_of([Tick(at("09:15:58"), 100)]))
    end = at("09:16") + lateness
    told = []
    while (moment := made.stream.waits_until) is not None:
        told.append((moment, made.advance(moment)))
    assert told[-1] == (end, 1)
    assert [came for _, came in told[:-1]] == [0] * (len(told) - 1)


def test_a_bar_of_bars_comes_right_after_its_last_one() -> None:
    made = Flowed(StreamPlan(COLUMNS, bars="1d", interval="1m"))
    made.push(chunk_of([flat(1, A, 100, minute=-1), flat(1, A, 101)]))
    close = flat(1, A, 100).ts_event
    assert made.stream.waits_until == close + 1
    assert made.advance(close) == 0
    assert made.advance(close + 1) == 1


def test_a_bar_that_a_row_closed_is_whole_without_another_bar() -> None:
    made = Flowed(StreamPlan(TICKS, bars="1m", interval="tick"))
    made.push(ticks_of([Tick(at("09:15:58"), 100), Tick(at("09:16:03"), 100)]))
    moment = made.stream.waits_until
    assert moment is not None
    assert moment <= at("09:16:03")
    assert made.advance(moment) == 1


def test_a_stream_that_is_over_waits_for_nothing() -> None:
    made = Flowed(StreamPlan(COLUMNS))
    made.push(chunk_of([flat(1, A, 100)]))
    made.end()
    assert made.stream.waits_until is None
    assert made.advance(9 * DAY) == 0


def test_the_flow_completes_what_its_stream_completes() -> None:
    flow = flow_of(domains=["1d"])
    assert list(flow.process_data_stream(MARKET_DATA, chunk_of([flat(1, A, 100)]))) == []
    moment = flow.waits_until
    assert moment == flat(1, A, 100).ts_event + 1
    (slices,) = flow.advance(moment)
    assert (len(slices.rows), list(slices.coarser)) == (1, ["1d"])
