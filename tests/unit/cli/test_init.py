"""``friday init``: the host that it makes, and the names that it makes up."""

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
from friday_core.cli.init import command, module_name
from friday_core.plugin.hookspecs import PLUGIN_GROUP
from friday_settings import LoadedSettings, load_settings

FILES = [
    ".gitignore",
    "README.md",
    "friday.toml",
    "my_strategy/demo_host_strategy.py",
    "my_strategy/pyproject.toml",
    "my_strategy/test_demo_host_strategy.py",
    "secrets/.gitkeep",
]


def init(folder: Path | str) -> Result:
    return CliRunner().invoke(command, [str(folder)])


@pytest.fixture
def host(tmp_path: Path) -> Path:
    """A host that was just made."""
    folder = tmp_path / "demo-host"
    assert init(folder).exit_code == 0
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
    lines = init(tmp_path / "demo-host").output.splitlines()
    assert sorted(lines[1:8]) == sorted(f"  {name}" for name in FILES)
    assert lines[9:12] == ["next:", f"  cd {tmp_path / 'demo-host'}", lines[11]]
    assert lines[11].startswith("  friday run ")


def test_a_folder_that_a_shell_would_split_is_quoted(tmp_path: Path) -> None:
    assert f"  cd '{tmp_path}/demo host'\n" in init(tmp_path / "demo host").output


def test_an_empty_folder_will_do(tmp_path: Path) -> None:
    assert init(tmp_path).exit_code == 0
    assert (tmp_path / "friday.toml").exists()


def test_the_current_folder_gives_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "demo-host").mkdir()
    monkeypatch.chdir(tmp_path / "demo-host")
    assert init(".").exit_code == 0
    assert Path("my_strategy/demo_host_strategy.py").exists()


def test_a_folder_with_something_in_it_is_refused_and_left_alone(tmp_path: Path) -> None:
    for n in range(7):
        (tmp_path / f"file{n}").touch()
    result = init(tmp_path)
    assert result.exit_code == 2
    assert f"{tmp_path} is not empty, it holds file0, file1, file2, file3, file4 and 2 more" in result.stderr
    assert len(list(tmp_path.iterdir())) == 7


def test_a_host_is_not_made_twice(host: Path) -> None:
    assert "is not empty, it holds .gitignore, README.md, friday.toml, my_strategy, secrets" in init(host).stderr


def test_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes").touch()
    result = init(tmp_path / "notes")
    assert (result.exit_code, "is a file" in result.stderr) == (2, True)


def test_a_place_that_cannot_be_written_is_an_error_with_its_reason(tmp_path: Path) -> None:
    (tmp_path / "notes").touch()
    result = init(tmp_path / "notes" / "host")
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


def test_one_line_switches_the_example_on(host: Path) -> None:
    edit(host, '    # { id = "mine"', '    { id = "mine"')
    strategies = load(host).settings.trading.active_strategies
    assert [(one.id, one.use) for one in strategies] == [
        ("cross", "moving_average_cross"),
        ("mine", "demo_host_strategy"),
    ]


def test_the_example_is_short_and_registers_what_its_entry_point_names(
    host: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = (host / "my_strategy/demo_host_strategy.py").read_text(encoding="utf-8")
    assert sum(bool(line.strip()) for line in text.splitlines()) <= 30
    monkeypatch.syspath_prepend(host / "my_strategy")
    monkeypatch.delitem(sys.modules, "demo_host_strategy", raising=False)
    (spec,) = importlib.import_module("demo_host_strategy").friday_components()
    project = tomllib.loads((host / "my_strategy/pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["entry-points"][PLUGIN_GROUP] == {spec.key: "demo_host_strategy"}
    assert project["name"] == "demo-host-strategy"


def test_the_example_needs_a_friday_like_this_one(host: Path) -> None:
    project = tomllib.loads((host / "my_strategy/pyproject.toml").read_text(encoding="utf-8"))["project"]
    (requirement,) = map(Requirement, project["dependencies"])
    assert requirement.name == "friday-trading"
    assert requirement.specifier.contains(__version__, prereleases=True)


def test_the_examples_own_tests_pass(host: Path) -> None:
    arguments = [sys.executable, "-m", "pytest", "my_strategy", "-q", "-p", "no:cacheprovider"]
    done = subprocess.run(arguments, cwd=host, capture_output=True, text=True)
    assert (done.returncode, done.stdout.splitlines()[-1].split(" in ")[0]) == (0, "3 passed")


@pytest.mark.parametrize(
    ("folder", "module"),
    [
        ("demo-host", "demo_host_strategy"),
        ("Demo Host", "demo_host_strategy"),
        ("my.firm.trading", "my_firm_trading_strategy"),
        ("Übermäßig", "ubermassig_strategy"),
        ("Friday™", "fridaytm_strategy"),
        ("策略", "my_strategy"),
        ("2024-host", "host_2024_host_strategy"),
        ("class", "class_strategy"),
        ("-_-", "my_strategy"),
        ("", "my_strategy"),
        ("my_strategy", "my_strategy"),
        ("a" * 255, "a" * 40 + "_strategy"),
        ("[plugins] = $x\n", "plugins_x_strategy"),
    ],
)
def test_odd_names_become_names_that_python_takes(folder: str, module: str) -> None:
    assert module_name(folder) == module


@given(st.text())
def test_every_name_is_a_module_and_a_distribution(folder: str) -> None:
    module = module_name(folder)
    assert re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", module)
    assert not keyword.iskeyword(module)
    assert is_normalized_name(module.replace("_", "-"))
    assert len(module) <= 54


@pytest.mark.parametrize("name", ["demo host", "策略", "2024.host", 'a"b', "$module", "line\nbreak", "class"])
def test_a_folder_of_any_name_gets_files_that_can_be_read(tmp_path: Path, name: str) -> None:
    host = tmp_path / name
    assert init(host).exit_code == 0
    module = module_name(name)
    assert load(host).settings.broker.use == "paper"
    project = tomllib.loads((host / "my_strategy/pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["entry-points"][PLUGIN_GROUP] == {f"strategy.{module}": module}
    compile((host / f"my_strategy/{module}.py").read_text(encoding="utf-8"), "strategy", "exec")
