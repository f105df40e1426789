import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from friday_core.api import Chunk, Instrument, InstrumentId, Universe
from friday_plugins.transformers.volume_adjuster import VolumeAdjuster

UNIVERSE = Universe(
    [Instrument(InstrumentId(symbol, "NFO"), "INR", lot_size=lot) for symbol, lot in (("A", 1), ("B", 75))]
)
NAN = float("nan")
#: session, volume as it arrives, instrument
Row = tuple[float, float, int]


def adjuster(**settings: Any) -> VolumeAdjuster:
    return VolumeAdjuster(VolumeAdjuster.Settings(**settings), UNIVERSE)


def chunk(rows: Sequence[Row], splits: Sequence[float] | None = None) -> Chunk:
    sessions, volumes, inst = zip(*rows, strict=True)
    split = np.ones(len(rows)) if splits is None else np.array(splits)
    columns = {"session": np.array(sessions), "volume": np.array(volumes), "split": split}
    return Chunk(np.arange(len(rows)), np.array(inst), columns)


def of_a_day(*volumes: float) -> Chunk:
    return chunk([(1.0, volume, 0) for volume in volumes])


def same(found: np.ndarray[Any, Any], expected: Sequence[float]) -> None:
    np.testing.assert_array_equal(found, np.array(expected))


def test_volume_that_is_not_cumulative_stays() -> None:
    done = adjuster().transform(of_a_day(5.0, 3.0, NAN))
    same(done["volume"], [5.0, 3.0, NAN])
    same(done["volume_reset"], [0.0, 0.0, 0.0])


def test_a_day_counter_becomes_what_each_row_traded() -> None:
    done = adjuster(cumulative=True).transform(of_a_day(100.0, 140.0, 140.0, 200.0))
    same(done["volume"], [100.0, 40.0, 0.0, 60.0])
    same(done["raw_volume"], [100.0, 140.0, 140.0, 200.0])


def test_the_counter_starts_again_with_each_session() -> None:
    rows = [(1.0, 100.0, 0), (1.0, 150.0, 0), (2.0, 400.0, 0), (2.0, 410.0, 0)]
    done = adjuster(cumulative=True).transform(chunk(rows))
    same(done["volume"], [100.0, 50.0, 400.0, 10.0])
    same(done["volume_reset"], [0.0] * 4)


def test_the_first_row_of_a_session_may_be_unknown() -> None:
    rows = [(1.0, 100.0, 0), (1.0, 150.0, 0), (2.0, 20.0, 0), (2.0, 30.0, 0)]
    same(adjuster(cumulative=True, first_row="nan").transform(chunk(rows))["volume"], [NAN, 50.0, NAN, 10.0])


@pytest.mark.parametrize(
    ("decrease", "volumes"),
    [
        ("zero", [100.0, 0.0, 0.0, 20.0, 30.0]),
        ("reset", [100.0, 90.0, 5.0, 25.0, 30.0]),
        ("nan", [100.0, NAN, 5.0, 25.0, 30.0]),
    ],
)
def test_a_counter_that_falls_is_handled_as_told(decrease: str, volumes: list[float]) -> None:
    done = adjuster(cumulative=True, decrease=decrease).transform(of_a_day(100.0, 90.0, 95.0, 120.0, 150.0))
    same(done["volume"], volumes)


def test_falls_of_the_counter_are_counted_within_the_session() -> None:
    rows = [(1.0, 100.0, 0), (1.0, 90.0, 0), (1.0, 80.0, 0), (1.0, 200.0, 0), (2.0, 1.0, 0), (2.0, 0.0, 0)]
    same(
        adjuster(cumulative=True, decrease="reset").transform(chunk(rows))["volume_reset"],
        [0.0, 1.0, 2.0, 2.0, 0.0, 1.0],
    )


@pytest.mark.parametrize("unknown", [NAN, math.inf, -1.0])
def test_what_an_unknown_row_traded_falls_on_the_next_known_one(unknown: float) -> None:
    same(adjuster(cumulative=True).transform(of_a_day(100.0, unknown, 130.0))["volume"], [100.0, NAN, 30.0])
    same(adjuster(cumulative=True).transform(of_a_day(unknown, 130.0))["volume"], [NAN, 130.0])


def test_a_row_of_an_earlier_session_is_unknown_and_counts_for_nothing() -> None:
    rows = [(1.0, 100.0, 0), (2.0, 10.0, 0), (1.0, 120.0, 0), (2.0, 15.0, 0)]
    same(adjuster(cumulative=True).transform(chunk(rows))["volume"], [100.0, 10.0, NAN, 5.0])


def test_instruments_have_counters_of_their_own() -> None:
    rows = [(1.0, 100.0, 0), (1.0, 7.0, 1), (1.0, 110.0, 0), (1.0, 9.0, 1)]
    same(adjuster(cumulative=True).transform(chunk(rows))["volume"], [100.0, 7.0, 10.0, 2.0])


def test_lots_become_shares() -> None:
    rows = [(1.0, 10.0, 0), (1.0, 10.0, 1), (1.0, 12.0, 1)]
    done = adjuster(unit="lots", cumulative=True).transform(chunk(rows))
    same(done["volume"], [10.0, 750.0, 150.0])
    same(done["raw_volume"], [10.0, 10.0, 12.0])


def test_adjusted_volume_compares_over_a_split() -> None:
    rows = [(1.0, 1000.0, 0), (2.0, 2000.0, 0), (3.0, 300.0, 0)]
    done = adjuster().transform(chunk(rows, splits=[1.0, 2.0, 1.5]))
    same(done["adj_volume"], [1000.0, 1000.0, 200.0])
    same(done["volume"], [1000.0, 2000.0, 300.0])


COUNTERS = st.lists(
    st.tuples(st.integers(0, 3), st.sampled_from([0.0, 5.0, 20.0, 50.0, NAN, -1.0]), st.integers(0, 1)),
    min_size=1,
    max_size=40,
)
DECREASES = st.sampled_from(["zero", "reset", "nan"])


def of_steps(steps: Sequence[tuple[int, float, int]]) -> Chunk:
    """Sessions of 1 to 4 in any order, counters that jump about."""
    return chunk([(float(session), volume, inst) for session, volume, inst in steps])


def outputs(done: Chunk) -> list[bytes]:
    return [done[name].tobytes() for name in ("volume", *VolumeAdjuster.outputs)]


@given(COUNTERS, st.lists(st.integers(0, 40), max_size=6), DECREASES)
def test_values_do_not_depend_on_the_cuts(steps: list[tuple[int, float, int]], cuts: list[int], decrease: str) -> None:
    whole = of_steps(steps)
    edges = sorted({0, len(steps), *(cut for cut in cuts if cut < len(steps))})
    one = adjuster(cumulative=True, decrease=decrease)
    parts = [one.transform(whole.take(slice(start, stop))) for start, stop in pairwise(edges)]
    assert outputs(Chunk.concat(parts)) == outputs(adjuster(cumulative=True, decrease=decrease).transform(whole))


@given(COUNTERS, COUNTERS, DECREASES)
def test_later_rows_change_no_earlier_value(
    past: list[tuple[int, float, int]], future: list[tuple[int, float, int]], decrease: str
) -> None:
    alone = adjuster(cumulative=True, decrease=decrease).transform(of_steps(past))
    longer = adjuster(cumulative=True, decrease=decrease).transform(of_steps([*past, *future]))
    assert outputs(longer.take(slice(0, len(past)))) == outputs(alone)


@given(COUNTERS, COUNTERS, DECREASES)
def test_a_snapshot_goes_on_where_it_was_taken(
    first: list[tuple[int, float, int]], second: list[tuple[int, float, int]], decrease: str
) -> None:
    one, other = (adjuster(cumulative=True, decrease=decrease) for _ in range(2))
    one.transform(of_steps(first))
    other.restore(one.snapshot())
    assert outputs(other.transform(of_steps(second))) == outputs(one.transform(of_steps(second)))


def test_a_snapshot_finds_its_instruments_in_another_session() -> None:
    one = adjuster(cumulative=True)
    one.transform(chunk([(1.0, 100.0, 1)]))
    alone = VolumeAdjuster(VolumeAdjuster.Settings(cumulative=True), Universe([UNIVERSE[1]]))
    alone.restore(one.snapshot())
    same(alone.transform(chunk([(1.0, 130.0, 0)]))["volume"], [30.0])


@given(st.lists(st.lists(st.integers(0, 10**6), min_size=1, max_size=8), min_size=1, max_size=4))
def test_the_volumes_of_a_session_add_up_to_its_last_counter(days: list[list[int]]) -> None:
    rows = [(float(day), float(counter), 0) for day, trades in enumerate(days) for counter in np.cumsum(trades)]
    done = adjuster(cumulative=True).transform(chunk(rows))
    for day, trades in enumerate(days):
        assert done["volume"][done["session"] == day].tolist() == [float(one) for one in trades]
