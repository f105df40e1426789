"""Variables set what they name, in the type that is wanted; others are problems."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from fakes.settings_folder import SettingsFolder
from pydantic import SecretStr

from friday_core.errors import ProblemKind
from friday_core.plugin.spec import PluginSettings


class VendorSettings(PluginSettings):
    pin: SecretStr
    client: str = ""
    size: int = 1


@pytest.mark.parametrize(
    ("name", "text", "read"),
    [
        ("FRIDAY_ACCOUNT__CAPITAL", "5000", lambda settings: settings.account.capital == 5000),
        ("FRIDAY_RISK__MAX_DRAWDOWN", "0.2", lambda settings: settings.risk.max_drawdown == 0.2),
        ("FRIDAY_TRADING__SIZER", "123", lambda settings: settings.trading.sizer == "123"),
        ("FRIDAY_DATA__START", "2020-01-31", lambda settings: settings.data.start == dt.date(2020, 1, 31)),
        ("FRIDAY_RISK__RULES", '["a", "b"]', lambda settings: settings.risk.rules == ("a", "b")),
        ("FRIDAY_RISK__RULES", "['a']", lambda settings: settings.risk.rules == ("a",)),
        ("FRIDAY_RISK", "{max_drawdown = 0.3}", lambda settings: settings.risk.max_drawdown == 0.3),
        (
            "FRIDAY_STREAMS__MARKET_DATA__SOURCE",
            "csv",
            lambda settings: settings.streams["market_data"].source == "csv",
        ),
        (
            "FRIDAY_STREAMS__MARKET_DATA__VALIDATORS",
            "[]",
            lambda settings: settings.streams["market_data"].validators == (),
        ),
    ],
)
def test_a_variable_is_read_in_the_type_of_its_key(folder: SettingsFolder, name: str, text: str, read: Any) -> None:
    assert read(folder.load(environ={name: text}).settings)


@pytest.mark.parametrize(
    ("text", "value"), [("20", 20), ("0.5", 0.5), ("true", True), ("[1, 2]", [1, 2]), ("fast", "fast"), ("[x", "[x")]
)
def test_a_variable_of_a_plugin_is_read_as_a_literal(folder: SettingsFolder, text: str, value: Any) -> None:
    loaded = folder.load(environ={"FRIDAY_PLUGINS__STRATEGY__CROSS__FAST": text})
    assert loaded.settings.plugins["strategy"]["cross"]["fast"] == value


def test_a_plugins_field_of_text_gets_the_variables_own_text(folder: SettingsFolder) -> None:
    environ = {f"FRIDAY_PLUGINS__BROKER__X__{name}": "123456" for name in ("PIN", "CLIENT", "SIZE")}
    values = folder.load(environ=environ).plugin_values("broker", "x", VendorSettings)
    assert values == {"pin": "123456", "client": "123456", "size": 123456}
    assert VendorSettings.model_validate(values).pin == SecretStr("123456")


def test_quotes_make_a_plugins_value_text(folder: SettingsFolder) -> None:
    loaded = folder.load(environ={"FRIDAY_PLUGINS__BROKER__X__CLIENT": '"123456"'})
    assert loaded.plugin_values("broker", "x", VendorSettings) == {"client": "123456"}


def test_a_plugins_table_in_one_variable_keeps_the_types_of_its_values(folder: SettingsFolder) -> None:
    loaded = folder.load(environ={"FRIDAY_PLUGINS__BROKER__X": '{"client": "007", "size": 3}'})
    assert loaded.plugin_values("broker", "x", VendorSettings) == {"client": "007", "size": 3}


def test_the_values_of_a_plugin_are_a_copy(folder: SettingsFolder) -> None:
    loaded = folder.load(overrides=["plugins.broker.x.list=[1]"])
    loaded.plugin_values("broker", "x")["list"].append(2)
    assert loaded.plugin_values("broker", "x") == {"list": [1]}


@pytest.mark.parametrize(
    ("name", "mend"),
    [
        ("FRIDAY_RISK_MAX_DRAWDOWN", "did you mean FRIDAY_RISK__MAX_DRAWDOWN?"),
        ("FRIDAY_RISK__MAX_DRAWDWN", "did you mean FRIDAY_RISK__MAX_DRAWDOWN?"),
        ("FRIDAY_RSK__MAX_DRAWDOWN", "did you mean FRIDAY_RISK__MAX_DRAWDOWN?"),
        ("FRIDAY_PROFIL", "did you mean FRIDAY_PROFILE?"),
        ("FRIDAY_STREAMS__MARKET_DATA__SORCE", "did you mean FRIDAY_STREAMS__MARKET_DATA__SOURCE?"),
        ("FRIDAY_PLUGINS_BROKER_X_KEY", "write FRIDAY_PLUGINS__<KIND>__<NAME>__<KEY>, with double underscores"),
        ("FRIDAY_PLUGINS__BROKER____KEY", "write FRIDAY_PLUGINS__<KIND>__<NAME>__<KEY>, with double underscores"),
    ],
)
def test_a_variable_that_sets_nothing_offers_the_nearest(folder: SettingsFolder, name: str, mend: str) -> None:
    problem = folder.only_problem(ProblemKind.UNKNOWN_VARIABLE, environ={name: "x"})
    assert (problem.message, problem.mend) == (f"{name} sets nothing", mend)


def test_a_variable_like_no_other_is_told_how_variables_are_named(folder: SettingsFolder) -> None:
    problem = folder.only_problem(ProblemKind.UNKNOWN_VARIABLE, environ={"FRIDAY_Q": "x"})
    assert problem.mend.startswith("remove it, or write FRIDAY_<SECTION>__<KEY>; sections are data, streams,")


def test_variables_of_others_are_not_read(folder: SettingsFolder) -> None:
    assert folder.load(environ={"RISK__MAX_DRAWDOWN": "0.1", "FRIDAYS": "1"}).settings.risk.max_drawdown is None


def test_a_list_that_cannot_be_read_names_the_variable_and_the_form(folder: SettingsFolder) -> None:
    problem = folder.only_problem(ProblemKind.INVALID_VALUE, environ={"FRIDAY_RISK__RULES": "long_only"})
    assert problem.message == "the value of FRIDAY_RISK__RULES is neither a list nor a table"
    assert problem.mend == 'write it in TOML or JSON: ["one", "two"] or {one = 1}'


def test_an_unknown_key_in_a_variables_table_is_an_unknown_key(folder: SettingsFolder) -> None:
    problem = folder.only_problem(ProblemKind.UNKNOWN_KEY, environ={"FRIDAY_RISK": "{max_drawdwn = 0.3}"})
    assert problem.message == "'max_drawdwn' in FRIDAY_RISK is not a key of [risk]"


def test_an_invalid_value_names_its_variable(folder: SettingsFolder) -> None:
    problem = folder.only_problem(ProblemKind.INVALID_VALUE, environ={"FRIDAY_RISK__CASH_BUFFER": "2"})
    assert problem.message == "cash_buffer = '2' in FRIDAY_RISK__CASH_BUFFER: must be less than 1"


def test_a_plugins_value_is_never_shown_in_a_problem(folder: SettingsFolder) -> None:
    problem = folder.only_problem(ProblemKind.INVALID_VALUE, environ={"FRIDAY_PLUGINS__BROKER__X": "hunter2"})
    assert "hunter2" not in str(problem)
    assert problem.message == "x in FRIDAY_PLUGINS__BROKER__X: must be a table"
