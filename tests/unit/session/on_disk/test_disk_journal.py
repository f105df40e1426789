"""The journal on disk: what was written is there, bit for bit, up to the last whole record."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from unit.session.on_disk.journals import DAY, HEAD, ORDER, RECORDS, bits, counting, opened, written

from friday_core.domain.chunk import Array, Chunk
from friday_core.domain.records import ChunkReceived, ClockAdvanced, Intent, PlaceOrder
from friday_core.errors import JournalError
from friday_core.session.journal import Entry
from friday_core.session.on_disk.codec import Encoder
from friday_core.session.on_disk.frames import frames, packed
from friday_core.session.on_disk.holder import Hold, is_held
from friday_core.session.on_disk.journal import DiskJournal
from friday_core.session.on_disk.segments import entries, surveyed


def read(folder: Path) -> list[tuple[int, object, tuple[Intent, ...]]]:
    return bits(list(entries(surveyed(folder))))


def test_every_record_and_answer_is_read_back_bit_for_bit(tmp_path: Path) -> None:
    told = written(tmp_path)
    assert read(tmp_path) == bits(told)
    assert len(told) == len(RECORDS)


alone = st.tuples(
    st.sampled_from(["ticks", "bars"]),
    st.sampled_from([("price", "volume"), ("volume", "price"), ("volume",)]),
    st.integers(-(2**63), 2**63 - 1),
    st.sampled_from([0x7FF8000000000123, 0xFFF4000000000001, 0x8000000000000000, 1, 0x3FF0000000000000]),
    st.integers(0, 1),
    st.integers(0, 2**40),
    st.booleans(),
    st.sampled_from([0, 0, 3]),
)


def single(drawn: tuple[str, tuple[str, ...], int, int, int, int, bool, int]) -> ChunkReceived:
    stream, names, price, volume, inst, ts, is_late, code = drawn
    values = {"price": np.array([price]), "volume": np.array([volume], np.uint64).view(np.float64)}
    received = np.array([ts + 5]) if is_late else None
    columns = {name: values[name] for name in names}
    number = np.array([ts // 3])
    chunk = Chunk(np.array([ts]), np.array([inst]), columns, ts_recv=received, seq=number, code=np.array([code]))
    return ChunkReceived(stream, chunk)


@st.composite
def together(draw: st.DrawFn) -> ChunkReceived:
    """Several rows of one stream, whose numbers may count up."""
    stream, names, *_, is_late, code = draw(alone)
    drawn = draw(st.lists(alone, min_size=2, max_size=20))
    chunk = Chunk.concat([single((stream, names, *one[2:6], is_late, code and one[7])).chunk for one in drawn])
    return ChunkReceived(stream, chunk.numbered(7) if draw(st.booleans()) else chunk)


@given(st.lists(st.one_of(alone.map(single), together()), min_size=2, max_size=8))
def test_the_frame_of_a_few_rows_has_the_same_bytes_as_that_of_any_rows(records: list[ChunkReceived]) -> None:
    with tempfile.TemporaryDirectory() as place:
        journal = opened(Path(place))
        for record in records:
            journal.append(record)
        journal.close()
        data = (Path(place) / "000001.journal").read_bytes()
        assert read(Path(place)) == bits([Entry(seq, record) for seq, record in enumerate(records)])
    head, *_ = frames(data)
    expected, check, encoder = data[: head.end], head.check, Encoder()
    for seq, record in enumerate(records):
        for kind, content in encoder.contents(record):
            frame, check = packed(kind, seq, 1_000 + 1_000 * seq, content, check)
            expected += frame
    assert data == expected


def test_rows_that_are_read_are_whole_aligned_and_read_only(tmp_path: Path) -> None:
    written(tmp_path)
    record = list(entries(surveyed(tmp_path)))[5].record
    assert isinstance(record, ChunkReceived)
    chunk = record.chunk
    columns: list[Array] = [chunk.ts_event, chunk.inst, chunk.seq, chunk.code, *chunk.columns.values()]
    for values in columns:
        assert values.flags.aligned
        assert values.flags.c_contiguous
        assert not values.flags.writeable


def test_a_file_that_is_cut_anywhere_gives_exactly_the_records_that_are_whole(tmp_path: Path) -> None:
    told = bits(written(tmp_path / "whole"))
    data = (tmp_path / "whole" / "000001.journal").read_bytes()
    torn = tmp_path / "torn"
    torn.mkdir()
    lengths = []
    for size in range(len(data) + 1):
        (torn / "000001.journal").write_bytes(data[:size])
        journal = opened(torn)
        found = bits(list(journal))
        journal.close()
        whole, last = found[:-1], found[-1:]
        assert whole == told[: len(whole)]
        assert not last or last[0][:2] == told[len(whole)][:2]
        assert sum(path.stat().st_size for path in torn.iterdir() if path.suffix == ".journal") <= size
        lengths.append(len(found))
    assert lengths == sorted(lengths)
    assert lengths[-1] == len(told)


def test_what_is_written_after_a_repair_continues_the_numbers(tmp_path: Path) -> None:
    told = bits(written(tmp_path))
    first = tmp_path / "000001.journal"
    os.truncate(first, first.stat().st_size - 5)
    journal = opened(tmp_path)
    assert journal.found.cut > 0
    assert journal.append(ClockAdvanced(9)) == len(told) - 1
    journal.close()
    again = read(tmp_path)
    assert again[:-1] == told[:-1]
    assert again[-1] == (len(told) - 1, ClockAdvanced(9), ())
    assert [segment.head.segment for segment in surveyed(tmp_path)] == [1, 2]


@given(data=st.data())
def test_a_flipped_bit_leaves_an_exact_prefix_or_is_refused(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("flipped")
    told = bits(written(folder))
    path = folder / "000001.journal"
    whole = bytearray(path.read_bytes())
    bit = data.draw(st.integers(0, 8 * len(whole) - 1))
    whole[bit // 8] ^= 1 << bit % 8
    path.write_bytes(whole)
    try:
        found = read(folder)
    except JournalError as error:
        assert str(path) in str(error)  # noqa: PT017 - the other outcome is as good
    else:
        assert found == told[: len(found)] or found[:-1] == told[: len(found) - 1]
        assert len(found) >= len(told) - 1


def test_damage_in_the_middle_is_refused_and_says_where(tmp_path: Path) -> None:
    written(tmp_path)
    path = tmp_path / "000001.journal"
    whole = bytearray(path.read_bytes())
    whole[len(whole) // 2] ^= 1
    path.write_bytes(whole)
    with pytest.raises(JournalError, match=r"000001\.journal: damaged at byte .*a whole record stands at byte"):
        opened(tmp_path)


def test_a_file_of_a_later_format_is_not_taken_for_a_torn_one(tmp_path: Path) -> None:
    written(tmp_path)
    path = tmp_path / "000001.journal"
    whole = bytearray(path.read_bytes())
    whole[2] = 9
    path.write_bytes(whole)
    with pytest.raises(JournalError, match="version 9 of the format, this Friday reads 1"):
        opened(tmp_path)


def test_columns_that_have_changed_since_are_named(tmp_path: Path) -> None:
    written(tmp_path)
    now = msgspec.structs.replace(HEAD, programs={"strategy.cross": "cd34", "strategy.new": "ef56"})
    journal = DiskJournal.open(tmp_path, now, counting(), lambda _ts: 0)
    assert journal.changed_programs() == ["strategy.cross", "strategy.new"]
    assert opened(tmp_path).changed_programs() == []


def test_a_missing_file_between_two_is_noticed(tmp_path: Path) -> None:
    for _ in range(3):
        journal = opened(tmp_path)
        journal.append(ClockAdvanced(1))
        journal.close()
    (tmp_path / "000002.journal").unlink()
    with pytest.raises(JournalError, match=r"000003\.journal: it does not continue 000001\.journal"):
        surveyed(tmp_path)


def test_a_file_of_another_journal_does_not_continue_this_one(tmp_path: Path) -> None:
    for name in ("one", "other"):
        for start in (1, 2):
            journal = opened(tmp_path / name, counting(start if name == "one" else 50))
            journal.append(ClockAdvanced(start))
            journal.close()
    (tmp_path / "other" / "000002.journal").replace(tmp_path / "one" / "000002.journal")
    with pytest.raises(JournalError, match=r"000002\.journal: it does not continue"):
        surveyed(tmp_path / "one")


def test_a_day_that_is_over_closes_its_file(tmp_path: Path) -> None:
    journal = opened(tmp_path, counting(DAY - 2, 2))
    for number in range(3):
        journal.append(ClockAdvanced(number))
    journal.close()
    assert [(one.first, one.last) for one in surveyed(tmp_path)] == [(0, 0), (1, 2)]


def test_an_answer_that_the_last_process_did_not_write_stands_first_in_the_next_file(tmp_path: Path) -> None:
    journal = opened(tmp_path)
    journal.append(ClockAdvanced(1))
    journal.close()
    journal = opened(tmp_path)
    journal.answer(0, (PlaceOrder(ORDER),))
    journal.append(ClockAdvanced(2))
    journal.close()
    assert read(tmp_path) == [(0, ClockAdvanced(1), (PlaceOrder(ORDER),)), (1, ClockAdvanced(2), ())]


def test_a_second_process_is_refused_and_told_who_writes(tmp_path: Path) -> None:
    hold = Hold.take(tmp_path, "paper", 0)
    assert is_held(tmp_path)
    script = "import sys; from pathlib import Path; from friday_core.session.on_disk.holder import Hold; "
    script += "Hold.take(Path(%r), 'other', 1)"
    second = subprocess.run(
        [sys.executable, "-c", script % str(tmp_path)],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        check=False,
    )
    assert f"it is being written by process {os.getpid()} on" in second.stderr
    assert "profile 'paper', since 1970-01-01" in second.stderr
    hold.close()
    assert not is_held(tmp_path)
    Hold.take(tmp_path, "paper", 0).close()


def test_a_full_disk_stops_the_journal_and_leaves_a_whole_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    journal = opened(tmp_path)
    journal.append(ClockAdvanced(1))
    write, left = os.write, 20

    def full(file: int, data: bytes) -> int:
        nonlocal left
        if not left:
            raise OSError(errno.ENOSPC, "No space left on device")
        part, left = bytes(data)[:left], 0
        return write(file, part)

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(JournalError, match=r"000001\.journal: No space left on device\. Nothing is sent"):
        journal.append(ClockAdvanced(2))
    monkeypatch.setattr(os, "write", write)
    with pytest.raises(JournalError, match="Nothing was written since"):
        journal.append(ClockAdvanced(3))
    journal.close()
    (segment,) = surveyed(tmp_path)
    assert (segment.last, segment.size) == (0, segment.good)


def test_a_folder_that_cannot_be_written_is_told_before_anything_starts(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(JournalError, match=r"Not a directory.*choose another place"):
        opened(tmp_path / "file" / "journal")


def test_a_disk_that_fails_to_sync_stops_the_journal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    journal = opened(tmp_path)
    journal.append(ClockAdvanced(1))

    def broken(_file: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(os, "fdatasync", broken)
    with pytest.raises(JournalError, match="Input/output error"):
        journal.sync()
    with pytest.raises(JournalError, match="Nothing was written since"):
        journal.append(ClockAdvanced(2))
    journal.close()


def test_nothing_is_synced_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[int] = []
    monkeypatch.setattr(os, "fdatasync", synced.append)
    journal = opened(tmp_path)
    journal.append(ClockAdvanced(1))
    journal.sync()
    journal.sync()
    assert len(synced) == 1
    journal.close()
