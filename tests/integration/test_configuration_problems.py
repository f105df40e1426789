"""Every kind of problem, produced as a user or an author would, and gone when its mend is followed."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from click.testing import CliRunner
from fakes import components as role
from fakes.installed import Installed, UserFolder
from integration.problem_cases import fitting, making, registering, written
from integration.problem_cases.words import Case, Speed, Start, spec, strategy
from pydantic import Field, field_validator, model_validator

from friday_core.api import PluginSettings, hookimpl
from friday_core.cli.main import cli
from friday_core.errors import Problem, ProblemKind
from friday_core.plugin.discovery import installed_plugins

CASES = (*written.CASES, *registering.CASES, *making.CASES, *fitting.CASES)


@pytest.fixture(scope="module", autouse=True)
def _hanging_imports_end() -> Iterator[None]:
    before = set(threading.enumerate())
    yield
    registering.RELEASED.set()
    for thread in set(threading.enumerate()) - before:
        thread.join(10)


def problems_of(start: Start, installed: Installed, folder: UserFolder) -> tuple[Problem, ...]:
    start.install(installed, folder.path)
    options = {"profile": start.profile, "environ": start.environ, "overrides": start.overrides, "sessions": 5}
    return folder.problems(start.toml, **options)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_problem_is_told_with_its_place_its_plugin_and_its_mend(
    case: Case, installed: Installed, folder: UserFolder
) -> None:
    (problem,) = problems_of(case.start, installed, folder)
    assert (problem.kind, problem.section, problem.plugin) == (case.kind, case.section, case.plugin)
    assert case.message in problem.message
    assert case.mend in problem.mend


@pytest.mark.parametrize("case", [case for case in CASES if case.mended], ids=lambda case: case.name)
def test_whoever_does_what_the_mend_says_is_rid_of_the_problem(
    case: Case, installed: Installed, folder: UserFolder
) -> None:
    assert case.mended is not None
    assert problems_of(case.mended, installed, folder) == ()


def test_every_kind_of_problem_is_in_the_table() -> None:
    assert {case.kind for case in CASES} == set(ProblemKind)


def kinds_told(folder: UserFolder, toml: str, *options: str) -> set[str]:
    """The kinds of problems that ``friday config check`` lists, each with its mend."""
    (folder.path / "friday.toml").write_text(toml, encoding="utf-8")
    result = CliRunner().invoke(cli, ["config", "check", *options])
    assert result.exit_code == 2
    heading, *lines = result.stderr.splitlines()
    told = [line for line in lines if re.match(r"  \d+\. ", line)]
    assert heading == f"friday: {len(told)} problems in the configuration:"
    assert sum(line.startswith("    mend: ") for line in lines) == len(told)
    return {kind for kind in ProblemKind if any(f" {kind}: " in line for line in told)}


def test_mistakes_of_files_variables_registrations_and_wiring_are_listed_at_once(
    installed: Installed, folder: UserFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder.path)
    monkeypatch.setenv("FRIDAY_RSIK__MAX_DRAWDOWN", "0.2")
    installed.add(spec("strategy.twin", role.Idle))
    installed.add(spec("strategy.twin", role.Idle), distribution="friday-sun")
    installed.point("strategy.broken", "no_such_module")
    installed.registering("strategy.empty", list)
    installed.add(
        spec("strategy.late", role.Idle, api=(99, 0)),
        spec("strategy.greedy", lambda phase: role.Idle()),
        spec("strategy.lonely", role.Idle, requires={"rule": "risk_rule:gone"}),
        spec("strategy.torn", role.Idle, requires={"tell": "notifier"}),
        spec("strategy.hen", role.Idle, provides=frozenset({"egg"}), requires={"hen": "strategy:hen"}),
        spec("strategy.egg", role.Idle, provides=frozenset({"hen"}), requires={"egg": "strategy:egg"}),
        spec("strategy.spy", role.Idle, written.Key),
    )
    installed.add(spec("notifier.horn", role.Silent))
    names = ("twin", "broken", "empty", "late", "greedy", "lonely", "torn", "hen", "egg", "spy", "gone")
    entries = "\n".join(strategy(name) for name in names)
    others = """
        [riks]
        max_drawdown = 0.2
        [risk]
        max_drawdown = 2
        [notify]
        use = ["log", "horn"]
        [plugins.broker.paper]
        latencie = 1
        [plugins.strategy.spy]
        api_key = "tides of May"
    """
    assert kinds_told(folder, entries + others) == {
        ProblemKind.UNKNOWN_SECTION, ProblemKind.UNKNOWN_KEY, ProblemKind.UNKNOWN_VARIABLE, ProblemKind.INVALID_VALUE,
        ProblemKind.SECRET_IN_FILE, ProblemKind.UNKNOWN_COMPONENT, ProblemKind.DUPLICATE_COMPONENT,
        ProblemKind.IMPORT_FAILED, ProblemKind.BAD_REGISTRATION, ProblemKind.API_VERSION,
        ProblemKind.FACTORY_SIGNATURE, ProblemKind.MISSING_DEPENDENCY, ProblemKind.AMBIGUOUS_DEPENDENCY,
        ProblemKind.CYCLE,
    }  # fmt: skip


def test_everything_that_cannot_be_built_is_listed_at_once(
    installed: Installed, folder: UserFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder.path)
    installed.add(
        spec("strategy.cloudy", making.failing(ValueError("no moon tonight"))),
        spec("strategy.half", role.Half),
        spec("source.flat", making.Unreadable),
        spec("risk_rule.where", role.AllowAll, requires={"universe": "universe"}),
    )
    toml = strategy("cloudy") + strategy("half") + '[risk]\nrules = ["where"]'
    told = kinds_told(folder, toml, "--set", "streams.market_data.source=flat")
    assert told == {ProblemKind.FACTORY_FAILED, ProblemKind.BAD_REGISTRATION}


def test_everything_that_does_not_go_together_is_listed_at_once(
    installed: Installed, folder: UserFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder.path)
    installed.add(
        spec("broker.cash", fitting.MarketOnlyForMoney),
        spec("strategy.stops", fitting.Stops),
        spec("strategy.wide", fitting.Wide),
    )
    toml = strategy("stops", 'instruments = ["NO.WHERE"]') + strategy("wide")
    options = ("--set", "broker.use=cash", "--set", "account.currency=USD")
    assert kinds_told(folder, toml, *options) == {
        ProblemKind.MODE_CONFLICT, ProblemKind.CURRENCY_CONFLICT, ProblemKind.UNSUPPORTED_ORDER_TYPE,
        ProblemKind.SCHEMA_MISMATCH, ProblemKind.INVALID_VALUE,
    }  # fmt: skip


def test_a_problem_of_two_places_is_told_for_each(installed: Installed, folder: UserFolder) -> None:
    installed.point("strategy.moon", "no_such_module")
    first, second = folder.problems(strategy() + strategy().replace('id = "moon"', 'id = "tide"'))
    assert (first.section, second.section) == ("trading.active_strategies[0]", "trading.active_strategies[1]")


def test_a_mistake_in_a_section_that_two_strategies_share_is_told_once(
    installed: Installed, folder: UserFolder
) -> None:
    installed.add(spec("strategy.moon", role.Idle, Speed))
    twice = strategy() + strategy().replace('id = "moon"', 'id = "tide"')
    (problem,) = folder.problems(f"{twice}[plugins.strategy.moon]\nfast = 0")
    assert problem.section == "plugins.strategy.moon"


def test_an_import_that_hangs_is_waited_for_once_wherever_it_is_named(installed: Installed, folder: UserFolder) -> None:
    text = f"from {registering.__name__} import RELEASED\nRELEASED.wait()"
    installed.point("strategy.moon", installed.source_file(folder.path, text))
    entries = "".join(strategy().replace('id = "moon"', f'id = "moon{n}"') for n in range(20))
    began = time.monotonic()
    problems = folder.problems(entries, overrides=["run.import_timeout=1.0"])
    assert [problem.kind for problem in problems] == [ProblemKind.IMPORT_FAILED] * 20
    assert time.monotonic() - began < 15.0, "twenty waits would take twenty seconds"


def test_a_factory_without_its_sdk_names_the_extra_that_brings_it(
    installed: Installed, folder: UserFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = installed.module(friday_components=hookimpl(lambda: [spec("strategy.moon", making.SDK)]))
    metadata = folder.path / "friday_moon-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: friday-moon\nVersion: 1.0\nProvides-Extra: lunar\n"
        'Requires-Dist: numpy\nRequires-Dist: lunar-sdk>=2; extra == "lunar"\n'
    )
    (metadata / "entry_points.txt").write_text(f"[friday.plugins]\nstrategy.moon = {module}\n")
    monkeypatch.syspath_prepend(folder.path)
    installed.plugins = installed_plugins()
    (problem,) = folder.problems(strategy())
    assert (problem.kind, problem.plugin) == (ProblemKind.FACTORY_FAILED, "strategy.moon")
    assert problem.mend == "install what it needs: pip install 'friday-moon[lunar]'"


def test_a_plugins_own_words_about_a_refused_secret_do_not_repeat_it(installed: Installed, folder: UserFolder) -> None:
    class Picky(written.Key):
        @model_validator(mode="before")
        @classmethod
        def _refuse(cls, values: Any) -> Any:
            raise ValueError(f"not a key: {values['api_key']}")

    installed.add(spec("strategy.moon", role.Idle, Picky))
    (problem,) = folder.problems(strategy(), environ={written.SECRET_VARIABLE: "tides of May"})
    assert problem.message == "not a key: ***"


def test_a_factorys_own_words_do_not_repeat_its_secret(installed: Installed, folder: UserFolder) -> None:
    def factory(settings: written.Key) -> Any:
        raise ValueError(f"cannot log in with {settings.api_key.get_secret_value()}")

    installed.add(spec("strategy.moon", factory, written.Key))
    (problem,) = folder.problems(strategy(), environ={written.SECRET_VARIABLE: "tides of May"})
    assert problem.message == "friday-moon 1.0 could not build it: ValueError: cannot log in with ***"


def test_settings_whose_validator_breaks_are_a_problem_and_no_crash(installed: Installed, folder: UserFolder) -> None:
    class Broken(PluginSettings):
        fast: int = 1

        @model_validator(mode="after")
        def _break(self) -> Broken:
            raise RuntimeError("out of luck")

    installed.add(spec("strategy.moon", role.Idle, Broken))
    (problem,) = folder.problems(strategy())
    assert (problem.kind, problem.section) == (ProblemKind.INVALID_VALUE, "plugins.strategy.moon")
    assert problem.message == "its settings cannot be judged: RuntimeError: out of luck"


def test_what_a_plugins_own_validator_refuses_is_told_in_its_words_and_with_where_it_came_from(
    installed: Installed, folder: UserFolder
) -> None:
    class Mapped(PluginSettings):
        columns: dict[str, str] = Field({}, description="Names.")

        @field_validator("columns")
        @classmethod
        def _known(cls, columns: dict[str, str]) -> dict[str, str]:
            raise ValueError("price is no column")

    installed.add(spec("strategy.moon", role.Idle, Mapped))
    option = "plugins.strategy.moon.columns.price=LAST"
    (problem,) = folder.problems(strategy(), overrides=[option])
    assert problem.message == "columns in --set plugins.strategy.moon.columns.price: price is no column"
    assert problem.mend == "correct columns: Names."
