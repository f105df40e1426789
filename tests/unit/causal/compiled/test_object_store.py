"""Object code on disk: what is used stays, what nobody uses goes when something is written."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from friday_core.causal.compiled.object_store import UNUSED, ObjectStore
from friday_core.errors import DataError

DAY = 86_400.0


def aged(path: Path, seconds: float) -> float:
    """Sets when a file was used last; says when, as the file system keeps it."""
    used = time.time() - seconds
    os.utime(path, (used, used))
    return path.stat().st_mtime


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


@pytest.mark.parametrize("found", [b"code", "a reason"])
def test_what_was_put_is_what_is_got(tmp_path: Path, found: bytes | str) -> None:
    store = ObjectStore(tmp_path / "kernels")
    assert store.get("one") is None
    store.put("one", found)
    assert store.get("one") == found


def test_a_file_under_another_key_is_not_whole(tmp_path: Path) -> None:
    ObjectStore(tmp_path).put("one", b"code")
    (tmp_path / "one.kernel").rename(tmp_path / "two.kernel")
    with pytest.raises(DataError, match=r"two\.kernel is not whole, or was changed"):
        ObjectStore(tmp_path).get("two")


def test_files_that_nobody_used_for_long_go_when_something_is_written(tmp_path: Path) -> None:
    store = ObjectStore(tmp_path)
    for key in ("old", "recent"):
        store.put(key, b"code")
    aged(tmp_path / "old.kernel", UNUSED + DAY)
    aged(tmp_path / "recent.kernel", UNUSED - DAY)
    ObjectStore(tmp_path).put("new", b"code")
    assert names(tmp_path) == {"recent.kernel", "new.kernel"}


def test_what_others_write_and_what_is_no_kernel_stays_however_old(tmp_path: Path) -> None:
    for name in (".writing-abc", "notes.txt"):
        (tmp_path / name).write_bytes(b"")
        aged(tmp_path / name, 2 * UNUSED)
    ObjectStore(tmp_path).put("new", b"code")
    assert names(tmp_path) == {".writing-abc", "notes.txt", "new.kernel"}


def test_reading_keeps_a_file(tmp_path: Path) -> None:
    ObjectStore(tmp_path).put("used", b"code")
    aged(tmp_path / "used.kernel", UNUSED + DAY)
    assert ObjectStore(tmp_path).get("used") == b"code"
    ObjectStore(tmp_path).put("new", b"code")
    assert names(tmp_path) == {"used.kernel", "new.kernel"}


def test_use_is_noted_once_a_day(tmp_path: Path) -> None:
    store, path = ObjectStore(tmp_path), tmp_path / "one.kernel"
    store.put("one", b"code")
    today = aged(path, DAY / 2)
    store.get("one")
    assert path.stat().st_mtime == today
    before = aged(path, 2 * DAY)
    store.get("one")
    assert path.stat().st_mtime > before + DAY


def test_what_cannot_be_removed_keeps_nobody_from_writing(tmp_path: Path) -> None:
    stuck = tmp_path / "stuck.kernel"
    stuck.mkdir()
    aged(stuck, 2 * UNUSED)
    ObjectStore(tmp_path).put("new", b"code")
    assert ObjectStore(tmp_path).get("new") == b"code"
    assert stuck.is_dir()
