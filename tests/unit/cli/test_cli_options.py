"""The shared options, and the module that they name."""

from __future__ import annotations

import datetime as dt
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from friday_core.cli.options import Choice, settings_options
from friday_core.errors import ConfigurationError, DataSourceError


@pytest.fixture
def module(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """A container's module that can be imported as ``firm_containers``."""
    made = ModuleType("firm_containers")
    monkeypatch.setitem(sys.modules, "firm_containers", made)
    return made


def test_a_command_gets_the_options_as_one_choice() -> None:
    seen: list[Choice] = []

    @click.command()
    @settings_options
    def body(choice: Choice) -> None:
        seen.append(choice)

    arguments = ["-p", "demo", "--config", "a.toml", "--set", "a.b=1", "--set", "c.d=2", "--container", "firm:build"]
    assert CliRunner().invoke(body, arguments).exit_code == 0
    assert seen == [Choice("firm:build", "demo", Path("a.toml"), ("a.b=1", "c.d=2"))]


DATA = ["--from", "2024-01-02", "--to", "2024-03-01", "--instruments", "INFY.NSE, TCS.NSE"]


def chosen(*arguments: str) -> tuple[Result, list[Choice]]:
    """How a command ends with these arguments, and the choice that it gets."""
    seen: list[Choice] = []

    @click.command()
    @settings_options
    def body(choice: Choice) -> None:
        seen.append(choice)

    return CliRunner().invoke(body, list(arguments)), seen


def test_dates_and_instruments_stand_for_keys_of_data_and_are_stronger_than_set(module: ModuleType) -> None:
    module.load_settings = lambda profile, *, config, overrides: overrides  # type: ignore[attr-defined]
    _, (choice,) = chosen(*DATA, "--set", "data.start=2020-01-01", "--container", "firm_containers:build")
    loaded: Any = choice.load()
    assert loaded == (
        "data.start=2020-01-01",
        "data.start=2024-01-02",
        "data.end=2024-03-01",
        'data.instruments=["INFY.NSE", "TCS.NSE"]',
    )


def test_further_overrides_are_stronger_than_all_options(module: ModuleType) -> None:
    module.load_settings = lambda profile, *, config, overrides: overrides  # type: ignore[attr-defined]
    choice = Choice("firm_containers:build", overrides=("a=1",), end=dt.date(2024, 3, 1)).overridden(
        "data.end=2025-01-01"
    )
    loaded: Any = choice.load()
    assert loaded == ("a=1", "data.end=2024-03-01", "data.end=2025-01-01")


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("--from", "2024-13-01"), "Invalid value for '--from': '2024-13-01' does not match the format '%Y-%m-%d'."),
        (("--to", "soon"), "Invalid value for '--to': 'soon' does not match the format '%Y-%m-%d'."),
        (
            ("--from", "2024-02-01", "--to", "2024-01-01"),
            "Invalid value for --from: 2024-02-01 is after --to 2024-01-01",
        ),
        (("--instruments", "INFY.NSE,TCS"), "Invalid value for '--instruments': 'TCS' is not an instrument"),
        (("--instruments", " , "), "Invalid value for '--instruments': no instrument is named"),
    ],
)
def test_an_option_that_cannot_be_read_is_named(arguments: tuple[str, ...], reason: str) -> None:
    result, _ = chosen(*arguments)
    assert result.exit_code == 2
    assert reason in result.output


@pytest.mark.parametrize(
    ("message", "notes"),
    [
        (
            "[data] start: too late",
            ["[data] is set by --from 2024-01-02, --to 2024-03-01, --instruments INFY.NSE,TCS.NSE"],
        ),
        ("something else", []),
    ],
)
def test_an_error_about_the_data_says_which_option_set_it(message: str, notes: list[str]) -> None:
    @click.command()
    @settings_options
    def body(choice: Choice) -> None:
        raise DataSourceError(message)

    error = CliRunner().invoke(body, DATA).exception
    assert isinstance(error, DataSourceError)
    assert getattr(error, "__notes__", []) == notes


def test_the_container_is_ours_unless_one_is_named() -> None:
    assert Choice().container == "containers:build"


def test_settings_are_loaded_by_the_containers_module(module: ModuleType) -> None:
    def load_settings(profile: str | None, *, config: Path | None, overrides: tuple[str, ...]) -> Any:
        return profile, config, overrides

    module.load_settings = load_settings  # type: ignore[attr-defined]
    loaded: Any = Choice("firm_containers:build", "demo", Path("x"), ("a=1",)).load()
    assert loaded == ("demo", Path("x"), ("a=1",))


def test_the_builder_is_what_the_container_names(module: ModuleType) -> None:
    module.build = dict  # type: ignore[attr-defined]
    assert Choice("firm_containers:build").builder() is dict


def test_a_container_that_tells_no_plugin_models_has_none(module: ModuleType) -> None:
    loaded: Any = None
    assert Choice("firm_containers:build").plugin_models(loaded) == {}


@pytest.mark.parametrize(
    ("container", "reason"),
    [
        ("firm_containers", "it does not read module:name"),
        (":build", "it does not read module:name"),
        ("no_such_module:build", "there is no such module"),
        ("firm_containers:build", "its module has no function 'build'"),
    ],
)
def test_a_container_that_cannot_be_had_says_why(module: ModuleType, container: str, reason: str) -> None:
    with pytest.raises(ConfigurationError, match=f"import failed: --container {container}: {reason}"):
        Choice(container).builder()


def test_a_module_without_load_settings_says_so(module: ModuleType) -> None:
    with pytest.raises(ConfigurationError, match="its module has no load_settings"):
        Choice("firm_containers:build").load()


def test_a_module_that_raises_says_what(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "broken_containers.py").write_text("import not_installed_here\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ConfigurationError, match=r"importing it raises ModuleNotFoundError: .*not_installed_here"):
        Choice("broken_containers:build").module()
