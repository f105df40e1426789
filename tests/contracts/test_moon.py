"""The example distribution passes its own tests, Friday's rules among them, as its author would run them."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.metadata import entry_points

from architecture.source_tree import ROOT

MOON = ROOT / "examples" / "friday-moon"
PLUGIN = "friday_core.testing.pytest_plugin"
#: An environment that was made before the entry point was has to be told.
TOLD = [] if any(one.value == PLUGIN for one in entry_points(group="pytest11")) else ["-p", PLUGIN]


def test_friday_moon_keeps_every_rule_in_its_own_tests() -> None:
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "FRIDAY_"))}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *TOLD, "-v"],
        cwd=MOON,
        env={**clean, "PYTHONPATH": str(MOON)},
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert done.returncode == 0, done.stdout
    for sentence in (
        "strategy.moon_phase: decisions do not change with bars that come later",
        "validator.stale_price: any cut into chunks gives the same verdicts",
        "validator.stale_price: one that is restored from its snapshot goes on with the same bits",
    ):
        assert f"[{sentence}] PASSED" in done.stdout
