"""The plain Python executor: slices in their one order, clocks joined, state that can be taken up again."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from unit.causal.stepping import bits

from friday_core.causal.batch import feed, run
from friday_core.causal.market import where
from friday_core.causal.op import NAN
from friday_core.causal.oracle import Oracle
from friday_core.causal.program import Program, trace_program
from friday_core.causal.snapshot import Restored, Snapshot
from friday_core.domain.chunk import MISSING_PRICE
from friday_core.domain.instruments import InstrumentId
from friday_core.errors import InvariantError, SchemaError

A, B, C = (InstrumentId(symbol, "NSE") for symbol in ("A", "B", "C"))
Outputs = Callable[[Any], Any]


def oracle(outputs: Outputs, instruments: int = 3, **options: Any) -> Oracle:
    return Oracle(trace_program(outputs, **options), [100.0] * instruments)


def ranked(m: Any) -> Any:
    return {"x": m.panel(m.close, min_valid=1).rank()}


def counted(m: Any) -> Any:
    """The instrument's last two rows: shows what an executor remembers of it."""
    return {"x": m.close.rolling(2).sum()}


# Slices ----------------------------------------------------------------------------------------


def test_a_slice_gives_a_value_a_row() -> None:
    assert oracle(lambda m: {"x": m.close * 2, "y": m.close}).step(0, [0, 2], {"close": [1.0, 5.0]}) == {
        "x": [2.0, 10.0], "y": [1.0, 5.0],
    }  # fmt: skip


def test_an_instrument_s_state_is_its_own() -> None:
    one = oracle(counted)
    one.step(0, [0, 1], {"close": [1.0, 10.0]})
    assert one.step(1, [0, 1], {"close": [2.0, 20.0]}) == {"x": [3.0, 30.0]}


def test_an_instrument_without_a_row_neither_moves_nor_forgets() -> None:
    one = oracle(counted)
    one.step(0, [0, 1], {"close": [1.0, 10.0]})
    one.step(1, [1], {"close": [20.0]})
    assert one.step(2, [0, 1], {"close": [2.0, 30.0]}) == {"x": [3.0, 50.0]}


def test_an_instrument_that_starts_late_warms_up_by_itself() -> None:
    one = oracle(counted)
    one.step(0, [0], {"close": [1.0]})
    assert bits(one.step(1, [0, 2], {"close": [2.0, 7.0]})["x"]) == bits([3.0, NAN])


def test_a_panel_compares_the_rows_that_are_there() -> None:
    one = oracle(ranked)
    assert one.step(0, [0, 1, 2], {"close": [3.0, 1.0, 2.0]}) == {"x": [1.0, 1 / 3, 2 / 3]}
    assert one.step(1, [0, 2], {"close": [3.0, 5.0]}) == {"x": [0.5, 1.0]}
    assert one.step(2, [1], {"close": [3.0]}) == {"x": [1.0]}


def test_an_empty_slice_has_no_outputs_and_changes_nothing() -> None:
    one = oracle(counted)
    one.step(0, [0], {"close": [1.0]})
    assert one.step(1, [], {"close": []}) == {"x": []}
    assert one.step(2, [0], {"close": [2.0]}) == {"x": [3.0]}


def test_every_instrument_has_its_own_price_unit() -> None:
    program = trace_program(lambda m: {"x": m.raw.close, "mean": m.raw.close.rolling(1).mean()})
    shown = Oracle(program, [100.0, 10_000.0]).step(0, [0, 1], {"raw.close": [12345.0, 12345.0]})
    assert shown == {"x": [123.45, 1.2345], "mean": [123.45, 1.2345]}


def test_feedback_is_read_row_by_row_like_any_column() -> None:
    one = oracle(lambda m: {"x": where(m.pos > 0, m.avg_price * 2, m.cash)})
    columns = {"pos": [1.0, 0.0], "avg_price": [7.0, NAN], "cash": [500.0, 500.0]}
    assert one.step(0, [0, 1], columns) == {"x": [14.0, 500.0]}


def test_values_explain_every_instruction() -> None:
    one = oracle(lambda m: {"x": m.close.shift(1) + 1.0})
    one.step(0, [0], {"close": [1.0]})
    assert one.values(1, [0], {"close": [2.0]}) == {0: [2.0], 1: [1.0], 2: [1.0], 3: [2.0]}


def test_a_row_by_itself_gives_the_bits_of_its_slice() -> None:
    by_slice, by_row = oracle(counted), oracle(counted)
    for ts in range(3):
        together = by_slice.step(ts, [0, 1], {"close": [0.1 * ts, 0.3 * ts]})["x"]
        alone = [by_row.row(ts, n, {"close": value})["x"] for n, value in enumerate((0.1 * ts, 0.3 * ts))]
        assert bits(together) == bits(alone)


def test_numpy_s_scalars_do_not_change_how_zero_divides() -> None:
    one = oracle(lambda m: {"x": m.close / m.open})
    shown = one.step(0, [0, 1], {"close": np.array([1.0, 0.0]), "open": np.zeros(2)})["x"]
    assert bits(shown) == bits([math.inf, NAN])
    assert {type(value) for value in shown} == {float}


# Errors ----------------------------------------------------------------------------------------


def test_a_missing_column_is_named() -> None:
    with pytest.raises(SchemaError, match=r"the slice has no column 'close'; it has open, low"):
        oracle(counted).step(0, [0], {"open": [1.0], "low": [1.0]})


def test_a_column_of_another_length_is_named() -> None:
    with pytest.raises(SchemaError, match=r"column 'close' has 1 values for 2 rows"):
        oracle(counted).step(0, [0, 1], {"close": [1.0]})


def test_a_column_that_holds_no_numbers_is_named() -> None:
    with pytest.raises(SchemaError, match=r"column 'close' holds something that is no number"):
        oracle(counted).step(0, [0], {"close": [None]})  # type: ignore[list-item]


def test_a_slice_that_was_refused_has_changed_nothing() -> None:
    one, other = oracle(counted), oracle(counted)
    one.step(0, [0], {"close": [1.0]})
    other.step(0, [0], {"close": [1.0]})
    with pytest.raises(SchemaError, match="no column 'close'"):
        one.step(1, [0], {})
    with pytest.raises(InvariantError, match="one of each"):
        one.step(1, [1, 0], {"close": [1.0, 1.0]})
    assert one.snapshot() == other.snapshot()


@pytest.mark.parametrize("inst", [[1, 0], [1, 1], [0, 2, 1]])
def test_rows_that_are_not_sorted_or_come_twice_are_refused(inst: list[int]) -> None:
    with pytest.raises(InvariantError, match=r"slice 1d at 7: rows must be sorted by instrument, one of each"):
        oracle(counted).step(7, inst, {"close": [1.0] * len(inst)})


@pytest.mark.parametrize("position", [3, -1])
def test_an_instrument_that_nobody_admitted_is_refused(position: int) -> None:
    with pytest.raises(InvariantError, match=rf"instrument {position} is none of the 3 known; admit\(\) it first"):
        oracle(counted).step(0, [position], {"close": [1.0]})


def test_a_clock_that_the_program_does_not_read_is_refused() -> None:
    with pytest.raises(InvariantError, match=r"the program reads no slices of 1h, only of 1d"):
        oracle(counted).step(0, [0], {"close": [1.0]}, "1h")


def daily(m: Any) -> Any:
    return {"x": m.at("1d").close.asof(), "y": m.close}


@pytest.mark.parametrize(("ts", "domain"), [(6, "1h"), (6, "1d"), (7, "1d")])
def test_slices_come_in_the_order_of_time_coarser_first(ts: int, domain: str) -> None:
    one = oracle(daily, base="1h")
    one.step(7, [0], {"close": [1.0]})
    with pytest.raises(InvariantError, match=rf"slice {domain} at {ts} comes after 1h at 7: times must rise, coarser"):
        one.step(ts, [0], {"close": [1.0]}, domain)


def test_a_slice_comes_once() -> None:
    one = oracle(counted)
    one.step(7, [0, 1], {"close": [1.0, 1.0]})
    with pytest.raises(InvariantError, match=r"slice 1d at 7 comes a second time, or in parts that do not follow"):
        one.step(7, [1], {"close": [1.0]})


def test_a_slice_may_come_in_parts_where_nothing_compares_its_rows() -> None:
    one = oracle(counted)
    one.step(7, [0], {"close": [1.0]})
    one.step(7, [1], {"close": [2.0]})
    assert one.step(8, [0, 1], {"close": [10.0, 10.0]}) == {"x": [11.0, 12.0]}


def test_a_slice_of_a_panel_comes_whole() -> None:
    one = oracle(ranked)
    one.step(7, [0], {"close": [1.0]})
    with pytest.raises(InvariantError, match=r"comes a second time, or in parts"):
        one.step(7, [1], {"close": [2.0]})


@pytest.mark.parametrize("base", ["tick", "v1000"])
def test_ticks_and_bars_by_volume_of_one_time_follow_as_they_come(base: str) -> None:
    one = oracle(counted, base=base)
    shown = [one.step(5, [n], {"close": [price]})["x"] for n, price in ((1, 1.0), (0, 7.0), (1, 2.0), (1, 3.0))]
    assert bits([value for column in shown for value in column]) == bits([NAN, NAN, 3.0, 5.0])


# Clock domains ---------------------------------------------------------------------------------


def test_asof_takes_the_latest_row_that_has_closed() -> None:
    days, hours = {"ts": [7, 14], "close": [1.0, 2.0]}, {"ts": [6, 7, 13, 14, 15], "close": [0.0] * 5}
    shown = run(trace_program(daily, base="1h"), hours, coarser={"1d": days})["x"]
    assert bits(shown.tolist()) == bits([NAN, 1.0, 1.0, 2.0, 2.0])


SECOND = 1_000_000


@pytest.mark.parametrize(("age", "expected"), [(3, [NAN, 4.0, 4.0, NAN]), (0, [NAN, 4.0, NAN, NAN])])
def test_asof_is_as_old_as_max_age_and_not_older(age: float, expected: list[float]) -> None:
    program = trace_program(lambda m: {"x": m.at("1d").close.asof(max_age=age), "y": m.close}, base="1h")
    hours = {"ts": [0, 9 * SECOND, 12 * SECOND, 12 * SECOND + 1], "close": [0.0] * 4}
    shown = run(program, hours, coarser={"1d": {"ts": [9 * SECOND], "close": [4.0]}})["x"]
    assert bits(shown.tolist()) == bits(expected)


def test_asof_gives_nan_where_the_latest_coarse_value_is_nan() -> None:
    days, hours = {"ts": [0, 7], "close": [1.0, NAN]}, {"ts": [0, 7], "close": [0.0] * 2}
    assert bits(run(trace_program(daily, base="1h"), hours, coarser={"1d": days})["x"].tolist()) == bits([1.0, NAN])


def test_asof_is_by_instrument() -> None:
    one = oracle(daily, base="1h")
    one.step(7, [0, 2], {"close": [1.0, 3.0]}, "1d")
    assert bits(one.step(7, [0, 1, 2], {"close": [0.0] * 3})["x"]) == bits([1.0, NAN, 3.0])


def test_a_slice_of_a_coarser_clock_gives_no_outputs() -> None:
    assert oracle(daily, base="1h").step(7, [0], {"close": [1.0]}, "1d") == {}


def test_operators_count_the_rows_of_their_own_clock() -> None:
    program = trace_program(lambda m: {"x": m.at("1d").close.shift(1).asof() + m.close.shift(1)}, base="1h")
    hours = {"ts": range(15), "close": np.arange(15.0)}
    days = {"ts": [7, 14], "close": [100.0, 200.0]}
    shown = run(program, hours, coarser={"1d": days})["x"]
    assert bits(shown.tolist()) == bits([NAN] * 14 + [113.0])


def test_three_clocks_meet_at_one_time_coarsest_first() -> None:
    program = trace_program(
        lambda m: {"x": m.close + 10 * m.at("15m").close.asof() + 100 * m.at("1h").close.asof()}, base="1m"
    )
    one = Oracle(program, [1.0])
    for domain in ("1h", "15m", "1m"):
        shown = one.step(60, [0], {"close": [1.0]}, domain)
    assert shown == {"x": [111.0]}


# Further instruments ---------------------------------------------------------------------------


def test_a_further_instrument_starts_cold_and_the_others_go_on() -> None:
    one = oracle(counted, instruments=1)
    one.step(0, [0], {"close": [1.0]})
    assert one.admit(100.0) == 1
    assert bits(one.step(1, [0, 1], {"close": [2.0, 5.0]})["x"]) == bits([3.0, NAN])


def test_a_further_instrument_brings_its_price_unit() -> None:
    one = oracle(lambda m: {"x": m.raw.close}, instruments=1)
    one.admit(10_000.0)
    assert one.step(0, [0, 1], {"raw.close": [100.0, 100.0]}) == {"x": [1.0, 0.01]}


def test_rows_are_in_the_order_of_ids_also_after_a_further_instrument() -> None:
    one = Oracle(trace_program(ranked), [1.0, 1.0], [A, C])
    assert one.admit(1.0, B) == 2
    assert one.step(0, [0, 2, 1], {"close": [1.0, 1.0, 1.0]}) == {"x": [2 / 3] * 3}
    with pytest.raises(InvariantError, match="rows must be sorted by instrument"):
        one.step(1, [0, 1, 2], {"close": [1.0, 1.0, 1.0]})


def test_ids_sort_by_symbol_and_then_exchange_not_as_text() -> None:
    one = Oracle(trace_program(counted), [1.0, 1.0], [InstrumentId("A", "NSE"), InstrumentId("A-B", "NSE")])
    assert one.step(0, [0, 1], {"close": [1.0, 1.0]}).keys() == {"x"}


def test_one_instrument_is_admitted_once() -> None:
    one = Oracle(trace_program(counted), [1.0], [A])
    before = one.snapshot()
    with pytest.raises(InvariantError, match="two instruments share one id"):
        one.admit(1.0, A)
    assert one.snapshot() == before


def test_ids_are_for_all_instruments_or_for_none() -> None:
    with pytest.raises(InvariantError, match="either all instruments have an id or none has"):
        Oracle(trace_program(counted), [1.0], [A]).admit(1.0)
    with pytest.raises(InvariantError, match="2 instruments and 1 scales"):
        Oracle(trace_program(counted), [1.0], [A, B])


# Snapshots -------------------------------------------------------------------------------------


def stepped(program: Program, instruments: list[InstrumentId], slices: range) -> Oracle:
    """An executor after some slices in which instrument ``n`` closes at ``10 ** n * (1 + ts)``."""
    one = Oracle(program, [100.0] * len(instruments), instruments)
    for ts in slices:
        one.step(
            ts, range(len(instruments)), {"close": [10.0 ** "ABC".index(i.symbol) * (1 + ts) for i in instruments]}
        )
    return one


def test_a_snapshot_goes_on_in_another_executor() -> None:
    program = trace_program(counted)
    other = Oracle(program, [100.0] * 2, [A, B])
    assert other.restore(stepped(program, [A, B], range(3)).snapshot()) == Restored((), (), ())
    assert other.step(3, [0, 1], {"close": [4.0, 40.0]}) == {"x": [7.0, 70.0]}


def test_a_snapshot_knows_the_time() -> None:
    program = trace_program(counted)
    other = Oracle(program, [100.0] * 2, [A, B])
    other.restore(stepped(program, [A, B], range(3)).snapshot())
    with pytest.raises(InvariantError, match="slice 1d at 1 comes after 1d at 2"):
        other.step(1, [0], {"close": [1.0]})


def test_a_snapshot_before_the_first_row_is_a_cold_start() -> None:
    program = trace_program(counted)
    other = Oracle(program, [100.0], [A])
    other.restore(stepped(program, [A], range(0)).snapshot())
    assert other.step(-5, [0], {"close": [1.0]}).keys() == {"x"}


def test_rows_of_a_snapshot_find_their_instrument_when_the_universe_changes() -> None:
    program = trace_program(counted)
    other = Oracle(program, [100.0] * 2, [B, C])
    restored = other.restore(stepped(program, [A, B], range(3)).snapshot())
    assert (restored.cold, restored.new, restored.gone) == ((), ("C.NSE",), ("A.NSE",))
    assert bits(other.step(3, [0, 1], {"close": [40.0, 400.0]})["x"]) == bits([70.0, NAN])


def test_a_changed_program_keeps_what_computes_the_same() -> None:
    def before(m: Any) -> Any:
        return {"x": m.close.rolling(2).sum(), "y": m.close.rolling(3).max()}

    def after(m: Any) -> Any:
        return {"z": m.close.rolling(3).sum(), "x": m.close.rolling(2).sum() * 1.0}

    program = trace_program(after)
    other = Oracle(program, [100.0], [A])
    restored = other.restore(stepped(trace_program(before), [A], range(5)).snapshot())
    assert [program.instructions[n].name for n in restored.cold] == ["rolling_sum"]
    assert [program.instructions[n].params for n in restored.cold] == [(3.0,)]
    assert bits([value for (value,) in other.step(5, [0], {"close": [6.0]}).values()]) == bits([NAN, 11.0])


def test_what_reads_a_changed_operator_starts_cold_with_it() -> None:
    before = trace_program(lambda m: {"x": m.close.rolling(2).sum().shift(1)})
    after = trace_program(lambda m: {"x": m.close.rolling(3).sum().shift(1)})
    restored = Oracle(after, [100.0], [A]).restore(stepped(before, [A], range(9)).snapshot())
    assert [after.instructions[n].name for n in restored.cold] == ["rolling_sum", "shift"]


def test_a_changed_decision_is_not_ready_until_it_is_warm_again() -> None:
    def deciding(window: int) -> Outputs:
        return lambda m: {"target": where(m.close.rolling(window).max() > 0, 1.0, 0.0) * 1.0}

    other = Oracle(trace_program(deciding(3)), [100.0], [A])
    other.restore(stepped(trace_program(deciding(2)), [A], range(9)).snapshot())
    shown = [other.step(ts, [0], {"close": [1.0]})["target"][0] for ts in range(9, 13)]
    assert bits(shown) == bits([NAN, NAN, 1.0, 1.0])


def test_a_decision_stays_ready_when_something_else_changed() -> None:
    def deciding(window: int) -> Outputs:
        return lambda m: {
            "target": where(m.close.rolling(3).max() > 0, 1.0, 0.0),
            "show": m.close.rolling(window).sum(),
        }

    other = Oracle(trace_program(deciding(1)), [100.0], [A])
    other.restore(stepped(trace_program(deciding(2)), [A], range(9)).snapshot())
    assert other.step(9, [0], {"close": [1.0]})["target"] == [1.0]


def test_joined_clocks_are_kept_in_a_snapshot() -> None:
    program = trace_program(daily, base="1h")
    one, other = Oracle(program, [1.0], [A]), Oracle(program, [1.0], [A])
    one.step(7, [0], {"close": [5.0]}, "1d")
    other.restore(one.snapshot())
    assert other.step(7, [0], {"close": [1.0]}) == {"x": [5.0], "y": [1.0]}


def test_a_snapshot_of_a_snapshot_has_the_same_bytes() -> None:
    program = trace_program(counted)
    data = stepped(program, [A, B], range(4)).snapshot()
    other = Oracle(program, [100.0] * 2, [A, B])
    other.restore(data)
    assert other.snapshot() == data


def test_a_snapshot_names_its_program_and_its_instruments() -> None:
    program = trace_program(counted)
    snapshot = Snapshot.unpack(stepped(program, [A, B], range(4)).snapshot())
    assert (snapshot.program, snapshot.instruments) == (program.key, ["A.NSE", "B.NSE"])
    assert snapshot.state.shape == (2, program.state_size)


@pytest.mark.parametrize(
    "data",
    [b"", b"FRS", b"FRS1" + bytes(200), stepped(trace_program(counted), [A], range(3)).snapshot()[:-8]],
    ids=["empty", "short", "another version", "torn"],
)
def test_bytes_that_are_no_whole_snapshot_are_refused_and_change_nothing(data: bytes) -> None:
    one = stepped(trace_program(counted), [A], range(3))
    before = one.snapshot()
    with pytest.raises(InvariantError, match="no snapshot of this version, or not a whole one"):
        one.restore(data)
    assert one.snapshot() == before


# Whole columns ---------------------------------------------------------------------------------


def test_whole_columns_give_the_bits_of_single_slices() -> None:
    random = np.random.default_rng(7)
    rows = {"ts": np.repeat(np.arange(20), 3), "inst": np.tile([0, 1, 2], 20), "close": random.normal(size=60)}
    outputs = trace_program(lambda m: {"x": m.close.ewm(span=5).std(), "z": m.panel(m.close).zscore()})
    one, slices = Oracle(outputs, [1.0] * 3), []
    for ts in range(20):
        slices.append(one.step(ts, [0, 1, 2], {"close": rows["close"][3 * ts : 3 * ts + 3]}))
    for name, values in run(outputs, rows).items():
        assert bits(values.tolist()) == bits([value for part in slices for value in part[name]])


def test_a_data_frame_is_taken_as_it_is() -> None:
    frame = pd.DataFrame({"ts": [1, 1, 2], "inst": [0, 1, 0], "close": [1.0, 2.0, 3.0]})
    assert bits(run(trace_program(counted), frame)["x"].tolist()) == bits([NAN, NAN, 4.0])


def test_a_missing_price_of_an_integer_column_is_nan() -> None:
    program = trace_program(lambda m: {"x": m.raw.close})
    closes = np.array([12345, MISSING_PRICE], np.int64)
    assert bits(run(program, {"raw.close": closes}, [100.0])["x"].tolist()) == bits([123.45, NAN])


def test_truths_are_numbers() -> None:
    program = trace_program(lambda m: {"x": where(m.month_end, m.close, 0.0)})
    assert run(program, {"month_end": np.array([True, False]), "close": [1.0, 2.0]})["x"].tolist() == [1.0, 0.0]


@pytest.mark.parametrize("base", ["tick", "v1000"])
def test_columns_of_ticks_and_of_bars_by_volume_may_repeat_a_time(base: str) -> None:
    rows = {"ts": [5, 5, 5, 5], "inst": [0, 1, 0, 0], "close": [1.0, 7.0, 2.0, 3.0]}
    assert bits(run(trace_program(counted, base=base), rows)["x"].tolist()) == bits([NAN, NAN, 3.0, 5.0])


def test_a_snapshot_between_two_bars_by_volume_of_one_time_goes_on() -> None:
    program = trace_program(counted, base="v1000")
    one, other = Oracle(program, [1.0], [A]), Oracle(program, [1.0], [A])
    one.step(5, [0], {"close": [1.0]})
    other.restore(one.snapshot())
    assert other.step(5, [0], {"close": [2.0]}) == {"x": [3.0]}


def test_an_executor_goes_on_where_it_stands() -> None:
    one = oracle(counted)
    first = feed(one, {"ts": [0, 1], "close": [1.0, 2.0]})["x"]
    second = feed(one, {"ts": [2, 3], "close": [3.0, 4.0]})["x"]
    assert bits([*first.tolist(), *second.tolist()]) == bits([NAN, 3.0, 5.0, 7.0])


@pytest.mark.parametrize(
    ("rows", "coarser", "error"),
    [
        ({"open": [1.0]}, None, r"the rows of 1d have no column 'close'"),
        ({"close": [1.0], "ts": [1, 2]}, None, r"columns of 1d differ in length from its 2 rows: \{'close': 1\}"),
        ({"close": [1.0, 1.0], "ts": [2, 1]}, None, r"the rows of 1d are not sorted by ts"),
        ({"close": ["one"]}, None, r"holds no numbers"),
        ({"close": [1.0]}, {"1h": {"close": [1.0]}}, r"the program reads no rows of 1h, only of 1d"),
    ],
)
def test_rows_that_do_not_fit_the_program_are_refused(rows: Any, coarser: Any, error: str) -> None:
    with pytest.raises(SchemaError, match=error):
        run(trace_program(counted), rows, coarser=coarser)


def test_exact_prices_need_their_units() -> None:
    with pytest.raises(SchemaError, match=r"give the price units of one currency unit as scales"):
        run(trace_program(lambda m: {"x": m.raw.close}), {"raw.close": [1.0]})
