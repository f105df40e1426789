"""Rows that are drawn: what is among them, and how they are cut."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from friday_core.causal.columns import Col
from friday_core.causal.market import Market
from friday_core.causal.parity.drawn import drawn, drawn_sets
from friday_core.causal.parity.rows import RowSet
from friday_core.causal.program import Program, trace_program


def everything(m: Market) -> dict[str, Col]:
    hour = m.at("1h").raw.close.rolling(4).mean().asof()
    return {
        "out": m.close + m.raw.close + m.raw.high + m.raw.low + m.volume + m["x"] + m.session + hour + m.pos,
        "end": m.session_end,
    }


PROGRAM = trace_program(everything, ["x"], base="15m")
ROWS = drawn(PROGRAM, 4_000, 8, 3)


def of_instruments(label: str, rest: int) -> list[float]:
    """The values of every second instrument: the tame ones are 0, 2, ..."""
    columns = ROWS.domains["15m"]
    found: list[float] = columns[label][columns["inst"] % 2 == rest].tolist()
    return found


def test_equal_arguments_draw_equal_rows_and_another_seed_others() -> None:
    one, same, other = (drawn(PROGRAM, 100, 3, seed) for seed in (1, 1, 2))
    assert repr(one.domains) == repr(same.domains)
    assert repr(one.domains) != repr(other.domains)


def test_prices_are_on_the_grid_with_ties_and_gaps() -> None:
    closes = of_instruments("raw.close", 0)
    known = [value for value in closes if not math.isnan(value)]
    assert {value % 5.0 for value in known} == {0.0}
    assert 0.02 < 1 - len(known) / len(closes) < 0.05
    assert sum(a == b for a, b in itertools.pairwise(known)) > 20


def test_a_bar_s_high_and_low_hold_its_close() -> None:
    columns = ROWS.domains["15m"]
    known = ~np.isnan(columns["raw.high"] + columns["raw.low"] + columns["raw.close"])
    assert (columns["raw.high"] >= columns["raw.close"])[known].all()
    assert (columns["raw.low"] <= columns["raw.close"])[known].all()


def test_wild_numbers_are_below_the_normal_range_huge_infinite_and_of_both_zeros() -> None:
    wild = of_instruments("x", 1)
    assert {5e-324, -2.3e-310, 1e200, math.inf} <= set(wild)
    assert {math.copysign(1.0, value) for value in wild if value == 0.0} == {1.0, -1.0}
    assert not {math.inf, 1e200} & set(of_instruments("x", 0))


def test_instruments_start_late_end_early_and_have_gaps() -> None:
    columns = ROWS.domains["15m"]
    first = [int(np.flatnonzero(columns["inst"] == n)[0]) for n in range(8)]
    last = [int(columns["ts"][columns["inst"] == n][-1]) for n in range(8)]
    assert len(set(first)) == 8
    assert len(set(last)) > 1
    assert max(np.bincount(columns["inst"])) < len(np.unique(columns["ts"]))


def test_rows_are_sorted_and_one_instrument_has_one_row_a_slice() -> None:
    for columns in ROWS.domains.values():
        keys = list(zip(columns["ts"].tolist(), columns["inst"].tolist(), strict=True))
        assert keys == sorted(set(keys))


def test_a_coarser_bar_comes_with_every_third_slice() -> None:
    fine, coarse = ROWS.domains["15m"], ROWS.domains["1h"]
    assert len(np.unique(coarse["ts"])) == pytest.approx(len(np.unique(fine["ts"])) / 3, rel=0.05)


def test_there_are_rows_for_twice_the_warm_up_whatever_is_asked_for() -> None:
    program = trace_program(lambda m: {"mean": m.close.rolling(200).mean()})
    rows = drawn(program, 10, 4, 0)
    assert np.bincount(rows.domains["1d"]["inst"])[0] > 360


@pytest.mark.parametrize(("most", "sizes"), [(1, [1, 1]), (2, [1, 1, 2]), (3, [1, 1, 3]), (200, [1, 1, 3, 200])])
def test_sets_are_of_one_to_so_many_instruments(most: int, sizes: list[int]) -> None:
    program = trace_program(lambda m: {"x": m.close})
    sets = list(drawn_sets(program, 50, most, 0))
    assert [len(one.instruments) for one in sets] == sizes
    assert [one.name for one in sets][:2] == ["drawn, 1 tame instrument, seed 0", "drawn, 1 wild instrument, seed 1"]


def test_rows_of_ticks_share_their_times() -> None:
    program = trace_program(lambda m: {"sum": m.volume.cumsum()}, base="tick")
    ts = drawn(program, 300, 1, 0).domains["tick"]["ts"]
    assert (ts[1:] == ts[:-1]).sum() > 30


# Cuts ------------------------------------------------------------------------------------------


def joined(parts: list[RowSet], domain: str, name: str) -> list[float]:
    return [value for part in parts for value in part.domains[domain][name].tolist()]


@given(count=st.integers(0, 60), seed=st.integers(0, 1_000))
def test_parts_are_whole_slices_and_together_all_rows(count: int, seed: int) -> None:
    parts = list(ROWS.parts(ROWS.cuts(count, seed)))
    assert len(parts) == count + 1
    for domain, columns in ROWS.domains.items():
        assert repr(joined(parts, domain, "inst")) == repr(columns["inst"].tolist())
        ends = [part.domains[domain]["ts"] for part in parts if len(part.domains[domain]["ts"])]
        assert all(one[-1] < other[0] for one, other in itertools.pairwise(ends))


def test_a_cut_may_divide_a_coarser_bar_from_the_slice_of_its_time() -> None:
    ts = int(ROWS.domains["1h"]["ts"][0])
    before, after = ROWS.parts([(ts, (-900, "15m"))])
    assert ts in before.domains["1h"]["ts"]
    assert ts not in before.domains["15m"]["ts"]
    assert ts in after.domains["15m"]["ts"]


def test_few_rows_are_cut_as_often_as_they_can_be() -> None:
    program: Program = trace_program(lambda m: {"x": m.close})
    rows = drawn(program, 1, 1, 0)
    slices = len(np.unique(rows.domains["1d"]["ts"]))
    assert len(rows.cuts(1_000, 0)) == slices - 1
