"""A plugin for another Friday is told apart by its metadata, and the reason names both and the way out."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import PathDistribution
from pathlib import Path

import pytest

from friday_core.errors import Problem, ProblemKind
from friday_core.plugin.compatibility import refusal
from friday_core.plugin.discovery import InstalledPlugin


def made(
    folder: Path, *requires: str, group: str = "friday.plugins", distribution: str = "friday-moon"
) -> InstalledPlugin:
    """The plugin of a distribution that states these requirements."""
    needs = "".join(f"Requires-Dist: {one}\n" for one in requires)
    (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 3.1\n{needs}", "utf-8")
    (folder / "entry_points.txt").write_text(f"[{group}]\nstrategy.moon = no_such_module\n", "utf-8")
    (point,) = PathDistribution(folder).entry_points
    return InstalledPlugin(point, distribution, "3.1")


def refused(plugin: InstalledPlugin, running: str = "1.4.2", api: tuple[int, int] = (1, 4)) -> Problem:
    problem = refusal(plugin, running=running, api=api)
    assert problem is not None
    return problem


def test_a_plugin_for_a_later_major_is_told_to_either_side(tmp_path: Path) -> None:
    assert refused(made(tmp_path, group="friday.plugins.v2")) == Problem(
        ProblemKind.API_VERSION,
        "it is written for plugin API 2, this Friday has 1.4",
        "install a release of friday-moon for plugin API 1, or update friday-trading to a release with plugin API 2",
        plugin="strategy.moon of friday-moon 3.1",
    )


def test_for_a_plugin_of_an_earlier_major_only_the_plugin_can_change(tmp_path: Path) -> None:
    problem = refused(made(tmp_path), running="2.0.0", api=(2, 0))
    assert (problem.message, problem.mend) == (
        "it is written for plugin API 1, this Friday has 2.0",
        "install a release of friday-moon for plugin API 2",
    )


def test_a_group_of_nobody_is_the_authors_to_mend(tmp_path: Path) -> None:
    problem = refused(made(tmp_path, group="friday.plugins.v1"))
    assert (problem.kind, problem.message, problem.mend) == (
        ProblemKind.BAD_REGISTRATION,
        "it is registered in the group 'friday.plugins.v1', which is no group of plugins",
        "its author registers it in 'friday.plugins' for plugin API 1; until then uninstall it",
    )


@pytest.mark.parametrize(
    ("stated", "running"),
    [
        ("friday-trading", "1.4.2"),
        ("friday-trading>=1.4", "1.4.2"),
        ("friday-trading (>=1.4,<2)", "1.4.2"),
        ("friday-trading>=1.4", "1.5.0.dev3"),
        ("friday-trading<2", "1.9"),
        ("friday-trading==1.4.2", "1.4.2+local"),
        ("friday-trading @ file:///somewhere", "1.4.2"),
        ("numpy<1", "1.4.2"),
        ("friday-trading>=2; python_version < '3'", "1.4.2"),
        ("friday-trading[demo]>=2; extra == 'demo'", "1.4.2"),
        ("friday-trading-extras>=2", "1.4.2"),
    ],
)
def test_a_requirement_that_this_friday_meets_refuses_nothing(tmp_path: Path, stated: str, running: str) -> None:
    assert refusal(made(tmp_path, stated), running=running, api=(1, 4)) is None


@pytest.mark.parametrize(
    ("stated", "running"),
    [
        (["friday-trading>=2"], "1.4.2"),
        (["friday-trading>=1.4.3"], "1.4.2"),
        (["friday-trading!=1.4.2"], "1.4.2"),
        (["friday-trading>=1.5"], "1.5.0.dev3"),
        (["friday-trading<2"], "2.0rc1"),
        (["friday-trading", "friday_trading<1"], "1.4.2"),
        (["friday-trading>=2; python_version > '3'"], "1.4.2"),
    ],
)
def test_a_requirement_that_excludes_this_friday_refuses_the_plugin(
    tmp_path: Path, stated: list[str], running: str
) -> None:
    assert refused(made(tmp_path, *stated), running=running).kind is ProblemKind.API_VERSION


def test_who_is_excluded_reads_the_requirement_this_release_and_the_command(tmp_path: Path) -> None:
    problem = refused(made(tmp_path, "numpy>=2", "Friday_Trading >=2, <3"))
    assert (problem.message, problem.mend) == (
        "it requires friday-trading<3,>=2, and this is friday-trading 1.4.2",
        "install a release of friday-moon that takes this one, or another Friday: pip install 'friday-trading<3,>=2'",
    )


def test_a_requirement_that_cannot_be_read_is_a_problem_and_no_crash(tmp_path: Path) -> None:
    problem = refused(made(tmp_path, "friday-trading >= banana"))
    assert problem.kind is ProblemKind.BAD_REGISTRATION
    assert problem.message.startswith("what it requires of friday-trading cannot be read: ")
    assert "\n" not in problem.message


def test_friday_is_not_asked_whether_it_suits_itself(tmp_path: Path) -> None:
    own = made(tmp_path, "friday-trading[demo]==0", distribution="friday-trading")
    assert refusal(own, running="1.4.2", api=(1, 4)) is None


def test_what_is_installed_here_is_judged_by_the_running_release(tmp_path: Path) -> None:
    assert refusal(made(tmp_path, "friday-trading>=0.0.1")) is None


@pytest.mark.parametrize(("requirement", "loaded"), [("numpy>=2", "False"), ("friday-trading>=0.0.1", "True")])
def test_requirements_are_parsed_only_where_one_is_on_friday(tmp_path: Path, requirement: str, loaded: str) -> None:
    """Parsing them costs as much as half of a start."""
    made(tmp_path, requirement)
    script = (
        "import sys; from importlib.metadata import PathDistribution; from pathlib import Path\n"
        "from friday_core.plugin.compatibility import refusal\n"
        "from friday_core.plugin.discovery import InstalledPlugin\n"
        f"(point,) = PathDistribution(Path({str(tmp_path)!r})).entry_points\n"
        "refusal(InstalledPlugin(point, 'friday-moon', '1.0')); print('packaging.requirements' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == f"{loaded}\n"
