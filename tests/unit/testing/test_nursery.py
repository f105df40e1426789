"""Servers that are forks of one process are like those that were started by hand."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from friday_core.sandbox.paper.process import READY, Launch
from friday_core.testing.nursery import Fork, Nursery
from friday_core.testing.paper_process import PaperServer

PAPER = "friday_core.sandbox.paper"
#: A server that writes down its environment.
TOLD = """
import os, pathlib
def prepare(): pass
def run(launch): pathlib.Path(launch).write_text(os.environ["MOMENT"])
"""


@pytest.fixture
def nursery() -> Iterator[Nursery]:
    with closing(Nursery()) as one:
        yield one


def begun(nursery: Nursery, folder: Path, **launch: object) -> Fork:
    words = msgspec.json.encode(Launch(str(folder), **launch)).decode()  # type: ignore[arg-type]
    return nursery.begin(PAPER, words, folder / "server.log")


def test_each_has_a_process_of_its_own_and_ends_by_itself(tmp_path: Path, nursery: Nursery) -> None:
    folders = [tmp_path / name for name in ("one", "two")]
    for folder in folders:
        folder.mkdir()
    one, two = (begun(nursery, folder) for folder in folders)
    PaperServer(tmp_path).wait(lambda: all((folder / READY).exists() for folder in folders))
    one.terminate()
    assert one.wait(10.0) == 0
    assert two.poll() is None
    two.kill()
    assert (two.wait(10.0), two.poll()) == (-signal.SIGKILL, -signal.SIGKILL)
    two.kill()  # nobody is hit


def test_one_that_cannot_start_says_why_in_its_log(tmp_path: Path, nursery: Nursery) -> None:
    (tmp_path / "own.toml").write_text("[market]\npart = 3\n")
    assert begun(nursery, tmp_path, scenario=str(tmp_path / "own.toml")).wait(10.0) == 1
    assert "write parts" in (tmp_path / "server.log").read_text()


def test_whoever_waits_is_not_kept_for_ever(tmp_path: Path, nursery: Nursery) -> None:
    with pytest.raises(subprocess.TimeoutExpired, match=r"timed out after 0\.01 seconds"):
        begun(nursery, tmp_path).wait(0.01)


def test_folder_and_environment_are_those_of_the_moment(
    tmp_path: Path, nursery: Nursery, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "told").mkdir()
    (tmp_path / "told" / "__main__.py").write_text(TOLD)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=os.pathsep)
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        monkeypatch.chdir(tmp_path / name)
        monkeypatch.setenv("MOMENT", name)
        assert nursery.begin("told", "here.txt", Path("server.log")).wait(10.0) == 0
        assert (tmp_path / name / "here.txt").read_text() == name


def test_none_outlives_it(tmp_path: Path, nursery: Nursery) -> None:
    server = begun(nursery, tmp_path)
    nursery.close()
    PaperServer(tmp_path).wait(lambda: not Path(f"/proc/{server.pid}").exists(), 10.0)
    with pytest.raises(ProcessLookupError, match="No such process"):
        os.kill(server.pid, 0)
