"""Pacing: when rows come, what the core is told between them, and what happens when it is too slow."""

from __future__ import annotations

import itertools
import logging
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import pytest
from fakes.bars import A, B, Row, chunk_of, flat
from fakes.clock import SimulatedClock
from hypothesis import given
from hypothesis import strategies as st

from friday_core.domain.chunk import Chunk
from friday_core.domain.market import CorporateAction
from friday_core.domain.records import (
    ActionAnnounced,
    ChunkReceived,
    ClockAdvanced,
    ModelVersion,
    Record,
    StreamEnded,
)
from friday_core.plugin.sections import ClockSettings
from friday_core.session.pacing import PAUSE, Pacer, Timetable

MINUTE = 60_000_000
HOUR = 60 * MINUTE
START = flat(1, A, 100).ts_event
STREAM = "market_data"


def minutes(*at: int, instruments: Sequence[Any] = (A,)) -> list[Row]:
    """A row of each instrument at each of these minutes after the first session's close."""
    return [flat(1, one, 100, minute=minute) for minute in at for one in instruments]


def received(rows: Sequence[Row], first: int = 0) -> ChunkReceived:
    return ChunkReceived(STREAM, chunk_of(rows, first=first))


class Waits:
    """Stands for a core that waits for the close of the newest rows, until it was told of it."""

    def __init__(self) -> None:
        self.until: int | None = None

    def apply(self, record: Record) -> None:
        if isinstance(record, ChunkReceived):
            self.until = int(record.chunk.ts_event.max()) + 1
        elif isinstance(record, ClockAdvanced) and self.until is not None and record.ts >= self.until:
            self.until = None


class Session:
    """What came, each with the wall time at which it came, in minutes of data after the first row's close."""

    def __init__(self, records: Iterable[Record], *, speed: float = 60.0, **rules: Any) -> None:
        self.clock = SimulatedClock()
        self.pacer = Pacer(speed, clock=self.clock, **rules)
        self.core = Waits()
        self.came: list[tuple[float, Record]] = []
        for record in self.pacer.paced(records, lambda: self.core.until):
            self.came.append((round(self.clock.time * speed / 60, 6), record))
            self.core.apply(record)

    @property
    def rows(self) -> list[tuple[float, list[float]]]:
        """When rows came, and the minutes of their close."""
        return [
            (when, ((record.chunk.ts_event - START) / MINUTE).tolist())
            for when, record in self.came
            if isinstance(record, ChunkReceived)
        ]

    @property
    def told(self) -> list[tuple[float, int]]:
        """When the core was told the time, and the time in microseconds after the first row's close."""
        return [(when, record.ts - START) for when, record in self.came if isinstance(record, ClockAdvanced)]


# When rows come ---------------------------------------------------------------------------------------


def test_the_first_row_comes_at_once_and_others_when_their_time_has_come() -> None:
    assert Session([received(minutes(0, 1, 3))]).rows == [(0, [0]), (1, [1]), (3, [3])]


def test_rows_of_one_time_come_together() -> None:
    session = Session([received(minutes(0, 1, instruments=(A, B)))])
    assert session.rows == [(0, [0, 0]), (1, [1, 1])]


@pytest.mark.parametrize("cuts", [[1], [2], [3], [1, 2, 3]])
def test_it_does_not_matter_how_records_were_cut(cuts: list[int]) -> None:
    rows = minutes(0, 1, 2, 3)
    parts = [rows[start:end] for start, end in itertools.pairwise([0, *cuts, 4])]
    assert Session(map(received, parts)).rows == Session([received(rows)]).rows


def test_speed_is_seconds_of_data_per_second() -> None:
    session = Session([received(minutes(0, 1, 2))], speed=120.0)
    assert sum(session.clock.waits) == pytest.approx(1.0)


def test_what_is_no_row_keeps_its_place_and_is_not_waited_for() -> None:
    action = ActionAnnounced(CorporateAction(A, 2, dividend=1))
    version = ModelVersion("predictions", START, START + MINUTE, "m", b"")
    records = [action, received(minutes(0, 1)), version, received(minutes(2)), StreamEnded(STREAM)]
    came = [(when, type(record)) for when, record in Session(records).came if not isinstance(record, ClockAdvanced)]
    assert came == [
        (0, ActionAnnounced), (0, ChunkReceived), (1, ChunkReceived), (1, ModelVersion), (2, ChunkReceived),
        (2, StreamEnded),
    ]  # fmt: skip


def test_pauses_that_are_longer_than_a_pause_take_no_time() -> None:
    session = Session([received(minutes(0, 1, 30, 31, 62, 63))])
    assert session.rows == [(0, [0]), (1, [1]), (30, [30]), (31, [31, 62]), (32, [63])]


def test_pauses_take_their_time_if_they_are_not_to_be_skipped() -> None:
    session = Session([received(minutes(0, 120))], pause=None)
    assert session.rows == [(0, [0]), (120, [120])]


@pytest.mark.parametrize("wrong", [10**6, -(10**6)], ids=["far in the future", "long past"])
def test_a_row_with_a_wrong_time_holds_nothing_up(wrong: int) -> None:
    rows = minutes(0, 1, wrong, 2, 3)
    last, _ = Session([received(rows)]).rows[-1]
    assert last <= 3


times = st.lists(st.integers(0, 200), min_size=1, max_size=20)


def due_of(at: list[int], cuts: set[int], pause: int | None) -> list[int]:
    """When rows of these times are due, if the timetable is asked piece by piece."""
    timetable = Timetable(pause)
    bounds = [0, *sorted(cut for cut in cuts if cut < len(at)), len(at)]
    return [int(one) for start, end in itertools.pairwise(bounds) for one in timetable.due(np.array(at[start:end]))]


@given(times.map(sorted), st.sets(st.integers(1, 19)), st.sampled_from([None, 7]))
def test_rows_in_order_come_at_their_time_less_the_pauses_before_them(
    at: list[int], cuts: set[int], pause: int | None
) -> None:
    steps = [after - before for before, after in itertools.pairwise(at)]
    counted = [0 if pause is not None and step > pause else step for step in steps]
    assert due_of(at, cuts, pause) == [0, *itertools.accumulate(counted)]


@given(times, st.sets(st.integers(1, 19)), st.sampled_from([None, 7]))
def test_nothing_is_due_before_what_came_first_nor_earlier_than_its_time(
    at: list[int], cuts: set[int], pause: int | None
) -> None:
    due = due_of(at, cuts, pause)
    assert due == sorted(due) == due_of(at, set(), pause)
    if pause is None:
        assert all(moment >= one - at[0] for moment, one in zip(due, at, strict=True))


@given(times, st.integers(1, 20))
def test_every_row_comes_once_in_its_order(at: list[int], rows: int) -> None:
    numbered = chunk_of(minutes(*at))
    parts = [numbered.take(slice(start, start + rows)) for start in range(0, len(numbered), rows)]
    session = Session(ChunkReceived(STREAM, part) for part in parts)
    came = [record.chunk for _, record in session.came if isinstance(record, ChunkReceived)]
    assert Chunk.concat(came).seq.tolist() == list(range(len(at)))


# What the core is told ----------------------------------------------------------------------------------


def test_a_slice_is_closed_right_after_its_rows_and_not_by_the_next_ones() -> None:
    session = Session([received(minutes(0, 1)), received(minutes(2)), StreamEnded(STREAM)])
    assert session.told == [(0, 1), (1, MINUTE + 1)]


def test_a_time_between_two_rows_is_told_when_it_has_come() -> None:
    clock = SimulatedClock()
    pacer = Pacer(60.0, clock=clock)
    wanted: Iterator[int | None] = iter([None, START + 5 * MINUTE, START + 9 * MINUTE, None])
    records = pacer.paced([received(minutes(0, 10))], lambda: next(wanted))
    shown = [(clock.time, type(record)) for record in records]
    assert shown == [(0, ChunkReceived), (5, ClockAdvanced), (9, ClockAdvanced), (10, ChunkReceived)]


def test_in_a_pause_that_is_skipped_the_time_is_told_at_once() -> None:
    wanted: Iterator[int | None] = iter([None, START + 5 * MINUTE, None])
    clock = SimulatedClock()
    records = Pacer(60.0, clock=clock).paced(map(received, (minutes(0), minutes(600))), lambda: next(wanted))
    assert [(clock.time, type(record)) for record in records] == [
        (0, ChunkReceived), (0, ClockAdvanced), (0, ChunkReceived)
    ]  # fmt: skip


def test_a_time_before_which_a_row_is_still_to_come_is_not_told() -> None:
    session = Session([received(minutes(0, 1, 3, 1, 4))])
    assert session.told == [(0, 1), (3, 3 * MINUTE + 1)]


# Slow, stopped ------------------------------------------------------------------------------------------


def behind(seconds: float, at: Sequence[int], speed: float = 60.0) -> tuple[Pacer, list[list[float]]]:
    """A session in which each record takes this long, and the minutes of the rows of each record."""
    clock = SimulatedClock()
    pacer = Pacer(speed, clock=clock)
    parts = []
    for record in pacer.paced([received(minutes(*at))], lambda: None):
        assert isinstance(record, ChunkReceived)
        parts.append(((record.chunk.ts_event - START) / MINUTE).tolist())
        clock.time += seconds
    return pacer, parts


def test_rows_that_are_overdue_come_together_and_none_is_left_out() -> None:
    pacer, parts = behind(2.5, range(8))
    assert parts == [[0], [1, 2], [3, 4, 5], [6, 7]]
    assert pacer.lag == pytest.approx(1.5)
    assert pacer.largest_lag == pytest.approx(2.0)


def test_a_session_that_keeps_up_has_no_lag() -> None:
    pacer, parts = behind(0.25, range(4))
    assert parts == [[0], [1], [2], [3]]
    assert pacer.summary() == {"speed": 60.0, "skip_gaps": True, "largest_lag": 0.0, "late_records": 0}


def test_the_summary_counts_records_that_were_late() -> None:
    pacer, _ = behind(2.5, range(8))
    assert pacer.summary() == {"speed": 60.0, "skip_gaps": True, "largest_lag": 2.0, "late_records": 3}


def test_a_lag_is_logged_and_again_when_it_has_doubled(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        behind(1.5, range(0, 2))
        assert caplog.records == []
        behind(2.5, range(8))
    assert len(caplog.records) == 1
    assert "the session is behind its clock" in str(caplog.records[0].msg)


def test_a_stop_ends_the_wait_and_nothing_follows() -> None:
    clock = SimulatedClock(on_wait=lambda _seconds: pacer.stop())
    pacer = Pacer(60.0, clock=clock)
    records = pacer.paced([received(minutes(0, 1)), StreamEnded(STREAM)], lambda: None)
    assert [type(record) for record in records] == [ChunkReceived]
    assert clock.time == 0


def test_a_stop_while_a_time_is_waited_for_ends_it_too() -> None:
    clock = SimulatedClock(on_wait=lambda _seconds: pacer.stop())
    pacer = Pacer(60.0, clock=clock)
    wanted: Iterator[int | None] = iter([None, START + 5 * MINUTE])
    records = pacer.paced([received(minutes(0, 10)), StreamEnded(STREAM)], lambda: next(wanted))
    assert [type(record) for record in records] == [ChunkReceived]


# Settings -----------------------------------------------------------------------------------------------


def test_without_a_speed_nothing_waits() -> None:
    assert Pacer.of(ClockSettings(kind="wall"), "1m") is None


@pytest.mark.parametrize(("interval", "pause"), [("tick", PAUSE), ("1m", PAUSE), ("1h", 2 * HOUR), ("1d", 48 * HOUR)])
def test_a_pause_is_longer_than_half_an_hour_and_than_two_bars(interval: str, pause: int) -> None:
    pacer = Pacer.of(ClockSettings(kind="wall", speed=60.0), interval)
    assert pacer is not None
    due = pacer._timetable.due(np.array([0, pause, 2 * pause + 1]))
    assert due.tolist() == [0, pause, pause]


def test_pauses_are_waited_for_if_the_settings_say_so() -> None:
    pacer = Pacer.of(ClockSettings(kind="wall", speed=60.0, skip_gaps=False), "1m")
    assert pacer is not None
    assert pacer.summary()["skip_gaps"] is False
    assert pacer._timetable.due(np.array([0, 9 * PAUSE])).tolist() == [0, 9 * PAUSE]
