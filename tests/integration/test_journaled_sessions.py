"""Sessions that write a journal: which of them goes on, and what stops them."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest
from dependency_injector import providers
from fakes.clock import SimulatedClock

import containers
from friday_core.domain.records import Action, Command
from friday_core.errors import JournalError, ReplayDivergence
from friday_core.orchestration.host import Host, RunResult
from friday_core.session.on_disk.control import Control
from friday_core.session.on_disk.segments import surveyed
from friday_core.session.pacing import Pacer

MUCH_TO_DO = (
    "plugins.source.synthetic.sessions=60",
    "trading.active_strategies.cross.settings.fast=3",
    "trading.active_strategies.cross.settings.slow=8",
)
ON_THE_WALL = ("clock.kind=wall", "clock.speed=3600.0")


def host(folder: Path, *more: str, clock: tuple[str, ...] = ON_THE_WALL, stop_after: int | None = None) -> Host:
    """A paper session whose waiting is simulated; ``stop_after`` so many waits a person presses Ctrl-C."""
    settings = [f"run.folder={folder / 'runs'}", *MUCH_TO_DO, *clock, *more]
    loaded = containers.load_settings(environ={}, folder=folder, overrides=settings)
    infrastructure = containers.Infrastructure(loaded=loaded.in_use())
    plugins = containers.Plugins(infrastructure=infrastructure)
    parts = containers.Session(infrastructure=infrastructure, plugins=plugins)
    waits = 0

    def on_wait(_seconds: float) -> None:
        nonlocal waits
        waits += 1
        if waits == stop_after:
            made.request_stop()

    if clock:
        parts.pacer.override(providers.Object(Pacer(3600.0, None, SimulatedClock(on_wait))))
    made: Host = parts.host()
    return made


def digest(result: RunResult) -> str:
    told: str = result.summary["results"]["digest"]
    return told


def sessions(folder: Path) -> list[Path]:
    return sorted({path.parent for path in folder.glob("journals/*/*/*.journal")})


def test_a_session_that_was_interrupted_goes_on_and_ends_like_one_that_was_not(tmp_path: Path) -> None:
    whole = host(tmp_path / "whole").run()
    first = host(tmp_path / "cut", stop_after=900).run()
    assert (whole.status, first.status) == ("finished", "interrupted")
    assert first.summary["results"]["rows"] < whole.summary["results"]["rows"]
    last = host(tmp_path / "cut").run()
    assert last.summary["journal"]["taken_up"] == first.summary["journal"]["records"]
    assert (last.status, digest(last)) == ("finished", digest(whole))
    assert len(sessions(tmp_path / "cut")) == 1


def test_a_session_that_ended_is_followed_by_another_one_and_leaves_its_rows_as_parquet(tmp_path: Path) -> None:
    first, second = host(tmp_path).run(), host(tmp_path).run()
    assert second.summary["journal"]["taken_up"] == 0
    assert digest(first) == digest(second)
    assert len(sessions(tmp_path)) == 2
    assert list(sessions(tmp_path)[0].glob("parquet/market_data/*.parquet"))


def test_a_session_comes_after_the_one_before_even_if_somebody_has_set_the_clock_back(tmp_path: Path) -> None:
    host(tmp_path).run()
    (first,) = sessions(tmp_path)
    first.rename(first.with_name("29990101T000000.000000Z"))
    interrupted = host(tmp_path, stop_after=900).run()
    last = host(tmp_path).run()
    assert last.summary["journal"]["taken_up"] == interrupted.summary["journal"]["records"]
    assert [one.name for one in sessions(tmp_path)] == ["29990101T000000.000000Z", "29990101T000000.000000Z+"]


def test_new_ends_what_was_left_open_and_begins_at_the_beginning(tmp_path: Path) -> None:
    host(tmp_path, stop_after=900).run()
    anew = host(tmp_path)
    anew.begin_anew()
    result = anew.run()
    assert (result.status, result.summary["journal"]["taken_up"]) == ("finished", 0)
    assert [surveyed(one)[-1].is_end for one in sessions(tmp_path)] == [True, True]


def test_settings_that_decide_otherwise_stop_a_session_that_goes_on_before_it_sends(tmp_path: Path) -> None:
    host(tmp_path, stop_after=1_300).run()
    with pytest.raises(ReplayDivergence, match=r"record .*: then it led to .*, now to .*friday run --new"):
        host(tmp_path, "account.capital=50_000").run()


def test_a_backtest_writes_no_journal_unless_it_is_told_to(tmp_path: Path) -> None:
    assert "journal" not in host(tmp_path, clock=()).run().summary
    assert not (tmp_path / "journals").exists()
    told = host(tmp_path, f"journal.folder={tmp_path / 'kept'}", clock=()).run()
    assert told.summary["journal"]["records"] > 0


def test_a_disk_that_is_full_ends_the_session_and_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write, left = os.write, 200_000

    def full(file: int, data: bytes) -> int:
        nonlocal left
        if len(data) > 30 and data[:2] == b"Fj":
            left -= len(data)
            if left < 0:
                raise OSError(errno.ENOSPC, "No space left on device")
        return write(file, data)

    monkeypatch.setattr(os, "write", full)
    left = 6_000
    with pytest.raises(JournalError, match=r"No space left on device\. Nothing is sent that is not written"):
        host(tmp_path).run()
    monkeypatch.setattr(os, "write", write)
    assert host(tmp_path).run().status == "finished", "with space again it goes on"


def test_a_second_session_of_a_profile_is_refused_while_one_runs(tmp_path: Path) -> None:
    other = host(tmp_path)
    seen: list[str] = []

    def progress(_rows: int, _ts: int) -> None:
        if not seen:
            with pytest.raises(JournalError, match=f"it is being written by process {os.getpid()}") as refused:
                other.run()
            seen.append(str(refused.value))

    host(tmp_path).run(progress)
    assert len(seen) == 1


def test_what_was_halted_before_the_start_is_halted_from_the_first_bar_on(tmp_path: Path) -> None:
    session = host(tmp_path)
    Control(tmp_path / "journals" / session.profile).write(Command(1, Action.PAUSE, "not today", "me"))
    result = session.run()
    assert result.summary["results"]["fills"] == 0
    assert result.summary["refusals"]["counts"].keys() == {"HALTED"}
