"""A validator failed: no order adds exposure any more, reductions pass, whatever the cut of the rows."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from fakes.bars import COLUMNS, A, B, C, Row, flat
from fakes.session import Script, Session
from fakes.stages import ByRow, FailsOn
from hypothesis import given
from hypothesis import strategies as st

from friday_core.domain.orders import Order, Side
from friday_core.domain.signals import Target
from friday_core.domain.verdicts import Verdict
from friday_core.flow.plans import StreamPlan

BUY, SELL = Side.BUY, Side.SELL


def failing(*rows: int) -> StreamPlan:
    return StreamPlan(COLUMNS, validators=[("judge", FailsOn(rows)), ("second", ByRow({}))])


def days(n: int) -> list[Row]:
    return [flat(day, A, 100) for day in range(1, n + 1)]


def test_entries_are_denied_from_the_slice_on_that_was_open_when_the_row_came() -> None:
    # Row 4 is day 5: the slice of day 4 is open then. Day 3 is held back as every third row.
    script = Script({day: [Order(A, BUY, 1)] for day in range(1, 8)})
    session = Session(script, plan=StreamPlan(COLUMNS, validators=[("judge", FailsOn([4]))])).run(days(7))
    assert session.codes == [
        (1, "A", "SENT"),
        (2, "A", "SENT"),
        *((day, "A", "DATA_DOUBT") for day in (4, 5, 6, 7)),
    ]
    (fault,) = session.log.faults
    assert (fault.seq, fault.doubtful_from) == (4, days(4)[-1].ts_event)


def test_what_only_reduces_passes_and_a_reversal_is_cut_to_it() -> None:
    script = Script({1: [Order(A, BUY, 10)], 4: [Order(A, SELL, 4)], 5: [Order(A, SELL, 9)]})
    session = Session(script, plan=failing(3)).run(days(7))
    assert session.asked_and_sent == [(10, 10, "SENT"), (-4, -4, "SENT"), (-9, -6, "DATA_DOUBT")]


def test_a_short_position_is_an_entry_too() -> None:
    session = Session(Script({2: [Order(A, SELL, 1)]}), plan=failing(0)).run(days(3))
    assert session.asked_and_sent == [(-1, 0, "DATA_DOUBT")]


def test_every_book_is_in_doubt() -> None:
    scripts = [Script({3: [Order(A, BUY, 1)]}), Script({3: [Order(B, BUY, 1)]})]
    rows = [flat(day, one, 100) for day in range(1, 5) for one in (A, B)]
    session = Session(*scripts, plan=failing(0)).run(rows)
    assert session.codes == [(3, "A", "DATA_DOUBT"), (3, "B", "DATA_DOUBT")]


def test_it_lasts_over_the_end_of_the_day() -> None:
    script = Script({9: [Order(A, BUY, 1)]})
    assert Session(script, plan=failing(0)).run(days(9)).codes == [(9, "A", "DATA_DOUBT")]


def outcome(rows: Sequence[Row], cuts: Collection[int], fails: Sequence[set[int]], rejected: int) -> tuple[Any, ...]:
    wants = Script({day: [Target(A, 0.1 * (day % 3)), Target(B, 0.2 * (day % 2))] for day in range(8)})
    plan = StreamPlan(
        COLUMNS,
        validators=[("first", FailsOn(fails[0])), ("second", ByRow({rejected: Verdict.REJECT_CHUNK}))],
        validators_after=[("after", FailsOn(fails[1], "garbage"))],
    )
    session = Session(wants, plan=plan).run(rows, cuts=cuts)
    faults = [(one.validator, one.seq, one.ts_event, one.doubtful_from, one.error) for one in session.log.faults]
    return *session.outcome, faults


arriving = st.lists(
    st.builds(
        flat,
        st.integers(0, 7), st.sampled_from([A, B, C]), st.integers(90, 110),
    ),
    max_size=25,
)  # fmt: skip
failures = st.sets(st.integers(0, 24), max_size=2)


@given(arriving, st.booleans(), st.sets(st.integers(1, 24)), st.tuples(failures, failures), st.integers(0, 60))
def test_any_cut_gives_the_same_session_with_the_same_faults(
    rows: list[Row], in_order: bool, cuts: set[int], fails: tuple[set[int], set[int]], rejected: int
) -> None:
    if in_order:
        rows.sort(key=lambda row: (row.ts_event, row.instrument))
    whole = outcome(rows, (), fails, rejected)
    assert outcome(rows, cuts, fails, rejected) == whole
    assert outcome(rows, range(25), fails, rejected) == whole
