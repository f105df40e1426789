"""Results that cannot be written: the error says where and what to do, and no half file has a final name."""

from __future__ import annotations

import errno
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner
from fakes.installed import UserFolder

from friday_core.cli.main import cli
from friday_core.errors import RunFolderError
from friday_core.orchestration.assembly import Assembly
from friday_core.session.run_folder import RunFolder

FULL = "No space left on device"


def full_disk_at(function: Callable[..., Any], is_full: Callable[[Path], bool]) -> Callable[..., Any]:
    """``function`` as it is on a disk that becomes full in the middle of some files."""

    def write(*arguments: Any, **options: Any) -> Any:
        path = next(one for one in arguments if isinstance(one, Path))
        if is_full(path):
            path.write_bytes(b"half of it")
            raise OSError(errno.ENOSPC, FULL)
        return function(*arguments, **options)

    return write


def names_in(path: Path) -> set[str]:
    return {one.name for one in path.iterdir()}


def test_a_file_in_place_of_the_folder_is_told_before_anything_starts(folder: UserFolder) -> None:
    (folder.path / "runs").write_text("not a folder")
    host = folder.host()
    with pytest.raises(RunFolderError, match=r"run folder .*runs.*choose another place with --set run\.folder=FOLDER"):
        host.run()
    assert (folder.path / "runs").read_text() == "not a folder"


def test_the_shell_is_told_of_it_by_exit_code_1_and_no_traceback(folder: UserFolder) -> None:
    (folder.path / "runs").write_text("not a folder")
    result = CliRunner().invoke(cli, ["run"])
    assert result.exit_code == 1
    assert result.stderr.startswith("friday: run folder runs/backtest-")
    assert "Traceback" not in result.output


def test_the_other_place_that_the_error_names_works(folder: UserFolder) -> None:
    (folder.path / "runs").write_text("not a folder")
    result = CliRunner().invoke(cli, ["run", "-q", "--set", "run.folder=elsewhere"])
    assert result.exit_code == 0
    assert result.output.startswith("elsewhere/backtest-")


def test_a_folder_that_takes_no_file_is_told_before_anything_starts(
    folder: UserFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_path: Path, _data: bytes) -> int:
        raise OSError(errno.EROFS, "Read-only file system")

    host = folder.host()
    monkeypatch.setattr(Path, "write_bytes", refuse)
    with pytest.raises(RunFolderError, match=r"Read-only file system\. Free space or change the rights there"):
        host.run()
    assert names_in(host.folder.path) == set()


def test_a_disk_that_is_full_at_the_start_is_told_and_leaves_no_half_file(
    folder: UserFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Path, "write_text", full_disk_at(Path.write_text, lambda path: "resolved" in path.name))
    with pytest.raises(RunFolderError, match=FULL):
        folder.host().run()
    assert {name for name in names_in(folder.run_folder) if not name.startswith("summary")} == set()


@pytest.mark.parametrize("table", ["orders", "equity", "quarantine"])
def test_a_disk_that_is_full_at_the_end_leaves_only_whole_tables(
    folder: UserFolder, monkeypatch: pytest.MonkeyPatch, table: str
) -> None:
    def write_table(data: Any, path: Path, **options: Any) -> None:
        full_disk_at(lambda _path: real(data, path, **options), lambda one: table in one.name)(path)

    real = pq.write_table
    monkeypatch.setattr(pq, "write_table", write_table)
    with pytest.raises(RunFolderError, match=rf"{FULL}\. Free space"):
        folder.host().run()
    names = names_in(folder.run_folder)
    assert f"{table}.parquet" not in names
    assert not any(name.endswith(".tmp") for name in names)
    for name in names:
        if name.endswith(".parquet"):
            pq.read_table(folder.run_folder / name)


def test_a_run_whose_results_could_not_be_written_is_not_left_as_running(
    folder: UserFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def write_table(_data: Any, _path: Path, **_options: Any) -> None:
        raise OSError(errno.ENOSPC, FULL)

    monkeypatch.setattr(pq, "write_table", write_table)
    with pytest.raises(RunFolderError, match=FULL):
        folder.host().run()
    summary = json.loads((folder.run_folder / "summary.json").read_text())
    assert summary["status"] == "failed"
    assert FULL in summary["error"]


def test_what_failed_first_is_raised_and_the_full_disk_is_added_once(
    folder: UserFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    host = folder.host()

    def records(_assembly: Assembly) -> Any:
        monkeypatch.setattr(Path, "write_text", full_disk_at(Path.write_text, lambda _path: True))
        raise ValueError("the first")

    monkeypatch.setattr(Assembly, "records", records)
    with pytest.raises(ValueError, match="the first") as caught:
        host.run()
    notes = caught.value.__notes__
    assert len(notes) == 1
    assert FULL in notes[0]


def test_a_file_is_replaced_as_a_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = RunFolder(tmp_path, "demo", 0)
    run.create()
    run.write_text("resolved.toml", "before")
    monkeypatch.setattr(Path, "write_text", full_disk_at(Path.write_text, lambda _path: True))
    with pytest.raises(RunFolderError, match=FULL):
        run.write_text("resolved.toml", "after")
    assert (run.path / "resolved.toml").read_text() == "before"
    assert names_in(run.path) == {"resolved.toml"}


def test_of_two_runs_that_start_in_the_same_second_the_later_one_says_so(tmp_path: Path) -> None:
    """Each has handed its path to its components before either made its folder."""
    first, second = RunFolder(tmp_path, "demo", 0), RunFolder(tmp_path, "demo", 0)
    first.create()
    with pytest.raises(RunFolderError, match=r"another run took it at the same moment\. Start again"):
        second.create()
    assert RunFolder(tmp_path, "demo", 0).path.name == "demo-19700101T000000.000000Z-2"


def test_a_link_to_nowhere_in_place_of_the_folder_is_no_other_run(folder: UserFolder) -> None:
    (folder.path / "runs").symlink_to("nowhere")
    with pytest.raises(RunFolderError, match=r"File exists\. Free space or change the rights there"):
        folder.host().run()
