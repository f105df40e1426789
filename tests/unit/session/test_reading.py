"""Reading ahead: another thread fetches, and nobody can tell from what comes."""

from __future__ import annotations

import logging
import threading
import traceback
from collections.abc import Generator, Iterator, Sequence
from contextvars import ContextVar
from pathlib import Path

import pytest
from fakes.bars import A, chunk_of, flat
from hypothesis import given
from hypothesis import strategies as st

from friday_core.domain.chunk import Chunk
from friday_core.errors import ComponentTimeout, DataSourceError, ProblemKind
from friday_core.session import reading as module
from friday_core.session.hand_over import BackPressure, cut
from friday_core.session.reading import Reading, ReadingRules, check_back_pressure
from friday_settings import load_settings

RULES = ReadingRules("source.waves")
#: Seconds after which a test gives up; none of them waits for so long.
ENOUGH = 30.0


def bars(first: int, rows: int = 1) -> Chunk:
    """Rows of so many days, whose numbers are their prices."""
    return chunk_of([flat(number, A, number) for number in range(first, first + rows)])


def closes(chunk: Chunk) -> list[int]:
    return [int(close) for close in chunk["close"]]


def drain(reading: Reading, got: list[list[int]]) -> None:
    """Everything that comes, until it ends or raises."""
    for chunk in reading:
        got.append(closes(chunk))


def rules(timeout: float = ENOUGH, **changes: object) -> ReadingRules:
    return ReadingRules("source.waves", timeout=timeout, **changes)  # type: ignore[arg-type]


@pytest.fixture(autouse=True)
def _no_thread_is_left() -> Iterator[None]:
    yield
    assert [thread.name for thread in threading.enumerate() if thread.name.startswith("reads ")] == []


@pytest.fixture
def released() -> Iterator[threading.Event]:
    """What a hanging source waits for; at the end of the test it comes back."""
    event = threading.Event()
    before = set(threading.enumerate())
    yield event
    event.set()
    for thread in set(threading.enumerate()) - before:
        thread.join(ENOUGH)


class Source:
    """Yields a row for each number; waits where it finds an event, and raises what it finds."""

    def __init__(self, *steps: int | threading.Event | BaseException) -> None:
        self.delivered: list[int] = []
        self.thread = ""
        self.closed = False
        self._steps = steps

    def read(self) -> Generator[Chunk, None, None]:
        self.thread = threading.current_thread().name
        try:
            for step in self._steps:
                if isinstance(step, BaseException):
                    raise step
                if isinstance(step, threading.Event):
                    step.wait(ENOUGH)
                else:
                    self.delivered.append(step)
                    yield bars(step)
        finally:
            self.closed = True


# What comes -----------------------------------------------------------------------------------------


@given(st.lists(st.integers(0, 7), max_size=12), st.integers(1, 4), st.integers(1, 9))
def test_records_are_cut_as_they_are_without_a_thread(sizes: Sequence[int], record_rows: int, capacity: int) -> None:
    chunks = [bars(10 * n, size) for n, size in enumerate(sizes)]

    def read() -> Generator[Chunk, None, None]:
        yield from chunks

    reading = Reading(read, rules(capacity_rows=capacity), record_rows)
    ahead = [closes(part) for chunk in reading for part in cut(chunk, record_rows)]
    reading.close()
    assert ahead == [closes(part) for chunk in chunks for part in cut(chunk, record_rows)]


def test_the_source_is_read_in_a_thread_of_its_own_as_far_ahead_as_rows_may_wait() -> None:
    source, third = Source(1, 2, 3, 4), threading.Event()

    def read() -> Generator[Chunk, None, None]:
        for chunk in source.read():
            if source.delivered == [1, 2, 3]:
                third.set()
            yield chunk

    reading = Reading(read, rules(capacity_rows=2), 1)
    assert third.wait(ENOUGH)
    assert source.delivered == [1, 2, 3], "two wait, and the third waits to be let in"
    assert [closes(chunk) for chunk in reading] == [[1], [2], [3], [4]]
    reading.close()
    assert source.thread == "reads source.waves"


@pytest.mark.parametrize(
    "error", [DataSourceError("line 3"), KeyError("close"), SystemExit(3), KeyboardInterrupt("now")]
)
def test_what_the_source_raises_comes_after_its_last_row_with_the_sources_traceback(error: BaseException) -> None:
    got: list[list[int]] = []
    reading = Reading(Source(1, 2, error).read, RULES, 1)
    with pytest.raises(type(error), match=str(error)) as caught:
        drain(reading, got)
    reading.close()
    assert got == [[1], [2]]
    assert caught.value is error
    assert "read" in [frame.name for frame in traceback.extract_tb(error.__traceback__)]


def test_what_the_reader_bound_to_its_context_holds_for_the_source_too() -> None:
    variable = ContextVar("variable", default="nothing")
    variable.set("the run")
    seen = []

    def read() -> Generator[Chunk, None, None]:
        seen.append(variable.get())
        yield bars(1)

    reading = Reading(read, RULES, 1)
    assert len(list(reading)) == 1
    reading.close()
    assert seen == ["the run"]


# Leaving it -----------------------------------------------------------------------------------------


def test_a_source_that_is_left_early_is_closed_in_its_own_thread_which_ends() -> None:
    source = Source(*range(1, 100))
    reading = Reading(source.read, rules(capacity_rows=1), 1)
    assert closes(next(iter(reading))) == [1]
    reading.close()
    assert source.closed
    assert len(source.delivered) <= 3


def test_closing_twice_is_closing_once() -> None:
    reading = Reading(Source(1).read, RULES, 1)
    reading.close()
    reading.close()


def test_a_source_whose_rows_are_all_unwanted_is_left_too() -> None:
    """It hands over nothing, and yet has to notice that nobody takes anything."""
    asked = threading.Event()

    def read() -> Generator[Chunk, None, None]:
        while True:
            asked.set()
            yield chunk_of([])

    reading = Reading(read, RULES, 1)
    assert asked.wait(ENOUGH)
    reading.close()


def test_a_source_that_fails_when_it_is_left_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    def read() -> Generator[Chunk, None, None]:
        try:
            yield bars(1)
            yield bars(2)
        finally:
            raise OSError("the file is gone")

    reading = Reading(read, rules(capacity_rows=1), 1)
    assert closes(next(iter(reading))) == [1]
    reading.close()
    assert [record.getMessage() for record in caplog.records] == ["a source failed when it was left"]


def test_a_source_that_does_not_come_back_is_left_behind_and_logged(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, released: threading.Event
) -> None:
    monkeypatch.setattr(module, "_PATIENCE", 0.01)
    source = Source(1, released, 2)
    reading = Reading(source.read, RULES, 1)
    assert closes(next(iter(reading))) == [1]
    reading.close()
    assert [record.levelno for record in caplog.records] == [logging.WARNING]
    assert caplog.records[0].getMessage() == "a source does not come back and is left behind"
    assert not source.closed


# Waiting --------------------------------------------------------------------------------------------


def test_a_source_that_hangs_is_named_after_the_rows_that_it_gave(released: threading.Event) -> None:
    got: list[list[int]] = []
    reading = Reading(Source(1, 2, released).read, rules(timeout=0.2), 1)
    message = r"component 'source\.waves': it delivered no rows for 0\.2 s; .* raise \[run\] source_timeout"
    with pytest.raises(ComponentTimeout, match=message):
        drain(reading, got)
    assert got == [[1], [2]]
    reading.close()


def test_a_source_that_waits_for_the_core_does_not_hang() -> None:
    clock = [0.0]
    got: list[list[int]] = []
    reading = Reading(Source(1, 2, 3, 4).read, rules(1.0, capacity_rows=1), 1, now=lambda: clock[0])
    for chunk in reading:
        got.append(closes(chunk))
        clock[0] += 1_000.0
    reading.close()
    assert got == [[1], [2], [3], [4]]


def test_a_stop_ends_the_waiting_for_a_source_that_hangs(released: threading.Event) -> None:
    stopped = threading.Event()
    got: list[list[int]] = []
    reading = Reading(Source(1, released).read, RULES, 1, stopped.is_set)
    for chunk in reading:
        got.append(closes(chunk))
        threading.Timer(0.02, stopped.set).start()
    assert got == [[1]]
    released.set()
    reading.close()


def test_after_a_stop_nothing_comes_though_rows_wait() -> None:
    stopped = threading.Event()
    reading = Reading(Source(1, 2, 3).read, RULES, 1, stopped.is_set)
    rows = iter(reading)
    assert closes(next(rows)) == [1]
    stopped.set()
    assert list(rows) == []
    reading.close()


# What rows that wait do -----------------------------------------------------------------------------


def test_with_conflate_only_the_latest_row_of_each_instrument_waits() -> None:
    """The source never waits, and nothing is taken before it is done."""
    source = Source(1, 2, 3, 4)
    reading = Reading(source.read, rules(back_pressure=BackPressure.CONFLATE, capacity_rows=2), 1)
    reading._thread.join(ENOUGH)
    assert [closes(chunk) for chunk in reading] == [[3], [4]]
    reading.close()


def test_with_fail_rows_that_do_not_fit_end_the_run_after_those_that_did() -> None:
    got: list[list[int]] = []
    reading = Reading(Source(1, 2, 3).read, rules(back_pressure=BackPressure.FAIL, capacity_rows=2), 1)
    reading._thread.join(ENOUGH)
    with pytest.raises(DataSourceError, match="2 rows wait for the core and 1 more came, the capacity is 2"):
        drain(reading, got)
    assert got == [[1], [2]]
    reading.close()


def test_one_record_may_wait_however_small_the_capacity() -> None:
    reading = Reading(lambda: (bars(n, 5) for n in (1, 6)), rules(capacity_rows=1), 5)
    assert [closes(chunk) for chunk in reading] == [[1, 2, 3, 4, 5], [6, 7, 8, 9, 10]]
    reading.close()


# Settings -------------------------------------------------------------------------------------------


def settings_with(folder: Path, *overrides: str) -> object:
    return load_settings(folder=folder, environ={}, overrides=overrides).settings


def test_the_rules_are_those_of_the_stream_and_the_run(tmp_path: Path) -> None:
    overrides = ("streams.market_data.backpressure=fail", "streams.market_data.capacity_rows=7", "run.source_timeout=9")
    found = ReadingRules.of(settings_with(tmp_path, *overrides), "market_data")  # type: ignore[arg-type]
    assert found == ReadingRules("source.synthetic", BackPressure.FAIL, 7, 9.0)


def test_the_rules_of_nothing_said_are_the_defaults(tmp_path: Path) -> None:
    found = ReadingRules.of(settings_with(tmp_path), "market_data")  # type: ignore[arg-type]
    assert found == ReadingRules("source.synthetic")


@pytest.mark.parametrize("chosen", ["conflate", "fail"])
def test_past_data_may_only_be_made_to_wait(tmp_path: Path, chosen: str) -> None:
    settings = settings_with(tmp_path, f"streams.market_data.backpressure={chosen}")
    (problem,) = check_back_pressure(settings)  # type: ignore[arg-type]
    assert (problem.kind, problem.section) == (ProblemKind.MODE_CONFLICT, "streams.market_data")
    assert problem.message == (
        f'a historical clock with backpressure = "{chosen}": the result would depend on how fast the machine is'
    )
    assert problem.mend == 'set [streams.market_data] backpressure = "block", or take the line out'


def test_past_data_on_the_wall_clock_may_only_be_made_to_wait_too(tmp_path: Path) -> None:
    played = ("clock.kind=wall", "clock.speed=60", "streams.market_data.backpressure=conflate")
    (problem,) = check_back_pressure(settings_with(tmp_path, *played))  # type: ignore[arg-type]
    assert problem.message == (
        'past data with backpressure = "conflate": the result would depend on how fast the machine is'
    )


@pytest.mark.parametrize("overrides", [("streams.market_data.backpressure=block",), ("clock.kind=wall",)])
def test_rows_that_wait_and_live_data_are_no_problem(tmp_path: Path, overrides: tuple[str, ...]) -> None:
    live = ("streams.market_data.backpressure=conflate",) if overrides == ("clock.kind=wall",) else ()
    assert list(check_back_pressure(settings_with(tmp_path, *overrides, *live))) == []  # type: ignore[arg-type]
