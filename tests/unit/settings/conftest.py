from __future__ import annotations

from pathlib import Path

import pytest
from fakes.settings_folder import SettingsFolder


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SettingsFolder:
    monkeypatch.chdir(tmp_path)
    return SettingsFolder(tmp_path)
