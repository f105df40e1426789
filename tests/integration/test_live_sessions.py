"""Whole sessions on rows that happen now: signs of life, silence, take-up, and the end at the close."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from dependency_injector import providers
from fakes.live import LIVE, MINUTE, SECOND, TEN, WAVE, LiveRun, Wish, row

import containers
from friday_core.api import ComponentSpec
from friday_core.domain.records import ChunkReceived, ClockAdvanced, Record, RowsMissing
from friday_core.domain.sessions import to_datetime
from friday_core.errors import ComponentTimeout, DataSourceError
from friday_core.orchestration.replaying import REPLACED, SessionReplay, source_of
from friday_core.session.on_disk.segments import entries, surveyed

PAPER = (*LIVE, "broker.use=paper")


def records(run: LiveRun) -> list[Record]:
    """Everything in the journal of the only session."""
    folders = {path.parent for path in run.journals.glob("*/*.journal")}
    return [one.record for folder in folders for one in entries(surveyed(folder))]


def rows(run: LiveRun) -> list[ChunkReceived]:
    return [one for one in records(run) if isinstance(one, ChunkReceived)]


def test_a_slice_is_decided_on_by_a_sign_of_life_and_not_with_the_next_row(tmp_path: Path) -> None:
    run = LiveRun(tmp_path, PAPER).start()
    run.bar(10_100)
    (bar,) = run.strategy.bars
    result = run.stop()
    assert (bar.ts_event, bar.raw.close, result.status) == (TEN + MINUTE, 10_100, "interrupted")
    assert ClockAdvanced(TEN + MINUTE + SECOND) in records(run)


def test_lateness_lets_a_bar_wait_for_those_of_its_time(tmp_path: Path) -> None:
    run = LiveRun(tmp_path, (*PAPER, "streams.market_data.lateness=2.0")).start()
    run.clock.advance(MINUTE)
    run.source.told.put(row(run.clock.now()))
    run.clock.advance(SECOND)
    run.until(lambda: ClockAdvanced(run.clock.now()) in records(run))
    assert run.strategy.bars == []
    run.clock.advance(2 * SECOND)
    run.until(lambda: run.strategy.bars)
    run.stop()


def test_rows_get_the_time_of_the_wall_and_are_numbered(tmp_path: Path) -> None:
    run = LiveRun(tmp_path, PAPER).start()
    run.clock.advance(5 * SECOND)
    run.source.told.put(row(TEN + 4 * SECOND))
    run.until(lambda: rows(run))
    run.source.told.put(row(TEN + 5 * SECOND))
    run.until(lambda: len(rows(run)) == 2)
    run.stop()
    first, second = (one.chunk for one in rows(run))
    assert (first.ts_recv.tolist(), first.seq.tolist(), second.seq.tolist()) == ([TEN + 5 * SECOND], [0], [1])


def test_silence_is_told_once_and_so_is_its_end_also_to_a_person(tmp_path: Path) -> None:
    run = LiveRun(tmp_path, (*PAPER, 'notify.use=["log"]')).start()
    run.bar()
    for _ in range(3):
        run.clock.advance(125 * SECOND)
        run.until(lambda: ClockAdvanced(run.clock.now()) in records(run))
    run.bar(want=10)
    back = run.clock.now() - SECOND
    run.bar()
    result = run.stop()
    told = [(one.since, one.is_over) for one in records(run) if isinstance(one, RowsMissing)]
    assert told == [(TEN + MINUTE, False), (back, True)]
    assert result.summary["results"]["decisions"] == {"SENT": 1}
    assert [one["reason"] for one in result.summary["rows_missing"]] == ["none for 126 s", "they come again"]
    lines = [json.loads(line) for line in (result.folder / "log.jsonl").read_text().splitlines()]
    notified = [(one["level"], one["message"]) for one in lines if one["component"] == "notifier.log"]
    held = "nothing is added to positions until rows come again"
    silent = f"no row since {to_datetime(TEN + MINUTE):%Y-%m-%d %H:%M:%S} UTC: none for 126 s; {held}"
    assert notified == [("critical", silent), ("info", "rows come again")]


def test_a_source_that_says_why_no_row_can_come_is_believed_at_once(tmp_path: Path) -> None:
    run = LiveRun(tmp_path, PAPER).start()
    run.bar()
    run.source.why = "the line is down"
    run.clock.advance(SECOND)
    run.until(lambda: any(isinstance(one, RowsMissing) for one in records(run)))
    run.bar(want=10)
    run.source.why = ""
    run.bar()
    result = run.stop()
    assert result.summary["results"]["decisions"] == {"ROWS_MISSING": 1}
    assert [one["reason"] for one in result.summary["rows_missing"]] == ["the line is down", "they come again"]


def test_outside_of_the_session_nobody_misses_a_row(tmp_path: Path) -> None:
    run = LiveRun(tmp_path, PAPER).start()
    run.bar()
    run.clock.set(TEN + 330 * MINUTE)  # 15:30
    run.until(lambda: ClockAdvanced(run.clock.now()) in records(run))
    assert run.stop().summary["rows_missing"] == []


def test_the_session_ends_by_itself_after_the_close_if_it_is_told_to(tmp_path: Path) -> None:
    run = LiveRun(tmp_path, (*PAPER, "run.until=close")).start()
    run.bar()
    run.clock.set(TEN + 330 * MINUTE + 9 * SECOND)
    run.source.told.put(row(TEN + 330 * MINUTE))
    run.until(lambda: len(run.strategy.bars) == 2)
    run.clock.advance(SECOND)
    assert run.joined().status == "finished"


def test_a_source_without_a_sign_of_life_is_given_up(tmp_path: Path) -> None:
    run = LiveRun(tmp_path, (*PAPER, "run.source_timeout=0.3")).start()
    run.bar()
    run.source.mute = True
    with pytest.raises(ComponentTimeout, match=r"it delivered no rows for 0\.3 s"):
        run.joined()


def test_what_the_source_fails_with_comes_after_its_last_row(tmp_path: Path) -> None:
    run = LiveRun(tmp_path, PAPER).start()
    run.bar()
    run.source.told.put(row(run.clock.now()))
    run.source.told.put(DataSourceError("the vendor hung up"))
    with pytest.raises(DataSourceError, match="the vendor hung up"):
        run.joined()
    assert len(rows(run)) == 2


def test_a_session_that_is_taken_up_asks_for_nothing_that_is_past_and_numbers_on(tmp_path: Path) -> None:
    first = LiveRun(tmp_path, PAPER).start()
    first.bar(want=10)
    first.bar()
    first.stop()
    second = LiveRun(tmp_path, PAPER, first.clock, strategy=Wish(first.strategy.script)).start()
    second.clock.advance(3 * MINUTE)
    second.until(lambda: second.source.after is not None)
    assert (second.source.after.ts_event, second.source.after.instrument) == (TEN + 2 * MINUTE + SECOND, WAVE)  # type: ignore[union-attr]
    second.until(lambda: any(isinstance(one, RowsMissing) for one in records(second)))
    second.source.told.put(row(TEN + 2 * MINUTE + SECOND))  # it had that one
    second.bar()
    result = second.stop()
    assert result.summary["journal"]["taken_up"] > 0
    assert [one.chunk.seq.tolist() for one in rows(second)] == [[0], [1], [2]]
    assert (result.summary["results"]["fills"], result.summary["results"]["rows"]) == (1, 3)
    (missing, _) = result.summary["rows_missing"]
    assert missing["since"] == TEN + 2 * MINUTE + SECOND


def test_the_session_is_replayed_from_its_journal(tmp_path: Path) -> None:
    run = LiveRun(tmp_path, PAPER).start()
    for want in (10, 0, -10, 0):
        run.bar(want=want)
    live = run.stop()
    (folder,) = {path.parent for path in run.journals.glob("*/*.journal")}
    segments = surveyed(folder)
    settings = [*PAPER, *REPLACED, f"run.folder={tmp_path / 'again'}"]
    loaded = containers.load_settings(environ={}, folder=tmp_path, overrides=settings)
    strategy = ComponentSpec("strategy", "wish", lambda: Wish(run.strategy.script))
    host = containers.build(loaded, [source_of(segments[0].head), strategy], clock=providers.Object(run.clock))
    host.replay(SessionReplay(folder, segments))
    again = host.run()
    assert live.summary["results"]["fills"] == 2
    assert again.summary["results"]["digest"] == live.summary["results"]["digest"]
