"""The secrets folder: only plugins' secrets, and only for the owner's eyes."""

from __future__ import annotations

from pathlib import Path

import pytest
from fakes.settings_folder import SettingsFolder
from pydantic import SecretStr

from friday_core.errors import ProblemKind
from friday_settings import Layer

FILE = "plugins__broker__zerodha__api_secret"
KEY = "plugins.broker.zerodha.api_secret"


def test_a_secret_file_sets_a_plugins_key(folder: SettingsFolder) -> None:
    folder.write(f"secrets/{FILE}", "123456\n")
    loaded = folder.load()
    assert loaded.settings.plugins["broker"]["zerodha"]["api_secret"] == SecretStr("123456")
    assert loaded.origin_of(KEY).layer is Layer.SECRETS


def test_the_secrets_folder_may_be_elsewhere(folder: SettingsFolder) -> None:
    path = folder.write(f"run/secrets/{FILE}", "abcdef").parent
    loaded = folder.load(environ={"FRIDAY_SECRETS_DIR": str(path)})
    assert loaded.plugin_values("broker", "zerodha") == {"api_secret": SecretStr("abcdef")}


def test_a_secret_is_not_shown_by_the_settings(folder: SettingsFolder) -> None:
    folder.write(f"secrets/{FILE}", "hunter2")
    loaded = folder.load(environ={"FRIDAY_PLUGINS__BROKER__ZERODHA__PIN": "hunter2"})
    assert "hunter2" not in f"{loaded} {loaded!r} {loaded.settings} {loaded.settings!r}"


@pytest.mark.parametrize("origin", ["environment", "secrets folder"])
def test_secrets_may_come_from_here(folder: SettingsFolder, origin: str) -> None:
    if origin == "secrets folder":
        folder.write(f"secrets/{FILE}", "hunter2")
    loaded = folder.load(
        environ={"FRIDAY_PLUGINS__BROKER__ZERODHA__API_SECRET": "x"} if origin == "environment" else {}
    )
    assert (loaded.origin_of(KEY).layer.label, loaded.origin_of(KEY).may_hold_secrets) == (origin, True)


@pytest.mark.parametrize("origin", ["user's file", "argument"])
def test_secrets_may_not_come_from_here(folder: SettingsFolder, origin: str) -> None:
    if origin == "user's file":
        folder.write("friday.toml", '[plugins.broker.zerodha]\napi_secret = "x"')
    loaded = folder.load(overrides=[f"{KEY}=x"] if origin == "argument" else [])
    assert (loaded.origin_of(KEY).layer.label, loaded.origin_of(KEY).may_hold_secrets) == (origin, False)


def test_a_secret_that_others_may_read_is_a_problem(folder: SettingsFolder) -> None:
    folder.write(f"secrets/{FILE}", "hunter2", mode=0o640)
    path = Path("secrets", FILE)
    problem = folder.only_problem(ProblemKind.UNREADABLE_FILE)
    assert f"{path} may be read by others (mode 0640)" in problem.message
    assert problem.mend == f"chmod 600 {path}"


@pytest.mark.parametrize("name", ["README.md", "risk__max_drawdown", "plugins__broker__zerodha", "plugins__a____b"])
def test_a_file_that_is_no_plugins_secret_is_a_problem(folder: SettingsFolder, name: str) -> None:
    folder.write(f"secrets/{name}", "0.1")
    problem = folder.only_problem(ProblemKind.UNKNOWN_KEY)
    assert problem.message == f"{Path('secrets', name)} is not named after a plugin's secret"


def test_hidden_files_are_passed_over(folder: SettingsFolder) -> None:
    folder.write("secrets/.gitignore", "*")
    assert folder.load().settings.plugins == {}


def test_an_empty_secret_is_a_problem(folder: SettingsFolder) -> None:
    folder.write(f"secrets/{FILE}", "\n")
    assert "is empty" in folder.only_problem(ProblemKind.UNREADABLE_FILE).message


def test_a_named_secrets_folder_must_exist(folder: SettingsFolder) -> None:
    problem = folder.only_problem(ProblemKind.UNREADABLE_FILE, environ={"FRIDAY_SECRETS_DIR": "nowhere/at/all"})
    assert problem.message == "FRIDAY_SECRETS_DIR names nowhere/at/all, which is not a folder"
