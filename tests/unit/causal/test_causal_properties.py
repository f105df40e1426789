"""What must hold for every program, whatever it is made of: a gate.

``FRIDAY_SOAK=2000`` in the environment draws that many programs for each property.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from unit.causal.random_programs import (
    ACCEPTED,
    BASE,
    COARSE,
    FEEDBACK,
    NAMES,
    Made,
    Slice,
    Universe,
    Values,
    execute,
    market,
    programs,
    row_by_row,
    step,
    tables,
)
from unit.causal.stepping import bits

from friday_core.causal.batch import feed
from friday_core.causal.operators import OPERATORS
from friday_core.causal.oracle import Oracle
from friday_core.causal.snapshot import Snapshot

EXAMPLES = int(os.environ.get("FRIDAY_SOAK", "100"))
INSTRUMENTS = 3
HOME = Universe(range(INSTRUMENTS))

soak = settings(
    max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
seeds = st.integers(0, 2**32 - 1)
orders = st.permutations(range(INSTRUMENTS)).map(Universe)


def only(values: Values, outputs: frozenset[str]) -> Values:
    return {key: value for key, value in values.items() if key[0] in outputs}


def differences(one: Values, other: Values) -> list[tuple[str, int, int]]:
    """Where two executions differ; empty when they have the same rows and the same bits."""
    return sorted(key for key in one.keys() | other.keys() if one.get(key) != other.get(key))


def state(oracle: Oracle) -> tuple[list[int], list[str]]:
    """The whole state as bits, all NaN being one."""
    arena = Snapshot.unpack(oracle.snapshot()).state
    return list(arena.shape), bits(arena.ravel().tolist())


@soak
@given(made=programs(), seed=seeds)
def test_rows_one_by_one_give_the_bits_of_whole_slices(made: Made, seed: int) -> None:
    assume(not made.program.has_panels)
    slices = market(seed, INSTRUMENTS)
    whole, single = HOME.oracle(made.program), HOME.oracle(made.program)
    together = execute(made, slices, HOME, whole)
    alone = execute(made, list(row_by_row(slices, HOME)), HOME, single)
    assert differences(together, alone) == []
    assert state(whole) == state(single)


@soak
@given(made=programs(), seed=seeds, cuts=st.lists(st.integers(0, 60), max_size=6))
def test_whole_columns_in_any_cut_give_the_bits_of_single_slices(made: Made, seed: int, cuts: list[int]) -> None:
    slices = market(seed, INSTRUMENTS)
    live, batch = HOME.oracle(made.program), HOME.oracle(made.program)
    expected = execute(made, slices, HOME, live)
    shown: Values = {}
    bounds = [0, *sorted(min(cut, len(slices)) for cut in cuts), len(slices)]
    for start, stop in itertools.pairwise(bounds):
        part = tables(slices[start:stop], HOME)
        columns = feed(batch, part[BASE], coarser={COARSE: part[COARSE]})
        for name, column in columns.items():
            places = zip(part[BASE]["ts"].tolist(), part[BASE]["inst"].tolist(), strict=True)
            shown |= {(name, *place): value for place, value in zip(places, bits(column.tolist()), strict=True)}
    assert differences(expected, shown) == []
    assert state(live) == state(batch)


@soak
@given(made=programs(), seed=seeds)
def test_a_snapshot_and_restore_at_every_slice_changes_nothing(made: Made, seed: int) -> None:
    slices = market(seed, INSTRUMENTS)
    through = HOME.oracle(made.program)
    expected = execute(made, slices, HOME, through)
    shown: Values = {}
    one = HOME.oracle(made.program)
    for part in slices:
        following = HOME.oracle(made.program)
        assert following.restore(one.snapshot()).cold == ()
        assert state(following) == state(one)
        one = following
        shown |= step(one, HOME, part)
    assert differences(expected, shown) == []
    assert state(through) == state(one)


@soak
@given(made=programs(), seed=seeds, after=st.integers(0, 29))
def test_scrambling_the_future_changes_nothing_in_the_past(made: Made, seed: int, after: int) -> None:
    slices = market(seed, INSTRUMENTS)
    now = slices[after].ts
    other = [part for part in market(seed + 1, INSTRUMENTS) if part.ts > now]
    past = [part for part in slices if part.ts <= now]
    expected = {key: value for key, value in execute(made, slices, HOME).items() if key[1] <= now}
    shown = {key: value for key, value in execute(made, [*past, *other], HOME).items() if key[1] <= now}
    assert differences(expected, shown) == []


@soak
@given(made=programs(), seed=seeds, order=orders)
def test_the_order_of_instruments_changes_nothing_where_they_are_not_compared(
    made: Made, seed: int, order: Universe
) -> None:
    slices = market(seed, INSTRUMENTS)
    expected, shown = execute(made, slices, HOME), execute(made, slices, order)
    assert expected.keys() == shown.keys()
    assert differences(only(expected, made.alone), only(shown, made.alone)) == []


@soak
@given(made=programs(), seed=seeds, place=st.integers(0, INSTRUMENTS), leaves=st.booleans())
def test_an_unrelated_instrument_changes_nothing_where_it_is_not_compared(
    made: Made, seed: int, place: int, leaves: bool
) -> None:
    slices = market(seed, INSTRUMENTS + 1)
    stranger = INSTRUMENTS
    wide = Universe([*range(place), stranger, *range(place, INSTRUMENTS)])
    few = [replace(part, rows={i: row for i, row in part.rows.items() if i != stranger}) for part in slices]
    mixed = [
        full if not leaves or n < 20 else without for n, (full, without) in enumerate(zip(slices, few, strict=True))
    ]
    expected = execute(made, few, HOME)
    shown = {key: value for key, value in execute(made, mixed, wide).items() if key[2] != stranger}
    assert expected.keys() == shown.keys()
    assert differences(only(expected, made.alone), only(shown, made.alone)) == []


@soak
@given(made=programs(), seed=seeds, cut=st.integers(0, 40), left=st.integers(0, INSTRUMENTS - 1))
def test_a_snapshot_finds_its_instruments_in_another_universe(made: Made, seed: int, cut: int, left: int) -> None:
    slices = market(seed, INSTRUMENTS)
    all_of_them = Universe(range(INSTRUMENTS), own_names=True)
    gone = Universe([instrument for instrument in range(INSTRUMENTS) if instrument != left], own_names=True)
    rest = [replace(part, rows={i: row for i, row in part.rows.items() if i != left}) for part in slices[cut:]]
    before, after = all_of_them.oracle(made.program), gone.oracle(made.program)
    execute(made, slices[:cut], all_of_them, before)
    restored = after.restore(before.snapshot())
    shown = execute(made, rest, gone, after)
    expected = {key: value for key, value in execute(made, slices[cut:], all_of_them, before).items() if key[2] != left}
    assert (restored.cold, restored.new, restored.gone) == ((), (), (f"{left}.NSE",))
    assert differences(only(expected, made.alone), only(shown, made.alone)) == []


@soak
@given(made=programs(), seed=seeds)
def test_what_is_outside_the_cone_does_not_depend_on_the_book(made: Made, seed: int) -> None:
    slices = market(seed, INSTRUMENTS)
    other = [
        replace(part, rows={i: {**row, FEEDBACK: 1.0 - row[FEEDBACK]} for i, row in part.rows.items()})
        for part in slices
    ]
    free = frozenset(made.program.outputs) - made.book
    expected, shown = execute(made, slices, HOME), execute(made, other, HOME)
    assert differences(only(expected, free), only(shown, free)) == []


@pytest.mark.parametrize("name", NAMES)
def test_every_operator_takes_part_in_random_programs(name: str) -> None:
    assert ACCEPTED[name] != []


def test_every_exact_form_is_reached_by_its_operator_s_name() -> None:
    exact = {name.removeprefix("grid_") for name in OPERATORS if name.startswith("grid_")}
    assert exact <= set(NAMES)


def test_random_rows_hold_what_the_properties_are_about() -> None:
    slices: Sequence[Slice] = [part for seed in range(5) for part in market(seed, INSTRUMENTS)]
    x = np.array([row["x"] for part in slices for row in part.rows.values()])
    present = [len(part.rows) for part in slices]
    assert set(present) == {0, 1, 2, 3}
    assert {np.isnan(x).any(), np.isinf(x).any(), (np.abs(x) == 5e-324).any(), (x == 1.0).sum() > 5} == {True}
