"""Every problem says what is wrong, where it is written, and what to do."""

from __future__ import annotations

import pytest
from fakes.settings_folder import SettingsFolder

from friday_core.errors import Problem, ProblemKind


def in_file(folder: SettingsFolder, text: str, kind: ProblemKind) -> Problem:
    folder.write("friday.toml", text)
    return folder.only_problem(kind)


def test_an_unknown_section_offers_the_nearest(folder: SettingsFolder) -> None:
    problem = in_file(folder, "[rsk]\nmax_drawdown = 0.2", ProblemKind.UNKNOWN_SECTION)
    assert (problem.message, problem.mend) == ("[rsk] in friday.toml is not a section", "did you mean [risk]?")


def test_an_unknown_section_like_no_other_lists_the_sections(folder: SettingsFolder) -> None:
    problem = in_file(folder, "[zzz]\na = 1", ProblemKind.UNKNOWN_SECTION)
    names = "data, streams, model, account, trading, risk, broker, clock, journal, notify, run, plugins"
    assert problem.mend == f"sections are {names}"


def test_a_section_in_another_case_is_unknown(folder: SettingsFolder) -> None:
    assert in_file(folder, "[Risk]\nmax_drawdown = 0.2", ProblemKind.UNKNOWN_SECTION).mend == "did you mean [risk]?"


@pytest.mark.parametrize(
    ("text", "section", "mend"),
    [
        ("[risk]\nmax_drawdwn = 0.2", "risk", "did you mean 'max_drawdown'?"),
        ('[risk]\n"max_drawdown " = 0.2', "risk", "did you mean 'max_drawdown'?"),
        ("[account]\nmax_drawdown = 0.2", "account", "did you mean risk.max_drawdown?"),
        ("[clock]\nzzz = 1", "clock", "known are kind, speed, skip_gaps"),
        ('[streams.market_data]\nsorce = "csv"', "streams.market_data", "did you mean 'source'?"),
        (
            '[[trading.active_strategies]]\nid = "a"\nuse = "b"\ncapitl = 3',
            "trading.active_strategies[0]",
            "did you mean 'capital'?",
        ),
        (
            '[[trading.active_strategies]]\nid = "a"\nuse = "b"\nshort = true',
            "trading.active_strategies[0]",
            "a setting of the plugin stands in settings = { short = ... }; "
            "known are id, use, settings, capital, instruments, product",
        ),
    ],
)
def test_an_unknown_key_offers_the_nearest(folder: SettingsFolder, text: str, section: str, mend: str) -> None:
    problem = in_file(folder, text, ProblemKind.UNKNOWN_KEY)
    assert (problem.section, problem.mend) == (section, mend)


def test_a_key_outside_any_section_is_sent_to_its_section(folder: SettingsFolder) -> None:
    problem = in_file(folder, "max_drawdown = 0.2", ProblemKind.UNKNOWN_KEY)
    assert problem.message == "'max_drawdown' in friday.toml is in no section"
    assert problem.mend == "did you mean risk.max_drawdown?"


def test_an_invalid_value_names_its_file_and_what_the_key_means(folder: SettingsFolder) -> None:
    problem = in_file(folder, "[risk]\nmax_drawdown = 2", ProblemKind.INVALID_VALUE)
    assert problem.message == "max_drawdown = 2 in friday.toml: must be less than or equal to 1"
    assert problem.mend == ("correct it in friday.toml; max_drawdown: From the peak of equity; then only reductions.")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[data]\ntimezone = "Asia"', "'Asia' is not a time zone; write for example Asia/Kolkata"),
        ('[data]\ntimezone = "Mars"', "'Mars' is not a time zone; write for example Asia/Kolkata"),
        ('[clock]\nkind = "sundial"', "must be 'historical' or 'wall'"),
        ('[risk]\nrules = "long_only"', "must be a list"),
        ('[account]\ncapital = "much"', "must be a valid integer, unable to parse string as an integer"),
        ("[[trading.active_strategies]]\nid = ''\nuse = 'x'", "must have at least 1 character"),
    ],
)
def test_an_invalid_value_is_explained_in_plain_words(folder: SettingsFolder, text: str, message: str) -> None:
    assert in_file(folder, text, ProblemKind.INVALID_VALUE).message.endswith(f" in friday.toml: {message}")


def test_an_invalid_value_names_the_argument_it_came_from(folder: SettingsFolder) -> None:
    problem = folder.only_problem(ProblemKind.INVALID_VALUE, overrides=["risk.cash_buffer=3"])
    assert problem.message == "cash_buffer = 3 in --set risk.cash_buffer: must be less than 1"


def test_a_long_value_is_cut(folder: SettingsFolder) -> None:
    problem = in_file(folder, f'[account]\ncurrency = "{"X" * 500}"', ProblemKind.INVALID_VALUE)
    assert f"currency = '{'X' * 56}... in friday.toml" in problem.message


def test_a_missing_key_names_its_table(folder: SettingsFolder) -> None:
    problem = in_file(folder, '[streams.extra]\nvalidators = ["bar_sanity"]', ProblemKind.INVALID_VALUE)
    assert problem.message == "source is missing in [streams.extra] in friday.toml"
    assert problem.mend == 'add it; source: Name of a source, or "stream:<name>" for the slices of another stream.'


def test_a_value_in_place_of_a_section_loses_nothing_silently(folder: SettingsFolder) -> None:
    problem = in_file(folder, "risk = 3", ProblemKind.INVALID_VALUE)
    assert problem.message == "risk is a value in friday.toml, but a table in friday_settings/backtest.toml"
    assert problem.mend == "in friday.toml, write the keys of [risk] one by one"


def test_a_table_in_place_of_a_value_is_a_problem(folder: SettingsFolder) -> None:
    problem = in_file(folder, "[account.capital]\na = 1", ProblemKind.INVALID_VALUE)
    assert problem.message == "account.capital is a table in friday.toml, but a value in friday_settings/default.toml"
    assert problem.mend == "in friday.toml, write account.capital = ..."


def test_a_table_where_code_expects_a_value_is_a_problem(folder: SettingsFolder) -> None:
    problem = in_file(folder, "[risk.max_order_value]\na = 1", ProblemKind.INVALID_VALUE)
    assert problem.message == "max_order_value in friday.toml: must be a valid integer, but is a table"


@pytest.mark.parametrize(
    ("text", "name"),
    [("streams = 3", "streams = 3"), ("[streams]\na = 3", "a = 3"), ("[plugins]\nbroker = 'key'", "broker")],
)
def test_a_value_where_a_table_is_expected_is_a_problem(folder: SettingsFolder, text: str, name: str) -> None:
    folder.write("friday.toml", text)
    problem = folder.only_problem(ProblemKind.INVALID_VALUE, "default")
    assert problem.message == f"{name} in friday.toml: must be a table"


@pytest.mark.parametrize("override", ["risk", "=3", "risk..x=3", "a b=1", "a\nb=1", "[risk]=1"])
def test_an_argument_that_is_no_assignment_is_a_problem(folder: SettingsFolder, override: str) -> None:
    problem = folder.only_problem(ProblemKind.INVALID_VALUE, overrides=[override])
    assert problem.mend == "write for example --set risk.max_drawdown=0.2"


def test_all_problems_are_listed_at_once(folder: SettingsFolder) -> None:
    folder.write("friday.toml", 'max_drawdown = 1\n[rsk]\na = 1\n[data]\ntimezon = "x"\n[account]\ncapital = 0\n')
    folder.write("secrets/plugins__broker__x__key", "secret", mode=0o644)
    problems = folder.problems(
        "dmeo",
        environ={"FRIDAY_RISK_MAX_DRAWDOWN": "1", "FRIDAY_RISK__CASH_BUFFER": "x", "FRIDAY_RISK__RULES": "x"},
        overrides=["what", "clock.kind=sundial"],
    )
    assert sorted(problem.kind for problem in problems) == sorted(
        [
            ProblemKind.MISSING_PROFILE,
            ProblemKind.UNREADABLE_FILE,
            ProblemKind.UNKNOWN_VARIABLE,
            ProblemKind.INVALID_VALUE,  # FRIDAY_RISK__RULES
            ProblemKind.INVALID_VALUE,  # --set what
            ProblemKind.UNKNOWN_KEY,  # timezon
            ProblemKind.INVALID_VALUE,  # capital
            ProblemKind.INVALID_VALUE,  # cash_buffer
            ProblemKind.INVALID_VALUE,  # clock.kind
            ProblemKind.UNKNOWN_KEY,  # max_drawdown
            ProblemKind.UNKNOWN_SECTION,
        ]
    )


@pytest.mark.parametrize(
    ("text", "message", "mend"),
    [
        ('[risk]\nallow_short = "yes"', "risk.allow_short in friday.toml", "write allow_short = true"),
        ('[run]\nchunk_rows = "20"', "run.chunk_rows in friday.toml", "write chunk_rows = 20 without quotes"),
        (
            '[[trading.active_strategies]]\nid = "a"\nuse = "b"\ncapital = "3"',
            "trading.active_strategies[0].capital in friday.toml",
            "write capital = 3 without quotes",
        ),
    ],
)
def test_a_value_of_another_type_in_a_file_is_refused(
    folder: SettingsFolder, text: str, message: str, mend: str
) -> None:
    problem = in_file(folder, text, ProblemKind.INVALID_VALUE)
    assert (problem.message, problem.mend) == (f"{message} is written as another type", mend)


def test_the_same_value_is_taken_from_an_argument_and_a_variable(folder: SettingsFolder) -> None:
    loaded = folder.load(overrides=['run.chunk_rows="20"'], environ={"FRIDAY_RISK__ALLOW_SHORT": "yes"})
    assert (loaded.settings.run.chunk_rows, loaded.settings.risk.allow_short) == (20, True)


def test_a_plugins_section_without_its_kind_is_told_the_whole_name_once(folder: SettingsFolder) -> None:
    problem = in_file(folder, "[plugins.average_true_range]\nwindow = 3\nx = 2", ProblemKind.UNKNOWN_SECTION)
    assert (problem.section, problem.mend) == (
        "plugins.average_true_range",
        "write [plugins.transformer.average_true_range]",
    )
