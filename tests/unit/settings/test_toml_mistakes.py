"""Files that are no TOML: what is told of them."""

from __future__ import annotations

import pytest
from fakes.settings_folder import SettingsFolder

from friday_core.errors import ProblemKind

LIST = 'active_strategies = [\n    { id = "a", use = "x" },\n]\n'
ENTRY = '[[trading.active_strategies]]\nid = "b"\nuse = "x"\n'
STRATEGIES = "trading.active_strategies"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            f"[trading]\n{LIST}{ENTRY}",
            f"as `active_strategies = ...` in line 2 and as `[[{STRATEGIES}]]` in line 5",
        ),
        (
            f"{ENTRY}[trading]\n{LIST}",
            f"as `[[{STRATEGIES}]]` in line 1 and as `active_strategies = ...` in line 5",
        ),
    ],
)
def test_strategies_in_two_forms_are_told_both_lines(folder: SettingsFolder, text: str, message: str) -> None:
    folder.write("friday.toml", text)
    problem = folder.only_problem(ProblemKind.UNREADABLE_FILE)
    assert problem.message == f"friday.toml: {STRATEGIES} is written twice, {message}"
    assert problem.mend == f"keep one: below [[{STRATEGIES}]] every entry is a table of its own"


@pytest.mark.parametrize(
    ("text", "message", "mend"),
    [
        ("[risk]\na = 1\na = 2\n", "risk.a is written twice, in lines 2 and 3", "keep one"),
        ("a = 1\na = 2", "a is written twice, in lines 1 and 2", "keep one"),
        (
            "[risk]\na = 1\n[data]\n[risk]\nb = 1\n",
            "[risk] stands twice, in lines 1 and 4",
            "put the keys of both below one of them",
        ),
        (
            "[[a]]\nid = 1\n[a.b]\nc = 1\n[[a]]\nid = 2\n[a.b]\nc = 1\nc = 3\n",
            "a.b.c is written twice, in lines 8 and 9",
            "keep one",
        ),
    ],
)
def test_what_stands_twice_is_told_with_both_lines(folder: SettingsFolder, text: str, message: str, mend: str) -> None:
    folder.write("friday.toml", text)
    problem = folder.only_problem(ProblemKind.UNREADABLE_FILE)
    assert (problem.message, problem.mend) == (f"friday.toml: {message}", mend)


@pytest.mark.parametrize(
    ("line", "mend"),
    [
        ("short = True", "TOML writes true, not True"),
        ("settings = { short = no, x = 1 }", "TOML writes false, not no"),
        ("short = None # for now", "TOML has no None: leave the key out"),
        ("use = paper", "correct that line of friday.toml; text stands in double quotes"),
        ('use = "paper', "correct that line of friday.toml; text stands in double quotes"),
    ],
)
def test_a_bare_word_is_told_what_toml_writes_in_its_place(folder: SettingsFolder, line: str, mend: str) -> None:
    folder.write("friday.toml", f"[risk]\n{line}\n")
    assert folder.only_problem(ProblemKind.UNREADABLE_FILE).mend == mend
