"""The digest of a log: of its rows and of nothing else."""

from __future__ import annotations

import numpy as np
import pytest
from fakes.run_folder import decision, equity, fill
from fakes.session_log import log_of
from hypothesis import given
from hypothesis import strategies as st

from friday_core.domain.chunk import Universe
from friday_core.domain.instruments import Instrument, InstrumentId
from friday_core.domain.orders import NettedFill, Side
from friday_core.session.log import EQUITY, SessionLog

INFY = InstrumentId("INFY", "NSE")
UNIVERSE = Universe([Instrument(INFY, "INR")])


def full() -> SessionLog:
    return log_of(
        decisions=[decision(n, n, n, "SENT", value=float("nan") if n == 2 else 0.5) for n in range(9)],
        fills=[fill(n, 1, 100 + n) for n in range(5)],
        equity=[equity(n, 1000 * n) for n in range(9)],
    )


@given(st.sets(st.integers(0, 8)))
def test_it_does_not_depend_on_what_was_let_go_of_when(releases: set[int]) -> None:
    log, whole = SessionLog(), full()
    for n in range(9):
        log.decisions.append(whole.decisions[n])
        log.equity.append(whole.equity[n])
        if n < 5:
            log.fills.append(whole.fills[n])
        if n in releases:
            for name in log.tables():
                log.release(name, UNIVERSE, 100)
    assert log.digest() == whole.digest()


def test_columns_and_rows_have_the_same() -> None:
    one, other = log_of(equity=[equity(n, 100 * n) for n in range(4)]), SessionLog()
    (block,) = one.equity.blocks()
    other.equity.extend({
        **{name: np.array(block.array(name)) for name in EQUITY.fields if name != "strategy"},
        "strategy": "one",
    })  # fmt: skip
    assert one.digest() == other.digest()


@pytest.mark.parametrize(
    "changed",
    [
        log_of(equity=[equity(0, 100), equity(1, 101)]),
        log_of(equity=[equity(0, 100), equity(1, 100, strategy="two")]),
        log_of(equity=[equity(1, 100), equity(0, 100)]),
        log_of(equity=[equity(0, 100)]),
        log_of(equity=[equity(0, 100), equity(1, 100)], fills=[fill(0, 1, 5)]),
    ],
    ids=["a number", "a text", "the order", "a row less", "another table"],
)
def test_any_difference_shows(changed: SessionLog) -> None:
    assert changed.digest() != log_of(equity=[equity(0, 100), equity(1, 100)]).digest()


def test_texts_that_run_together_differ() -> None:
    logs = [log_of(decisions=[decision(0, 1, 1, *texts)]) for texts in (("AB", "C"), ("A", "BC"))]
    assert logs[0].digest() != logs[1].digest()


@pytest.mark.parametrize(("one", "other", "same"), [(float("nan"), -float("nan"), True), (0.0, -0.0, False)])
def test_a_number_that_is_not_known_is_always_the_same_and_zeros_have_a_sign(
    one: float, other: float, same: bool
) -> None:
    first, second = (log_of(decisions=[decision(0, 0, 0, "SENT", value=value)]).digest() for value in (one, other))
    assert (first == second) is same


def test_a_fill_of_a_net_is_not_one_of_its_own() -> None:
    plain = fill(1, 5, 100)
    values = [getattr(plain, name) for name in plain.__struct_fields__]
    netted = NettedFill(*values)
    assert netted.side is Side.BUY
    assert log_of(fills=[plain]).digest() != log_of(fills=[netted]).digest()
