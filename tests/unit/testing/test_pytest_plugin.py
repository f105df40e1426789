"""What an author sees: pytest in a project of their own, with no test of theirs."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import pytest

PLUGIN = "friday_core.testing.pytest_plugin"
#: An environment that was made before the entry point was has to be told.
TOLD = [] if any(one.value == PLUGIN for one in entry_points(group="pytest11")) else ["-p", PLUGIN]

PYPROJECT = """
[project]
name = "friday-toy"

[project.entry-points."friday.plugins"]
"notifier.toy" = "toy"
"""
HONEST = """
from friday_core.api import ComponentSpec, Notifier, PluginSettings, hookimpl
from pydantic import Field


class Settings(PluginSettings):
    path: str = Field({default}description="Where lines go.")


class Toy(Notifier):
    def __init__(self, settings):
        self.path = settings.path

    def notify(self, notification):
        {does}


@hookimpl
def friday_components():
    return [ComponentSpec("notifier", "toy", Toy, Settings)]
"""


def plugin(default: str = '"x", ', does: str = "pass") -> str:
    return HONEST.format(default=default, does=does)


def ran(folder: Path, module: str, *options: str, files: dict[str, str] | None = None) -> tuple[int, str]:
    """Exit code and output of pytest in a project that offers this module."""
    for name, text in {"pyproject.toml": PYPROJECT, "toy.py": module, **(files or {})}.items():
        (folder / name).write_text(text, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--import-mode=importlib", *TOLD, *options]
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "FRIDAY_"))}
    done = subprocess.run(
        command, cwd=folder, env={**clean, "PYTHONPATH": str(folder)}, capture_output=True, text=True, timeout=100
    )
    return done.returncode, done.stdout + done.stderr


def test_an_option_is_all_that_is_needed(tmp_path: Path) -> None:
    code, output = ran(tmp_path, plugin(), "--friday-conformance", "-v")
    assert code == 0, output
    assert "friday::notifier.toy: every setting says what it means PASSED" in output
    assert "friday conformance: 12 checks of plugins" in output
    assert "11 passed, 1 skipped" in output


def test_without_the_option_nothing_is_added(tmp_path: Path) -> None:
    code, output = ran(tmp_path, plugin())
    assert (code, "no tests ran" in output) == (5, True)


def test_a_breach_is_told_in_its_sentence_and_nothing_else(tmp_path: Path) -> None:
    code, output = ran(tmp_path, plugin(does='raise KeyError("INFO")'), "--friday-conformance")
    assert code == 1
    assert "notifier.toy breaks the rule: it takes notifications of every severity and length" in output
    assert "seen: told INFO it raised KeyError: 'INFO'" in output
    assert "Traceback" not in output
    assert "rule.test(" not in output


def test_two_lines_in_a_file_do_the_same(tmp_path: Path) -> None:
    files = {"test_conformance.py": "def test_conformance(friday_check):\n    friday_check()\n"}
    code, output = ran(tmp_path, plugin(), "-v", files=files)
    assert code == 0, output
    assert "test_conformance[notifier.toy: every setting says what it means] PASSED" in output
    assert "11 passed, 1 skipped" in output


def test_checks_are_chosen_by_their_sentence(tmp_path: Path) -> None:
    code, output = ran(tmp_path, plugin(), "--friday-conformance", "-k", "severity")
    assert (code, "1 passed, 11 deselected" in output) == (0, True)


def test_a_setting_without_a_default_fails_one_rule_and_names_the_mend(tmp_path: Path) -> None:
    code, output = ran(tmp_path, plugin(default=""), "--friday-conformance")
    assert code == 1
    assert "seen: it raised path: Field required" in output
    assert "[tool.friday.conformance.settings]" in output
    assert "1 failed, 7 passed, 4 skipped" in output


def test_such_a_setting_is_taken_from_the_table(tmp_path: Path) -> None:
    table = f'{PYPROJECT}\n[tool.friday.conformance.settings."notifier.toy"]\npath = "y"\n'
    code, output = ran(tmp_path, plugin(default=""), "--friday-conformance", files={"pyproject.toml": table})
    assert code == 0, output


def test_such_a_setting_is_taken_from_a_hook(tmp_path: Path) -> None:
    conftest = (
        "from friday_core.testing.subject import Provision\n\n\n"
        "def pytest_friday_provision(component, market, folder):\n"
        '    return Provision(settings={"path": str(folder / market.name)})\n'
    )
    code, output = ran(tmp_path, plugin(default=""), "--friday-conformance", files={"conftest.py": conftest})
    assert code == 0, output


def test_a_module_that_cannot_be_imported_fails_a_rule_of_its_own(tmp_path: Path) -> None:
    code, output = ran(tmp_path, "import nowhere\n", "--friday-conformance")
    assert code == 1
    assert "notifier.toy breaks the rule: it can be loaded as a run loads it" in output
    assert "ModuleNotFoundError: No module named 'nowhere'" in output
    assert "1 failed" in output


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("[project]\nname = 'x'\n", "offers no plugin"),
        (f"{PYPROJECT}\n[tool.friday.conformance]\nsetings = 1\n", "has no key 'setings'; did you mean 'settings'?"),
        (f"{PYPROJECT}\n[tool.friday.conformance.limits]\nrows = 1\n", "has no key 'rows'; did you mean 'row'?"),
        (f"{PYPROJECT}\n[tool.friday.conformance]\ndistribution = 'no-such-thing'\n", "which is not installed"),
    ],
)
def test_a_project_that_is_set_up_wrongly_is_told_so_before_any_test(tmp_path: Path, table: str, said: str) -> None:
    code, output = ran(tmp_path, plugin(), "--friday-conformance", files={"pyproject.toml": table})
    assert code == 4
    assert said in output


def test_a_pytest_run_that_asks_for_nothing_loads_nothing_of_friday_but_the_plugin(tmp_path: Path) -> None:
    test = (
        "import sys\n\n\ndef test_it():\n"
        "    loaded = {m for m in sys.modules if m.startswith('friday_core')}\n"
        "    assert loaded <= {'friday_core', 'friday_core.testing', 'friday_core.testing.pytest_plugin'}\n"
        "    assert not {'numpy', 'pydantic', 'pandas'} & set(sys.modules)\n"
    )
    code, output = ran(tmp_path, plugin(), "-p", "no:hypothesispytest", files={"test_light.py": test})
    assert code == 0, output


def test_importing_friday_loads_neither_the_kit_nor_pytest() -> None:
    script = "import sys, friday_core.api; print([m for m in sys.modules if m in ('pytest', 'friday_core.testing')])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_builders_need_no_pytest() -> None:
    script = (
        "import sys; import friday_core.testing.builders, friday_core.testing.doubles, friday_core.testing.suites;"
        "print('pytest' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


SETS = """
[[tool.friday.conformance.settings."notifier.toy"]]
path = "x"

[[tool.friday.conformance.settings."notifier.toy"]]
path = "y"
"""


def test_each_set_of_settings_is_held_to_all_rules(tmp_path: Path) -> None:
    code, output = ran(tmp_path, plugin(), "--friday-conformance", "-v", files={"pyproject.toml": PYPROJECT + SETS})
    assert code == 0, output
    assert "friday::notifier.toy (path=x): every setting says what it means PASSED" in output
    assert "friday::notifier.toy (path=y): every setting says what it means PASSED" in output
    assert "22 passed, 2 skipped" in output


def test_settings_of_a_plugin_that_the_project_does_not_offer_are_refused(tmp_path: Path) -> None:
    table = f'{PYPROJECT}\n[tool.friday.conformance.settings."notifier.tyo"]\npath = "y"\n'
    code, output = ran(tmp_path, plugin(), "--friday-conformance", files={"pyproject.toml": table})
    assert code != 0
    assert "names 'notifier.tyo'; did you mean 'notifier.toy'? the project offers: notifier.toy" in output
