"""Random programs on three clocks: what a strategy's runner computes is what whole columns give, bit for bit.

``FRIDAY_SOAK=2000`` in the environment draws that many programs for each property.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pytest
from fakes.bars import UNIVERSE, A
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from unit.causal.random_programs import BASE, COARSE, FEEDBACK, INPUTS, MINUTE, Made, programs
from unit.causal.stepping import bits

from friday_core.causal.batch import run
from friday_core.causal.compiled.executor import CompiledExecutor
from friday_core.causal.compiled.kernels import Kernels
from friday_core.causal.domains import rank
from friday_core.causal.oracle import Columns, Oracle
from friday_core.domain.chunk import MISSING_PRICE
from friday_core.domain.instruments import Instrument, InstrumentId
from friday_core.domain.market import Bar, CoarseSlice, RawBar
from friday_core.domain.orders import Fill, Side
from friday_core.trading.column_runner import ColumnRunner
from friday_core.trading.ledger import Book, FrozenBook

HOURLY = "1h"
DOMAINS = (HOURLY, COARSE, BASE)
Make = Callable[..., "Recording"]
#: Bars of the base from one bar of a domain to the next.
EVERY = {BASE: 1, COARSE: 3, HOURLY: 12}

some = settings(
    max_examples=int(os.environ.get("FRIDAY_SOAK", "60")),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
seeds = st.integers(0, 2**32 - 1)
three_clocks = programs(coarser=(COARSE, HOURLY))


@dataclass(frozen=True)
class Moment:
    """What a strategy is called with."""

    ts: int
    bars: tuple[Bar, ...]
    coarser: tuple[CoarseSlice, ...]
    position: int


def session_of(seed: int, slices: int = 40) -> list[Moment]:
    """Every clock has rows of its own instruments; coarser slices wait for the next slice that has a row."""
    random = np.random.default_rng(seed)
    waiting: list[CoarseSlice] = []
    moments = []
    for n in range(slices):
        ts = n * 5 * MINUTE
        found = {domain: _bars(random, ts) for domain in DOMAINS if n % EVERY[domain] == 0}
        bars = found.pop(BASE)
        waiting += [CoarseSlice(domain, ts, found[domain]) for domain in sorted(found, key=rank) if found[domain]]
        if bars:
            moments.append(Moment(ts, bars, tuple(waiting), int(random.integers(-3, 4))))
            waiting = []
    return moments


def _bars(random: np.random.Generator, ts: int) -> tuple[Bar, ...]:
    share = random.choice([0.0, 0.5, 0.9])
    return tuple(_bar(random, one, ts) for one in UNIVERSE if random.random() < share)


def _bar(random: np.random.Generator, instrument: Instrument, ts: int) -> Bar:
    raw = int(random.integers(9_990, 10_010)) if random.random() < 0.9 else MISSING_PRICE
    number = [float(random.integers(-2, 3)), -0.0, float(random.normal()), 5e-324, 1e200, np.inf, np.nan]
    x = number[random.choice(len(number), p=[0.4, 0.1, 0.3, 0.05, 0.03, 0.02, 0.1])]
    columns = {"x": x, "flag": float(random.choice([0.0, 1.0, np.nan], p=[0.5, 0.4, 0.1]))}
    volume, session = float(random.integers(0, 4)), ts // (60 * MINUTE)
    return Bar(instrument, ts, session, 1.0, 1.0, 1.0, 1.0, volume, 1.0, RawBar(raw, raw, raw, raw), columns)


def book_of(position: int) -> FrozenBook:
    """A book that holds so much of each instrument."""
    book = Book("one", "INR", 1_000_000)
    for one in UNIVERSE:
        if position:
            side = Side.BUY if position > 0 else Side.SELL
            book.apply_fill(Fill("F1", one.id, "one", side, abs(position), 100, 0, 1), one)
    return FrozenBook(book, {})


class Recording(Oracle):
    """Keeps the outputs of every slice."""

    def __init__(self, *given: Any, **more: Any) -> None:
        super().__init__(*given, **more)
        self.shown: dict[str, list[float]] = {}

    def step(self, ts: int, inst: Sequence[int], columns: Columns, domain: str | None = None) -> dict[str, list[float]]:
        answers = super().step(ts, inst, columns, domain)
        for name, values in answers.items():
            self.shown.setdefault(name, []).extend(values)
        return answers


class RecordingCompiled(Recording, CompiledExecutor):
    """The compiled executor's answers."""


def executed(
    made: Made, moments: Sequence[Moment], instruments: Sequence[InstrumentId] = (), make: Make = Recording
) -> Recording:
    executor, decide = runner_of(made, instruments, make=make)
    for moment in moments:
        decide(moment)
    return executor


def runner_of(
    made: Made, instruments: Sequence[InstrumentId] = (), snapshot: bytes | None = None, make: Make = Recording
) -> tuple[Recording, Callable[[Moment], None]]:
    """A runner's executor, taken up from a snapshot if there is one, and what hands the runner a slice."""
    kept: list[Recording] = []

    def executor(*given: Any) -> Recording:
        kept.append(make(*given))
        if snapshot is not None:
            assert kept[0].restore(snapshot).cold == ()
        return kept[0]

    runner = ColumnRunner("one", made.program, UNIVERSE, instruments, executor)

    def decide(moment: Moment) -> None:
        assert runner.decide(moment.ts, moment.bars, book_of(moment.position), moment.coarser) == []
        assert runner.stopped is None, runner.stopped

    return kept[0], decide


def whole_columns(made: Made, moments: Sequence[Moment], instruments: Sequence[InstrumentId] = ()) -> dict[str, Any]:
    """The program's outputs over the same bars at once."""
    tables = {domain: _table(_rows(moments, domain), instruments) for domain in made.program.domains}
    scales = [10.0**one.price_decimals for one in UNIVERSE]
    return dict(run(made.program, tables.pop(BASE), scales, coarser=tables))


def _rows(moments: Sequence[Moment], domain: str) -> Iterator[tuple[Bar, int]]:
    for moment in moments:
        slices = [CoarseSlice(BASE, moment.ts, moment.bars), *moment.coarser]
        yield from ((bar, moment.position) for one in slices if one.domain == domain for bar in one.bars)


def _table(rows: Iterator[tuple[Bar, int]], instruments: Sequence[InstrumentId]) -> dict[str, Any]:
    seen = [(bar, held) for bar, held in rows if not instruments or bar.instrument.id in instruments]
    bars = [bar for bar, _ in seen]
    columns: dict[str, Any] = {
        "raw.close": np.array([bar.raw.close for bar in bars], np.int64),
        "volume": np.array([bar.volume for bar in bars]),
        "x": np.array([bar["x"] for bar in bars], np.float64),
        "flag": np.array([bar["flag"] for bar in bars], np.float64),
        "session": np.array([bar.session for bar in bars], np.int64),
        FEEDBACK: np.array([held for _, held in seen], np.int64),
    }
    assert columns.keys() == {*INPUTS, FEEDBACK}
    ts, inst = [bar.ts_event for bar in bars], [UNIVERSE.position(bar.instrument.id) for bar in bars]
    return {**columns, "ts": np.array(ts, np.int64), "inst": np.array(inst, np.int64)}


def differences(shown: dict[str, list[float]], expected: dict[str, Any]) -> list[str]:
    return [name for name, column in expected.items() if bits(shown.get(name, [])) != bits(column.tolist())]


@some
@given(made=three_clocks, seed=seeds)
def test_a_runner_computes_what_whole_columns_give(made: Made, seed: int) -> None:
    moments = session_of(seed)
    assert differences(executed(made, moments).shown, whole_columns(made, moments)) == []


@some
@given(made=three_clocks, seed=seeds)
def test_a_runner_of_some_instruments_computes_what_their_columns_give(made: Made, seed: int) -> None:
    moments, some_of_them = session_of(seed), [one.id for one in UNIVERSE if one.id != A]
    expected = whole_columns(made, moments, some_of_them)
    assert differences(executed(made, moments, some_of_them).shown, expected) == []


@some
@given(made=three_clocks, seed=seeds, cut=st.integers(0, 40))
def test_an_executor_s_snapshot_goes_on_in_another_runner(made: Made, seed: int, cut: int) -> None:
    moments = session_of(seed)
    before = executed(made, moments[:cut])
    after, decide = runner_of(made, snapshot=before.snapshot())
    for moment in moments[cut:]:
        decide(moment)
    shown = {name: before.shown.get(name, []) + after.shown.get(name, []) for name in made.program.outputs}
    assert differences(shown, whole_columns(made, moments)) == []


@pytest.fixture(scope="module")
def compiled(request: pytest.FixtureRequest) -> Make:
    assert request.config.cache is not None
    return partial(RecordingCompiled, kernels=Kernels(request.config.cache.mkdir("friday_kernels"), print))


@settings(some, suppress_health_check=[*some.suppress_health_check, HealthCheck.function_scoped_fixture])
@given(made=three_clocks, seed=seeds, cut=st.integers(0, 40))
def test_a_compiled_runner_decides_the_same_and_goes_on_for_a_plain_one(
    compiled: Make, made: Made, seed: int, cut: int
) -> None:
    moments = session_of(seed)
    expected = whole_columns(made, moments)
    assert differences(executed(made, moments, make=compiled).shown, expected) == []
    before = executed(made, moments[:cut])
    after, decide = runner_of(made, snapshot=before.snapshot(), make=compiled)
    for moment in moments[cut:]:
        decide(moment)
    shown = {name: before.shown.get(name, []) + after.shown.get(name, []) for name in made.program.outputs}
    assert differences(shown, expected) == []


def test_random_sessions_hold_what_the_properties_are_about() -> None:
    moments = [moment for seed in range(5) for moment in session_of(seed)]
    coarser = [one for moment in moments for one in moment.coarser]
    assert {one.domain for one in coarser} == {HOURLY, COARSE}
    assert any(one.ts_event < moment.ts for moment in moments for one in moment.coarser)
    sets = [({bar.instrument.id for bar in moment.bars}, {bar.instrument.id for bar in one.bars})
            for moment in moments for one in moment.coarser]  # fmt: skip
    assert any(of_slice - of_coarser for of_slice, of_coarser in sets)
    assert any(of_coarser - of_slice for of_slice, of_coarser in sets)
