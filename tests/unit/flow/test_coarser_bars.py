"""Coarser bars beside slices: there with the slice that they close with, and not before."""

from __future__ import annotations

from collections.abc import Iterable

from fakes.bars import COLUMNS, UNIVERSE, A, B, chunk_of, cut, flat
from fakes.bars import Row as BarRow
from fakes.streams import flow_of, through
from hypothesis import given
from hypothesis import strategies as st

from friday_core.domain.market import CoarseSlice, CorporateAction
from friday_core.flow.plans import StreamPlan
from friday_core.session.slices import Slice, slices_of

#: Minutes from 15:30 in India to 09:16, the close of a session's first minute.
FIRST = (9 * 60 + 16) - (15 * 60 + 30)


def minute(session: int, number: int, price: int = 100, instrument: object = A) -> BarRow:
    """The ``number``-th one-minute bar of a session, counted from 0."""
    return flat(session, instrument, price, minute=FIRST + number)  # type: ignore[arg-type]


def slices(
    rows: Iterable[BarRow], domains: Iterable[str], cuts: Iterable[int] = (), *actions: CorporateAction
) -> list[Slice]:
    flow = flow_of(StreamPlan(COLUMNS), domains=domains)
    for action in actions:
        flow.announce(action)
    made: list[Slice] = []
    for out in through(flow, cut(chunk_of(list(rows)), cuts)):
        made += slices_of(out, len(made), UNIVERSE)
    return made


def seen(made: list[Slice]) -> list[list[tuple[str, int, float, float]]]:
    """For each slice, the coarser bars that are new with it: domain, minutes before it, close, volume."""
    return [
        [
            (one.domain, (moment.ts_event - one.ts_event) // 60_000_000, bar.close, bar.volume)
            for one in moment.coarser
            for bar in one.bars
        ]
        for moment in made
    ]


def test_a_coarser_bar_is_seen_with_the_slice_that_completes_it() -> None:
    made = slices([minute(0, n, 100 + n) for n in range(7)], ["3m"])
    assert seen(made) == [[], [], [("3m", 0, 1.02, 3e6)], [], [], [("3m", 0, 1.05, 3e6)], []]


def test_where_its_last_minute_was_not_traded_it_is_seen_with_the_next_slice() -> None:
    made = slices([minute(0, 0), minute(0, 1), minute(0, 4)], ["3m"])
    assert seen(made) == [[], [], [("3m", 2, 1.0, 2e6)]]


def test_coarser_domains_come_first_at_one_time_and_the_whole_session_with_its_last_minute() -> None:
    made = slices([minute(0, n) for n in range(375)] + [minute(1, 0)], ["15m", "1d", "5m"])
    assert [(one.domain, len(one.bars)) for one in made[374].coarser] == [("1d", 1), ("15m", 1), ("5m", 1)]
    assert made[374].coarser[0].bars[0].volume == 375e6
    assert made[375].coarser == ()


def test_coarser_bars_are_adjusted_as_their_session_is() -> None:
    rows = [minute(day, n) for day in (0, 1) for n in range(2)]
    made = slices(rows, ["2m"], (), CorporateAction(A, 1, 2, 1, factor=2.0))
    bars = [bar for moment in made for one in moment.coarser for bar in one.bars]
    assert [(bar.session, bar.factor, bar.close, bar.raw.close) for bar in bars] == [
        (0, 1.0, 1.0, 100),
        (1, 2.0, 2.0, 100),
    ]


def test_instruments_of_a_coarser_slice_are_those_that_traded_in_it() -> None:
    made = slices([minute(0, 0), minute(0, 1, instrument=B), minute(0, 2)], ["3m", "1m"])
    (coarse, fine) = made[2].coarser
    assert isinstance(coarse, CoarseSlice)
    assert [bar.instrument.id for bar in coarse.bars] == [A, B]
    assert [bar.instrument.id for bar in fine.bars] == [A]


@given(
    st.sets(st.tuples(st.integers(0, 1), st.integers(0, 12), st.sampled_from([A, B])), min_size=1),
    st.sets(st.integers(1, 30)),
)
def test_any_cut_gives_every_slice_the_same_coarser_bars(traded: set[tuple[int, int, object]], cuts: set[int]) -> None:
    rows = [minute(day, n, 100 + n, one) for day, n, one in sorted(traded)]  # type: ignore[type-var]
    whole = repr(slices(rows, ["2m", "5m", "1d"]))
    assert repr(slices(rows, ["2m", "5m", "1d"], cuts)) == whole
    assert repr(slices(rows, ["2m", "5m", "1d"], range(30))) == whole
