"""Bars of ticks within a stream: stages before and after them, and bars by volume that close at one time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fakes.bars import UNIVERSE, A, B, cut
from fakes.stages import ByRow
from fakes.streams import flow_of, rows_of, through
from fakes.ticks import Tick, at, market, ticks_of
from hypothesis import given
from hypothesis import strategies as st

from friday_core.domain.chunk import Chunk
from friday_core.domain.verdicts import Verdict
from friday_core.flow.plans import StreamPlan
from friday_core.session.slices import slices_of


def plan(bars: str, **more: Any) -> StreamPlan:
    return StreamPlan(("price", "volume"), interval="tick", bars=bars, **more)


def slices(one: StreamPlan, pieces: Sequence[Chunk]) -> list[list[tuple[str, float, float]]]:
    """Symbol, close and volume of each bar, slice by slice."""
    flow, made = flow_of(one), []
    for out in through(flow, pieces):
        made += list(slices_of(out, len(made), UNIVERSE))
    return [[(bar.instrument.id.symbol, bar.close, bar.volume) for bar in moment.bars] for moment in made]


def test_bars_by_volume_that_close_at_one_moment_are_slices_of_their_own() -> None:
    moment = at("10:00")
    ticks = [Tick(moment, 100, 5), Tick(moment, 101, 5), Tick(moment, 200, 5, B), Tick(moment, 102, 5)]
    assert slices(plan("v5"), [ticks_of([*ticks, Tick(at("10:01"), 103, 5)])]) == [
        [("A", 1.0, 5.0), ("B", 2.0, 5.0)],
        [("A", 1.01, 5.0)],
        [("A", 1.02, 5.0)],
        [("A", 1.03, 5.0)],
    ]


def test_a_tick_that_is_held_back_is_in_no_bar_and_a_bar_that_is_held_back_in_no_slice() -> None:
    ticks = ticks_of([Tick(at("09:15:10"), 100), Tick(at("09:15:20"), 900), Tick(at("09:16:10"), 101)])
    judge, later = ByRow({1: Verdict.QUARANTINE}), ByRow({1: Verdict.QUARANTINE})
    assert slices(plan("1m", validators=[("ticks", judge)]), [ticks]) == [[("A", 1.0, 1.0)], [("A", 1.01, 1.0)]]
    assert slices(plan("1m", validators_after=[("bars", later)]), [ticks]) == [[("A", 9.0, 2.0)]]


@given(st.integers(0, 50), st.sets(st.integers(1, 299)), st.sampled_from(["1m", "15m", "1d", "v40"]))
def test_any_cut_of_the_ticks_gives_the_same_slices_and_the_same_quarantine(
    seed: int, cuts: set[int], bars: str
) -> None:
    ticks = market(seed, 300)

    def outcome(pieces: Sequence[Chunk]) -> tuple[Any, ...]:
        held = ByRow(dict.fromkeys(range(0, 300, 17), Verdict.QUARANTINE))
        flow = flow_of(
            plan(bars, validators=[("ticks", held)], validators_after=[("bars", ByRow({3: Verdict.QUARANTINE}))])
        )
        rows = [row for out in through(flow, pieces) for row in rows_of(out.rows)]
        return rows, list(map(repr, flow.quarantines["market_data"].rows))

    assert outcome(cut(ticks, sorted(cuts))) == outcome([ticks])


def test_instruments_of_one_moment_may_come_in_any_order() -> None:
    ticks = [Tick(at("09:15:10"), 100), Tick(at("09:15:10"), 200, instrument=B), Tick(at("09:16:10"), 101)]
    swapped = [ticks[1], ticks[0], ticks[2]]
    assert slices(plan("1m"), [ticks_of(ticks)]) == slices(plan("1m"), [ticks_of(swapped)])
    assert A < B
