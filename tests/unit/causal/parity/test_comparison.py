"""Ways that agree are told so; one that does not is found, with the operator, the row and the mend."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import given as given_by_hypothesis
from hypothesis import strategies as st
from unit.causal.random_programs import Made, programs

from friday_core.api import indicators
from friday_core.causal.batch import by_slices
from friday_core.causal.choices import where
from friday_core.causal.columns import Col
from friday_core.causal.market import Market
from friday_core.causal.op import Op, number
from friday_core.causal.oracle import Oracle
from friday_core.causal.parity.comparison import Comparison, compare
from friday_core.causal.parity.difference import Difference
from friday_core.causal.parity.drawn import drawn, drawn_sets
from friday_core.causal.parity.rows import RowSet
from friday_core.causal.parity.ways import Executors
from friday_core.causal.program import Program, trace_program
from friday_core.causal.snapshot import Restored
from friday_core.causal.tables import Table
from friday_core.domain.chunk import Float64
from friday_core.domain.instruments import InstrumentId
from friday_core.errors import PluginContractError

EVERY_WAY = [
    "compiled, slice by slice",
    "compiled, row by row",
    "compiled, whole columns",
    "compiled, every operator shown",
    "compiled, 4 parts",
    "compiled, 40 parts",
    "compiled, restored in each part",
    "in turn, restored into each other",
    "oracle, restored in each part",
]


def traced(outputs: Callable[[Market], Mapping[str, Col]], columns: Sequence[str] = (), base: str = "1d") -> Program:
    return trace_program(outputs, columns, base=base)


def with_op(program: Program, name: str, op: Op) -> Program:
    """The program with another operator in the place of one of Friday's."""
    nodes = [replace(one.node, op=op) if one.name == name else one.node for one in program.instructions]
    return Program(nodes, program.outputs, program.base)


def wrong(op_name: str = "third", **parts: Any) -> Op:
    """An operator of a third party whose kernel is not its step for numbers below zero."""
    return Op(op_name, 1, number, "", "", step=_step, kernel=_kernel, **parts)


def _step(_state: Any, _at: Any, x: Any, _params: Any, _scale: Any) -> float:
    return float(x[0] / 3.0)


def _kernel(_state: Any, _at: Any, x: Any, _params: Any, _scale: Any) -> float:
    return float(x[0] * 0.3 if x[0] < 0.0 else x[0] / 3.0)


def given(x: Sequence[float], instruments: int = 1, **more: Sequence[float]) -> RowSet:
    """A slice for each so many values of ``x``."""
    slices = len(x) // instruments
    columns = {name: np.array(values) for name, values in {"x": x, **more}.items()}
    ts, inst = np.repeat(np.arange(slices) * 10**6, instruments), np.tile(np.arange(instruments), slices)
    ids = tuple(InstrumentId(f"I{n}", "SIM") for n in range(instruments))
    return RowSet("given", {"1d": {"ts": ts, "inst": inst, **columns}}, (1.0,) * instruments, ids)


def first(comparison: Comparison) -> Difference:
    assert comparison.first is not None
    return comparison.first


def differing(comparison: Comparison) -> set[str]:
    return {one.way for one in comparison.compared if one.differing}


# Ways that agree -------------------------------------------------------------------------------


def five_indicators(m: Market) -> dict[str, Col]:
    close = m.close
    macd, bands = indicators.macd(close), indicators.bollinger(close, 20, 2.0)
    rising = (indicators.ema(close, 10) > indicators.sma(close, 30)) & (macd.line > macd.signal)
    cheap = (indicators.rsi(close) < 45.0) | (close < bands.lower)
    return {"signal": where(rising & cheap, 1.0, where(m.pos > 0.0, 0.5, 0.0)), "rsi": indicators.rsi(close)}


def across_clocks(m: Market) -> dict[str, Col]:
    hour = m.at("1h").close.rolling(3).mean().asof(max_age="2h")
    rank = m.panel(m.close / m.close.shift(2)).rank()
    return {"target": where(m.close > hour, rank, 0.0), "volume": m.volume.rolling(5).sum(), "day": m.session}


@pytest.mark.parametrize("is_adjusted", [True, False])
def test_five_indicators_agree_in_every_way(executors: Executors, is_adjusted: bool) -> None:
    program = trace_program(five_indicators, adjusted=is_adjusted)
    comparison = compare(program, drawn_sets(program, 600, 8, 1), executors)
    assert (comparison.differing, comparison.first) == (0, None)
    assert [one.way for one in comparison.compared] == 4 * EVERY_WAY


def test_instruments_that_are_compared_and_coarser_clocks_agree_in_every_way_that_they_have(
    executors: Executors,
) -> None:
    program = traced(across_clocks, base="15m")
    comparison = compare(program, [drawn(program, 900, 9, 2)], executors)
    assert comparison.differing == 0
    assert [one.way for one in comparison.compared] == [way for way in EVERY_WAY if "row by row" not in way]


@settings(max_examples=8, suppress_health_check=list(HealthCheck))
@given_by_hypothesis(made=programs(), seed=st.integers(0, 2**32 - 1), instruments=st.integers(1, 6))
def test_random_programs_of_all_operators_agree_in_every_way(
    executors: Executors, made: Made, seed: int, instruments: int
) -> None:
    comparison = compare(made.program, [drawn(made.program, 200, instruments, seed)], executors, seed)
    assert (comparison.differing, comparison.first) == (0, None)


def test_values_are_those_of_all_outputs_and_of_the_state(executors: Executors) -> None:
    program = traced(lambda m: {"sum": m["x"].rolling(2).sum(), "twice": m["x"] * 2.0}, ["x"])
    comparison = compare(program, [given([1.0, 2.0, 3.0])], executors)
    counted = {one.way: one.values for one in comparison.compared}
    assert counted["compiled, whole columns"] == 2 * 3 + program.state_size
    assert counted["compiled, every operator shown"] == len(program.instructions) * 3 + program.state_size
    assert comparison.values == sum(counted.values())


def test_without_a_compiler_the_oracle_is_restored_only() -> None:
    program = traced(lambda m: {"sum": m["x"].rolling(2).sum()}, ["x"])
    comparison = compare(program, [given([1.0, 2.0])], Executors(None))
    assert [one.way for one in comparison.compared] == ["oracle, restored in each part"]


def test_each_set_of_rows_is_told_before_it_is_executed(executors: Executors) -> None:
    told: list[str] = []
    program = traced(lambda m: {"x": m["x"]}, ["x"])
    compare(program, [given([1.0]), replace(given([1.0]), name="more")], executors, advance=told.append)
    assert told == ["given", "more"]


# Operators that are wrong ----------------------------------------------------------------------


def of_third(m: Market) -> dict[str, Col]:
    return {"out": abs(m["x"]).rolling(2).sum(), "other": m["x"] + 1.0}


def third(outputs: Callable[[Market], Mapping[str, Col]] = of_third) -> Program:
    return with_op(traced(outputs, ["x"]), "abs", wrong())


def test_a_kernel_that_is_not_its_step_is_named_with_row_column_and_values(executors: Executors) -> None:
    x = [1.0, 2.0, 3.0, 4.0, -1.0, 5.0, 6.0, 7.0]
    found = first(compare(third(), [given(x, instruments=2)], executors))
    assert (found.operator, found.outputs, found.domain, found.row) == ("third", ("out",), "1d", 4)
    assert (str(found.instrument), found.ts, found.rows) == ("I0.SIM", 2_000_000, "given")
    assert (found.expected, found.found) == (-1.0 / 3.0, -0.3)
    assert [(one.name, one.value) for one in found.inputs] == [("#0 x", -1.0)]
    assert found.line.startswith("test_comparison.py:")


def test_a_kernel_that_is_not_its_step_is_told_to_be_made_so(executors: Executors) -> None:
    comparison = compare(third(), [given([1.0, -1.0] * 40)], executors)
    assert differing(comparison) == {*EVERY_WAY} - {"oracle, restored in each part"}
    assert first(comparison).mend == (
        "the kernel of third is not its step: make both answer the same to the bit, or report it to the author of "
        f"{__name__} with what --json prints"
    )


def test_an_operator_that_only_reads_what_is_wrong_is_not_named(executors: Executors) -> None:
    def ranked(m: Market) -> dict[str, Col]:
        return {"rank": m.panel(abs(m["x"]), min_valid=1).demean()}

    # The first row of the slice is wrong through the panel, the operator itself in the last.
    found = first(compare(third(ranked), [given([1.0, 2.0, -3.0], instruments=3)], executors))
    assert (found.operator, found.row, str(found.instrument)) == ("third", 2, "I2.SIM")


def test_what_no_output_shows_is_found_too(executors: Executors) -> None:
    program = third(lambda m: {"out": where(abs(m["x"]) > 1e9, 1.0, 0.0)})
    comparison = compare(program, [given([1.0, -1.0])], executors)
    assert differing(comparison) == {"compiled, every operator shown"}
    assert (first(comparison).operator, first(comparison).row) == ("third", 1)
    assert first(comparison).mend.startswith("the kernel of third is not its step")


def test_of_a_coarser_clock_the_operator_and_its_own_row_are_named(executors: Executors) -> None:
    traced_on = traced(lambda m: {"out": abs(m.at("1h").close.diff(1)).asof() + 1.0}, base="15m")
    program = with_op(traced_on, "abs", wrong())
    rows = drawn(program, 400, 3, 0)
    found = first(compare(program, [rows], executors))
    assert (found.operator, found.domain, found.outputs) == ("third on 1h", "1h", ("out",))
    assert found.ts == rows.domains["1h"]["ts"][found.row]
    assert found.inputs[0].value < 0.0


def test_state_before_the_row_is_told(executors: Executors) -> None:
    def step(state: Any, at: Any, x: Any, _params: Any, _scale: Any) -> float:
        state[at] += x[0]
        return float(state[at])

    def kernel(state: Any, at: Any, x: Any, _params: Any, _scale: Any) -> float:
        state[at] += x[0] if state[at] < 5.0 else 2.0 * x[0]
        return float(state[at])

    total = Op("total", 1, number, "", "", step=step, kernel=kernel, slots=lambda _p: 1, start=lambda _p: [0.0])
    program = with_op(traced(lambda m: {"out": abs(m["x"])}, ["x"]), "abs", total)
    found = first(compare(program, [given([2.0, 3.0, 4.0])], executors))
    assert (found.row, found.state, found.expected, found.found) == (2, (5.0,), 9.0, 13.0)


def test_the_close_of_a_row_that_is_counted_is_told(executors: Executors) -> None:
    rows = replace(given([1.0, -1.0]), closes=np.array([70, 80]))
    assert first(compare(third(), [rows], executors)).ts == 80


def test_the_first_rows_that_differ_are_told_of_several_sets(executors: Executors) -> None:
    sets = [given([1.0]), replace(given([1.0, -1.0]), name="second"), replace(given([-1.0]), name="third")]
    assert first(compare(third(), sets, executors)).rows == "second"


# Executors that are wrong ----------------------------------------------------------------------


class Forgetful(Oracle):
    """A restore that takes nothing up."""

    def restore(self, data: bytes) -> Restored:
        return Restored((), (), ())


class StartsAnew(Oracle):
    """Every table but the first begins with no memory."""

    fed = False

    def columns(self, tables: Mapping[str, Table]) -> dict[str, Float64]:
        if self.fed:
            self._take_up(self._cold(len(self._scales)))
        self.fed = True
        return by_slices(self, tables)


class OffByARow(Oracle):
    """The last output of each table is its own, whatever the operators say."""

    def columns(self, tables: Mapping[str, Table]) -> dict[str, Float64]:
        found = by_slices(self, tables)
        if len(self.program.outputs) == 1:
            found["sum"][-1] += 1.0
        return found


def summed() -> Program:
    return traced(lambda m: {"sum": (m["x"] + 1.0).rolling(2).sum()}, ["x"])


def test_state_that_is_lost_in_a_restore_is_told_from_a_wrong_kernel() -> None:
    comparison = compare(summed(), [given([1.0] * 50)], Executors(Forgetful))
    assert differing(comparison) == {"compiled, restored in each part", "in turn, restored into each other"}
    found = first(comparison)
    assert (found.operator, found.inputs[0].value) == ("rolling_sum(w 2)", 2.0)
    assert (found.expected, str(found.found)) == (4.0, "nan")
    assert found.mend == (
        "it differs after a restore only, so a snapshot does not hold all, or not all of it is taken up; all that "
        "rolling_sum remembers must be in its slots, state[at:at + slots]; report it to Friday with what --json prints"
    )


def test_state_that_is_lost_in_a_cut_is_told_from_a_restore() -> None:
    comparison = compare(summed(), [given([1.0] * 50)], Executors(StartsAnew))
    assert differing(comparison) == {"compiled, 4 parts", "compiled, 40 parts"}
    assert first(comparison).operator == "rolling_sum(w 2)"
    assert "what rolling_sum remembers is lost between two parts" in first(comparison).mend


def test_whole_columns_that_differ_alone_are_not_blamed_on_the_operator() -> None:
    comparison = compare(summed(), [given([1.0] * 9)], Executors(OffByARow))
    assert (first(comparison).operator, first(comparison).row) == ("rolling_sum(w 2)", 8)
    assert first(comparison).mend.startswith(
        "with every operator shown the bits agree: it is how they are put together"
    )


def test_state_that_differs_where_no_value_does_is_found_in_its_slot() -> None:
    class Marks(Oracle):
        """Two more rows counted than there were, which nobody will read."""

        def snapshot(self) -> bytes:
            self._state[0][0] += 2.0
            return super().snapshot()

    program = traced(lambda m: {"sum": m["x"].rolling(3).max()}, ["x"])
    found = first(compare(program, [given([1.0])], Executors(Marks)))
    assert (found.slot, found.found - found.expected, found.row) == (0, 2.0, 0)


def test_an_operator_that_does_not_answer_twice_the_same_is_an_error() -> None:
    left = [1.0]

    def once(_state: Any, _at: Any, x: Any, _params: Any, _scale: Any) -> float:
        return float(x[0]) + (left.pop() if left else 0.0)

    program = with_op(traced(lambda m: {"out": abs(m["x"])}, ["x"]), "abs", Op("once", 1, number, "", "", step=once))
    with pytest.raises(PluginContractError, match="does not answer twice the same"):
        compare(program, [given([1.0])], Executors(None))


def test_nan_is_one_and_zero_is_not_minus_zero(executors: Executors) -> None:
    def kernel(_state: Any, _at: Any, x: Any, _params: Any, _scale: Any) -> float:
        return float(-x[0])

    def step(_state: Any, _at: Any, x: Any, _params: Any, _scale: Any) -> float:
        return float(0.0 if x[0] == 0.0 else -x[0])

    op = Op("minus", 1, number, "", "", step=step, kernel=kernel)
    program = with_op(traced(lambda m: {"out": abs(m["x"])}, ["x"]), "abs", op)
    found = first(compare(program, [given([math.nan, 1.0, 0.0])], executors))
    assert (found.row, str(found.expected), str(found.found)) == (2, "0.0", "-0.0")
