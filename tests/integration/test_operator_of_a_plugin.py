"""An operator of a third party, from its wheel to the same results in both executors."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from fakes.installed import Installed, UserFolder
from integration.fresh_environment import ROOT, FreshEnvironment, build_wheel

from friday_core.errors import ProblemKind

PYPROJECT = """
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[project]
name = "friday-tide"
version = "0.1.0"
dependencies = ["friday-trading"]

[project.entry-points."friday.plugins"]
"strategy.tide" = "friday_tide"
"""
MODULE = """
import math

from friday_core.api import ColumnStrategy, ComponentSpec, Example, PluginSettings, hookimpl, operator, where


class Settings(PluginSettings):
    window: int = 5


@operator(
    "tide",
    meaning="mean of the last w rows, the latest weighing most",
    nan="NaN while one of the rows is",
    parameters=("w",),
    start=lambda params: [0.0] + [math.nan] * int(params[0]),
    warmup=lambda params: int(params[0]) - 1,
    examples=[Example([[1.0, 2.0, 4.0]], [math.nan, 5 / 3, 10 / 3], params=(2,))],
)
def tide(state, at, x, params, scale):
    width, place = int(params[0]), int(state[at])
    state[at + 1 + place] = x[0]
    total = 0.0
    for age in range(width):
        total += (width - age) * state[at + 1 + (place - age) % width]
    state[at] = float((place + 1) % width)
    return total / (width * (width + 1) / 2.0)


class Tide(ColumnStrategy):
    def __init__(self, settings):
        self.window = settings.window

    def outputs(self, m):
        return {"signal": where(m.close > m.close.apply(tide, w=self.window), 1.0, 0.0)}


@hookimpl
def friday_operators():
    return [tide]


@hookimpl
def friday_components():
    return [ComponentSpec("strategy", "tide", Tide, Settings)]
"""
ACTIVE = """
[[trading.active_strategies]]
id = "one"
use = "{name}"
"""


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> FreshEnvironment:
    """Friday and friday-tide, each installed from its wheel."""
    project = tmp_path_factory.mktemp("friday-tide")
    (project / "pyproject.toml").write_text(PYPROJECT, "utf-8")
    (project / "friday_tide.py").write_text(MODULE, "utf-8")
    made = FreshEnvironment(tmp_path_factory.mktemp("environment"))
    made.install(build_wheel(ROOT, tmp_path_factory.mktemp("friday")))
    made.borrow_dependencies()
    made.install(build_wheel(project, tmp_path_factory.mktemp("tide")))
    return made


@pytest.mark.install
@pytest.mark.timeout(300)
def test_a_wheel_with_an_operator_gives_the_same_results_compiled_and_recompiles_nothing_else(
    environment: FreshEnvironment, tmp_path: Path
) -> None:
    def ran(name: str, *options: str) -> dict[str, object]:
        (tmp_path / "friday.toml").write_text(ACTIVE.format(name=name), "utf-8")
        done = environment.friday("run", "--quiet", *options, cwd=tmp_path, XDG_CACHE_HOME=str(tmp_path / "cache"))
        assert done.returncode == 0, done.stderr
        summary: dict[str, object] = json.loads((tmp_path / done.stdout.strip() / "summary.json").read_text("utf-8"))
        return summary

    def kernels() -> dict[str, int]:
        return {path.name: path.stat().st_mtime_ns for path in (tmp_path / "cache").rglob("*.kernel")}

    ran("moving_average_cross")
    before = kernels()
    compiled = ran("tide")
    plain = ran("tide", "--set", "run.executor=python")
    assert [one["executor"]["ran"] for one in (compiled, plain)] == [["compiled"], ["python"]]  # type: ignore[index]
    assert compiled["results"]["digest"] == plain["results"]["digest"]  # type: ignore[index]
    assert compiled["results"]["fills"] > 0  # type: ignore[index]
    assert before
    assert {name: time for name, time in kernels().items() if name in before} == before


def test_an_operator_that_its_module_does_not_register_is_a_problem_with_the_line(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    installed = Installed(monkeypatch)
    module = installed.source_file(tmp_path, MODULE.replace("@hookimpl\ndef friday_operators", "def _forgotten"))
    installed.point("strategy.tide", module, "friday-tide")
    (found,) = UserFolder(tmp_path).problems(ACTIVE.format(name="tide"))
    line = 1 + MODULE.splitlines().index(next(one for one in MODULE.splitlines() if ".apply(tide" in one))
    assert (found.kind, found.section) == (ProblemKind.UNTRACEABLE, "trading.active_strategies[0]")
    assert found.message == f"{module}.py:{line}: the operator 'tide' is not registered"
    assert found.mend == f"return it from friday_operators() in {module}, marked with @hookimpl"
