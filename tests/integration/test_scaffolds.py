"""What ``friday new`` makes passes at once: its tests, every rule of its role, lint and strict types; and it runs."""

from __future__ import annotations

import math
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping
from datetime import date, time
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import tomli_w
from click.testing import CliRunner
from dependency_injector import providers
from fakes.scaffolds import Scaffold, make_all, plugins, ways
from pydantic_core import PydanticUndefined

import containers
from friday_core.cli.new import command
from friday_core.cli.scaffolds.names import LONGEST_NAME
from friday_core.errors import ConfigurationError, ProblemKind
from friday_core.orchestration.host import Host, RunResult
from friday_core.plugin.discovery import InstalledPlugin, installed_plugins
from friday_core.plugin.hookspecs import PLUGIN_GROUP
from friday_core.plugin.registry import Loaded, PluginRegistry

IDS = [f"{role}-{way}" if way else role for role, way in ways()]
PLUGIN = "friday_core.testing.pytest_plugin"
CLOSED_PORT = "http://127.0.0.1:9/hook"


@pytest.fixture(scope="module")
def scaffolds(tmp_path_factory: pytest.TempPathFactory) -> list[Scaffold]:
    return make_all(tmp_path_factory.mktemp("scaffolds"))


@pytest.fixture(params=range(len(IDS)), ids=IDS)
def scaffold(request: pytest.FixtureRequest, scaffolds: list[Scaffold]) -> Scaffold:
    """Each in turn."""
    chosen: Scaffold = scaffolds[request.param]
    return chosen


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A host that was just made."""
    folder = tmp_path_factory.mktemp("hosts") / "demo-host"
    assert CliRunner().invoke(command, ["host", str(folder)]).exit_code == 0
    return folder


def run(*arguments: str | Path, cwd: Path, path: list[Path] | None = None) -> subprocess.CompletedProcess[str]:
    """A module of this environment in a folder, with nothing of these tests' own settings."""
    ours = ("PYTEST", "FRIDAY_", "MYPY", "RUFF", "PYTHON")
    clean = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    environ = {**clean, "PYTHONPATH": os.pathsep.join(map(str, path or []))}
    line = [sys.executable, "-m", *map(str, arguments)]
    return subprocess.run(line, cwd=cwd, env=environ, capture_output=True, text=True, timeout=300)


@pytest.mark.timeout(300)
def test_the_tests_of_every_scaffold_and_the_rules_of_every_role_pass(
    scaffolds: list[Scaffold], tmp_path: Path
) -> None:
    """In one run: a project that offers the plugins of all, since each would take a second to start."""
    tables = [tomllib.loads((one.folder / "pyproject.toml").read_text("utf-8")) for one in scaffolds]
    points = {key: value for one in plugins(scaffolds) for key, value in one.entry_points[PLUGIN_GROUP].items()}
    kit = [one["tool"]["friday"]["conformance"]["settings"] for one in tables if "friday" in one["tool"]]
    all_in_one = {
        "project": {"name": "all-scaffolds", "entry-points": {PLUGIN_GROUP: points}},
        "tool": {
            "friday": {"conformance": {"settings": {key: value for one in kit for key, value in one.items()}}},
            "pytest": {"ini_options": tables[0]["tool"]["pytest"]["ini_options"]},
        },
    }
    (tmp_path / "pyproject.toml").write_text(tomli_w.dumps(all_in_one), encoding="utf-8")
    tests = [one.folder / "tests" / f"test_{one.plugin}.py" for one in scaffolds]
    where = ("--rootdir", tmp_path, "-c", tmp_path / "pyproject.toml")
    how = ("--friday-conformance", "-p", "no:cacheprovider", "-q", "-rs")
    done = run("pytest", *how, *where, *tests, cwd=tmp_path, path=[one.folder for one in scaffolds])
    assert done.returncode == 0, done.stdout
    passed, skipped = (int(re.search(rf"(\d+) {word}", done.stdout)[1]) for word in ("passed", "skipped"))  # type: ignore[index]
    assert passed > 15 * len(scaffolds)
    assert skipped < 30, done.stdout


def test_a_scaffold_passes_in_its_own_folder(scaffolds: list[Scaffold]) -> None:
    (one,) = (one for one in scaffolds if str(one) == "broker real")
    done = run("pytest", "-v", "-p", "no:cacheprovider", cwd=one.folder, path=[one.folder])
    assert done.returncode == 0, done.stdout
    rule = "broker.try_real: a placement is sent once, and what nobody answered to is in doubt"
    assert f"test_a_plugin_keeps_the_rule[{rule}] PASSED" in done.stdout


def test_the_tests_of_a_host_pass_with_every_rule_for_its_strategy(host: Path) -> None:
    done = run("pytest", "-v", "-p", "no:cacheprovider", cwd=host, path=[host])
    assert done.returncode == 0, done.stdout
    assert "strategy.demo_host_breakout: decisions do not change with bars that come later] PASSED" in done.stdout
    assert "test_a_strangers_plugin_is_refused_and_not_imported PASSED" in done.stdout


@pytest.mark.parametrize("form", [["check"], ["format", "--check"]], ids=lambda form: form[0])
def test_lint_and_layout_hold_for_names_of_every_length(
    scaffolds: list[Scaffold], host: Path, tmp_path: Path, form: list[str]
) -> None:
    longest = make_all(tmp_path / "long", prefix="z", suffix="_" + "x" * (LONGEST_NAME - 5), letters=3)
    assert {len(one.package) for one in longest} == {LONGEST_NAME}
    make_all(tmp_path / "short", prefix="q", letters=3)
    folders = [scaffolds[0].folder.parent, host, tmp_path]
    done = run("ruff", *form, "--no-cache", *folders, cwd=tmp_path)
    assert done.returncode == 0, done.stdout


@pytest.mark.timeout(300)
def test_every_scaffold_and_the_host_are_strictly_typed(scaffolds: list[Scaffold], host: Path, tmp_path: Path) -> None:
    """Side by side in one project, since a checker reads Friday and its libraries but once."""
    folders = [*(one.folder for one in scaffolds), host]
    for folder in folders:
        package = next(path.parent for path in folder.glob("*/py.typed"))
        shutil.copytree(package, tmp_path / package.name, ignore=shutil.ignore_patterns("__pycache__"))
        for test in (folder / "tests").glob("*.py"):
            shutil.copy(test, tmp_path / test.name)
    settings = tomllib.loads((host / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["mypy"]
    settings["files"] = ["."]
    (tmp_path / "pyproject.toml").write_text(tomli_w.dumps({"tool": {"mypy": settings}}), encoding="utf-8")
    checked = len(list(tmp_path.rglob("*.py")))
    done = run("mypy", "--cache-dir", tmp_path / ".cache", cwd=tmp_path)
    assert done.stdout == f"Success: no issues found in {checked} source files\n"
    assert checked > 3 * len(scaffolds)


def test_no_word_of_the_templates_is_left_open(scaffolds: list[Scaffold]) -> None:
    files = [path for one in scaffolds for path in one.folder.rglob("*") if path.suffix not in ("", ".pyc")]
    assert [path for path in files if re.search(r"\$\{?[A-Za-z]", path.read_text("utf-8"))] == []


def test_ci_runs_on_three_pythons_what_the_readme_tells(scaffold: Scaffold) -> None:
    text = (scaffold.folder / ".github/workflows/ci.yml").read_text(encoding="utf-8")
    assert 'python: ["3.11", "3.12", "3.13"]' in text
    assert "python-version: ${{ matrix.python }}" in text
    told = [line for line in scaffold.blocks("sh")[-1].splitlines() if line]
    assert sorted(re.findall(r"- run: (.*)", text)) == sorted(told)


def test_the_table_of_settings_is_that_of_the_model(scaffold: Scaffold, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = re.findall(r"^\| `(\w+)` \| (.*?) \| (.*) \|$", scaffold.readme, flags=re.MULTILINE)
    if scaffold.role == "command":
        assert rows == []
        return
    monkeypatch.syspath_prepend(scaffold.folder)
    fields = loaded(scaffold).spec.settings.model_fields
    assert rows == [(name, shown(field.default), field.description) for name, field in fields.items()]


#: A connection is there where something of its vendor is: nothing switches it on by itself.
@pytest.mark.parametrize("name", [name for name in IDS if name not in ("command", "connection", "broker-real")])
def test_the_lines_of_the_readme_switch_it_on_in_a_new_host(
    name: str, scaffolds: list[Scaffold], host: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = scaffolds[IDS.index(name)]
    for text in one.blocks("text"):
        (tmp_path / "bars.csv").write_text(text, encoding="utf-8")
    result = switched_on(one, host, tmp_path, monkeypatch).run()
    summary = result.summary
    assert f"{one.key} {one.folder.name} 0.1.0" in summary["session"]["plugins"]
    assert (summary["status"], summary["stopped_strategies"], summary["validator_faults"]) == ("finished", [], [])
    CHANGES.get(name, lambda _result: None)(result)


def test_a_real_broker_is_not_switched_on_with_past_data(
    scaffolds: list[Scaffold], host: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = scaffolds[IDS.index("broker-real")]
    with pytest.raises(ConfigurationError, match="the mode is live") as caught:
        switched_on(one, host, tmp_path, monkeypatch)
    assert [problem.kind for problem in caught.value.problems] == [ProblemKind.MODE_CONFLICT]


def _strategy_trades(result: RunResult) -> None:
    books = {name: book["fills"] for name, book in result.summary["strategies"].items() if name != "cross"}
    assert len(books) == 1
    assert min(books.values()) > 0


def _model_predicts(result: RunResult) -> None:
    predictions = pq.read_table(result.folder / "predictions.parquet").column("prediction").to_pylist()
    assert sum(one is not None and not math.isnan(one) for one in predictions) > 100
    assert result.summary["strategies"]["best"]["fills"] > 0


def _observer_leaves_its_file(result: RunResult) -> None:
    assert '"filled"' in (result.folder / "order_ends.json").read_text(encoding="utf-8")


def _source_delivers(result: RunResult) -> None:
    assert result.summary["results"]["rows"] == 2


#: What a run shows of some roles, besides that it went well.
CHANGES = {
    "source": _source_delivers,
    "model": _model_predicts,
    "strategy-columns": _strategy_trades,
    "strategy-events": _strategy_trades,
    "strategy-windows": _strategy_trades,
    "observer": _observer_leaves_its_file,
}


def switched_on(one: Scaffold, host: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Host:
    """The host with the README's tables in its own file, and the plugin installed."""
    monkeypatch.syspath_prepend(one.folder)
    monkeypatch.chdir(folder)
    own = (host / "friday.toml").read_text(encoding="utf-8")
    (lines,) = one.blocks("toml")
    (folder / "friday.toml").write_text(pasted(own, lines, one.role), encoding="utf-8")
    secrets = {
        f"FRIDAY_PLUGINS__NOTIFIER__{one.plugin.upper()}__URL": CLOSED_PORT,
        f"FRIDAY_PLUGINS__BROKER__{one.plugin.upper()}__API_KEY": "none",
    }
    environ = {name: value for name, value in secrets.items() if name.split("__")[1].lower() == one.role}
    if one.way == "simulated":
        environ = {}
    settings = containers.load_settings(folder=folder, environ=environ, overrides=[f"run.folder={folder / 'runs'}"])
    infrastructure = containers.Infrastructure(loaded=settings)
    plugged = containers.Plugins(infrastructure=infrastructure)
    plugged.registry.override(providers.Object(PluginRegistry([*installed_plugins(), installed(one)])))
    made: Host = containers.Session(infrastructure=infrastructure, plugins=plugged).host()
    return made


def pasted(own: str, lines: str, role: str) -> str:
    """A strategy's lines are pasted below the last one; tables that are there already take the keys of others."""
    if role == "strategy":
        return f"{own}\n{lines}"
    return tomli_w.dumps(written_over(tomllib.loads(own), tomllib.loads(lines)))


def written_over(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    """Tables merge, lists of tables grow, everything else is replaced: what an editor would do."""
    both = dict(old)
    for key, value in new.items():
        there = both.get(key)
        if isinstance(value, dict):
            both[key] = written_over(there or {}, value)
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            both[key] = [*(there or []), *value]
        else:
            both[key] = value
    return both


def installed(one: Scaffold) -> InstalledPlugin:
    module = one.entry_points[PLUGIN_GROUP][one.key]
    return InstalledPlugin(EntryPoint(one.key, module, PLUGIN_GROUP), one.folder.name, "0.1.0")


def loaded(one: Scaffold) -> Loaded:
    answer = PluginRegistry([installed(one)]).load(one.key)
    assert isinstance(answer, Loaded), answer
    return answer


def shown(default: object) -> str:
    """A default as the README writes it: as in TOML."""
    if default is PydanticUndefined:
        return "required"
    if isinstance(default, str):
        return f'`"{default}"`'
    if isinstance(default, tuple):
        return "`[]`" if not default else f"`{list(default)}`"
    if isinstance(default, date | time):
        return f"`{default.isoformat()}`"
    return f"`{default!r}`"


@pytest.fixture(autouse=True, scope="module")
def _no_module_stays() -> Iterator[None]:
    """The packages that were imported here are forgotten again."""
    yield
    for name in [name for name in sys.modules if name.partition(".")[0].startswith("friday_try_")]:
        del sys.modules[name]
