"""``friday new <role>``: what can be made, under which names, and what is said of a name that cannot be."""

from __future__ import annotations

import keyword
import re
import sys
import tomllib
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st
from packaging.requirements import Requirement

import friday_core.cli.scaffolds.plugin as plugin_scaffold
from friday_core.cli.new import command
from friday_core.cli.scaffolds.names import LONGEST_NAME, Names
from friday_core.cli.scaffolds.roles import COMMAND, ROLES
from friday_core.plugin.spec import Kind

ROOT = Path(__file__).resolve().parents[3]
FILES = [
    ".github/workflows/ci.yml",
    ".gitignore",
    "README.md",
    "friday_dip/__init__.py",
    "friday_dip/dip.py",
    "friday_dip/py.typed",
    "pyproject.toml",
    "tests/test_conformance.py",
    "tests/test_dip.py",
]


def new(*arguments: str | Path) -> Result:
    return CliRunner().invoke(command, [str(one) for one in arguments], terminal_width=200)


def project(folder: Path) -> dict[str, object]:
    found: dict[str, object] = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return found


def files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_every_kind_of_plugin_can_be_made_and_a_command_too() -> None:
    assert sorted(role.name for role in ROLES) == sorted([*Kind, COMMAND])


def test_every_role_and_way_has_its_templates_and_none_is_left_over() -> None:
    wanted = {role.templates(way) for role in ROLES for way in role.ways or (None,)}
    folder = ROOT / "friday_core" / "cli" / "templates" / "roles"
    assert {path.name for path in folder.iterdir()} == wanted


def test_help_lists_what_can_be_made() -> None:
    listed = re.findall(r"^  (\w+)  +\S", new("--help").output.partition("Commands:")[2], flags=re.MULTILINE)
    assert listed == ["host", *(role.name for role in ROLES)]


def test_a_name_becomes_a_project_in_a_folder_of_its_own(tmp_path: Path) -> None:
    assert new("strategy", "friday-dip", "--in", tmp_path).exit_code == 0
    assert files(tmp_path / "friday-dip") == FILES


def test_without_in_it_is_made_in_the_current_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = new("sizer", "calm_first")
    assert result.output.startswith("made in calm-first:\n")
    assert (tmp_path / "calm-first" / "calm_first" / "calm_first.py").exists()


def test_what_was_made_and_what_comes_next_is_told(tmp_path: Path) -> None:
    lines = new("strategy", "friday-dip", "--in", tmp_path).output.splitlines()
    assert sorted(lines[1:10]) == sorted(f"  {name}" for name in FILES)
    assert lines[11:13] == ["next:", f"  cd {tmp_path / 'friday-dip'}"]
    assert [line.split("  ")[1] for line in lines[13:15]] == ["pip install -e '.[test]'", "pytest"]
    assert lines[15] == "README.md there has the lines that switch it on."


def test_the_plugin_is_called_like_the_package_without_friday(tmp_path: Path) -> None:
    new("risk_rule", "friday_no_gaps", "--in", tmp_path)
    made = project(tmp_path / "friday-no-gaps")
    assert made["name"] == "friday-no-gaps"
    assert made["entry-points"] == {"friday.plugins": {"risk_rule.no_gaps": "friday_no_gaps.no_gaps"}}


def test_a_command_is_an_entry_point_of_its_own_group_without_conformance(tmp_path: Path) -> None:
    new("command", "friday-run-costs", "--in", tmp_path)
    made = project(tmp_path / "friday-run-costs")
    assert made["entry-points"] == {"friday.commands": {"run-costs": "friday_run_costs.run_costs:command"}}
    assert not (tmp_path / "friday-run-costs" / "tests" / "test_conformance.py").exists()


@pytest.mark.parametrize(
    ("arguments", "base"),
    [
        (("strategy",), "ColumnStrategy"),
        (("strategy", "--tier", "columns"), "ColumnStrategy"),
        (("strategy", "--tier", "events"), "Strategy"),
        (("strategy", "--tier", "windows"), "WindowStrategy"),
        (("broker",), "SimulatedBroker"),
        (("broker", "--account", "simulated"), "SimulatedBroker"),
        (("broker", "--account", "real"), "RealBroker"),
    ],
)
def test_the_way_is_chosen_by_an_option(tmp_path: Path, arguments: tuple[str, ...], base: str) -> None:
    new(*arguments, "friday-dip", "--in", tmp_path)
    assert f"class Dip({base}):" in (tmp_path / "friday-dip" / "friday_dip" / "dip.py").read_text(encoding="utf-8")


def test_a_way_that_does_not_exist_is_refused_with_those_that_do(tmp_path: Path) -> None:
    result = new("strategy", "dip", "--tier", "pandas", "--in", tmp_path)
    assert (result.exit_code, list(tmp_path.iterdir())) == (2, [])
    assert "'columns', 'events', 'windows'" in result.stderr


def test_a_dash_in_a_role_is_as_good_as_an_underscore(tmp_path: Path) -> None:
    assert new("feature-set", "busy", "--in", tmp_path).exit_code == 0


def test_a_misspelt_role_is_told_the_nearest() -> None:
    result = new("stratgy", "dip")
    assert result.exit_code == 2
    assert "'stratgy' is nothing that can be made; did you mean 'strategy'?" in result.stderr
    assert "there are host, source, validator" in new("xyz", "dip").stderr


def test_a_class_is_not_called_like_what_its_module_imports(tmp_path: Path) -> None:
    new("strategy", "friday-market", "--in", tmp_path)
    code = (tmp_path / "friday-market" / "friday_market" / "market.py").read_text(encoding="utf-8")
    assert "class MarketStrategy(ColumnStrategy):" in code


def test_a_package_depends_on_what_it_imports_from_the_bounds_that_friday_has(tmp_path: Path) -> None:
    new("strategy", "friday-dip", "--tier", "windows", "--in", tmp_path)
    made = project(tmp_path / "friday-dip")
    friday = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    ours = {one.name: one for one in map(Requirement, friday["project"]["dependencies"])}
    (own, *others) = map(Requirement, made["dependencies"])  # type: ignore[call-overload]
    assert own.name == "friday-trading"
    assert others == [ours["pandas"], ours["pydantic"]]


def test_its_tests_need_tools_of_the_versions_that_friday_is_checked_with(tmp_path: Path) -> None:
    new("strategy", "friday-dip", "--tier", "windows", "--in", tmp_path)
    made = project(tmp_path / "friday-dip")["optional-dependencies"]
    (kit, *tools) = map(Requirement, made["test"])  # type: ignore[index]
    friday = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    ours = {one.name: one for one in map(Requirement, friday["dependency-groups"]["dev"])}
    assert (kit.name, kit.extras) == ("friday-trading", {"testing"})
    assert tools == [ours["mypy"], ours["ruff"], ours["pandas-stubs"]]


def test_a_folder_with_something_in_it_is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "friday-dip").mkdir()
    (tmp_path / "friday-dip" / "notes").touch()
    result = new("strategy", "friday-dip", "--in", tmp_path)
    assert result.exit_code == 2
    assert f"{tmp_path / 'friday-dip'} is not empty, it holds notes; name a new folder" in result.stderr
    assert files(tmp_path) == ["friday-dip/notes"]


def test_a_place_that_cannot_be_written_is_an_error_with_its_reason(tmp_path: Path) -> None:
    (tmp_path / "notes").touch()
    result = new("strategy", "friday-dip", "--in", tmp_path / "notes" / "deeper")
    assert (result.exit_code, "Not a directory" in result.stderr) == (1, True)


def test_a_plugin_that_is_installed_keeps_its_name(tmp_path: Path) -> None:
    result = new("strategy", "friday-moving-average-cross", "--in", tmp_path)
    assert (result.exit_code, list(tmp_path.iterdir())) == (2, [])
    said = "friday-trading offers the strategy 'moving_average_cross' already; take another name, or uninstall"
    assert said in result.stderr


def test_the_same_name_is_free_for_another_role(tmp_path: Path) -> None:
    assert new("sizer", "friday-moving-average-cross", "--in", tmp_path).exit_code == 0


def test_a_command_that_is_installed_keeps_its_name(tmp_path: Path) -> None:
    assert "friday-trading offers the command 'run' already" in new("command", "friday-run", "--in", tmp_path).stderr


def test_a_plugin_without_a_distribution_is_told_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    point = EntryPoint("strategy.dip", "somewhere", "friday.plugins")
    monkeypatch.setattr(plugin_scaffold, "entry_points", lambda group: [point])
    assert (
        "an unknown distribution offers the strategy 'dip' already" in new("strategy", "dip", "--in", tmp_path).stderr
    )


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("", "'' is no name of a package: it takes small letters, digits and single dashes or underscores, a letter"),
        ("My Firm", "write for example my_firm"),
        ("Dip", "write for example dip"),
        ("my.dip", "write for example my_dip"),
        ("dip--er", "write for example dip_er"),
        ("dip_", "write for example dip"),
        ("2dips", "write for example dips"),
        ("../dip", "write for example dip"),
        ("Übermäßig", "write for example ubermassig"),
        ("策略", "write for example my_plugin"),
        ("d" * 31, "has 31 characters; write at most 30"),
        ("friday", "'friday' is Friday's own name; write for example friday-my-plugin"),
        ("friday-trading", "'friday-trading' is Friday's own name; write for example friday-my-plugin"),
        ("friday_core", "'friday_core' is Friday's own name"),
        ("friday-2", "'2' would be the plugin, and it starts with a digit; write for example friday-n2"),
        ("class", "'class' is a word of Python's own; write for example my_class"),
        ("friday-class", "'class' is a word of Python's own; write for example my_class"),
        ("tests", "'tests' is what another module of the project is called; write for example my_tests"),
        ("friday-conformance", "'conformance' is what another module of the project is called"),
        ("random", "'random' is a module of Python's own; write for example friday-random"),
        ("numpy", "there is a module 'numpy' in this environment; take another name, or uninstall what it belongs to"),
        ("containers", "there is a module 'containers' in this environment"),
    ],
)
def test_a_name_that_will_not_do_is_refused_with_one_that_does(tmp_path: Path, name: str, said: str) -> None:
    result = new("strategy", name, "--in", tmp_path)
    assert (result.exit_code, list(tmp_path.iterdir())) == (2, [])
    assert said in " ".join(result.stderr.split())


@given(st.text(max_size=40) | st.from_regex(r"(friday-)?[a-z0-9]{1,5}([-_][a-z0-9]{1,5})?", fullmatch=True))
def test_every_name_is_refused_or_can_be_imported(text: str) -> None:
    try:
        names = Names.of(text)
    except ValueError:
        return
    for part in (names.package, names.plugin):
        assert re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", part)
        assert not keyword.iskeyword(part)
        assert len(part) <= LONGEST_NAME
    assert names.package not in sys.stdlib_module_names
    assert names.distribution == names.package.replace("_", "-")


@given(st.text())
def test_what_is_written_for_example_will_do(text: str) -> None:
    try:
        Names.of(text)
    except ValueError as error:
        suggested = re.search(r"write for example (\S+)$", str(error))
        if suggested is not None and "is no name of a package" in str(error):
            assert re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", suggested[1])
