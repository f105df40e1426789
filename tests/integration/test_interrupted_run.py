"""Ctrl-C during ``friday run``: a real process, a long run, and what is left of it."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

import containers
from friday_settings import load_settings

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C reaches a process in another way there")

TABLES = ["bars", "corporate_actions", "decisions", "equity", "fills", "orders", "positions", "postings", "quarantine"]
STOPPING = "stopping after this record; press Ctrl-C again to stop at once\n"


class LongRun:
    """``friday run`` in a process of its own: a year of minute bars, in records of ``chunk_rows``."""

    def __init__(self, folder: Path, instruments: int, chunk_rows: int, executor: str = "compiled") -> None:
        self.rows = 252 * 375 * instruments
        (folder / "friday.toml").write_text(
            f'[run]\nchunk_rows = {chunk_rows}\nexecutor = "{executor}"\n'
            f'[plugins.source.synthetic]\ninterval = "1m"\ninstruments = {instruments}\n',
            encoding="utf-8",
        )
        command = [sys.executable, "-c", "from friday_core.cli.main import main; main()", "run", "--quiet"]
        self._runs = folder / "runs"
        self.process = subprocess.Popen(
            command, cwd=folder, env={}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    def wait_for_a_fill(self) -> None:
        """Until a record was applied in which an order filled: the next one is under way."""
        while not any("order filled" in log.read_text(encoding="utf-8") for log in self._runs.glob("*/log.jsonl")):
            assert self.process.poll() is None, self.process.communicate()
            time.sleep(0.02)

    def interrupt(self) -> None:
        self.process.send_signal(signal.SIGINT)

    @property
    def folder(self) -> Path:
        (only,) = self._runs.iterdir()
        return only

    @property
    def summary(self) -> dict[str, Any]:
        return summary_in(self.folder)


def summary_in(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    return found


@pytest.fixture
def long_run(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[LongRun]:
    """A run that has got somewhere; its parameters are instruments, the size of a record and the executor."""
    run = LongRun(tmp_path, *request.param)
    try:
        run.wait_for_a_fill()
        yield run
    finally:
        run.process.kill()
        run.process.communicate()


@pytest.mark.parametrize("long_run", [(5, 50)], indirect=True, ids=["short records"])
def test_the_first_ctrl_c_ends_the_run_in_order(long_run: LongRun) -> None:
    long_run.interrupt()
    output, errors = long_run.process.communicate(timeout=60)
    assert (long_run.process.returncode, errors) == (130, STOPPING)
    assert output == f"runs/{long_run.folder.name}\n"
    assert long_run.summary["status"] == "interrupted"
    assert 0 < long_run.summary["results"]["rows"] < long_run.rows


@pytest.mark.parametrize("long_run", [(5, 50)], indirect=True, ids=["short records"])
def test_an_interrupted_run_has_every_table_and_no_half_file(long_run: LongRun) -> None:
    long_run.interrupt()
    long_run.process.communicate(timeout=60)
    assert sorted(path.stem for path in long_run.folder.glob("*.parquet")) == TABLES
    assert list(long_run.folder.glob(".*")) == []
    slices = long_run.summary["results"]["slices"]
    assert pq.read_table(long_run.folder / "equity.parquet").num_rows == slices > 0


@pytest.mark.parametrize("long_run", [(300, 200_000, "python")], indirect=True, ids=["records of seconds"])
def test_the_second_ctrl_c_ends_it_at_once_and_the_summary_says_so(long_run: LongRun) -> None:
    long_run.interrupt()
    assert long_run.process.stderr is not None
    assert long_run.process.stderr.readline() == STOPPING
    long_run.interrupt()
    output, errors = long_run.process.communicate(timeout=60)
    assert (long_run.process.returncode, output) == (130, "")
    assert errors == f"\nfriday: interrupted\nwhat there is of the run: runs/{long_run.folder.name}\n"
    assert long_run.summary["status"] == "interrupted"


@pytest.mark.parametrize(("failure", "status"), [(KeyboardInterrupt, "interrupted"), (MemoryError, "failed")])
def test_a_run_that_ends_while_its_results_are_written_is_not_left_as_running(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failure: type[BaseException], status: str
) -> None:
    overrides = [f"run.folder={tmp_path}", "plugins.source.synthetic.sessions=5"]
    host = containers.build(load_settings(environ={}, folder=tmp_path, overrides=overrides))

    def write_table(name: str, table: object) -> None:
        raise failure("now")

    monkeypatch.setattr(host.folder, "write_table", write_table)
    with pytest.raises(failure, match="now"):
        host.run()
    assert summary_in(host.folder.path) == {"status": status, "error": f"{failure.__name__}: now"}
