"""Bars of ticks that come alone: whatever way the rows go, bars, quarantine and snapshots are those of chunks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
import pytest
from fakes.bar_builder import Built, Made
from fakes.bars import UNIVERSE, A, B, C
from fakes.stages import ByRow, FailsOn, Verdicts
from fakes.streams import MARKET_DATA, flow_of, rows_of
from fakes.ticks import MINUTE, SECOND, Tick, at, ticks_of
from hypothesis import example, given
from hypothesis import strategies as st
from unit.flow.test_rows_one_by_one import RowByRow

from friday_core.domain import row as plain
from friday_core.domain.chunk import MISSING_PRICE, Chunk
from friday_core.domain.verdicts import Verdict
from friday_core.errors import DataValidationError
from friday_core.flow.bars import Material
from friday_core.flow.manager import DataFlowManager
from friday_core.flow.plans import StreamPlan
from friday_core.interfaces.validator import Validator

DOMAINS = st.sampled_from(["1m", "15m", "1d", "v100", "v1"])
#: Ends of bars and of sessions, equal times, and a row that goes back in time.
moments = st.builds(
    lambda base, offset, back: base + offset * 15 * SECOND - back,
    st.sampled_from([at("09:15"), at("09:15"), at("15:28"), at("09:15", 2)]),
    st.integers(-1, 9),
    st.sampled_from([0, 0, 0, 1]),
)
prices = st.one_of(st.integers(-3, 110), st.sampled_from([MISSING_PRICE, 2**53, 2**53 + 1, -(2**53) - 1]))
volumes = st.one_of(
    st.integers(0, 120).map(float), st.floats(0, 120), st.sampled_from([-0.0, float("nan"), -1.0, 2.0**53, 2.0**54])
)
delays = st.sampled_from([None, 1, 90 * SECOND])
drawn_ticks = st.lists(
    st.builds(
        lambda ts, price, volume, instrument, delay: Tick(ts, price, volume, instrument, delay and ts + delay),
        moments, prices, volumes, st.sampled_from([A, B, C]), delays,
    ),
    max_size=20,
)  # fmt: skip
ticks = st.one_of(drawn_ticks, drawn_ticks.map(lambda drawn: sorted(drawn, key=lambda tick: tick.ts_event)))
Steps = Sequence[tuple[int, bool, int | None]]
#: How many rows go together, whether as rows, and by how much the clock is ahead of them afterwards.
steps = st.lists(st.tuples(st.integers(1, 4), st.booleans(), st.sampled_from([None, None, 0, 1, MINUTE])), max_size=20)


def in_steps(rows: int, drawn: Steps) -> Iterable[tuple[slice, bool, int | None]]:
    """Every row in its step; those for which no step was drawn go alone, as rows."""
    start = 0
    for count, as_rows, ahead in [*drawn, *[(1, True, None)] * rows]:
        if start < rows:
            yield slice(start, start + count), as_rows, ahead
            start += count


class Ways:
    """A builder that is given rows as chunks, and one that is given the same rows in either way."""

    def __init__(self, domain: str, of: Material) -> None:
        self.chunks, self.mixed = Built(domain, of=of), Built(domain, of=of)

    def push(self, rows: Chunk, *, as_rows: bool) -> None:
        self.chunks.push(rows)
        if not as_rows:
            self.mixed.push(rows)
            return
        for row in plain.rows_of(rows):
            self._keep(self.mixed.stage.push_row(row))

    def advance(self, now: int, *, as_rows: bool) -> None:
        self.chunks.advance(now)
        if as_rows:
            self._keep(self.mixed.stage.advance_rows(now))
        else:
            self.mixed.advance(now)

    def _keep(self, bars: Sequence[plain.PlainRow]) -> list[Made]:
        return self.mixed.keep([plain.chunk_of(bars)] if bars else [])

    def require_equal(self) -> None:
        chunks, mixed = self.chunks, self.mixed
        assert mixed.stage.waits_until == chunks.stage.waits_until
        assert mixed.stage.complete_before == chunks.stage.complete_before
        assert mixed.bars == chunks.bars
        assert mixed.held == chunks.held


def finer_bars(drawn: Sequence[Tick], sums: Sequence[str]) -> Chunk:
    """A finer bar for each tick: its prices stand around the tick's, and ``sums`` are there."""
    one = ticks_of(drawn)
    price = one["price"]
    low = np.where(np.abs(price) <= 2**53, price - 2, price)
    columns: dict[str, Any] = {"open": price, "high": price, "low": low, "close": low, "volume": one["volume"]}
    columns |= {name: np.where(one.seq % 5 == 4, np.nan, one.seq / 3) for name in sums}
    return Chunk(one.ts_event, one.inst, columns, ts_recv=one.ts_recv)


@given(ticks, steps, DOMAINS, st.sampled_from([None, (), ("ticks", "turnover")]), st.booleans())
@example([Tick(at("15:29:59"), 5, 1.0, B), Tick(at("09:15", 2), 5, 1.0, A)], [], "v1", None, False)
def test_rows_and_chunks_in_any_mixture_give_the_bars_and_the_snapshots_of_chunks(
    drawn: list[Tick], ways: Steps, domain: str, sums: tuple[str, ...] | None, restarts: bool
) -> None:
    both = Ways(domain, "ticks" if sums is None else "bars")
    rows = ticks_of(drawn) if sums is None else finer_bars(drawn, sums)
    for part, as_rows, ahead in in_steps(len(rows), ways):
        piece = rows.take(part)
        both.push(piece, as_rows=as_rows)
        if ahead is not None:
            both.advance(int(piece.ts_event.max()) + ahead, as_rows=as_rows)
        both.require_equal()
        if restarts:
            assert both.mixed.stage.snapshot() == both.chunks.stage.snapshot()
            both.mixed.restart()
    assert both.mixed.stage.snapshot() == both.chunks.stage.snapshot()
    both.chunks.end()
    both.mixed.end()
    both.require_equal()


def test_bars_that_sessions_end_and_one_that_is_filled_at_the_same_moment_come_in_the_order_of_chunks() -> None:
    both = Ways("v5", "bars")
    rows = finer_bars([Tick(at("10:00"), 100, 1.0, one) for one in (C, A)] + [Tick(at("15:30"), 100, 9.0, B)], ())
    both.push(rows, as_rows=True)
    both.advance(at("15:30") + 1, as_rows=True)
    both.require_equal()
    assert [(bar.clock, bar.volume) for bar in both.mixed.bars] == [
        ("10:00:00 B", "9.0"),
        ("10:00:00 A", "1.0"),
        ("10:00:00 C", "1.0"),
    ]


def test_a_bar_of_a_minute_is_out_with_the_first_row_after_it() -> None:
    both = Ways("1m", "ticks")
    rows = ticks_of([Tick(at("09:15:10"), 100), Tick(at("09:15:20"), 90, 2.0), Tick(at("09:16"), 101)])
    first, second, third = plain.rows_of(rows)
    assert both.mixed.stage.push_row(first) == ()
    assert both.mixed.stage.push_row(second) == ()
    (bar,) = both.mixed.stage.push_row(third)
    assert (bar.ts_event, bar.inst, bar.seq) == (at("09:16"), UNIVERSE.position(A), 0)
    assert bar.values == {
        "open": 100, "high": 100, "low": 90, "close": 90, "volume": 3.0, "ticks": 2.0, "turnover": 280.0,
        "vwap": 280.0 / 3.0,
    }  # fmt: skip


#: Makes the validators before and after the bars anew, of what rows are to be judged.
STAGES: dict[str, tuple[Callable[[Verdicts], Validator], Callable[[Verdicts], Validator]]] = {
    "rows": (RowByRow, RowByRow),
    "chunks": (ByRow, ByRow),
    "rows and chunks": (RowByRow, ByRow),
    "failing": (FailsOn, FailsOn),
}
verdicts = st.dictionaries(st.integers(0, 9), st.sampled_from([one for one in Verdict if one]), max_size=3)


def flow_with(bars: str, stages: str, before: Verdicts, after: Verdicts) -> DataFlowManager:
    of_ticks, of_bars = STAGES[stages]
    judges, later = [("ticks", of_ticks(before))], [("bars", of_bars(after))]
    plan = StreamPlan(("price", "volume"), judges, interval="tick", bars=bars, validators_after=later)
    return flow_of(plan)


def outcome(flow: DataFlowManager, rows: Chunk, ways: Steps, *, whole: bool) -> tuple[Any, ...]:
    """Everything that came of the rows; ``whole`` lets all of them go as chunks.

    Of a stream that was stopped no counts: of a chunk in which it is all rows have arrived.
    """
    out: list[dict[str, Any]] = []
    stopped, snapshots = "", []
    try:
        for part, as_rows, ahead in in_steps(len(rows), ways):
            piece = rows.take(part)
            by_flow = as_rows and not whole
            for one in flow.process_data_stream(MARKET_DATA, piece) if by_flow else flow._stream.process(piece):
                out += rows_of(one if isinstance(one, Chunk) else one.rows)
            if ahead is not None:
                for slices in flow.advance(int(rows.ts_event[: part.stop].max()) + ahead):
                    out += rows_of(slices.rows)
            assert flow._stream._bars is not None
            snapshots.append(flow._stream._bars.snapshot())
        for slices in flow.end(MARKET_DATA):
            out += rows_of(slices.rows)
    except DataValidationError as error:
        stopped = str(error)
    quarantine = flow.quarantines[MARKET_DATA]
    faults = [(one.validator, one.seq, one.ts_event, one.doubtful_from, one.error) for one in flow.faults]
    if stopped:
        return out, stopped, faults
    return out, faults, list(map(repr, quarantine.rows)), quarantine.counts, flow.rows_in, snapshots


@pytest.mark.parametrize("stages", list(STAGES))
@given(ticks, steps, st.sampled_from(["1m", "1d", "v100", "v1"]), st.tuples(verdicts, verdicts))
def test_a_stream_gives_the_slices_of_chunks_whatever_way_its_ticks_go(
    stages: str, drawn: list[Tick], ways: Steps, bars: str, judged: tuple[Verdicts, Verdicts]
) -> None:
    chunks, mixed = (flow_with(bars, stages, *judged) for _ in range(2))
    rows = ticks_of(drawn)
    assert outcome(mixed, rows, ways, whole=False) == outcome(chunks, rows, ways, whole=True)


def test_a_stream_is_restored_in_the_way_of_rows_from_a_snapshot_of_chunks_and_back() -> None:
    rows = ticks_of([Tick(at("09:15:10") + 7 * SECOND * n, 100 + n % 5, 1.5, (A, B, C)[n % 3]) for n in range(60)])
    pieces = [rows.take(slice(n, n + 1)) for n in range(60)]
    whole, out = flow_with("1m", "rows", {}, {}), []
    expected = [rows_of(one) for piece in pieces for one in whole._stream.process(piece)]
    flow = flow_with("1m", "rows", {}, {})
    for n, piece in enumerate(pieces):
        snapshot, flow = flow.snapshot(), flow_with("1m", "rows", {}, {})
        flow.restore(snapshot)
        if n % 3:
            out += [rows_of(one.rows) for one in flow.process_data_stream(MARKET_DATA, piece)]
        else:
            out += [rows_of(one) for one in flow._stream.process(piece)]
    assert out == expected
    assert len(out) == 6
    assert flow.snapshot() == whole.snapshot()


def test_many_bars_that_close_at_once_take_the_way_of_chunks_with_the_same_rows(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rows = ticks_of([Tick(at("09:15:10") + n, 100, 1.0, (A, B, C)[n % 3]) for n in range(9)] + [Tick(at("09:17"), 1)])
    expected = outcome(flow_with("1m", "rows", {}, {1: Verdict.QUARANTINE}), rows, [], whole=True)
    for most in (1, 2, 3):
        monkeypatch.setattr("friday_core.flow.stream.FEW", most)
        assert outcome(flow_with("1m", "rows", {}, {1: Verdict.QUARANTINE}), rows, [], whole=False) == expected
