"""Which profile and which files are read, and what happens to those that cannot be."""

from __future__ import annotations

from pathlib import Path

import pytest
from fakes.settings_folder import SettingsFolder

from friday_core.errors import ProblemKind
from friday_settings import load_settings

#: The strategy of each packaged profile that runs at once.
ACTIVE = {"backtest": "cross", "demo": "monthly", "india": "cross", "paper": "cross"}


def test_without_a_profile_the_backtest_on_synthetic_bars_is_loaded(folder: SettingsFolder) -> None:
    loaded = folder.load()
    assert (loaded.profile, loaded.settings.streams["market_data"].source) == ("backtest", "synthetic")


@pytest.mark.parametrize("profile", list(ACTIVE))
def test_a_packaged_profile_is_a_whole_configuration(folder: SettingsFolder, profile: str) -> None:
    settings = folder.load(profile).settings
    assert settings.broker.use == "paper"
    assert [entry.id for entry in settings.trading.active_strategies] == [ACTIVE[profile]]


def test_the_users_file_chooses_the_profile(folder: SettingsFolder) -> None:
    folder.write("friday.toml", 'profile = "demo"')
    assert folder.load().profile == "demo"


def test_the_variable_is_stronger_than_the_profile_of_the_users_file(folder: SettingsFolder) -> None:
    folder.write("friday.toml", 'profile = "backtest"')
    assert folder.load(environ={"FRIDAY_PROFILE": "demo"}).profile == "demo"


def test_the_argument_is_stronger_than_the_variable(folder: SettingsFolder) -> None:
    assert folder.load("backtest", environ={"FRIDAY_PROFILE": "demo"}).profile == "backtest"


def test_a_profile_of_the_user_comes_before_a_packaged_one_of_the_same_name(folder: SettingsFolder) -> None:
    folder.write("profiles/demo.toml", "[account]\ncapital = 5")
    loaded = folder.load("demo")
    assert (loaded.settings.account.capital, loaded.settings.account.currency) == (5, "INR")
    assert str(loaded.origin_of("account.capital")) == str(Path("profiles/demo.toml"))


def test_config_is_read_in_place_of_friday_toml(folder: SettingsFolder) -> None:
    folder.write("friday.toml", "[account]\ncapital = 1")
    other = folder.write("other.toml", "[account]\ncapital = 2")
    assert folder.load(config=other).settings.account.capital == 2


def test_the_variable_names_the_users_file(folder: SettingsFolder) -> None:
    other = folder.write("other.toml", "[account]\ncapital = 2")
    assert folder.load(environ={"FRIDAY_CONFIG": str(other)}).settings.account.capital == 2


def test_profiles_stand_beside_the_users_file(folder: SettingsFolder) -> None:
    config = folder.write("elsewhere/mine.toml", 'profile = "own"')
    folder.write("elsewhere/profiles/own.toml", "[account]\ncapital = 3")
    assert load_settings(config=config, environ={}).settings.account.capital == 3


def test_the_users_folder_can_be_another_than_the_current_one(folder: SettingsFolder) -> None:
    folder.write("elsewhere/friday.toml", "[account]\ncapital = 4")
    loaded = load_settings(folder=Path("elsewhere"), environ={})
    origin = str(Path("elsewhere/friday.toml"))
    assert (loaded.settings.account.capital, str(loaded.origin_of("account.capital"))) == (4, origin)


def test_a_missing_profile_lists_the_known_ones_and_the_nearest(folder: SettingsFolder) -> None:
    folder.write("profiles/mine.toml", "")
    problem = folder.only_problem(ProblemKind.MISSING_PROFILE, "dmeo")
    assert problem.message == "--profile asks for profile 'dmeo'; known are backtest, default, demo, india, mine, paper"
    assert problem.mend == "did you mean 'demo'?"


def test_a_missing_profile_names_the_file_that_asks_for_it(folder: SettingsFolder) -> None:
    folder.write("friday.toml", 'profile = "nowhere"')
    problem = folder.only_problem(ProblemKind.MISSING_PROFILE)
    assert problem.message.startswith("profile in friday.toml asks for profile 'nowhere'")
    assert "nowhere.toml" in problem.mend


def test_a_profile_is_a_name_and_never_a_path(folder: SettingsFolder) -> None:
    folder.write("friday.toml", "")
    folder.only_problem(ProblemKind.MISSING_PROFILE, "../friday")


def test_a_profile_that_is_no_text_is_a_problem(folder: SettingsFolder) -> None:
    folder.write("friday.toml", "profile = 3")
    problem = folder.only_problem(ProblemKind.INVALID_VALUE)
    assert problem.message == "profile = 3 in friday.toml: must be the name of a profile"


def test_only_the_users_file_may_choose_a_profile(folder: SettingsFolder) -> None:
    folder.write("profiles/mine.toml", 'profile = "demo"')
    problem = folder.only_problem(ProblemKind.UNKNOWN_KEY, "mine")
    assert problem.mend == "choose the profile with --profile, FRIDAY_PROFILE or in the user's file"


def test_a_named_file_that_is_missing_is_a_problem(folder: SettingsFolder) -> None:
    problem = folder.only_problem(ProblemKind.UNREADABLE_FILE, config=Path("lost.toml"))
    assert problem.message == "lost.toml: No such file or directory"


def test_a_folder_in_place_of_a_file_is_a_problem(folder: SettingsFolder) -> None:
    problem = folder.only_problem(ProblemKind.UNREADABLE_FILE, config=folder.path, environ={})
    assert problem.message.endswith("Is a directory")


def test_invalid_toml_names_file_and_line(folder: SettingsFolder) -> None:
    folder.write("friday.toml", "[account]\ncapital = ten\n")
    problem = folder.only_problem(ProblemKind.UNREADABLE_FILE)
    assert problem.message == "friday.toml: Invalid value (at line 2, column 11)"


def test_a_file_that_is_not_utf_8_names_the_line(folder: SettingsFolder) -> None:
    folder.write("friday.toml", "").write_bytes(b'[account]\ncurrency = "\xff"\n')
    problem = folder.only_problem(ProblemKind.UNREADABLE_FILE)
    assert problem.message == "friday.toml: not UTF-8 (at line 2)"
