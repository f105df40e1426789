"""Journals that are read: what is told of them, what comes to them, and their rows as tables."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from unit.session.on_disk.journals import ANSWERS, DAY, HEAD, ORDER, RECORDS, bits, counting, opened, rows, written

from friday_core.domain.chunk import MISSING_PRICE, Chunk
from friday_core.domain.records import ChunkReceived, ClockAdvanced, PlaceOrder, SessionStopped
from friday_core.errors import JournalError
from friday_core.session.journal import Entry
from friday_core.session.on_disk import parquet
from friday_core.session.on_disk.contents import contents_of, zone_of
from friday_core.session.on_disk.following import Follower, last_files
from friday_core.session.on_disk.holder import Hold
from friday_core.session.on_disk.places import journal_at, writer_of
from friday_core.session.on_disk.survey import survey, undamaged
from friday_core.session.on_disk.words import Words
from friday_plugins.sources.parquet import ParquetSource

SECOND = 1_000_000


def read(folder: Path) -> list[Entry]:
    """A journal by way of its frames."""
    found: list[Entry] = []
    for said in Follower(folder).more():
        content = said.content()
        if isinstance(content, tuple):
            found[-1] = Entry(found[-1].seq, found[-1].record, content)
        else:
            found.append(Entry(said.seq, content))
    return found


def in_files(folder: Path) -> None:
    """``RECORDS`` with a file for each two or three."""
    for start in range(0, len(RECORDS), 3):
        journal = opened(folder)
        for record in RECORDS[start : start + 3]:
            seq = journal.append(record)
            journal.answer(seq, ANSWERS.get(seq, ()))
        journal.close()


# Where it is -------------------------------------------------------------------------------------


def test_a_folder_is_that_of_a_session_of_a_profile_or_of_all(tmp_path: Path) -> None:
    for name in ("live/20240101T", "paper/20240102T", "paper/20240103T"):
        written(tmp_path / name)
    assert journal_at(tmp_path / "paper" / "20240102T").name == "20240102T"
    assert journal_at(tmp_path / "paper").name == "20240103T"
    assert journal_at(tmp_path) == tmp_path / "paper" / "20240103T"
    assert journal_at(tmp_path / "live").name == "20240101T"


def test_a_folder_without_a_journal_says_so(tmp_path: Path) -> None:
    with pytest.raises(JournalError, match="no journal is in it; name the folder of a session"):
        journal_at(tmp_path)
    with pytest.raises(JournalError, match="there is no such folder"):
        journal_at(tmp_path / "none")


def test_only_the_latest_session_of_a_profile_is_being_written(tmp_path: Path) -> None:
    for name in ("1", "2"):
        written(tmp_path / name)
    assert writer_of(tmp_path / "2") is None
    hold = Hold.take(tmp_path, "paper", 0)
    found = writer_of(tmp_path / "2")
    assert found is not None
    assert found.pid == os.getpid()
    assert writer_of(tmp_path / "1") is None
    hold.close()


# Whether it is whole -----------------------------------------------------------------------------


def test_a_whole_journal_has_no_damage_and_nothing_torn(tmp_path: Path) -> None:
    in_files(tmp_path)
    told: list[int] = []
    found = survey(tmp_path, told.append)
    assert (found.damage, found.torn, found.records, found.is_ended) == ("", 0, len(RECORDS), True)
    assert told[-1] == sum(path.stat().st_size for path in tmp_path.iterdir())
    assert len(found.segments) == 3


@given(data=st.data())
def test_a_torn_end_is_told_with_the_bytes_that_a_start_cuts(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("torn")
    written(folder)
    path = folder / "000001.journal"
    os.truncate(path, data.draw(st.integers(0, path.stat().st_size)))
    before = survey(folder)
    journal = opened(folder)
    journal.close()
    assert before.damage == ""
    assert before.torn == journal.found.cut
    assert before.records == journal.found.records
    assert before.torn == 0 or before.torn_file == path


def test_a_damage_leaves_what_stands_before_it(tmp_path: Path) -> None:
    in_files(tmp_path)
    path = tmp_path / "000002.journal"
    whole = bytearray(path.read_bytes())
    whole[-40] ^= 1  # in the answer to its last record, and a file follows
    path.write_bytes(whole)
    found = survey(tmp_path)
    assert "000002.journal" in found.damage
    assert [one.path.name for one in found.segments] == ["000001.journal", "000002.journal"]
    assert found.records == 6
    assert 0 < found.segments[1].good < found.segments[1].size
    with pytest.raises(JournalError, match=r"000002\.journal"):
        undamaged(tmp_path)


def test_a_missing_file_is_a_damage_and_what_follows_is_not_read(tmp_path: Path) -> None:
    in_files(tmp_path)
    (tmp_path / "000002.journal").unlink()
    found = survey(tmp_path)
    assert "does not continue 000001.journal" in found.damage
    assert [one.path.name for one in found.segments] == ["000001.journal"]


def test_an_empty_journal_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "000001.journal").touch()
    with pytest.raises(JournalError, match="nothing was written to this journal"):
        undamaged(tmp_path)
    with pytest.raises(JournalError, match="nothing was written to this journal"):
        last_files(tmp_path, 1)


# What comes to it --------------------------------------------------------------------------------


def test_what_is_followed_is_what_is_written_whatever_the_files_are(tmp_path: Path) -> None:
    told = written(tmp_path / "one")
    in_files(tmp_path / "many")
    assert bits(read(tmp_path / "one")) == bits(told)
    assert bits(read(tmp_path / "many")) == bits(told)


@given(cuts=st.lists(st.integers(0, 1500), max_size=5))
def test_a_follower_reads_each_record_once_as_soon_as_it_is_whole(
    cuts: list[int], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("followed")
    written(folder / "whole")
    data = (folder / "whole" / "000001.journal").read_bytes()
    follower, seen = Follower(folder), list[int]()
    for size in [*sorted(cuts), len(data)]:
        (folder / "000001.journal").write_bytes(data[:size])
        seen += [said.frame.kind for said in follower.more()]
    assert seen == [said.frame.kind for said in Follower(folder / "whole").more()]


def test_a_follower_goes_on_with_the_next_file(tmp_path: Path) -> None:
    follower, journal = Follower(tmp_path), opened(tmp_path)
    assert list(follower.more()) == []
    journal.append(ClockAdvanced(1))
    assert [said.seq for said in follower.more()] == [0]
    journal.close()
    journal = opened(tmp_path)
    journal.append(ClockAdvanced(2))
    journal.append(ClockAdvanced(3))
    assert [said.content() for said in follower.more()] == [ClockAdvanced(2), ClockAdvanced(3)]
    journal.close()


@pytest.mark.parametrize(("records", "first"), [(1, 3), (3, 3), (4, 2), (7, 1), (99, 1)])
def test_the_last_records_are_in_the_last_files(records: int, first: int, tmp_path: Path) -> None:
    in_files(tmp_path)
    number, head = last_files(tmp_path, records)
    assert (number, head.profile) == (first, "paper")


def test_what_is_in_it_is_counted(tmp_path: Path) -> None:
    written(tmp_path)
    done: list[int] = []
    found = contents_of(tmp_path, "UTC", done.append)
    assert found.kinds["ChunkReceived"] == 3
    assert found.rows == {"market_data": 8}
    assert (found.first["market_data"], found.last["market_data"]) == (0, 7 * SECOND)
    assert (found.placed, found.cancelled) == (2, 1)
    assert found.days == {0}
    assert done == sorted(done)


def test_a_day_is_that_of_the_exchange(tmp_path: Path) -> None:
    journal = opened(tmp_path)
    journal.append(rows(0, 1))
    journal.append(ChunkReceived("market_data", Chunk(np.array([DAY - SECOND]), np.array([0]), {})))
    journal.close()
    assert contents_of(tmp_path, "Asia/Kolkata").days == {0, 1}
    assert zone_of(HEAD) == "UTC"


# In words ----------------------------------------------------------------------------------------


def test_orders_and_rows_are_told_in_the_currency_and_on_the_exchange_s_clock(tmp_path: Path) -> None:
    written(tmp_path)
    words = Words("Asia/Kolkata")
    lines = [line for said in Follower(tmp_path).more() for line in words.lines(said)]
    stamp = "1970-01-01 05:30:00.0"
    assert lines[0].startswith(f"#0 {stamp}")
    assert lines[0].endswith("IST the session of profile 'paper' starts, paper")
    assert lines[3] == "    INFY.NSE 1970-01-01 05:30:00 IST: close 100, volume nan"
    assert lines[4] == "    TCS.NSE 1970-01-01 05:30:01 IST: close none, volume 4.940656458e-324"
    assert "    -> buy 10 INFY.NSE limit 100.05 stop 99.00 target 110.00, F0KHS0000001 of cross: crossed" in lines
    assert "    -> cancel F0KHS0000001: CANCELLED: asked for" in lines
    assert any(line.endswith("the clock shows 1970-01-01 05:30:04 IST") for line in lines)
    assert lines[-1].endswith("the session ends: END_OF_DATA: the source has no more rows")


# As tables ---------------------------------------------------------------------------------------

MINUTE = 60 * SECOND


def bars(first: int, count: int) -> ChunkReceived:
    """Minutes of two instruments, one price missing."""
    ts = MINUTE * np.repeat(np.arange(first, first + count), 2)
    price = 100_05 + np.arange(2 * count)
    columns = {name: price + n for n, name in enumerate(("open", "low", "high", "close"))}
    columns["close"] = np.where(np.arange(2 * count) == 3, MISSING_PRICE, columns["close"])
    volume = {"volume": np.arange(2.0 * count)}
    return ChunkReceived("market_data", Chunk(ts, np.arange(2 * count) % 2, columns | volume).numbered(2 * first))


def bar_journal(folder: Path) -> list[ChunkReceived]:
    told = [bars(1, 3), bars(4, 5), bars(9, 1)]
    for record in told:
        journal = opened(folder)
        seq = journal.append(record)
        journal.answer(seq, (PlaceOrder(ORDER),))
        journal.close()
    return told


def test_exported_rows_are_read_back_by_the_source_of_parquet_files(tmp_path: Path) -> None:
    told = Chunk.concat([record.chunk for record in bar_journal(tmp_path)])
    target = tmp_path / "tables"
    made = parquet.export(survey(tmp_path).segments, target)
    assert len(made) == 6
    source = ParquetSource(ParquetSource.Settings(path=target / "market_data", label="close", interval="1m"))
    found = Chunk.concat(list(source.bars()))
    for name in ("open", "high", "low", "close", "volume"):
        assert found[name].tolist() == told[name].tolist(), name
    assert found.ts_event.tolist() == told.ts_event.tolist()
    assert found.inst.tolist() == told.inst.tolist()


def test_orders_are_exported_with_their_prices(tmp_path: Path) -> None:
    written(tmp_path)
    parquet.export(survey(tmp_path).segments, tmp_path / "tables")
    orders = pq.read_table(tmp_path / "tables" / "orders" / "000001.parquet").to_pylist()
    assert [(one["record"], one["action"], one["tag"]) for one in orders] == [
        (3, "place", ORDER.tag),
        (5, "cancel", ORDER.tag),
        (5, "place", ORDER.tag),
    ]
    first = orders[0]
    assert (first["side"], first["quantity"], first["limit_price"], first["stop_loss"]) == ("buy", 10, 100.05, 99.0)
    assert (first["instrument"], first["strategy"], first["trigger_price"]) == ("INFY.NSE", "cross", None)


def test_a_file_is_exported_once_and_again_when_it_has_grown(tmp_path: Path) -> None:
    journal = opened(tmp_path)
    journal.append(bars(1, 2))
    target = tmp_path / "tables"
    assert len(parquet.export(survey(tmp_path).segments, target)) == 2
    assert parquet.export(survey(tmp_path).segments, target) == []
    journal.append(bars(3, 2))
    assert len(parquet.export(survey(tmp_path).segments, target)) == 2
    assert pq.read_table(target / "market_data" / "000001.parquet").num_rows == 8
    journal.close()
    journal = opened(tmp_path)
    journal.append(SessionStopped("END_OF_DATA: over"))
    journal.close()
    assert [path.name for path in parquet.export(survey(tmp_path).segments, target)] == ["000002.parquet"]


def test_an_answer_that_stands_first_in_a_file_is_exported(tmp_path: Path) -> None:
    journal = opened(tmp_path)
    journal.append(ClockAdvanced(1))
    journal.close()
    journal = opened(tmp_path)
    journal.answer(0, (PlaceOrder(ORDER),))
    journal.close()
    parquet.export(survey(tmp_path).segments, tmp_path / "tables")
    assert pq.read_table(tmp_path / "tables" / "orders" / "000002.parquet").num_rows == 1


def test_a_table_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    bar_journal(tmp_path)
    (tmp_path / "file").touch()
    with pytest.raises(JournalError, match="free space or change the rights there, or name another folder"):
        parquet.export(survey(tmp_path).segments, tmp_path / "file")


def test_clocks_of_files_do_not_matter_to_what_they_are(tmp_path: Path) -> None:
    journal = opened(tmp_path, counting(DAY - 2, 2))
    for number in range(3):
        journal.append(ClockAdvanced(number))
    journal.close()
    assert survey(tmp_path).records == 3
