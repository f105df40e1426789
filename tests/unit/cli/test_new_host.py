"""``friday new host``: the host that it makes, and the names that it makes up."""

from __future__ import annotations

import importlib
import keyword
import re
import stat
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st
from packaging.requirements import Requirement
from packaging.utils import is_normalized_name

from friday_core import __version__
from friday_core.cli.new import command
from friday_core.cli.scaffolds.names import package_of_host
from friday_core.plugin.hookspecs import PLUGIN_GROUP
from friday_settings import LoadedSettings, load_settings

FILES = [
    ".gitignore",
    "README.md",
    "demo_host/__init__.py",
    "demo_host/breakout.py",
    "demo_host/containers.py",
    "demo_host/py.typed",
    "friday.toml",
    "profiles/paper.toml",
    "pyproject.toml",
    "secrets/.gitkeep",
    "tests/test_breakout.py",
    "tests/test_conformance.py",
    "tests/test_containers.py",
]


def new_host(folder: Path | str) -> Result:
    return CliRunner().invoke(command, ["host", str(folder)])


@pytest.fixture
def host(tmp_path: Path) -> Path:
    """A host that was just made."""
    folder = tmp_path / "demo-host"
    assert new_host(folder).exit_code == 0
    return folder


def load(host: Path) -> LoadedSettings:
    return load_settings(config=host / "friday.toml", environ={})


def edit(host: Path, old: str, new: str) -> None:
    """Change one place of ``friday.toml``."""
    text = (host / "friday.toml").read_text(encoding="utf-8")
    assert text.count(old) == 1
    (host / "friday.toml").write_text(text.replace(old, new), encoding="utf-8")


def test_a_new_folder_gets_every_file(host: Path) -> None:
    assert sorted(str(path.relative_to(host)) for path in host.rglob("*") if path.is_file()) == FILES


def test_what_was_made_and_what_comes_next_is_told(tmp_path: Path) -> None:
    lines = new_host(tmp_path / "demo-host").output.splitlines()
    assert sorted(lines[1:14]) == sorted(f"  {name}" for name in FILES)
    assert lines[15:17] == ["next:", f"  cd {tmp_path / 'demo-host'}"]
    assert [line.split("  ")[1] for line in lines[17:19]] == ["friday run", "pip install -e ."]


def test_a_folder_that_a_shell_would_split_is_quoted(tmp_path: Path) -> None:
    assert f"  cd '{tmp_path}/demo host'\n" in new_host(tmp_path / "demo host").output


def test_an_empty_folder_will_do(tmp_path: Path) -> None:
    assert new_host(tmp_path).exit_code == 0
    assert (tmp_path / "friday.toml").exists()


def test_the_current_folder_gives_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "demo-host").mkdir()
    monkeypatch.chdir(tmp_path / "demo-host")
    assert new_host(".").exit_code == 0
    assert Path("demo_host/breakout.py").exists()


def test_a_folder_with_something_in_it_is_refused_and_left_alone(tmp_path: Path) -> None:
    for n in range(7):
        (tmp_path / f"file{n}").touch()
    result = new_host(tmp_path)
    assert result.exit_code == 2
    assert f"{tmp_path} is not empty, it holds file0, file1, file2, file3, file4 and 2 more" in result.stderr
    assert len(list(tmp_path.iterdir())) == 7


def test_a_host_is_not_made_twice(host: Path) -> None:
    assert (
        "is not empty, it holds .gitignore, README.md, demo_host, friday.toml, profiles and 3 more"
        in new_host(host).stderr
    )


def test_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes").touch()
    result = new_host(tmp_path / "notes")
    assert (result.exit_code, "is a file" in result.stderr) == (2, True)


def test_a_place_that_cannot_be_written_is_an_error_with_its_reason(tmp_path: Path) -> None:
    (tmp_path / "notes").touch()
    result = new_host(tmp_path / "notes" / "host")
    assert result.exit_code == 1
    assert "Not a directory" in result.stderr


def test_no_word_of_the_templates_is_left_open(host: Path) -> None:
    assert [path for path in host.rglob("*") if path.is_file() and "$" in path.read_text(encoding="utf-8")] == []


@pytest.mark.skipif(sys.platform == "win32", reason="files have no modes")
def test_the_secrets_folder_is_for_its_owner_only(host: Path) -> None:
    assert stat.S_IMODE((host / "secrets").stat().st_mode) == 0o700
    assert "chmod 600" in (host / "secrets/.gitkeep").read_text(encoding="utf-8")


def test_git_sees_neither_runs_nor_secrets(host: Path) -> None:
    for name in ("runs/one/summary.json", ".venv/bin/python", "secrets/plugins__broker__x__key"):
        (host / name).parent.mkdir(parents=True, exist_ok=True)
        (host / name).touch()
    subprocess.run(["git", "init", "--quiet"], cwd=host, check=True)
    seen = subprocess.run(
        ["git", "ls-files", "--others", "--exclude-standard"], cwd=host, check=True, capture_output=True, text=True
    )
    assert sorted(seen.stdout.split()) == FILES


def test_the_configuration_says_what_its_profile_says_and_more(host: Path) -> None:
    settings = load(host).settings
    assert load(host).profile == "backtest"
    assert settings.streams == load_settings(environ={}, folder=host.parent).settings.streams
    assert [(one.id, one.use) for one in settings.trading.active_strategies] == [("cross", "moving_average_cross")]
    assert settings.risk.max_drawdown == 0.25


def test_one_line_swaps_the_broker(host: Path) -> None:
    assert load(host).settings.broker.use == "paper"
    edit(host, '\nuse = "paper"', '\n# use = "paper"')
    edit(host, '\n# use = "order_file"', '\nuse = "order_file"')
    assert load(host).settings.broker.use == "order_file"


def test_three_lines_switch_the_example_on(host: Path) -> None:
    off = '# [[trading.active_strategies]]\n# id = "mine"\n# use = "demo_host_breakout"\n'
    edit(host, off, off.replace("# ", ""))
    strategies = load(host).settings.trading.active_strategies
    assert [(one.id, one.use) for one in strategies] == [
        ("cross", "moving_average_cross"),
        ("mine", "demo_host_breakout"),
    ]


def test_what_is_its_own_is_short_and_registers_what_its_entry_point_names(
    host: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("breakout", "containers"):
        assert len((host / f"demo_host/{name}.py").read_text(encoding="utf-8").splitlines()) <= 60
    monkeypatch.syspath_prepend(host)
    for name in ("demo_host", "demo_host.breakout"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    (spec,) = importlib.import_module("demo_host.breakout").friday_components()
    project = tomllib.loads((host / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["entry-points"][PLUGIN_GROUP] == {spec.key: "demo_host.breakout"}
    assert project["name"] == "demo-host"


def test_its_package_needs_a_friday_like_this_one_and_what_it_imports(host: Path) -> None:
    project = tomllib.loads((host / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    requirements = {one.name: one for one in map(Requirement, project["dependencies"])}
    assert sorted(requirements) == ["dependency-injector", "friday-trading", "pydantic"]
    assert requirements["friday-trading"].specifier.contains(__version__, prereleases=True)


def test_its_paper_profile_plays_what_its_backtest_runs(host: Path) -> None:
    backtest, paper = load(host).settings, load_settings("paper", config=host / "friday.toml", environ={}).settings
    assert (backtest.clock.kind, paper.clock.kind) == ("historical", "wall")
    assert paper.model_copy(update={"clock": backtest.clock}) == backtest


def test_a_year_of_paper_takes_seconds(host: Path) -> None:
    settings = load_settings("paper", config=host / "friday.toml", environ={}).settings
    days = settings.plugins["source"]["synthetic"]["sessions"]
    assert settings.clock.speed is not None
    assert days * 86_400 / settings.clock.speed < 6


@pytest.mark.parametrize(
    ("folder", "package"),
    [
        ("demo-host", "demo_host"),
        ("Demo Host", "demo_host"),
        ("my.firm.trading", "my_firm_trading_host"),
        ("Übermäßig", "ubermassig_host"),
        ("Friday™", "fridaytm_host"),
        ("策略", "my_host"),
        ("2024-host", "my_2024_host"),
        ("class", "class_host"),
        ("numpy", "numpy_host"),
        ("host", "my_host"),
        ("-_-", "my_host"),
        ("", "my_host"),
        ("a" * 255, "a" * 40 + "_host"),
        ("[plugins] = $x\n", "plugins_x_host"),
    ],
)
def test_odd_names_become_names_that_python_takes(folder: str, package: str) -> None:
    assert package_of_host(folder) == package


@given(st.text())
def test_every_name_is_a_package_and_a_distribution(folder: str) -> None:
    package = package_of_host(folder)
    assert re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", package)
    assert not keyword.iskeyword(package)
    assert is_normalized_name(package.replace("_", "-"))
    assert len(package) <= 48


@pytest.mark.parametrize("name", ["demo host", "策略", "2024.host", 'a"b', "$module", "line\nbreak", "class"])
def test_a_folder_of_any_name_gets_files_that_can_be_read(tmp_path: Path, name: str) -> None:
    host = tmp_path / name
    assert new_host(host).exit_code == 0
    package = package_of_host(name)
    assert load(host).settings.broker.use == "paper"
    project = tomllib.loads((host / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["entry-points"][PLUGIN_GROUP] == {f"strategy.{package}_breakout": f"{package}.breakout"}
    for path in host.rglob("*.py"):
        compile(path.read_text(encoding="utf-8"), str(path), "exec")
