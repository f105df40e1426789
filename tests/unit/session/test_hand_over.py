"""The queue between a source's thread and the core's: its bound counts rows."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest
from fakes.bars import A, B, C, chunk_of, flat
from hypothesis import given
from hypothesis import strategies as st

from friday_core.domain.chunk import Chunk
from friday_core.domain.instruments import InstrumentId
from friday_core.errors import DataSourceError
from friday_core.session.hand_over import BackPressure, HandOver, cut


def bars(*numbers: int, instrument: InstrumentId = A) -> Chunk:
    """Rows of these days, which are their prices and numbers too."""
    first = numbers[0] if numbers else 0
    return chunk_of([flat(number, instrument, number) for number in numbers], first=first)


def taken(queue: HandOver) -> Iterator[list[int]]:
    """Numbers of the rows of each chunk that waits."""
    while queue.rows:
        chunk = queue.take()
        assert chunk is not None
        yield chunk["close"].tolist()


class Source:
    """Another thread."""

    def __init__(self, work: Callable[[], object]) -> None:
        self.answer: object = None
        self._work = work
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        self.answer = self._work()

    def done(self) -> object:
        self._thread.join(30)
        assert not self._thread.is_alive()
        return self.answer

    @property
    def waits(self) -> bool:
        """Still at work after a while."""
        self._thread.join(0.05)
        return self._thread.is_alive()


def test_chunks_leave_in_the_order_in_which_they_came() -> None:
    queue = HandOver(10)
    assert queue.put(bars(1, 2))
    assert queue.put(bars(3))
    assert queue.rows == 3
    assert list(taken(queue)) == [[1, 2], [3]]


def test_a_capacity_below_one_row_is_refused() -> None:
    with pytest.raises(ValueError, match="a capacity of 0 rows"):
        HandOver(0)


# block ----------------------------------------------------------------------------------------------


def test_a_source_waits_until_its_rows_fit_and_counts_rows_not_chunks() -> None:
    queue = HandOver(3)
    queue.put(bars(1, 2))
    source = Source(lambda: queue.put(bars(3, 4)))
    assert source.waits
    assert queue.rows == 2
    assert next(taken(queue)) == [1, 2]
    assert source.done() is True
    assert list(taken(queue)) == [[3, 4]]


def test_a_chunk_larger_than_the_capacity_goes_in_pieces() -> None:
    queue = HandOver(2)
    source = Source(lambda: queue.put(bars(1, 2, 3, 4, 5)))
    received = []
    while sum(map(len, received)) < 5:
        chunk = queue.take(30)
        assert chunk is not None
        received.append(chunk["close"].tolist())
    assert source.done() is True
    assert received == [[1, 2], [3, 4], [5]]


def test_a_source_that_waits_is_let_go_when_the_session_is_over() -> None:
    queue = HandOver(1)
    queue.put(bars(1))
    source = Source(lambda: queue.put(bars(2)))
    assert source.waits
    queue.close()
    assert source.done() is False
    assert list(taken(queue)) == [[1]]


@given(st.lists(st.integers(1, 4), max_size=20), st.integers(1, 5))
def test_nothing_is_lost_doubled_or_reordered_between_two_threads(sizes: list[int], capacity: int) -> None:
    queue = HandOver(capacity)
    most = 0

    def deliver() -> None:
        number = 1
        for size in sizes:
            queue.put(bars(*range(number, number + size)))
            number += size
        queue.close()

    source = Source(deliver)
    received: list[int] = []
    while (chunk := queue.take(30)) is not None:
        most = max(most, queue.rows, len(chunk))
        received += chunk["close"].tolist()
    source.done()
    assert received == list(range(1, sum(sizes) + 1))
    assert most <= capacity


# fail -----------------------------------------------------------------------------------------------


def test_rows_that_do_not_fit_are_an_error_and_none_of_them_is_handed_over() -> None:
    queue = HandOver(3, BackPressure.FAIL)
    queue.put(bars(1, 2))
    with pytest.raises(DataSourceError, match="2 rows wait for the core and 2 more came, the capacity is 3: raise"):
        queue.put(bars(3, 4))
    assert queue.put(bars(5))
    assert list(taken(queue)) == [[1, 2], [5]]


# conflate -------------------------------------------------------------------------------------------


def test_while_rows_fit_nothing_is_conflated() -> None:
    queue = HandOver(3, BackPressure.CONFLATE)
    queue.put(bars(1, 2))
    queue.put(bars(3))
    assert (list(taken(queue)), queue.conflated) == ([[1, 2], [3]], 0)


def test_only_the_latest_row_of_each_instrument_is_kept_and_the_others_are_counted() -> None:
    queue = HandOver(3, BackPressure.CONFLATE)
    queue.put(bars(1, 2))
    queue.put(bars(3, instrument=B))
    queue.put(bars(4, instrument=C))
    assert (queue.rows, queue.conflated) == (3, 1)
    queue.put(bars(5))
    assert queue.conflated == 2
    assert list(taken(queue)) == [[3, 4, 5]]


def test_there_may_be_more_instruments_than_the_capacity() -> None:
    queue = HandOver(1, BackPressure.CONFLATE)
    for number, one in enumerate((A, B, C, A), 1):
        queue.put(bars(number, instrument=one))
    assert (list(taken(queue)), queue.conflated) == ([[2, 3, 4]], 1)


# The end --------------------------------------------------------------------------------------------


def test_the_core_waits_for_rows_and_ends_with_the_source() -> None:
    queue = HandOver(5)
    core = Source(lambda: [len(chunk) if chunk is not None else None for chunk in (queue.take(), queue.take())])
    assert core.waits
    queue.put(bars(1))
    queue.close()
    assert core.done() == [1, None]


def test_nobody_waits_longer_than_was_asked_for() -> None:
    assert HandOver(1).take(timeout=0.01) is None


def test_a_source_that_failed_is_told_after_its_last_row() -> None:
    queue = HandOver(5)
    queue.put(bars(1))
    queue.close(DataSourceError("the line is dead"))
    assert next(taken(queue)) == [1]
    with pytest.raises(DataSourceError, match="the line is dead"):
        queue.take()


@pytest.mark.parametrize("back_pressure", BackPressure)
def test_rows_after_the_end_are_not_taken(back_pressure: BackPressure) -> None:
    queue = HandOver(5, back_pressure)
    queue.close()
    assert (queue.put(bars(1)), queue.rows) == (False, 0)


@pytest.mark.parametrize("back_pressure", BackPressure)
def test_a_source_of_empty_chunks_hears_of_the_end_too(back_pressure: BackPressure) -> None:
    queue = HandOver(5, back_pressure)
    queue.close()
    assert queue.put(chunk_of([])) is False


def test_it_has_ended_when_it_is_closed_and_nothing_waits() -> None:
    queue = HandOver(5)
    assert not queue.ended
    queue.put(bars(1))
    queue.close()
    assert not queue.ended
    assert list(taken(queue)) == [[1]]
    assert queue.ended


@pytest.mark.parametrize(("rows", "sizes"), [(1, [1, 1, 1]), (2, [2, 1]), (3, [3]), (4, [3])])
def test_a_cut_chunk_has_the_same_rows_in_the_same_order(rows: int, sizes: list[int]) -> None:
    parts = list(cut(bars(1, 2, 3), rows))
    assert [len(part) for part in parts] == sizes
    assert Chunk.concat(parts)["close"].tolist() == [1, 2, 3]
    assert list(cut(chunk_of([]), rows)) == []


@pytest.mark.parametrize("back_pressure", BackPressure)
def test_an_empty_chunk_is_nothing(back_pressure: BackPressure) -> None:
    queue = HandOver(5, back_pressure)
    assert (queue.put(chunk_of([])), queue.take(timeout=0.01)) == (True, None)
