"""Rows as they come, signs of life in their place, and a wake that is heard at once."""

from __future__ import annotations

import itertools
import queue
import threading
import time
from collections.abc import Callable, Generator, Iterator

import pytest
from fakes.live import MINUTE, SECOND, TEN, Played, row

from friday_core.domain.chunk import Chunk
from friday_core.domain.records import ClockAdvanced
from friday_core.plugin.sections import DataSettings
from friday_core.session.live.feed import LiveFeed
from friday_core.session.live.reading import LiveReading
from friday_core.session.reading import ReadingRules

LIFE = row(0).take(slice(0))


class Lines:
    """What is put into ``told``, each with the time that the clock shows when it is read."""

    def __init__(self) -> None:
        self.told: queue.SimpleQueue[Chunk | None] = queue.SimpleQueue()
        self.over = False
        self._ticks = itertools.count(1)

    def read(self) -> Generator[Chunk, None, None]:
        while (one := self.told.get()) is not None:
            yield one

    def now(self) -> int:
        return next(self._ticks)


@pytest.fixture
def reading() -> Iterator[tuple[Lines, LiveReading]]:
    lines = Lines()
    made = LiveReading(lines.read, ReadingRules(), 100, lambda: lines.over, lines.now)
    yield lines, made
    lines.told.put(None)
    made.close()


def come(made: LiveReading, count: int, attend: Callable[[], None] = lambda: None) -> list[int]:
    """So many things that come: a row as its price, a sign of life as its time, negative."""
    found = itertools.islice(made.come(attend), count)
    return [int(one["close"][0]) if isinstance(one, Chunk) else -one for one in found]


def test_a_sign_of_life_comes_after_the_rows_before_it(reading: tuple[Lines, LiveReading]) -> None:
    lines, made = reading
    for one in (row(1, 10), row(2, 20), LIFE):
        lines.told.put(one)
    time.sleep(0.05)
    assert come(made, 3) == [10, 20, -1]


def test_of_signs_that_wait_only_the_last_one_counts_and_rows_after_it_make_it_none(
    reading: tuple[Lines, LiveReading],
) -> None:
    lines, made = reading
    for one in (LIFE, LIFE, LIFE):
        lines.told.put(one)
    time.sleep(0.05)
    assert come(made, 1) == [-3]


def test_a_sign_of_life_speaks_of_the_time_that_the_source_says_and_never_of_an_earlier_one() -> None:
    says = [TEN, TEN - SECOND, TEN - MINUTE, TEN + SECOND]

    class Behind(Played):
        def complete(self, now: int) -> int:
            assert now == TEN + MINUTE
            return says.pop(0) if len(says) > 1 else says[0]

    source = Behind()
    feed = LiveFeed("market_data", source, DataSettings(), chunk_rows=10)
    feed.now = lambda: TEN + MINUTE
    records = feed.records()
    assert [next(records) for _ in range(2)] == [ClockAdvanced(TEN), ClockAdvanced(TEN + SECOND)]
    source.stop_reading()
    feed.stop()


def test_what_wakes_it_is_attended_to_at_once(reading: tuple[Lines, LiveReading]) -> None:
    lines, made = reading
    woken: list[float] = []
    waited: list[float] = []

    def attend() -> None:
        waited.extend(time.perf_counter() - at for at in woken)
        woken.clear()
        if len(waited) == 20:
            lines.told.put(LIFE)

    def wake() -> None:
        for _ in range(20):
            time.sleep(0.003)
            woken.append(time.perf_counter())
            made.wake()

    threading.Thread(target=wake, daemon=True).start()
    assert come(made, 1, attend) == [-1]
    assert sorted(waited)[10] < 0.02, "and not at the next look, a tenth of a second later"


def test_it_ends_when_it_is_stopped_also_while_nothing_comes(reading: tuple[Lines, LiveReading]) -> None:
    lines, made = reading
    threading.Timer(0.05, lambda: setattr(lines, "over", True)).start()
    assert come(made, 1) == []
