"""Blocks of rows ahead of the book: what they hold, what they refuse, and how kernels run their slices."""

from __future__ import annotations

import ctypes
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from unit.causal.compiled import toy_book
from unit.causal.compiled.parity import state
from unit.causal.stepping import bits

from friday_core.api import Market, indicators, ratchet, where
from friday_core.causal.ahead import Ahead, ahead
from friday_core.causal.batch import feed
from friday_core.causal.columns import HOLD, Col
from friday_core.causal.compiled.executor import CompiledExecutor
from friday_core.causal.compiled.fingerprint import Routine
from friday_core.causal.compiled.kernels import Kernels
from friday_core.causal.kinds import Kind
from friday_core.causal.op import NAN
from friday_core.causal.oracle import Oracle
from friday_core.causal.program import Program, trace_program
from friday_core.causal.trace import Trace
from friday_core.domain.chunk import Float64
from friday_core.errors import InvariantError, SchemaError

PLAY = Routine("unit.causal.compiled.toy_book", "play")
PASS = Routine("unit.causal.compiled.toy_book", "pass_again")
UNTIL = Routine("unit.causal.compiled.toy_book", "pass_until")


def stops_out(m: Market) -> dict[str, Col]:
    """Enters on a cross, leaves two ranges below what was paid: reads its own fills."""
    quick, slow, reach = m.close.rolling(5).mean(), m.close.rolling(20).mean(), indicators.atr(m.high, m.low, m.close)
    stopped = (m.pos > 0.0) & (m.close < m.avg_price - 2.0 * reach)
    enters = (m.pos == 0.0) & (quick > slow)
    return {"signal": where(stopped, 0.0, where(enters, 1.0, HOLD)), "quick": quick}


STOPS_OUT = trace_program(stops_out)
FREE = trace_program(lambda m: {"mean": m.close.rolling(2).mean()})
ALL_OF_IT = trace_program(lambda m: {"held": m.pos.rolling(2).sum()})
RANKED = trace_program(lambda m: {"rank": m.panel(m.pos).rank()})


def rows(slices: int, instruments: int, seed: int = 5) -> dict[str, Any]:
    random = np.random.default_rng(seed)
    close = 100.0 * np.exp(np.cumsum(random.normal(0.0, 0.01, (slices, instruments)), axis=0))
    there = random.random(close.shape) < 0.9
    ts, inst = np.nonzero(there)
    columns = {"close": close[there], "high": close[there] * 1.01, "low": close[there] * 0.99}
    return {**columns, "ts": ts, "inst": inst}


def both(program: Program, kernels: Kernels, instruments: int = 3) -> list[Oracle]:
    scales = [1.0] * instruments
    return [Oracle(program, scales), CompiledExecutor(program, scales, kernels=kernels)]


class Book:
    """The toy book in plain Python."""

    def __init__(self, instruments: int) -> None:
        self.held, self.paid = np.zeros(instruments), np.full(instruments, NAN)

    def play(self, block: Ahead, close: Float64) -> None:
        for first, stop in zip(block.bounds[:-1].tolist(), block.bounds[1:].tolist(), strict=True):
            insts = block.inst[first:stop]
            block.slice({"pos": self.held[insts].tolist(), "avg_price": self.paid[insts].tolist()})
            for row in range(first, stop):
                self._trade(int(block.inst[row]), float(block.outputs["signal"][row]), float(close[row]))

    def _trade(self, inst: int, signal: float, close: float) -> None:
        if not math.isnan(signal) and signal != self.held[inst]:
            self.held[inst], self.paid[inst] = signal, close if signal != 0.0 else NAN


class CompiledBook(Book):
    """The same by address."""

    def __init__(self, instruments: int, kernels: Kernels) -> None:
        super().__init__(instruments)
        self._call = ctypes.CFUNCTYPE(None, ctypes.c_int64, ctypes.c_int64, ctypes.c_int64)(kernels.routine(PLAY))

    def play(self, block: Ahead, close: Float64) -> None:
        told, spare = np.zeros(toy_book.TOLD, np.int64), np.zeros(2, np.int64)
        assert block.context is not None
        told[toy_book.CONTEXT], told[toy_book.SLICES] = block.context, len(block)
        told[toy_book.BOUNDS], told[toy_book.INSTS] = block.bounds.ctypes.data, block.inst.ctypes.data
        told[toy_book.CLOSE], told[toy_book.SIGNAL] = close.ctypes.data, block.outputs["signal"].ctypes.data
        told[toy_book.POS] = block.feedback["pos"].ctypes.data
        told[toy_book.AVG_PRICE] = block.feedback["avg_price"].ctypes.data
        told[toy_book.HELD], told[toy_book.PAID] = self.held.ctypes.data, self.paid.ctypes.data
        self._call(spare.ctypes.data, spare.ctypes.data, told.ctypes.data)


# By address -----------------------------------------------------------------------------------


def trails(m: Market) -> dict[str, Col]:
    """State on state, with values between that nobody reads later."""
    highest = ratchet(m.close, m.pos == 0.0)
    above = (highest - m.pos).rolling(3).sum() - (m.pos + 1.0).shift(2) * 2.0
    peak = (above + highest).rolling(4).max()
    return {
        "signal": where(m.pos > 0.0, (peak * 2.0 - above) / (highest - 3.0 * above) + (peak - highest) * m.pos, -above)
    }


@pytest.mark.parametrize("count", [200, 1_500])
def test_rows_that_are_taken_back_are_the_same_when_what_has_state_is_run_again(kernels: Kernels, count: int) -> None:
    columns, program = rows(count, 1), trace_program(trails)
    call = ctypes.CFUNCTYPE(None, ctypes.c_int64, ctypes.c_int64, ctypes.c_int64)(kernels.routine(PASS))
    spare, found = np.zeros(2, np.int64), []
    for stops in ((70,), (None, 70)):
        one = CompiledExecutor(program, [1.0], kernels=kernels)
        block = ahead(one, columns)
        block.feedback["pos"][:] = np.random.default_rng(3).choice([0.0, 1.0, 2.0], len(block.ts), p=[0.1, 0.6, 0.3])
        before = one._held.copy()
        for number, stop in enumerate(stops):
            one._held[:, block.slots] = before[:, block.slots]
            told = np.array([block.context, 0, stop or len(block.ts), number], np.int64)
            call(spare.ctypes.data, spare.ctypes.data, told.ctypes.data)
        found.append((bits(block.outputs["signal"][:70].tolist()), bits(one._held.ravel().tolist())))
    assert found[0] == found[1]


def of_equity(m: Market) -> dict[str, Col]:
    """A wish on every row, and beside it a column that is a book's own."""
    mean, held = m.equity.rolling(7).mean(), m.pos
    return {"signal": where(m.pos > 0.0, 1.0, where(m.equity < mean, -1.0, 0.0)), "held": held, "lost": mean - m.equity}


@pytest.mark.parametrize("instruments", [1, 5])
@pytest.mark.parametrize("outputs", [stops_out, trails, of_equity])
@pytest.mark.parametrize("is_latest", [False, True])
def test_a_cone_as_one_function_has_the_same_bits_and_stops_at_each_row_that_decides(
    kernel_folder: Path, outputs: Callable[[Market], Any], instruments: int, *, is_latest: bool
) -> None:
    kernels = Kernels(kernel_folder, print, loaded_for=0, made_for=0)
    columns, program, random = rows(400, instruments), trace_program(outputs), np.random.default_rng(3)
    call = ctypes.CFUNCTYPE(None, ctypes.c_int64, ctypes.c_int64, ctypes.c_int64)(kernels.routine(UNTIL))
    count, spare, latest = len(columns["ts"]), np.zeros(2, np.int64), np.full(instruments, 1.0)
    book = {label: random.choice([0.0, 1.0, 99.0, NAN], count) for label in ("pos", "avg_price", "equity")}
    executors = [CompiledExecutor(program, [100.0] * instruments, kernels=kernels) for _ in range(2)]
    whole, fused = (ahead(one, columns) for one in executors)
    for block in (whole, fused):
        for label, column in block.feedback.items():
            column[:] = book[label]
    whole.run(0, count)
    told, stops = np.zeros(6, np.int64), []
    assert fused.until is not None
    assert fused.context is not None
    while fused.row < count:
        told[:] = fused.until, fused.context, latest.ctypes.data if is_latest else 0, fused.row, count, 0
        call(spare.ctypes.data, spare.ctypes.data, told.ctypes.data)
        stops.append(int(told[5]))
    signal = whole.outputs["signal"]
    decides = ~np.isnan(signal) & ((signal != 1.0) | (not is_latest))
    assert [row for row in stops if row < count] == np.flatnonzero(decides).tolist()
    for name in program.outputs:
        assert bits(fused.outputs[name].tolist()) == bits(whole.outputs[name].tolist())
    assert state(executors[0]) == state(executors[1])


def test_a_cone_becomes_one_function_only_where_its_rows_repay_it(tmp_path: Path) -> None:
    def until(kernels: Kernels) -> int | None:
        return ahead(CompiledExecutor(STOPS_OUT, [1.0], kernels=kernels), rows(100, 1)).until

    assert until(Kernels(tmp_path, print)) is None
    few = Kernels(tmp_path, print, loaded_for=10, made_for=1_000)
    assert until(few) is None
    assert until(Kernels(tmp_path, print, loaded_for=10, made_for=10)) is not None
    assert until(few) is not None


def test_a_cone_whose_operators_have_no_step_is_no_function(kernel_folder: Path) -> None:
    kernels = Kernels(kernel_folder, print, loaded_for=0, made_for=0)
    assert ahead(CompiledExecutor(RANKED, [1.0], kernels=kernels), rows(100, 1)).until is None


@pytest.mark.parametrize("instruments", [1, 7])
def test_a_compiled_book_that_runs_the_cone_by_address_trades_as_plain_python_does(
    kernels: Kernels, instruments: int
) -> None:
    columns = rows(600, instruments)
    oracle, one = both(STOPS_OUT, kernels, instruments)
    plain, fast = Book(instruments), CompiledBook(instruments, kernels)
    third = int(np.searchsorted(columns["ts"], 200))
    for part in (slice(third), slice(third, None)):
        given = {name: np.ascontiguousarray(column[part]) for name, column in columns.items()}
        expected, shown = ahead(oracle, given), ahead(one, given)
        plain.play(expected, given["close"])
        fast.play(shown, given["close"])
        for name in ("signal", "quick"):
            assert bits(shown.outputs[name].tolist()) == bits(expected.outputs[name].tolist())
        assert bits(shown.feedback["avg_price"].tolist()) == bits(expected.feedback["avg_price"].tolist())
        assert shown.done == len(shown)
        assert state(one) == state(oracle)
    assert plain.held.tolist() == fast.held.tolist()
    signals = shown.outputs["signal"]
    assert {0.0, 1.0} <= set(signals[~np.isnan(signals)].tolist())


def test_a_snapshot_after_slices_that_were_run_by_address_is_exact(kernels: Kernels) -> None:
    columns = rows(60, 2)
    oracle, one = both(STOPS_OUT, kernels, 2)
    expected, shown = ahead(oracle, columns), ahead(one, columns)
    half = len(shown) // 2
    for block, book in ((expected, Book(2)), (shown, CompiledBook(2, kernels))):
        whole = block.bounds
        block.bounds = whole[: half + 1]
        book.play(block, columns["close"])
        block.bounds = whole
    assert shown.done == half
    assert one.snapshot() == oracle.snapshot()


def test_an_operator_without_a_kernel_keeps_the_cone_from_being_run_by_address(
    kernels: Kernels, monkeypatch: pytest.MonkeyPatch
) -> None:
    addresses = kernels.addresses
    monkeypatch.setattr(kernels, "addresses", lambda wanted: {**addresses(wanted), ("rolling_sum/1", 1): None})
    oracle, one = both(ALL_OF_IT, kernels, 1)
    blocks = [ahead(each, {"ts": [1, 2, 3]}) for each in (oracle, one)]
    assert blocks[1].context is None
    for held in (1.0, NAN, 2.0):
        shown = [block.slice({"pos": [held]}) for block in blocks]
        assert repr(shown[0]) == repr(shown[1])
    assert state(one) == state(oracle)


# What is in the cone --------------------------------------------------------------------------


def test_without_feedback_all_is_done_ahead(kernels: Kernels) -> None:
    for one in both(FREE, kernels):
        block = ahead(one, {"close": [1.0, 3.0], "ts": [1, 2]})
        assert block.feedback == {}
        assert [repr(block.slice({})) for _ in range(2)] == ["{'mean': [nan]}", "{'mean': [2.0]}"]
        assert feed(one, {"close": [5.0], "ts": [3]})["mean"].tolist() == [4.0]


def test_a_program_of_the_book_alone_needs_no_other_columns(kernels: Kernels) -> None:
    for one in both(ALL_OF_IT, kernels):
        block = ahead(one, {"ts": [1, 2]})
        assert [repr(block.slice({"pos": [held]})) for held in (1.0, 2.0)] == ["{'held': [nan]}", "{'held': [3.0]}"]


def test_instruments_of_a_slice_are_compared_on_one_book(kernels: Kernels) -> None:
    for one in both(RANKED, kernels):
        block = ahead(one, {"ts": [1, 1, 1, 2, 2], "inst": [0, 1, 2, 0, 2]})
        assert block.slice({"pos": [5.0, 1.0, NAN]})["rank"][:2] == [1.0, 0.5]
        assert block.slice({"pos": [1.0, 2.0]}) == {"rank": [0.5, 1.0]}


def test_ticks_of_one_time_are_slices_of_their_own(kernels: Kernels) -> None:
    program = trace_program(lambda m: {"held": m.pos + m.x}, ["x"], base="tick")
    for one in both(program, kernels):
        block = ahead(one, {"x": [1.0, 2.0], "ts": [1, 1]})
        assert [block.slice({"pos": [held]})["held"] for held in (10.0, 20.0)] == [[11.0], [22.0]]


def counted_on_all_clocks() -> Program:
    """A constant that was another one before: its state moves with the rows of every clock."""
    trace = Trace("5m")
    moving = trace.add("rows", [trace.constant(7.0)])
    on_coarse = trace.add("add", [trace.input("x", Kind.NUM, "15m"), trace.add("count_to_num", [moving])])
    joined = trace.add("asof", [on_coarse], (math.inf,), domain="5m")
    held = trace.add("add", [trace.input("pos", Kind.NUM, "5m", feedback=True), trace.add("count_to_num", [moving])])
    return Program(trace.nodes, {"joined": joined, "held": held}, "5m")


def test_a_state_that_belongs_to_all_clocks_moves_with_each_in_turn(kernels: Kernels) -> None:
    shown = []
    for one in both(counted_on_all_clocks(), kernels, 1):
        block = ahead(one, {"ts": [0, 5, 15]}, coarser={"15m": {"x": [100.0, 200.0], "ts": [0, 15]}})
        taken = [block.slice({"pos": [held]}) for held in (10.0, 20.0)]
        amid = state(one)
        taken.append(block.slice({"pos": [30.0]}))
        shown.append((taken, amid, state(one)))
    assert shown[0] == shown[1]
    assert shown[0][0][0] == {"joined": [101.0], "held": [12.0]}


def test_whole_columns_of_such_a_program_are_those_of_its_slices(kernels: Kernels) -> None:
    rows = {"ts": [0, 5, 15], "pos": [10.0, 20.0, 30.0]}
    coarser = {"15m": {"x": [100.0, 200.0], "ts": [0, 15]}}
    oracle, one = both(counted_on_all_clocks(), kernels, 1)
    expected, shown = feed(oracle, rows, coarser=coarser), feed(one, rows, coarser=coarser)
    assert {name: column.tolist() for name, column in shown.items()} == {
        name: column.tolist() for name, column in expected.items()
    }
    assert state(one) == state(oracle)


# What is refused ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "early",
    [
        lambda one: one.step(9, [0], {"close": [1.0], "high": [1.0], "low": [1.0], "pos": [0.0], "avg_price": [NAN]}),
        lambda one: one.row(9, 0, {"close": 1.0, "high": 1.0, "low": 1.0, "pos": 0.0, "avg_price": NAN}),
        lambda one: one.values(9, [0], {}),
        lambda one: one.admit(1.0),
        lambda one: ahead(one, rows(3, 1)),
    ],
)
def test_other_rows_wait_until_the_block_is_done(kernels: Kernels, early: Callable[[Any], object]) -> None:
    one = both(STOPS_OUT, kernels)[1]
    one.step(-1, [0], {"close": [1.0], "high": [1.0], "low": [1.0], "pos": [0.0], "avg_price": [NAN]})
    block = ahead(one, {name: column[:4] for name, column in rows(4, 1).items()})
    with pytest.raises(InvariantError, match=r"\d slices of the block are still to be run; run them, or restore"):
        early(one)
    while block.done < len(block):
        block.slice({"pos": [0.0], "avg_price": [NAN]})
    one.admit(1.0)


def test_a_restore_abandons_the_block(kernels: Kernels) -> None:
    one = both(ALL_OF_IT, kernels)[1]
    before = one.snapshot()
    block = ahead(one, {"ts": [1, 2]})
    one.restore(before)
    with pytest.raises(InvariantError, match="the executor has left this block"):
        block.slice({"pos": [1.0]})
    assert one.step(1, [0], {"pos": [1.0]})["held"] != [1.0]


def test_a_slice_too_many_or_with_wrong_columns_is_refused_in_the_same_words(kernels: Kernels) -> None:
    for one in both(ALL_OF_IT, kernels):
        block = ahead(one, {"ts": [1]})
        with pytest.raises(SchemaError, match="the book's column 'pos' is missing; there is cash"):
            block.slice({"cash": [1.0]})
        with pytest.raises(SchemaError, match="'pos' has 2 values for 1 rows"):
            block.slice({"pos": [1.0, 2.0]})
        with pytest.raises(SchemaError, match="'pos' holds something that is no number"):
            block.slice({"pos": ["x"]})  # type: ignore[list-item]
        block.slice({"pos": [1.0]})
        with pytest.raises(InvariantError, match="all 1 slices of the block were run"):
            block.slice({"pos": [1.0]})


def test_a_slice_that_was_run_in_part_has_no_snapshot(kernels: Kernels) -> None:
    one = both(RANKED, kernels)[1]
    block = ahead(one, {"ts": [1, 1], "inst": [0, 1]})
    block.run(0, 1)
    with pytest.raises(InvariantError, match="the slice that begins before row 1 was run in part"):
        one.snapshot()
