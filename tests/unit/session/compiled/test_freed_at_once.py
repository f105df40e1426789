"""A session that is over is gone with the last who asks for it: its tables are large, and the collector comes late."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any

import pytest
from unit.session.compiled.drawn_sessions import Stepped, drawn, with_readers
from unit.session.quiet import drawn_events
from unit.session.quiet.test_row_slices import ByChunks

from friday_core.causal.compiled.executor import CompiledExecutor
from friday_core.causal.compiled.kernels import Kernels
from friday_core.domain.row import rows_of
from friday_core.flow.coarser import Slices
from friday_core.simulation.compiled.loaded import Compiled

pytestmark = pytest.mark.usefixtures("no_collector")
SEEDS = range(8)


class ByRows(ByChunks):
    """Each slice as plain rows."""

    def _prepare(self) -> None:
        pass

    def _slices(self, chunk: Any) -> Slices:
        return Slices(tuple(rows_of(chunk)), {})


def require_gone(make: Callable[[], Any]) -> None:
    """Of what it made, neither the driver nor a desk is left, nor memory of columns."""
    stepped = make()
    log = stepped.driver.log
    columns = [one for rows in log.tables().values() for block in rows.blocks() for one in block.columns.values()]
    left = [weakref.ref(one) for one in (stepped.driver, *stepped.desks, *log.tables().values())]
    assert columns, "a session without a row would show nothing"
    del stepped, log, columns
    assert [one() for one in left if one() is not None] == []


@pytest.mark.parametrize("seed", SEEDS)
def test_one_of_columns_in_the_kernel_leaves_nothing(kernels: Kernels, seed: int) -> None:
    given, kernel = with_readers(drawn(seed), seed), Compiled(kernels)

    def stepped() -> Stepped:
        one = Stepped(given, kernel=kernel, executor=lambda *args: CompiledExecutor(*args, kernels=kernels))
        if one.driver._blocks is not None:
            one.driver._blocks.inject = None  # which leads back to the test's own object
        return one

    require_gone(stepped)


@pytest.mark.parametrize("seed", SEEDS)
def test_one_of_columns_by_the_driver_leaves_nothing(seed: int) -> None:
    require_gone(lambda: Stepped(drawn(seed)))


@pytest.mark.parametrize("seed", SEEDS)
def test_one_of_slices_that_come_as_rows_leaves_nothing(seed: int) -> None:
    require_gone(lambda: ByRows(drawn(seed)))


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("draw", [drawn_events.drawn, drawn_events.drawn_at_market])
def test_one_of_callbacks_leaves_nothing(draw: Callable[[int], Any], seed: int) -> None:
    require_gone(lambda: drawn_events.Stepped(draw(seed), strides=True))
