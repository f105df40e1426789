"""``friday plugins``: a listing that nothing breaks."""

from __future__ import annotations

import importlib
import json
import os
import pty
import re
import subprocess
import sys
import textwrap
import tomllib
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from click.testing import CliRunner, Result
from fakes.installed_distribution import install_distribution, strategy_module

from friday_core.causal.compiled.kernels import Kernels
from friday_core.causal.compiled.object_store import default_folder
from friday_core.cli.main import cli
from friday_core.plugin.discovery import installed_plugins
from friday_settings import load_settings


@pytest.fixture(autouse=True)
def firm_containers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A container's module that reads an empty environment, in an empty folder."""
    made: Any = ModuleType("firm_containers")
    made.load_settings = lambda *args, **options: load_settings(*args, environ={}, **options)
    monkeypatch.setitem(sys.modules, "firm_containers", made)
    empty = tmp_path / "empty"
    empty.mkdir()
    monkeypatch.chdir(empty)


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of the path with a sound, a broken and a duplicate plugin."""
    folder = tmp_path / "site"
    folder.mkdir()
    for name, offered, source in (
        ("friday-moon", "moon", strategy_module("moon", 'version="7.2"')),
        ("friday-dark", "dark", "1 / 0"),
        ("friday-copy", "moving_average_cross", strategy_module("moving_average_cross")),
    ):
        module = name.replace("-", "_")
        install_distribution(folder, name, {f"strategy.{offered}": module}, {module: source})
    monkeypatch.syspath_prepend(folder)
    return folder


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["plugins", *arguments, "--container", "firm_containers:build"])


def rows(*arguments: str) -> dict[tuple[str, str], dict[str, Any]]:
    """What ``--json`` says, by component and distribution."""
    found = json.loads(run("--json", *arguments).stdout)["plugins"]
    return {(f"{row['kind']}.{row['name']}", row["distribution"]): row for row in found}


def status(found: dict[tuple[str, str], dict[str, Any]], name: str) -> str:
    (only,) = (row["status"] for (key, _), row in found.items() if key == name)
    return str(only)


def test_every_installed_plugin_is_listed_once() -> None:
    assert list(rows()) == [(plugin.key, plugin.distribution) for plugin in installed_plugins()]


def test_enabled_is_what_the_profile_names() -> None:
    backtest, demo = rows(), rows("-p", "demo")
    assert (status(backtest, "source.synthetic"), status(demo, "source.synthetic")) == ("enabled", "installed")
    assert (status(backtest, "model.ridge"), status(demo, "model.ridge")) == ("installed", "enabled")


def test_a_sound_third_party_is_installed_and_then_enabled_by_configuration(site: Path) -> None:
    active = 'trading.active_strategies=[{id = "m", use = "moon"}]'
    moon = rows("--set", active)["strategy.moon", "friday-moon"]
    assert status(rows(), "strategy.moon") == "installed"
    assert moon == {
        "kind": "strategy",
        "name": "moon",
        "version": "7.2",
        "distribution": "friday-moon",
        "distribution_version": "1.0",
        "enabled": True,
        "status": "enabled",
        "problem": None,
        "reason": "",
        "mend": "",
        "deprecations": [],
    }


def test_a_broken_plugin_has_its_reason_and_the_command_succeeds(site: Path) -> None:
    result = run()
    assert result.exit_code == 0
    assert (
        "broken: strategy.dark of friday-dark 1.0: importing friday_dark raised ZeroDivisionError: division by zero"
        in result.stdout
    )


def test_an_entry_point_without_a_kind_is_named_as_it_is_and_told_its_right_name(site: Path) -> None:
    install_distribution(site, "friday-keltner", {"keltner": "keltner"}, {"keltner": strategy_module("keltner")})
    (line,) = (line for line in run().stdout.splitlines() if "friday-keltner" in line and line.startswith("broken"))
    assert line.startswith("broken: keltner of friday-keltner 1.0: its module registers strategy.keltner")
    assert "name it strategy.keltner in pyproject.toml, [project.entry-points]" in line
    assert line.endswith("and install it again")


def test_an_entry_point_of_a_wrong_module_is_told_where_to_correct_it(site: Path) -> None:
    install_distribution(site, "friday-keltner", {"strategy.keltner": "keltner.strategie"}, {})
    (line,) = (line for line in run().stdout.splitlines() if line.startswith("broken: strategy.keltner"))
    assert 'in [project.entry-points."friday.plugins"] of its pyproject.toml, then install it again' in line


def test_a_broken_plugin_that_the_configuration_names_is_said_to_be_named(site: Path) -> None:
    result = run("--set", 'trading.active_strategies=[{id = "d", use = "dark"}]')
    assert result.exit_code == 0
    assert "broken, and the configuration names it: strategy.dark of friday-dark 1.0:" in result.stdout


def test_a_plugin_for_another_major_is_shown_with_the_reason_and_the_way_out(site: Path) -> None:
    later = {"friday.plugins.v2": {"strategy.comet": "no_such_module"}}
    install_distribution(site, "friday-comet", {}, {}, version="2.0", others=later)
    assert (
        "broken: strategy.comet of friday-comet 2.0: it is written for plugin API 2, this Friday has 1.0; mend: "
        "install a release of friday-comet for plugin API 1, or update friday-trading to a release with plugin API 2\n"
    ) in run().stdout


def test_what_a_plugin_uses_that_goes_is_shown_below_the_list(site: Path) -> None:
    warning = (
        "import warnings\nfrom friday_core.api import FridayDeprecationWarning\n"
        "warnings.warn(FridayDeprecationWarning('OldTarget goes'), stacklevel=1)\n"
    )
    source = warning + strategy_module("dated")
    install_distribution(site, "friday-dated", {"strategy.dated": "friday_dated"}, {"friday_dated": source})
    assert "deprecated: strategy.dated of friday-dated 1.0: OldTarget goes (friday_dated.py, line 3)\n" in run().stdout
    dated = rows()["strategy.dated", "friday-dated"]
    assert (dated["status"], dated["deprecations"]) == ("installed", ["OldTarget goes (friday_dated.py, line 3)"])


def test_a_duplicate_is_shown_for_both_distributions_naming_both(site: Path) -> None:
    found = rows()
    for distribution in ("friday-copy", "friday-trading"):
        row = found["strategy.moving_average_cross", distribution]
        assert (row["status"], row["problem"], row["enabled"]) == ("duplicate", "duplicate component", True)
        assert "friday-copy 1.0" in row["reason"]
        assert "friday-trading" in row["reason"]


def test_a_wrong_configuration_leaves_the_list_and_says_that_enabled_is_unknown(site: Path) -> None:
    result = run("--set", "rsk.max_drawdown=0.2")
    lines = {tuple(line.split()) for line in result.stdout.splitlines()}
    assert result.exit_code == 0
    assert ("strategy", "moon", "7.2", "friday-moon", "1.0", "enabled", "unknown") in lines
    assert "enabled unknown: the configuration cannot be used: [rsk]" in result.stderr


def test_a_wrong_configuration_in_json_has_its_problems_and_enabled_is_null() -> None:
    result = run("--json", "-p", "demmo")
    found = json.loads(result.stdout)
    assert result.exit_code == 0
    assert {row["enabled"] for row in found["plugins"]} == {None}
    (problem,) = found["configuration_problems"]
    assert "'demmo'" in problem


def test_a_container_that_is_not_there_leaves_the_list() -> None:
    result = CliRunner().invoke(cli, ["plugins", "--container", "no_such_module:build"])
    assert result.exit_code == 0
    assert "moving_average_cross" in result.stdout
    assert "there is no such module" in result.stderr


def test_the_limit_is_the_runs_own(site: Path) -> None:
    install_distribution(
        site, "friday-slow", {"strategy.slow": "friday_slow"}, {"friday_slow": "import time; time.sleep(3600)"}
    )
    row = rows("--set", "run.import_timeout=0.5")["strategy.slow", "friday-slow"]
    assert row["reason"] == "its import did not return within 0.5 s"


def test_names_are_not_cut_on_a_pipe(site: Path) -> None:
    name = "long_" * 20 + "name"
    install_distribution(site, "friday-long", {f"strategy.{name}": "friday_long"}, {"friday_long": "1 / 0"})
    lines = [line.split() for line in run().stdout.splitlines()]
    assert ["strategy", name, "1.0", "friday-long", "1.0", "broken"] in lines


def test_a_terminal_of_80_columns_shows_names_whole() -> None:
    ours, theirs = pty.openpty()
    line = "from friday_core.cli.main import main; main()"
    environment = {**os.environ, "COLUMNS": "80", "TERM": "dumb"}
    with subprocess.Popen(
        [sys.executable, "-c", line, "plugins"], stdin=theirs, stdout=theirs, stderr=theirs, env=environment
    ) as process:
        os.close(theirs)
        shown = _read_to_the_end(ours)
    assert process.returncode == 0
    names = {line.split()[1] for line in shown.splitlines() if len(line.split()) > 1}
    assert {plugin.name for plugin in installed_plugins() if plugin.built_in} <= names
    assert max(map(len, shown.splitlines())) <= 80


def _read_to_the_end(terminal: int) -> str:
    shown = b""
    try:
        while some := os.read(terminal, 10_000):
            shown += some
    except OSError:
        pass  # how Linux says that nobody writes any more
    os.close(terminal)
    return shown.decode()


def test_help_loads_nothing_heavy() -> None:
    line = (
        "import sys; from friday_core.cli.main import cli; cli(['plugins', '--help'], standalone_mode=False); "
        "heavy = ('numpy', 'pandas', 'pyarrow', 'pydantic', 'pluggy', 'rich', 'asyncio'); "
        "print([module for module in heavy if module in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", line], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_one_plugin_is_told_with_what_it_does_its_settings_and_how_to_switch_it_on() -> None:
    told = run("strategy.moving_average_cross").stdout
    assert "Strategy moving_average_cross: long while a fast average is above a slow one." in told
    assert re.search(r"^  fast +integer, >= 1 +20 +Bars of the fast average\.$", told, re.MULTILINE)
    shown = textwrap.dedent(re.split(r"to switch it on, .*:\n", told)[1])
    assert tomllib.loads(shown) == {
        "trading": {"active_strategies": [{"id": "moving_average_cross", "use": "moving_average_cross"}]}
    }


def test_the_lines_that_switch_a_plugin_on_name_the_settings_that_must_be_given() -> None:
    assert run("source.csv").stdout.endswith("[plugins.source.csv]\n    path = ...\n")


OPERATORS = """
import math

from friday_core.api import ColumnTransformer, ComponentSpec, Example, PluginSettings, Strategy, hookimpl, operator


class Settings(PluginSettings):
    share: float


HALF = Example([[2.0]], [1.0], params=(0.5,))


@operator("part", meaning="a share of x", nan="NaN", parameters=("s",), examples=[HALF])
def part(state, at, x, params, scale):
    return x[0] * params[0]


@operator("coarse", meaning="x with four digits", nan="NaN", examples=[Example([[1.23456]], [1.235])])
def coarse(state, at, x, params, scale):
    return float(f"{x[0]:.3e}")


class Parts(ColumnTransformer):
    def __init__(self, settings):
        self.share = settings.share

    def outputs(self, m):
        return {"part": m.close.apply(part, s=self.share).apply(coarse)}


@hookimpl
def friday_operators():
    return [part, coarse]


@hookimpl
def friday_components():
    return [ComponentSpec("transformer", "parts", Parts, Settings)]
"""


@pytest.fixture
def parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A module with two operators, one of which no compiler takes, and no kernels yet."""
    install_distribution(tmp_path, "friday-parts", {"transformer.parts": "friday_parts"}, {"friday_parts": OPERATORS})
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    yield "friday_parts"
    sys.modules.pop("friday_parts", None)


def test_the_operators_of_a_plugin_are_told_with_what_they_mean(parts: str) -> None:
    told = run("transformer.parts").stdout
    assert "\noperators of its module:\n  part(s)   a share of x\n  coarse()  x with four digits\n\nto switch" in told


@pytest.mark.parametrize("options", [(), ("--set", "plugins.transformer.parts.share=0.5")], ids=["unset", "set"])
def test_an_operator_that_could_not_be_compiled_is_told_with_the_reason(parts: str, options: tuple[str, ...]) -> None:
    run("transformer.parts")
    operators = importlib.import_module(parts).friday_operators()
    kernels = Kernels(default_folder(), lambda _told: None)
    assert kernels.addresses([(op, 1) for op in operators])["coarse/1", 1] is None
    lines = run("transformer.parts", *options).stdout.splitlines()
    (reason,) = kernels.reasons.values()
    assert [line for line in lines if "plain Python" in line] == [f"coarse runs in plain Python: {reason}"]


def test_columns_are_traced_for_operators_of_other_modules(
    parts: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = (
        "from friday_core.api import ColumnTransformer, ComponentSpec, hookimpl\nimport friday_parts\n"
        + textwrap.dedent("""
        class Other(ColumnTransformer):
            def outputs(self, m):
                return {"other": m.close.apply(friday_parts.coarse)}

        @hookimpl
        def friday_components():
            return [ComponentSpec("transformer", "other", Other)]
    """)
    )
    install_distribution(tmp_path, "friday-other", {"transformer.other": "friday_other"}, {"friday_other": own})
    before = run("transformer.other").stdout
    Kernels(default_folder(), lambda _told: None).addresses([(importlib.import_module(parts).coarse, 1)])
    after = run("transformer.other").stdout
    del sys.modules["friday_other"]
    assert "operators of its module" not in before + after
    assert ("plain Python" in before, "coarse runs in plain Python: " in after) == (False, True)


def test_a_plugin_with_nothing_to_say_of_operators_says_nothing() -> None:
    assert "operator" not in run("strategy.moving_average_cross").stdout


@pytest.mark.parametrize("plugin", [one for one in installed_plugins() if one.built_in], ids=lambda one: one.key)
def test_every_built_in_plugin_can_be_told(plugin: Any) -> None:
    result = run(plugin.key)
    assert result.exit_code == 0
    how = result.stdout.partition("to switch it on, ")[2]
    assert f'"{plugin.name}"' in how or f"[plugins.{plugin.key}]" in how


def test_one_that_is_not_there_is_refused_with_those_that_are() -> None:
    result = run("strategy.movin")
    assert result.exit_code == 2
    assert "no installed plugin offers the strategy 'movin'" in result.stderr
    assert "moving_average_cross" in result.stderr


def test_a_name_without_its_role_is_refused_with_one_that_has_it() -> None:
    result = run("paper")
    assert (result.exit_code, "paper names no role" in result.stderr) == (2, True)


def test_one_plugin_is_not_told_as_json() -> None:
    assert "leave out ROLE.NAME" in run("strategy.moving_average_cross", "--json").stderr
