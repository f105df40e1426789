"""One setting of one strategy, by argument or variable; and those that change nothing."""

from __future__ import annotations

from typing import Any

import pytest
from fakes.settings_folder import SettingsFolder

from friday_core.errors import ProblemKind
from friday_settings import LoadedSettings

FAST = "trading.active_strategies.cross.settings.fast"
VARIABLE = "FRIDAY_TRADING__ACTIVE_STRATEGIES__CROSS__SETTINGS__FAST"
SECTION = "plugins.strategy.moving_average_cross"


def settings(loaded: LoadedSettings) -> list[dict[str, Any]]:
    return [entry.settings for entry in loaded.settings.trading.active_strategies]


def test_an_argument_changes_one_setting_of_one_strategy(folder: SettingsFolder) -> None:
    loaded = folder.load(overrides=[f"{FAST}=10"])
    assert settings(loaded) == [{"fast": 10, "slow": 50}]
    assert str(loaded.origin_of(FAST)) == f"--set {FAST}"
    assert str(loaded.origin_of("trading.active_strategies[0].settings.slow")) == "friday_settings/backtest.toml"


def test_a_variable_changes_one_setting_of_one_strategy(folder: SettingsFolder) -> None:
    loaded = folder.load(environ={VARIABLE: "10"})
    assert settings(loaded) == [{"fast": 10, "slow": 50}]
    assert str(loaded.origin_of(FAST)) == VARIABLE


def test_an_argument_is_stronger_than_a_variable(folder: SettingsFolder) -> None:
    assert settings(folder.load(environ={VARIABLE: "10"}, overrides=[f"{FAST}=11"])) == [{"fast": 11, "slow": 50}]


def test_a_setting_that_an_entry_did_not_say_is_added(folder: SettingsFolder) -> None:
    loaded = folder.load(overrides=["trading.active_strategies.cross.settings.only=front"])
    assert settings(loaded) == [{"fast": 20, "slow": 50, "only": "front"}]


def test_the_other_strategies_stay_as_they_are(folder: SettingsFolder) -> None:
    folder.write("friday.toml", TWO)
    loaded = folder.load(overrides=["trading.active_strategies.two-b.settings.fast=3"])
    assert settings(loaded) == [{"fast": 1}, {"fast": 3}]


def test_a_variable_meets_ids_without_regard_to_case_and_dashes(folder: SettingsFolder) -> None:
    folder.write("friday.toml", TWO.replace("two-b", "Two-B"))
    loaded = folder.load(environ={"FRIDAY_TRADING__ACTIVE_STRATEGIES__TWO_B__SETTINGS__FAST": "3"})
    assert settings(loaded) == [{"fast": 1}, {"fast": 3}]


def test_a_list_that_is_given_as_a_whole_replaces_what_was_said_of_one(folder: SettingsFolder) -> None:
    loaded = folder.load(
        overrides=[f"{FAST}=10", 'trading.active_strategies=[{id="cross", use="moving_average_cross"}]']
    )
    assert settings(loaded) == [{}]
    assert str(loaded.origin_of("trading.active_strategies.cross.use")) == "--set trading.active_strategies"


def test_an_id_that_no_strategy_has_is_told_the_nearest(folder: SettingsFolder) -> None:
    problem = folder.only_problem(
        ProblemKind.UNKNOWN_KEY, overrides=["trading.active_strategies.crss.settings.fast=10"]
    )
    assert "no active strategy has the id 'crss'" in problem.message
    assert problem.mend.startswith("did you mean cross?")
    assert problem.mend.endswith("active are cross")


def test_what_is_wrong_with_one_value_names_where_it_was_set(folder: SettingsFolder) -> None:
    problem = folder.only_problem(ProblemKind.INVALID_VALUE, overrides=["trading.active_strategies.cross.capital=0"])
    assert "capital = 0 in --set trading.active_strategies.cross.capital" in problem.message


def test_a_file_is_told_of_the_two_brackets(folder: SettingsFolder) -> None:
    folder.write("friday.toml", '[trading.active_strategies]\nid = "a"\nuse = "moving_average_cross"')
    problem = folder.only_problem(ProblemKind.INVALID_VALUE)
    assert problem.mend.startswith("write [[trading.active_strategies]], in two brackets")


@pytest.mark.parametrize(
    ("arguments", "mend"),
    [
        ({"overrides": [f"{SECTION}.fast=10"]}, f"write --set {FAST}=..."),
        ({"environ": {"FRIDAY_PLUGINS__STRATEGY__MOVING_AVERAGE_CROSS__FAST": "10"}}, f"write {VARIABLE}=..."),
    ],
)
def test_a_value_for_the_plugin_that_every_strategy_says_itself_is_refused(
    folder: SettingsFolder, arguments: Any, mend: str
) -> None:
    problem = folder.only_problem(ProblemKind.INVALID_VALUE, **arguments)
    assert "changes nothing: strategy cross says fast in settings of its own" in problem.message
    assert (problem.section, problem.plugin, problem.mend) == (SECTION, "strategy.moving_average_cross", mend)


def test_a_value_for_the_plugin_that_one_strategy_takes_is_no_mistake(folder: SettingsFolder) -> None:
    folder.write("friday.toml", TWO.replace("settings = { fast = 2 }", ""))
    loaded = folder.load(overrides=[f"{SECTION}.fast=10"])
    assert loaded.settings.plugins["strategy"]["moving_average_cross"] == {"fast": 10}


def test_strategies_that_stand_beside_it_in_the_same_layer_are_meant_to_be_stronger(folder: SettingsFolder) -> None:
    loaded = folder.load(overrides=[f"{SECTION}.fast=10", f"{FAST}=11"])
    assert settings(loaded) == [{"fast": 11, "slow": 50}]


TWO = """
[[trading.active_strategies]]
id = "a"
use = "moving_average_cross"
settings = { fast = 1 }

[[trading.active_strategies]]
id = "two-b"
use = "moving_average_cross"
settings = { fast = 2 }
"""
