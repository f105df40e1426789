"""The feed: from a source to numbered records of the wanted rows."""

from __future__ import annotations

import datetime as dt
import itertools
import threading
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import pytest
from fakes.bars import UNIVERSE, A, B, C, Row, chunk_of, flat
from hypothesis import given
from hypothesis import strategies as st

from friday_core.domain.chunk import Chunk
from friday_core.domain.instruments import Instrument, InstrumentId
from friday_core.domain.market import CorporateAction
from friday_core.domain.records import ActionAnnounced, ChunkReceived, Record, StreamEnded
from friday_core.errors import ComponentTimeout, DataSourceError, PluginContractError
from friday_core.interfaces.source import HistoricalData
from friday_core.plugin.sections import DataSettings
from friday_core.session import reading
from friday_core.session.feed import HistoricalFeed
from friday_core.session.reading import ReadingRules

DAYS = [flat(day, one, 100 + day) for day in range(6) for one in (A, B, C)]
ACTIONS = [CorporateAction(one, 2, dividend=1) for one in (A, C)]


class Listed(HistoricalData):
    """The chunks that a test lists; instruments in no order."""

    def __init__(self, chunks: Iterable[Chunk], instruments: Iterable[Instrument] = UNIVERSE) -> None:
        self._chunks = list(chunks)
        self._instruments = tuple(reversed(tuple(instruments)))

    def instruments(self) -> Sequence[Instrument]:
        return self._instruments

    def bars(self) -> Iterator[Chunk]:
        return iter(self._chunks)

    def corporate_actions(self) -> Sequence[CorporateAction]:
        return ACTIONS

    def row_count(self) -> int:
        return sum(map(len, self._chunks))


def feed(rows: Sequence[Row] = DAYS, *, chunk_rows: int = 100, **data: Any) -> HistoricalFeed:
    return HistoricalFeed("market_data", Listed([chunk_of(rows)]), DataSettings(**data), chunk_rows=chunk_rows)


def delivered(records: Iterable[Record]) -> list[Chunk]:
    return [record.chunk for record in records if isinstance(record, ChunkReceived)]


def rows_of(made: HistoricalFeed) -> list[tuple[int, str]]:
    """Close and symbol of every row, by the feed's own universe."""
    return [
        (close, made.universe[inst].id.symbol)
        for chunk in delivered(made.records())
        for close, inst in zip(chunk["close"].tolist(), chunk.inst.tolist(), strict=True)
    ]


def test_actions_come_first_then_rows_then_the_end() -> None:
    kinds = [type(record) for record in feed(chunk_rows=10).records()]
    assert kinds == [ActionAnnounced, ActionAnnounced, ChunkReceived, ChunkReceived, StreamEnded]


@given(st.integers(1, 20), st.lists(st.integers(0, 18), max_size=3))
def test_rows_are_numbered_from_zero_however_the_source_cut_them(chunk_rows: int, cuts: list[int]) -> None:
    at = [0, *sorted(cuts), 18]
    chunks = [chunk_of(DAYS[start:end]) for start, end in itertools.pairwise(at) if start < end]
    made = HistoricalFeed("market_data", Listed(chunks), DataSettings(), chunk_rows=chunk_rows)
    parts = delivered(made.records())
    assert [seq for part in parts for seq in part.seq.tolist()] == list(range(18))
    assert [close for part in parts for close in part["close"].tolist()] == [row.close for row in DAYS]
    assert max(map(len, parts)) <= chunk_rows


def test_only_wanted_instruments_pass_and_find_their_place_in_the_smaller_universe() -> None:
    made = feed(instruments=("C.NSE", "B.NSE", "C.NSE"))
    assert [str(one.id) for one in made.universe] == ["B.NSE", "C.NSE"]
    assert rows_of(made)[:3] == [(100, "B"), (100, "C"), (101, "B")]
    announced = [record.action.instrument for record in made.records() if isinstance(record, ActionAnnounced)]
    assert announced == [C]


@pytest.mark.parametrize(
    ("data", "closes"),
    [
        ({"start": dt.date(1970, 1, 4)}, [103, 104, 105]),
        ({"end": dt.date(1970, 1, 2)}, [100, 101]),
        ({"start": dt.date(1970, 1, 2), "end": dt.date(1970, 1, 2)}, [101]),
    ],
)
def test_the_first_and_the_last_session_are_kept(data: dict[str, Any], closes: list[int]) -> None:
    assert [close for close, symbol in rows_of(feed(**data)) if symbol == "A"] == closes


def test_a_session_is_that_of_the_zone() -> None:
    # 15:30 in India is the evening before on Midway.
    assert rows_of(feed(end=dt.date(1969, 12, 31), timezone="Pacific/Midway")) == [(100, "A"), (100, "B"), (100, "C")]


def test_the_number_of_rows_is_known_only_if_none_is_left_out() -> None:
    assert feed().row_count() == 18
    assert feed(end=dt.date(1970, 1, 2)).row_count() is None
    assert feed(instruments=("A.NSE",)).row_count() is None


def test_no_row_at_all_is_an_error_that_names_the_filters() -> None:
    with pytest.raises(DataSourceError, match=r"'market_data': the source delivered no row for \[data\] instruments"):
        list(feed(start=dt.date(2000, 1, 1)).records())


def test_an_instrument_that_is_not_offered_is_named_with_the_nearest() -> None:
    with pytest.raises(DataSourceError, match=r"does not offer A\.NSY; .*'?A\.NSE'?.*It offers A\.NSE, B\.NSE, C\.NSE"):
        feed(instruments=("A.NSY",))


class List:
    """What is listed."""

    def __init__(self, *instruments: Instrument) -> None:
        self._listed = instruments

    def listed(self, names: Sequence[InstrumentId]) -> Sequence[Instrument]:
        return [one for one in self._listed if one.id in names]


def test_a_list_has_the_word_on_ticks_lots_and_kinds_and_rows_stay_as_they_are() -> None:
    made = feed(instruments=("A.NSE", "B.NSE"))
    before = rows_of(feed(instruments=("A.NSE", "B.NSE")))
    listed = [Instrument(InstrumentId(symbol, "NSE"), "INR", 2, 5, 65, "future") for symbol in "CBA"]
    made.relist(List(*listed))
    assert [(str(one.id), one.tick_size, one.lot_size, one.kind) for one in made.universe] == [
        ("A.NSE", 5, 65, "future"),
        ("B.NSE", 5, 65, "future"),
    ]
    assert rows_of(made) == before


@pytest.mark.parametrize(
    ("listed", "words"),
    [
        ([], r"A\.NSE in INR with 2 decimals, and it is listed not at all"),
        ([Instrument(InstrumentId("A", "NSE"), "INR", 4)], "it is listed in INR with 4 decimals"),
    ],
)
def test_a_list_that_lacks_an_instrument_or_has_other_units_is_refused(listed: list[Instrument], words: str) -> None:
    with pytest.raises(DataSourceError, match=words):
        feed(instruments=("A.NSE",)).relist(List(*listed))


@pytest.mark.parametrize("position", [-1, 3])
def test_a_row_outside_of_the_instruments_is_a_broken_contract(position: int) -> None:
    chunk = chunk_of(DAYS[:1])
    source = Listed([chunk.with_positions(chunk.inst * 0 + position)])
    made = HistoricalFeed("market_data", source, DataSettings(), chunk_rows=10)
    with pytest.raises(PluginContractError, match=r"a row whose inst is not among its instruments\(\)"):
        list(made.records())


def test_a_chunk_without_rows_is_no_record() -> None:
    source = Listed([chunk_of([]), chunk_of(DAYS[:3]), chunk_of([])])
    made = HistoricalFeed("market_data", source, DataSettings(), chunk_rows=10)
    assert [len(chunk) for chunk in delivered(made.records())] == [3]


def test_the_exchange_belongs_to_the_name() -> None:
    both = [Instrument(InstrumentId("A", exchange), "INR") for exchange in ("BSE", "NSE")]
    made = HistoricalFeed("m", Listed([], both), DataSettings(instruments=("A.BSE",)), chunk_rows=1)
    assert [str(one.id) for one in made.universe] == ["A.BSE"]


# Other threads --------------------------------------------------------------------------------------


class Stuck(Listed):
    """Does not come back from one of its methods; gives two days before that."""

    def __init__(self, method: str, released: threading.Event) -> None:
        super().__init__([chunk_of(DAYS[:3]), chunk_of(DAYS[3:6])])
        self._method = method
        self._released = released

    def instruments(self) -> Sequence[Instrument]:
        return self._through("instruments", super().instruments())

    def corporate_actions(self) -> Sequence[CorporateAction]:
        return self._through("corporate_actions", super().corporate_actions())

    def bars(self) -> Iterator[Chunk]:
        yield from super().bars()
        self._through("bars", None)

    def _through(self, method: str, answer: Any) -> Any:
        if method == self._method:
            self._released.wait(30)
        return answer


@pytest.fixture
def released() -> Iterator[threading.Event]:
    """What a stuck source waits for; at the end of the test it comes back."""
    event, before = threading.Event(), set(threading.enumerate())
    yield event
    event.set()
    for thread in set(threading.enumerate()) - before:
        thread.join(30)


def stuck(method: str, released: threading.Event, timeout: float = 30.0) -> HistoricalFeed:
    rules = ReadingRules("source.stuck", timeout=timeout)
    return HistoricalFeed("market_data", Stuck(method, released), DataSettings(), chunk_rows=100, reading=rules)


def test_a_source_that_does_not_tell_its_instruments_is_named(released: threading.Event) -> None:
    message = r"component 'source\.stuck': instruments\(\) took longer than 0\.2 s; .* raise \[run\] source_timeout"
    with pytest.raises(ComponentTimeout, match=message):
        stuck("instruments", released, 0.2)


def test_a_source_that_does_not_tell_its_corporate_actions_is_named(released: threading.Event) -> None:
    records = stuck("corporate_actions", released, 0.2).records()
    with pytest.raises(ComponentTimeout, match=r"'source\.stuck': corporate_actions\(\) took longer than 0\.2 s"):
        next(records)


def test_a_source_that_does_not_deliver_is_named_after_the_rows_that_it_gave(released: threading.Event) -> None:
    records = stuck("bars", released, 0.2).records()
    assert len(delivered(itertools.islice(records, 4))) == 2
    with pytest.raises(ComponentTimeout, match=r"'source\.stuck': it delivered no rows for 0\.2 s"):
        next(records)


def test_after_a_stop_no_record_follows_though_the_source_is_stuck(
    released: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "_PATIENCE", 0.01)
    made = stuck("bars", released)
    records = made.records()
    assert len(delivered(itertools.islice(records, 4))) == 2
    made.stop()
    assert list(records) == []


def test_a_closed_feed_has_left_its_source() -> None:
    made = feed(chunk_rows=1)
    records = made.records()
    assert isinstance(next(records), ActionAnnounced)
    assert len(delivered(itertools.islice(records, 3))) == 2
    made.close()
    made.close()
    assert [thread.name for thread in threading.enumerate() if thread.name.startswith("reads ")] == []


def test_who_forgets_the_records_leaves_the_source_too() -> None:
    made = feed(chunk_rows=1)
    for record in made.records():
        if isinstance(record, ChunkReceived):
            break
    assert [thread.name for thread in threading.enumerate() if thread.name.startswith("reads ")] == []


@given(st.integers(1, 20), st.integers(1, 40), st.lists(st.integers(0, 18), max_size=3))
def test_records_do_not_depend_on_how_many_rows_may_wait(chunk_rows: int, capacity: int, cuts: list[int]) -> None:
    at = [0, *sorted(cuts), 18]
    chunks = [chunk_of(DAYS[start:end]) for start, end in itertools.pairwise(at) if start < end]

    def sizes(rules: ReadingRules) -> list[int]:
        made = HistoricalFeed("m", Listed(chunks), DataSettings(), chunk_rows=chunk_rows, reading=rules)
        return [len(part) for part in delivered(made.records())]

    assert sizes(ReadingRules(capacity_rows=capacity)) == sizes(ReadingRules())
