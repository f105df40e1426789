"""Random programs in their place in a stream: any cut, either executor, and each in turn give the same bits."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from fakes.bars import UNIVERSE
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from unit.causal.random_programs import BASE, COARSE, Made, Slice, market, programs
from unit.causal.stepping import bits

from friday_core.causal.compiled.choice import ChosenExecutor
from friday_core.causal.oracle import Executor, Oracle
from friday_core.causal.snapshot import Moment, Snapshot
from friday_core.domain.chunk import MISSING_PRICE, Chunk
from friday_core.flow.column_stage import ColumnStage, SliceStage

drawn = settings(
    max_examples=20,
    suppress_health_check=[
        HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.function_scoped_fixture,
        HealthCheck.differing_executors,
    ],
)  # fmt: skip
seeds, cuts = st.integers(0, 2**32 - 1), st.lists(st.integers(0, 80), max_size=6)
on_rows = programs().filter(lambda made: not made.program.has_panels)
INSTRUMENTS = len(UNIVERSE)


@dataclass(frozen=True)
class Outcome:
    """Every output's bits, the state with all NaN being one, and where the executor stands."""

    outputs: Mapping[str, Sequence[str]]
    state: Sequence[str]
    moment: Moment | None


def chunk_of(rows: Sequence[tuple[int, int, Mapping[str, float]]]) -> Chunk:
    """Rows of time, instrument and values, as a flow hands them over."""
    values: dict[str, Any] = {name: np.array([row[name] for _, _, row in rows]) for name in ("volume", "x", "flag")}
    values |= {name: np.array([row[name] for _, _, row in rows]) for name in ("session", "pos")}
    close = [row["raw.close"] for _, _, row in rows]
    values["close"] = np.array([MISSING_PRICE if np.isnan(price) else int(price) for price in close], np.int64)
    ts, inst = [ts for ts, _, _ in rows], [place for _, place, _ in rows]
    return Chunk(np.array(ts, np.int64), np.array(inst, np.int32), values)


def in_parts(whole: Sequence[Any], at: Sequence[int]) -> Iterator[Sequence[Any]]:
    bounds = [0, *sorted(min(cut, len(whole)) for cut in at), len(whole)]
    yield from (whole[a:b] for a, b in itertools.pairwise(bounds) if a < b)


def outcome(stage: ColumnStage | SliceStage, out: Sequence[Chunk]) -> Outcome:
    outputs = {name: bits([value for part in out for value in part[name].tolist()]) for name in stage.outputs}
    own = stage.snapshot()[8:] if isinstance(stage, ColumnStage) else stage.snapshot()
    snapshot = Snapshot.unpack(own)
    return Outcome(outputs, bits(snapshot.state.ravel().tolist()), snapshot.moment)


# Rows -------------------------------------------------------------------------------------------


def rows_of(seed: int) -> list[tuple[int, int, Mapping[str, float]]]:
    """In the order in which they arrive: instruments of a time in any, and some rows late."""
    found = [(part.ts, place, part.rows[place]) for part in market(seed, INSTRUMENTS) if part.domain == BASE
             for place in part.rows]  # fmt: skip
    random = np.random.default_rng(seed)
    order = np.argsort(np.arange(len(found)) + random.integers(0, 4, len(found)), kind="stable")
    return [found[n] for n in order.tolist()]


def rows_through(made: Made, parts: Sequence[Chunk], *executors: Executor) -> Outcome:
    """Part by part; with several executors each goes on from the snapshot of the one before."""
    stage, out = ColumnStage(made.program, UNIVERSE, executors[0]), []
    for number, part in enumerate(parts):
        if len(executors) > 1:
            other = ColumnStage(made.program, UNIVERSE, executors[number % len(executors)])
            other.restore(stage.snapshot())
            stage = other
        out.append(stage.transform(part))
    return outcome(stage, out)


@drawn
@given(made=on_rows, seed=seeds, at=cuts)
def test_rows_have_the_same_bits_in_any_cut_and_either_executor(
    compiled: ChosenExecutor, made: Made, seed: int, at: list[int]
) -> None:
    rows = rows_of(seed)
    parts = [chunk_of(part) for part in in_parts(rows, at)]
    expected = rows_through(made, [chunk_of([row]) for row in rows], Oracle)
    assert rows_through(made, parts, Oracle) == expected
    assert rows_through(made, parts, compiled) == expected
    assert rows_through(made, [chunk_of(rows)], compiled) == expected
    assert rows_through(made, parts, compiled, Oracle) == expected


@settings(drawn, max_examples=10)
@given(made=on_rows, seed=seeds)
def test_rows_that_come_alone_have_the_same_bits_compiled(compiled: ChosenExecutor, made: Made, seed: int) -> None:
    rows = rows_of(seed)
    alone = [chunk_of([row]) for row in rows]
    assert rows_through(made, alone, compiled) == rows_through(made, [chunk_of(rows)], Oracle)


# Slices -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Handed:
    """What a derived stream hands over at once: rows of whole slices, and the coarser bars that they may see."""

    rows: Chunk | None
    coarser: Mapping[str, Chunk]


def handed(slices: Sequence[Slice], at: Sequence[int], held_back: int) -> Iterator[Handed]:
    """Cut between slices of the base; of every part, rows of its last slices are held back on the way."""
    times = sorted({part.ts for part in slices if part.domain == BASE and part.rows})
    before = -1
    for part in in_parts(times, at):
        within = [one for one in slices if before < one.ts <= part[-1]]
        before = part[-1]
        rows = {domain: [(one.ts, place, one.rows[place]) for one in within if one.domain == domain
                         for place in sorted(one.rows)] for domain in (BASE, COARSE)}  # fmt: skip
        kept = [row for row in rows[BASE] if row[0] <= part[-1 - min(held_back, len(part) - 1)]]
        coarser = {COARSE: chunk_of(rows[COARSE])} if rows[COARSE] else {}
        yield Handed(chunk_of(kept) if kept else None, coarser)


def slices_through(made: Made, parts: Sequence[Handed], *executors: Executor) -> Outcome:
    stage, out = SliceStage(made.program, UNIVERSE, executors[0]), []
    for number, part in enumerate(parts):
        if len(executors) > 1:
            other = SliceStage(made.program, UNIVERSE, executors[number % len(executors)])
            other.restore(stage.snapshot())
            stage = other
        stage.observe(part.coarser)
        if part.rows is not None:
            out.append(stage.transform(part.rows))
        stage.catch_up()
    return outcome(stage, out)


@drawn
@given(made=programs(), seed=seeds, at=cuts, held_back=st.integers(0, 3))
def test_slices_have_the_same_bits_in_either_executor(
    compiled: ChosenExecutor, made: Made, seed: int, at: list[int], held_back: int
) -> None:
    parts = list(handed(market(seed, INSTRUMENTS), at, held_back))
    expected = slices_through(made, parts, Oracle)
    assert slices_through(made, parts, compiled) == expected
    assert slices_through(made, parts, compiled, Oracle) == expected


@drawn
@given(made=programs(), seed=seeds, at=cuts)
def test_slices_have_the_same_bits_in_any_cut(compiled: ChosenExecutor, made: Made, seed: int, at: list[int]) -> None:
    slices = market(seed, INSTRUMENTS)
    every_slice = list(handed(slices, range(len(slices)), 0))
    expected = slices_through(made, every_slice, Oracle)
    assert slices_through(made, list(handed(slices, at, 0)), compiled) == expected
    assert slices_through(made, list(handed(slices, (), 0)), compiled) == expected
    assert slices_through(made, every_slice, compiled) == expected


def test_what_is_handed_over_holds_what_the_properties_are_about() -> None:
    parts = [part for seed in range(3) for part in handed(market(seed, INSTRUMENTS), (5, 11, 17), 2)]
    later = [part for part in parts if part.rows is not None and COARSE in part.coarser
             and part.coarser[COARSE].ts_event[-1] > part.rows.ts_event[-1]]  # fmt: skip
    between = [part for part in parts if part.rows is not None and COARSE in part.coarser
               and part.rows.ts_event[0] < part.coarser[COARSE].ts_event[-1] <= part.rows.ts_event[-1]]  # fmt: skip
    assert later
    assert between
    arrived = [ts for ts, _, _ in rows_of(1)]
    assert arrived != sorted(arrived)
