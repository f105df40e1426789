"""What is noticed of code that looks at more than it is handed, and what is let pass."""

from __future__ import annotations

import datetime as dt
import random
import shutil
import socket
import subprocess
import sys
import time
import uuid
import weakref
from collections.abc import Callable
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from friday_core.infrastructure.logging import get_logger
from friday_core.testing.network import dead_network
from friday_core.testing.watching import watching

OURS = frozenset({__name__.partition(".")[0]})


def deeds(act: Callable[[], object]) -> list[str]:
    """What is noticed, without the place."""
    with watching(OURS) as watch:
        act()
    return [deed.partition(" (")[0] for deed in watch.deeds]


def test_clocks_are_noticed() -> None:
    assert deeds(time.time) == ["reads a clock: time.time"]
    assert deeds(lambda: dt.datetime.now(dt.UTC)) == ["reads a clock: datetime.now"]


def test_chance_without_a_seed_is_noticed() -> None:
    drawn = ["draws at random, without a seed of its own"]
    assert (deeds(random.random), deeds(lambda: random.randint(0, 9)), deeds(uuid.uuid4)) == (drawn, drawn, drawn)


def test_chance_with_a_seed_is_not() -> None:
    generator = random.Random(7)
    assert deeds(lambda: (generator.random(), generator.choice([1, 2]))) == []


def test_files_processes_and_connections_are_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("tomorrow.csv").write_text("100", encoding="utf-8")
    (opened,) = deeds(lambda: Path("tomorrow.csv").read_text("utf-8"))
    assert opened == "opens 'tomorrow.csv'"
    assert f"starts {sys.executable!r}" in deeds(lambda: subprocess.run([sys.executable, "-c", ""], check=True))


def test_a_library_that_reads_a_clock_for_itself_is_let_pass() -> None:
    assert deeds(lambda: get_logger("kit").debug("nothing")) == []


def test_code_and_time_zones_are_let_pass() -> None:
    assert deeds(lambda: ZoneInfo.no_cache("Europe/Lisbon")) == []


def test_tidying_up_after_an_object_that_has_gone_is_not_the_plugins_deed(tmp_path: Path) -> None:
    class Gone:
        pass

    def let_go() -> None:
        one = Gone()
        weakref.finalize(one, shutil.rmtree, tmp_path / "folder")

    (tmp_path / "folder").mkdir()
    assert deeds(let_go) == []
    assert not (tmp_path / "folder").exists()


def test_the_place_is_named() -> None:
    with watching(OURS) as watch:
        time.time()
    (deed,) = watch.deeds
    assert "(test_watching.py, line " in deed
    assert deed.endswith(", in test_the_place_is_named())")


def test_nothing_is_noticed_afterwards() -> None:
    with watching(OURS) as watch:
        pass
    time.time()
    assert list(watch.deeds) == []


def test_a_dead_network_counts_who_would_wait_for_ever() -> None:
    with dead_network() as network:
        with pytest.raises(TimeoutError, match="the kit's network is down"):
            socket.create_connection(("example.org", 80), timeout=1.0)
        assert network.patient == []
        with socket.socket() as sock, pytest.raises(TimeoutError, match="down"):
            sock.connect(("example.org", 80))
    assert network.patient == ["('example.org', 80)"]
