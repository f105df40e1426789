"""Mistakes in the settings do not hide mistakes in the components that the rest of them names."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner
from fakes.components import Flat
from fakes.installed import Installed
from pydantic import Field, SecretStr

from friday_core.api import ComponentSpec, PluginSettings
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


MISTAKES = """
[streams.market_data]
source = "csv"
validators = ["bar_santy"]

[plugins.source.csv]
path = "nowhere.csv"
timezone = "Asia/Kolkata"

[plugins.sizer.fixed_fraction]
fraction = "much"
"""


def told(*options: str) -> str:
    result = CliRunner().invoke(cli, ["config", "check", *options])
    assert result.exit_code == 2
    return result.stderr


@pytest.mark.parametrize("more", [[], ["--set", "risk.max_drawdown=5"]], ids=["", "and settings"])
def test_a_file_that_is_not_there_is_told_beside_mistakes_in_names_and_values(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, more: list[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "friday.toml").write_text(MISTAKES, encoding="utf-8")
    text = told(*more)
    words = ["'bar_santy'", "fraction in friday.toml", "nowhere.csv: there is no", *(["max_drawdown"] if more else [])]
    assert [one for one in words if one in text] == words
    assert text.startswith(f"friday: {3 + len(more) // 2} problems in the configuration:")


def test_conflicts_between_sections_are_told_beside_a_mistake_in_a_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    text = told("--set", "broker.use=papr", "--set", "clock.speed=60")
    assert "a historical clock with speed" in text
    assert "'papr'" in text
    assert text.startswith("friday: 2 problems in the configuration:")


def test_what_may_follow_from_a_mistake_is_not_told_with_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The sizer's column may come from the transformer whose name is misspelt."""
    monkeypatch.chdir(tmp_path)
    text = told(
        "--set", 'streams.market_data.transformers=["realized_volatility"]', "--set", "trading.sizer=volatility_target"
    )
    assert text.startswith("friday: 1 problem in the configuration:")


def test_a_secret_of_a_plugin_is_masked_in_what_is_told_beside_mistakes(
    installed: Installed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Key(PluginSettings):
        api_key: SecretStr = Field(description="A secret.")

    def factory(settings: Key) -> Flat:
        raise ValueError(f"cannot log in with {settings.api_key.get_secret_value()}")

    installed.add(ComponentSpec("source", "moon", factory, Key))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FRIDAY_PLUGINS__SOURCE__MOON__API_KEY", "tides of May")
    text = told("--set", "streams.market_data.source=moon", "--set", "broker.use=papr", "--set", "risk.max_drawdown=5")
    assert "could not build it: ValueError: cannot log in with ***" in text
    assert "tides of May" not in text
