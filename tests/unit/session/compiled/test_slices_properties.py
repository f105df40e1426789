"""The kernel gives what the driver gives, whatever the market, the strategies, the limits and the cuts."""

from __future__ import annotations

from functools import partial

import pytest
from unit.session.compiled.drawn_sessions import Stepped, differences, drawn, ordering

from friday_core.causal.compiled.executor import CompiledExecutor
from friday_core.causal.compiled.kernels import Kernels
from friday_core.simulation.compiled.arena import plain
from friday_core.simulation.compiled.loaded import Compiled

#: Enough to meet every code and every hand-over; ``tools/soak_backtest.py`` draws on.
SEEDS = range(48)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_compiled_kernel_leaves_what_the_driver_leaves(seed: int, compiled: Compiled, kernels: Kernels) -> None:
    given = drawn(seed, most_rows=200)
    expected = Stepped(given, cut=False).left()
    executor = partial(CompiledExecutor, kernels=kernels)
    found = Stepped(given, kernel=compiled, executor=executor, cut=False).left()
    assert differences(expected, found) == []


@pytest.mark.parametrize("seed", range(300, 340))
def test_cones_as_one_function_leave_what_the_driver_leaves(seed: int, compiled: Compiled, fusing: Kernels) -> None:
    given = drawn(seed, most_rows=200)
    expected = Stepped(given, cut=False).left()
    found = Stepped(given, kernel=compiled, executor=partial(CompiledExecutor, kernels=fusing), cut=False).left()
    assert differences(expected, found) == []


@pytest.mark.parametrize("seed", range(400, 440))
def test_orders_in_columns_leave_in_the_kernel_what_they_leave_in_the_driver(
    seed: int, compiled: Compiled, kernels: Kernels
) -> None:
    given = ordering(seed, most_rows=200)
    expected = Stepped(given, cut=False).left()
    executor = partial(CompiledExecutor, kernels=kernels)
    found = Stepped(given, kernel=compiled, executor=executor, cut=False).left()
    assert differences(expected, found) == []


def test_most_slices_on_which_columns_order_are_the_kernels() -> None:
    counts = [Stepped(ordering(seed, most_rows=150), kernel=plain).driver._blocks.counts for seed in range(400, 420)]
    assert sum(one["kernel"] for one in counts) > 2 * sum(one["driver"] for one in counts)


@pytest.mark.parametrize("seed", range(100, 124))
def test_the_plain_kernel_leaves_what_the_driver_leaves(seed: int) -> None:
    given = drawn(seed, most_rows=150)
    assert differences(Stepped(given).left(), Stepped(given, kernel=plain).left()) == []


@pytest.mark.parametrize("seed", range(200, 212))
def test_however_rows_are_cut_the_log_is_the_same(seed: int, compiled: Compiled) -> None:
    given = drawn(seed, most_rows=200)
    given.doubt = None
    whole, cut = Stepped(given, kernel=compiled, cut=False).left(), Stepped(given, kernel=compiled).left()
    flat = [[one for part in left.pop("intents") for one in part] for left in (whole, cut)]
    assert differences(whole, cut) == []
    assert flat[0] == flat[1]
