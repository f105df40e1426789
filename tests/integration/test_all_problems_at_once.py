"""Mistakes in the settings do not hide mistakes in the components that the rest of them names."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from friday_core.cli.main import cli


def test_problems_of_settings_and_of_components_are_listed_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FRIDAY_RISK_MAX_DRAWDOWN", "0.1")
    mistakes = ["risk.max_drawdwn=0.2", "broker.use=papr", "plugins.sizer.fixed_fraction.fractoin=2"]
    options = [part for mistake in mistakes for part in ("--set", mistake)]
    result = CliRunner().invoke(cli, ["run", *options])
    assert result.exit_code == 2
    found = [
        name
        for name in ("FRIDAY_RISK__MAX_DRAWDOWN", "'max_drawdown'", "'paper'", "'fraction'")
        if name in result.stderr
    ]
    assert found == ["FRIDAY_RISK__MAX_DRAWDOWN", "'max_drawdown'", "'paper'", "'fraction'"]
    assert result.stderr.startswith("friday: 4 problems in the configuration:")
    assert not (tmp_path / "runs").exists()
