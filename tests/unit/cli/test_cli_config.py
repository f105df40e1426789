"""``friday config``, with the real settings and a container that a test makes up."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from click.testing import CliRunner, Result
from pydantic import SecretStr

from friday_core.cli.main import cli
from friday_core.errors import Problem, ProblemKind
from friday_core.plugin.spec import PluginSettings
from friday_settings import load_settings


class VendorSettings(PluginSettings):
    api_secret: SecretStr = SecretStr("hunter2")
    product: str = "CNC"


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """A container's module in an empty folder and an empty environment."""
    made: Any = ModuleType("firm_containers")
    made.load_settings = lambda *args, **options: load_settings(*args, environ={}, **options)
    monkeypatch.setitem(sys.modules, "firm_containers", made)
    monkeypatch.chdir(tmp_path)
    return made  # type: ignore[no-any-return]


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["config", *arguments, "--container", "firm_containers:build"])


def test_check_counts_the_components_of_the_profile(module: ModuleType) -> None:
    result = run("check", "-p", "demo")
    assert (result.exit_code, result.output) == (0, "ok: profile demo, 20 components\n")


def test_check_lists_the_problems_of_the_settings(module: ModuleType) -> None:
    result = run("check", "--set", "risk.max_drawdwn=0.2", "--set", "clock.kind=sundial")
    assert result.exit_code == 2
    assert "friday: 2 problems in the configuration:" in result.stderr
    assert "mend: did you mean 'max_drawdown'?" in result.stderr


def test_check_lists_the_problems_of_the_graph(module: ModuleType) -> None:
    problem = Problem(ProblemKind.UNKNOWN_COMPONENT, "no broker 'papr'", "did you mean 'paper'?", "broker")
    module.check = lambda loaded: [problem]  # type: ignore[attr-defined]
    result = run("check")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "[broker] unknown component: no broker 'papr'" in result.stderr


def test_explain_shows_a_value_with_its_origin(module: ModuleType) -> None:
    result = run("explain", "-p", "demo", "--set", "account.capital=7")
    rows = {line.split()[0]: line.split()[1:] for line in result.output.splitlines() if line.strip()}
    assert result.exit_code == 0
    assert rows["account.capital"] == ["7", "--set", "account.capital"]
    assert rows["account.currency"] == ["USD", "friday_settings/demo.toml"]
    assert rows["risk.max_order_value"] == ["not", "set", "code"]


def test_explain_keeps_to_a_key(module: ModuleType) -> None:
    result = run("explain", "account", "--json")
    assert {row["key"] for row in json.loads(result.output)} == {
        "account.currency",
        "account.capital",
        "account.charges",
        "account.charges_scale",
        "account.max_order_value",
        "account.max_gross_exposure",
    }


def test_explain_writes_json(module: ModuleType) -> None:
    result = run("explain", "run.folder", "--json")
    assert json.loads(result.output) == [
        {"key": "run.folder", "value": "runs", "origin": "friday_settings/default.toml"}
    ]


def test_explain_of_a_key_that_is_not_there_is_an_error(module: ModuleType) -> None:
    result = run("explain", "acount")
    assert result.exit_code == 2
    assert "nothing is set at 'acount'" in result.stderr


def test_explain_shows_the_defaults_of_plugins_without_secrets(module: ModuleType) -> None:
    module.plugin_models = lambda loaded: {("broker", "vendor"): VendorSettings}  # type: ignore[attr-defined]
    result = run("explain", "plugins.broker.vendor", "--json")
    assert json.loads(result.output) == [
        {"key": "plugins.broker.vendor.api_secret", "value": None, "origin": "code"},
        {"key": "plugins.broker.vendor.product", "value": "CNC", "origin": "code"},
    ]


def test_explain_shows_brackets_as_they_are(module: ModuleType) -> None:
    assert '["[bold]"]' in run("explain", "risk.rules", "--set", 'risk.rules=["[bold]"]').output


def test_schema_is_json_with_the_plugins(module: ModuleType) -> None:
    module.plugin_models = lambda loaded: {("broker", "vendor"): VendorSettings}  # type: ignore[attr-defined]
    schema = json.loads(run("schema").output)
    assert schema["properties"]["plugins"]["properties"]["broker"]["properties"] == {
        "vendor": {"$ref": "#/$defs/VendorSettings"}
    }


def test_the_process_exits_with_2_and_lists_the_problems_on_stderr(tmp_path: Path) -> None:
    (tmp_path / "firm_containers.py").write_text("from friday_settings import load_settings\n")
    (tmp_path / "friday.toml").write_text("[rsk]\nmax_drawdown = 0.2\n")
    line = "from friday_core.cli.main import main; main()"
    arguments = ["config", "check", "--container", "firm_containers:build"]
    environment = {"PYTHONPATH": str(tmp_path), "FRIDAY_RISK_MAX_DRAWDOWN": "1"}
    done = subprocess.run(
        [sys.executable, "-c", line, *arguments], cwd=tmp_path, env=environment, capture_output=True, text=True
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert "did you mean [risk]?" in done.stderr
    assert "did you mean FRIDAY_RISK__MAX_DRAWDOWN?" in done.stderr
