from __future__ import annotations

import json
import platform
from importlib import metadata

import pytest
from click.testing import CliRunner

from friday_core import __version__
from friday_core.cli import version


def test_versions_are_shown_one_a_line() -> None:
    lines = dict(line.rsplit(maxsplit=1) for line in CliRunner().invoke(version.command).output.splitlines())
    assert lines["friday"] == __version__
    assert lines["python"] == platform.python_version()
    assert lines["plugin API"] == "1.0"
    assert lines["pandas"] == metadata.version("pandas")


def test_versions_are_written_as_json() -> None:
    found = json.loads(CliRunner().invoke(version.command, ["--json"]).output)
    assert set(found) == {"friday", "python", "api", "dependencies"}
    assert found["dependencies"]["numpy"] == metadata.version("numpy")


def test_extras_are_not_among_the_dependencies(monkeypatch: pytest.MonkeyPatch) -> None:
    requirements = ["click>=8.2", "gone-for-good", 'bokeh_sampledata>=2026.1; extra == "demo"']
    monkeypatch.setattr(metadata, "requires", lambda distribution: requirements)
    assert version.dependency_versions() == {"click": metadata.version("click"), "gone-for-good": "not installed"}


def test_a_source_tree_that_is_not_installed_has_no_list() -> None:
    assert version.dependency_versions("friday-that-nobody-installed") == {}
