"""A session in compiled columns and in plain Python: the same files, and one notice where nothing can be compiled."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
import textwrap
import tomllib
from pathlib import Path
from typing import Any

import pytest
from fakes.components import Idle
from fakes.installed import Installed, UserFolder

import containers
from friday_core.causal.compiled.choice import ChosenExecutor
from friday_core.plugin.spec import ComponentSpec

without_prices = pytest.mark.skipif(
    importlib.util.find_spec("bokeh_sampledata") is None,
    reason="the prices are in the package bokeh_sampledata: pip install 'friday-trading[demo]'",
)
#: A strategy in columns over synthetic bars.
SHORT = ("--set", "plugins.source.synthetic.sessions=60", "--no-report", "--quiet")


def ran(folder: Path, profile: str, executor: str) -> UserFolder:
    folder.mkdir()
    user = UserFolder(folder)
    result = user.host(profile=profile, overrides=[f"run.executor={executor}"]).run()
    assert result.status == "finished"
    return user


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> dict[str, UserFolder]:
    folder = tmp_path_factory.mktemp("demo")
    return {executor: ran(folder / executor, "demo", executor) for executor in ("compiled", "python")}


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> Installed:
    return Installed(monkeypatch)


@without_prices
def test_the_demo_s_tables_are_the_same_files_in_either_executor(demo: dict[str, UserFolder]) -> None:
    one, other = demo["compiled"], demo["python"]
    assert one.tables == other.tables
    assert {"bars", "decisions", "equity", "fills", "models", "orders", "predictions"} <= set(one.tables)
    for name in one.tables:
        files = [(user.run_folder / f"{name}.parquet").read_bytes() for user in (one, other)]
        assert files[0] == files[1], name


@without_prices
def test_the_demo_s_figures_are_the_same_in_either_executor(demo: dict[str, UserFolder]) -> None:
    summaries = [user.summary for user in demo.values()]
    for summary in summaries:
        del summary["executor"], summary["driver"], summary["slow"], summary["session"]["settings_hash"]
    assert summaries[0] == summaries[1]


@without_prices
@pytest.mark.parametrize("executor", ["compiled", "python"])
def test_the_run_folder_tells_which_executor_ran(demo: dict[str, UserFolder], executor: str) -> None:
    assert demo[executor].summary["executor"] == {"wanted": executor, "ran": [executor], "reason": ""}
    resolved = tomllib.loads((demo[executor].run_folder / "resolved.toml").read_text("utf-8"))
    assert resolved["run"]["executor"] == executor


def test_all_of_a_host_share_the_kernels(tmp_path: Path) -> None:
    host = UserFolder(tmp_path).host(profile="backtest")
    assert host.assembly.programs.executor is host.executor
    assert host.executor.serving == "compiled"


def friday(folder: Path, *arguments: str, blocked: tuple[str, ...] = (), **environ: str) -> tuple[str, dict[str, Any]]:
    """What the command says on standard error, and the summary of its run; ``blocked`` cannot be imported."""
    script = f"""
        import sys
        class Blocked:
            def find_spec(self, name, path=None, target=None):
                if name.partition(".")[0] in {blocked!r}:
                    raise ImportError(f"no {{name}} on this machine")
        sys.meta_path.insert(0, Blocked())
        from friday_core.cli.main import main
        main()
    """
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("FRIDAY_")}
    command = [sys.executable, "-c", textwrap.dedent(script), "run", *SHORT, *arguments]
    done = subprocess.run(command, cwd=folder, env={**inherited, **environ}, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stderr, json.loads((folder / done.stdout.strip() / "summary.json").read_text("utf-8"))


@pytest.mark.parametrize("missing", ["llvmlite", "numba"])
def test_where_a_library_is_missing_the_run_goes_on_in_plain_python_with_one_notice(
    tmp_path: Path, missing: str
) -> None:
    notices, summary = friday(tmp_path, blocked=(missing,), XDG_CACHE_HOME=str(tmp_path / "cache"))
    (notice,) = notices.splitlines()
    assert notice.startswith("columns run in plain Python, slower and with the same numbers: ImportError: no ")
    assert summary["status"] == "finished"
    assert summary["executor"]["ran"] == ["python"]
    assert f"no {missing}" in summary["executor"]["reason"]


def test_runs_with_other_charges_repeat_no_notice(tmp_path: Path) -> None:
    notices, summary = friday(tmp_path, "--sensitivity", blocked=("llvmlite",))
    assert len(notices.splitlines()) == 1
    assert [one["status"] for one in summary["sensitivity"]] == ["finished"] * 2


def test_compiling_is_announced_on_the_terminal_and_only_once(tmp_path: Path) -> None:
    cache = {"XDG_CACHE_HOME": str(tmp_path / "cache")}
    first, summary = friday(tmp_path, **cache)
    assert summary["executor"]["ran"] == ["compiled"]
    assert f"operators for this machine, once; kept in {tmp_path / 'cache' / 'friday' / 'kernels'}" in first
    again, _ = friday(tmp_path, **cache)
    assert again == ""


#: A model over the same bars.
MODEL = (
    'streams.features={source="stream:market_data", feature_sets=["trend"]}',
    'streams.predictions={source="stream:features", model="ridge", validators=["prediction_bounds"]}',
    "plugins.feature_set.trend={week=3, month=5, year=20}",
    'model={horizon=3, refit_every="month", min_rows=100}',
)


def test_the_kernels_of_models_are_compiled_when_the_host_is_assembled(tmp_path: Path) -> None:
    told: list[str] = []
    chosen = ChosenExecutor("compiled", tmp_path / "kernels", told.append)
    loaded = UserFolder(tmp_path).load(profile="backtest", overrides=MODEL, sessions=200)
    host = containers.build(loaded, executor=chosen)
    assert [one.split()[4] for one in told if one.startswith("compiling the model step ")] == [
        "friday_core.models.kernels._linear",
        "friday_core.models.kernels._trees",
    ]
    before = len(told)
    assert any(one["model_id"] for one in host.run().summary["model"]["versions"])
    assert [one for one in told[before:] if "model step" in one] == []


def test_without_a_compiler_a_model_runs_in_plain_python_with_one_notice(tmp_path: Path) -> None:
    model = [one for pair in MODEL for one in ("--set", pair)]
    _, expected = friday(tmp_path, *model)
    notices, summary = friday(tmp_path, *model, blocked=("numba",), XDG_CACHE_HOME=str(tmp_path / "no kernels"))
    assert len(notices.splitlines()) == 1
    assert summary["executor"]["ran"] == ["python"]
    assert summary["results"]["digest"] == expected["results"]["digest"]


def test_plain_python_is_asked_for_without_a_word(tmp_path: Path) -> None:
    notices, summary = friday(tmp_path, "--set", "run.executor=python", XDG_CACHE_HOME=str(tmp_path / "cache"))
    assert notices == ""
    assert summary["executor"] == {"wanted": "python", "ran": ["python"], "reason": ""}
    assert not (tmp_path / "cache").exists()


def test_a_host_without_columns_loads_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, installed: Installed
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    installed.add(ComponentSpec("strategy", "idle", Idle))
    idle = ['trading.active_strategies=[{id="idle", use="idle"}]', "streams.market_data.transformers=[]"]
    user = UserFolder(tmp_path)
    user.host(profile="backtest", overrides=idle).run()
    assert user.summary["executor"] == {"wanted": "compiled", "ran": [], "reason": ""}
    assert not (tmp_path / "cache").exists()


def test_a_check_of_the_configuration_compiles_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert UserFolder(tmp_path).problems(profile="backtest") == ()
    assert not (tmp_path / "cache").exists()
