"""A user's folder and what is installed, for runs of the whole host."""

from __future__ import annotations

from pathlib import Path

import pytest
from fakes.installed import Installed, UserFolder


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> Installed:
    """The built-in plugins, and what a test adds."""
    return Installed(monkeypatch)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> UserFolder:
    """An empty folder, which is the current one."""
    monkeypatch.chdir(tmp_path)
    return UserFolder(tmp_path)
