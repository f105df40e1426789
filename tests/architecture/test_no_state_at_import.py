"""Importing Friday reads no file, no environment and no clock, and starts nothing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
from pathlib import Path

from architecture.source_tree import PACKAGES, ROOT, imported_names, modules

PROBE = Path(__file__).with_name("import_probe.py")
OURS = {"friday_core", "friday_plugins", "friday_settings", "containers"}


def _deeds(names: list[str], libraries: list[str], *folders: Path) -> dict[str, list[str]]:
    """What each of the modules does on import, after the libraries are there."""
    paths = sysconfig.get_paths()
    installed = [paths[key] for key in ("stdlib", "platstdlib", "purelib", "platlib")]
    asked = {
        "path": [str(folder) for folder in folders],
        "libraries": libraries,
        "modules": names,
        "allowed": [*installed, *(str(folder) for folder in folders)],
    }
    done = subprocess.run(
        [sys.executable, "-B", str(PROBE), json.dumps(asked)],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT.anchor,
        env={**os.environ, "FRIDAY_RISK__MAX_DRAWDOWN": "0.5"},
    )
    assert done.returncode == 0, done.stderr
    deeds: dict[str, list[str]] = json.loads(done.stdout)
    return deeds


def _libraries() -> list[str]:
    """What our modules import at the top from elsewhere: not ours to judge."""
    top = {
        name
        for module in modules()
        for where, node in module.imports()
        if not where
        for name in imported_names(node)
        if name.split(".")[0] not in OURS | {"__future__"}
    }
    return sorted(top)


def test_importing_any_module_touches_nothing_outside() -> None:
    names = [module.name for module in modules() if not module.name.endswith("__main__")]
    assert _deeds(names, _libraries(), ROOT, *(package.parent for package in PACKAGES)) == {}


def test_the_probe_sees_files_variables_and_clocks(tmp_path: Path) -> None:
    (tmp_path / "data.toml").write_text("x = 1\n", encoding="utf-8")
    (tmp_path / "guilty.py").write_text(
        "import datetime, os, pathlib, time\n"
        "pathlib.Path(__file__).with_name('data.toml').read_text()\n"
        "os.environ.get('FRIDAY_MODE'), os.environ.get('HOME')\n"
        "time.time(), datetime.datetime.now()\n",
        encoding="utf-8",
    )
    assert _deeds(["guilty"], ["datetime", "pathlib"], tmp_path) == {
        "guilty": [
            f"opens {tmp_path / 'data.toml'}",
            "reads the variable FRIDAY_MODE",
            "reads a clock: time.time",
            "reads a clock: datetime.now",
        ]
    }
