"""The graph: what is built, in which order, and what everybody is handed."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from fakes.components import AllowAll, Flat, Half, Idle, RealBroker, Silent
from fakes.plugin_list import PluginList
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import Field, SecretStr

from friday_core.errors import ConfigurationError, DataSourceError, Problem, ProblemKind
from friday_core.plugin.discovery import InstalledPlugin, installed_plugins
from friday_core.plugin.graph import Graph, build_order, resolve_graph, settings_models
from friday_core.plugin.spec import ComponentSpec, Kind, PluginSettings
from friday_core.plugin.wiring import HostCapabilities
from friday_settings import load_settings

HOST: HostCapabilities = {"run_folder": None, "universe": Kind.SOURCE}
NOWHERE = Path("nowhere")


class Key(PluginSettings):
    api_key: SecretStr = SecretStr("tides of May")


class Speed(PluginSettings):
    fast: int = 20


@cache
def built_in() -> tuple[InstalledPlugin, ...]:
    return tuple(plugin for plugin in installed_plugins() if plugin.built_in)


@pytest.fixture
def plugins(monkeypatch: pytest.MonkeyPatch) -> PluginList:
    """The built-in plugins, and those that the test adds."""
    listed = PluginList(monkeypatch)
    listed.plugins += built_in()
    return listed


def rule(name: str, factory: Any = AllowAll, settings: Any = None, **more: Any) -> ComponentSpec:
    return ComponentSpec("risk_rule", name, factory, **({} if settings is None else {"settings": settings}), **more)


def graph_of(plugins: PluginList, rules: Sequence[str] = (), **options: Any) -> Graph:
    """The graph of the default profile with these rules and ``--set`` options."""
    environ = options.pop("environ", {})
    listed = ", ".join(f'"{name}"' for name in rules)
    overrides = [f"risk.rules=[{listed}]", *(f"{key.replace('__', '.')}={value}" for key, value in options.items())]
    return resolve_graph(load_settings(folder=NOWHERE, environ=environ, overrides=overrides), plugins.registry(), HOST)


def no_host(capability: str, _built: Mapping[str, Any]) -> Any:
    raise AssertionError(f"nobody here needs {capability}")


def moon_entry(settings: str = "{}") -> str:
    return f'[{{id = "moon", use = "moon", settings = {settings}}}]'


# Order ----------------------------------------------------------------------------------------------


@st.composite
def acyclic(draw: st.DrawFn) -> dict[int, set[int]]:
    """What each of a few dozen components requires; listed in an order that tells nothing."""
    count = draw(st.integers(1, 24))
    needs = {n: draw(st.sets(st.integers(0, n - 1), max_size=4)) if n else set() for n in range(count)}
    return {n: needs[n] for n in draw(st.permutations(range(count)))}


def build_dag(needs: Mapping[int, set[int]], plugins: PluginList) -> tuple[list[int], dict[str, Any]]:
    """The order in which the factories of a graph were called, and what they made."""
    called: list[int] = []

    def factory_of(number: int) -> Callable[..., Any]:
        def factory(**handed: Any) -> AllowAll:
            called.append(number)
            return AllowAll(**handed)

        return factory

    for n, needed in needs.items():
        requires = {f"p{m}": f"risk_rule:a{m}" for m in needed}
        plugins.add(rule(f"r{n}", factory_of(n), requires=requires, provides=frozenset({f"a{n}"})))
    graph = graph_of(plugins, [f"r{n}" for n in needs])
    assert graph.problems == ()
    return called, graph.build(no_host)


@settings(deadline=None, max_examples=60)  # each example reads the settings' files
@given(needs=acyclic())
def test_every_component_is_built_after_its_requirements_and_is_handed_them(needs: dict[int, set[int]]) -> None:
    with pytest.MonkeyPatch.context() as monkeypatch:
        listed = PluginList(monkeypatch)
        listed.plugins += built_in()
        called, built = build_dag(needs, listed)
    assert sorted(called) == sorted(needs)
    for n, needed in needs.items():
        assert all(called.index(m) < called.index(n) for m in needed)
        assert built[f"risk_rule.r{n}"].handed == {f"p{m}": built[f"risk_rule.r{m}"] for m in needed}


def test_a_graph_of_500_components_is_built_in_order(plugins: PluginList) -> None:
    drawn = random.Random(7)
    needs = {n: set(drawn.sample(range(n), min(n, drawn.randrange(4)))) for n in range(500)}
    numbers = list(needs)
    drawn.shuffle(numbers)
    called, built = build_dag({n: needs[n] for n in numbers}, plugins)
    place = {n: position for position, n in enumerate(called)}
    assert len(built) > len(place) == 500
    assert all(place[m] < place[n] for n, needed in needs.items() for m in needed)


def test_what_does_not_matter_is_built_as_it_was_configured_whatever_the_order_of_sets() -> None:
    """Sets of text differ from process to process."""
    needed = [f"n{n}" for n in range(30)]
    assert list(build_order({"last": set(needed), **{one: set() for one in needed}})) == [*needed, "last"]


def test_components_are_returned_in_the_order_of_the_configuration(plugins: PluginList) -> None:
    plugins.add(rule("late"), rule("early", requires={"late": "risk_rule:late"}))
    plugins.add(rule("needed", provides=frozenset({"late"})))
    built = graph_of(plugins, ["early", "needed"]).build(no_host)
    assert [key for key in built if key.startswith("risk_rule")] == ["risk_rule.early", "risk_rule.needed"]


def test_who_needs_what_the_host_makes_of_a_source_is_built_after_every_source(plugins: PluginList) -> None:
    plugins.add(rule("where", requires={"universe": "universe"}))
    assert graph_of(plugins, ["where"]).dependencies["risk_rule.where"] == {"source.synthetic"}


def test_who_needs_the_run_folder_waits_for_nobody(plugins: PluginList) -> None:
    plugins.add(rule("writer", requires={"folder": "run_folder"}))
    graph = graph_of(plugins, ["writer"])
    assert graph.dependencies["risk_rule.writer"] == set()
    assert graph.build(lambda capability, _built: capability)["risk_rule.writer"].handed == {"folder": "run_folder"}


def test_a_factory_that_hangs_is_a_problem_and_the_others_are_built(plugins: PluginList) -> None:
    released = threading.Event()
    built: list[str] = []

    def hanging() -> AllowAll:
        released.wait(30)
        return AllowAll()

    def quick() -> AllowAll:
        built.append("quick")
        return AllowAll()

    plugins.add(rule("hangs", hanging))
    plugins.add(rule("quick", quick))
    graph = graph_of(plugins, ["hangs", "quick"])
    with pytest.raises(ConfigurationError, match=r"the factory of risk_rule\.hangs did not return") as caught:
        graph.build(no_host, timeout=0.3)
    released.set()
    (problem,) = caught.value.problems
    assert (problem.kind, problem.plugin) == (ProblemKind.FACTORY_FAILED, "risk_rule.hangs")
    assert problem.message.endswith("could not build it: the factory of risk_rule.hangs did not return within 0.3 s")
    assert problem.mend == "report it to the author of friday-moon; if that is no mistake, raise [run] step_timeout"
    assert built == ["quick"]


# What is handed over --------------------------------------------------------------------------------


def test_a_component_is_handed_its_own_settings_only_if_its_spec_has_some(plugins: PluginList) -> None:
    plugins.add(rule("quick", settings=Speed), rule("plain"))
    built = graph_of(plugins, ["quick", "plain"]).build(no_host)
    assert built["risk_rule.quick"].handed == {"settings": Speed(fast=20)}
    assert built["risk_rule.plain"].handed == {}


def test_settings_beside_a_strategy_win_over_the_plugins_section(plugins: PluginList) -> None:
    plugins.add(ComponentSpec("strategy", "moon", Idle, Speed))
    entries = moon_entry("{fast = 3}")
    graph = graph_of(plugins, plugins__strategy__moon__fast=2, trading__active_strategies=entries)
    assert graph.build(no_host)["strategy.moon"].handed == {"settings": Speed(fast=3)}


def test_two_strategies_of_one_plugin_may_choose_different_components(plugins: PluginList) -> None:
    plugins.add(ComponentSpec("strategy", "moon", Idle, requires={"rule": "risk_rule"}))
    plugins.add(rule("a"), rule("b"))
    entries = '[{id = "one", use = "moon", settings = {use = {rule = "b"}}}, {id = "two", use = "moon"}]'
    graph = graph_of(
        plugins, ["a", "b"], trading__active_strategies=entries, plugins__strategy__moon__use='{rule = "a"}'
    )
    built = graph.build(no_host)
    assert built["strategy.one"].handed == {"rule": built["risk_rule.b"]}
    assert built["strategy.two"].handed == {"rule": built["risk_rule.a"]}


@pytest.mark.parametrize(("choice", "chosen"), [("one", "strategy.one"), ("two", "strategy.two")])
def test_of_two_strategies_of_one_plugin_one_is_chosen_by_its_id(plugins: PluginList, choice: str, chosen: str) -> None:
    plugins.add(ComponentSpec("strategy", "moon", Idle), rule("watch", requires={"who": "strategy"}))
    entries = '[{id = "one", use = "moon"}, {id = "two", use = "moon"}]'
    use = f'{{who = "{choice}"}}'
    graph = graph_of(plugins, ["watch"], trading__active_strategies=entries, plugins__risk_rule__watch__use=use)
    built = graph.build(no_host)
    assert built["risk_rule.watch"].handed == {"who": built[chosen]}


def test_a_component_does_not_serve_itself(plugins: PluginList) -> None:
    plugins.add(rule("alone", requires={"other": "risk_rule"}))
    (problem,) = graph_of(plugins, ["alone"]).problems
    assert problem.kind is ProblemKind.MISSING_DEPENDENCY
    assert problem.mend == 'write in [risk]: rules = ["alone", "freeze_quantity"]'


def test_a_requirement_whose_component_is_broken_is_not_told_as_missing_too(plugins: PluginList) -> None:
    plugins.add(rule("needy", requires={"other": "risk_rule:calm"}))
    plugins.point("risk_rule.calm", "no_such_module")
    (problem,) = graph_of(plugins, ["needy", "calm"]).problems
    assert (problem.kind, problem.plugin) == (ProblemKind.IMPORT_FAILED, "risk_rule.calm of friday-moon 1.0")


def test_models_are_known_of_components_whose_settings_are_wrong_too(plugins: PluginList) -> None:
    plugins.add(rule("quick", settings=Speed))
    graph = graph_of(plugins, ["quick"], plugins__risk_rule__quick__fast="[]")
    assert "risk_rule.quick" not in graph.nodes
    assert settings_models(graph)["risk_rule", "quick"] is Speed


# What cannot be built -------------------------------------------------------------------------------


def failing(**_handed: Any) -> Any:
    raise ValueError("out of order")


def problems_when_built(graph: Graph) -> tuple[Problem, ...]:
    with pytest.raises(ConfigurationError, match="in the configuration") as caught:
        graph.build(no_host)
    return caught.value.problems


def test_every_factory_that_fails_is_told_and_nobody_who_needs_it_is_built(plugins: PluginList) -> None:
    made: list[dict[str, Any]] = []
    plugins.add(rule("a", failing, provides=frozenset({"a"})), rule("b", failing))
    plugins.add(rule("c", lambda **handed: made.append(handed), requires={"a": "risk_rule:a"}))
    problems = problems_when_built(graph_of(plugins, ["a", "b", "c"]))
    assert [(one.kind, one.plugin) for one in problems] == [
        (ProblemKind.FACTORY_FAILED, "risk_rule.a"),
        (ProblemKind.FACTORY_FAILED, "risk_rule.b"),
    ]
    assert made == []


def test_a_graph_with_problems_is_not_built(plugins: PluginList) -> None:
    graph = graph_of(plugins, ["gone"])
    assert problems_when_built(graph) == graph.problems


def test_what_the_host_cannot_provide_is_told_once(plugins: PluginList) -> None:
    plugins.add(rule("a", requires={"folder": "run_folder"}), rule("b", requires={"folder": "run_folder"}))
    full = Problem(ProblemKind.INVALID_VALUE, "no folder", "make one")

    def provide(_capability: str, _built: Mapping[str, Any]) -> Any:
        raise ConfigurationError([full])

    with pytest.raises(ConfigurationError, match="1 problem in the configuration") as caught:
        graph_of(plugins, ["a", "b"]).build(provide)
    assert caught.value.problems == (full,)


# Circles --------------------------------------------------------------------------------------------


def circle(*names: str) -> list[ComponentSpec]:
    """Each requires the next, the last one the first."""
    return [
        rule(name, requires={"next": f"risk_rule:{following}"}, provides=frozenset({name}))
        for name, following in zip(names, (*names[1:], names[0]), strict=True)
    ]


def test_every_circle_is_named_in_the_direction_of_need(plugins: PluginList) -> None:
    plugins.add(*circle("a", "b", "c"), *circle("x", "y"))
    problems = graph_of(plugins, ["a", "b", "c", "x", "y"]).problems
    assert [problem.kind for problem in problems] == [ProblemKind.CYCLE] * 2
    told = [problem.message.removeprefix("components need each other: ").split(" needs ") for problem in problems]
    needs = {("a", "b"), ("b", "c"), ("c", "a"), ("x", "y"), ("y", "x")}
    pairs = {(one[-1], other[-1]) for names in told for one, other in pairwise(names)}
    assert pairs == needs


def test_a_source_cannot_need_what_is_made_of_it(plugins: PluginList) -> None:
    plugins.add(ComponentSpec("source", "flat", lambda universe: Flat(), requires={"universe": "universe"}))
    (problem,) = graph_of(plugins, streams__market_data__source="flat").problems
    assert problem.kind is ProblemKind.CYCLE
    assert problem.message == "components need each other: source.flat needs source.flat"
    assert (problem.section, problem.plugin) == ("streams.market_data", "source.flat")


# What is not shared ---------------------------------------------------------------------------------


def leaks(graph: Graph) -> list[tuple[str, str]]:
    assert {problem.kind for problem in graph.problems} <= {ProblemKind.BAD_REGISTRATION}
    return [(problem.plugin, problem.message.split(",")[0]) for problem in graph.problems]


def test_a_component_with_secrets_is_handed_to_its_own_distribution_only(plugins: PluginList) -> None:
    plugins.add(rule("vault", settings=Key, provides=frozenset({"vault"})))
    plugins.add(rule("friend", requires={"vault": "risk_rule:vault"}))
    plugins.add(rule("stranger", requires={"vault": "risk_rule:vault"}), distribution="friday-sun")
    assert leaks(graph_of(plugins, ["vault", "friend", "stranger"])) == [
        ("risk_rule.stranger", "it requires risk_rule.vault")
    ]


def test_nor_is_it_through_the_hands_of_a_friend(plugins: PluginList) -> None:
    plugins.add(rule("vault", settings=Key, provides=frozenset({"vault"})))
    plugins.add(rule("friend", requires={"vault": "risk_rule:vault"}, provides=frozenset({"friend"})))
    plugins.add(rule("stranger", requires={"friend": "risk_rule:friend"}), distribution="friday-sun")
    assert leaks(graph_of(plugins, ["vault", "friend", "stranger"])) == [
        ("risk_rule.stranger", "it requires risk_rule.vault")
    ]


def test_a_secret_deep_in_the_settings_counts(plugins: PluginList) -> None:
    class Deep(PluginSettings):
        keys: dict[str, list[Key]] = Field(default_factory=dict)

    plugins.add(rule("vault", settings=Deep, provides=frozenset({"vault"})))
    plugins.add(rule("stranger", requires={"vault": "risk_rule:vault"}), distribution="friday-sun")
    assert leaks(graph_of(plugins, ["vault", "stranger"])) == [("risk_rule.stranger", "it requires risk_rule.vault")]


def test_a_broker_is_handed_to_nobody_else_even_without_secrets(plugins: PluginList) -> None:
    plugins.add(ComponentSpec("broker", "cash", RealBroker))
    plugins.add(ComponentSpec("strategy", "moon", Idle, requires={"broker": "broker"}), distribution="friday-sun")
    graph = graph_of(plugins, broker__use="cash", trading__active_strategies=moon_entry())
    assert leaks(graph) == [("strategy.moon", "it requires broker.cash")]


def test_a_vendors_source_may_share_its_brokers_connection(plugins: PluginList) -> None:
    plugins.add(ComponentSpec("broker", "cash", RealBroker, Key))
    plugins.add(ComponentSpec("notifier", "cash", Silent, requires={"broker": "broker"}))
    assert graph_of(plugins, broker__use="cash", notify__use='["cash"]').problems == ()


def test_components_without_secrets_are_shared_freely(plugins: PluginList) -> None:
    plugins.add(ComponentSpec("sizer", "half", Half))
    plugins.add(ComponentSpec("strategy", "moon", Idle, requires={"sizer": "sizer"}), distribution="friday-sun")
    graph = graph_of(plugins, trading__sizer="half", trading__active_strategies=moon_entry())
    assert graph.problems == ()


# What is said of a mistake ---------------------------------------------------------------------------


def refusing(error: Exception) -> Callable[[], AllowAll]:
    def factory() -> AllowAll:
        raise error

    return factory


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (DataSourceError("holidays.csv, line 3: no date"), "its file: holidays.csv, line 3: no date"),
        (
            FileNotFoundError(2, "No such file or directory", "holidays.csv"),
            "its file: FileNotFoundError: [Errno 2] No such file or directory: 'holidays.csv'",
        ),
    ],
)
def test_a_file_that_a_factory_refuses_is_to_be_mended_and_not_the_plugin(
    plugins: PluginList, error: Exception, told: str
) -> None:
    plugins.add(rule("calm", refusing(error)))
    with pytest.raises(ConfigurationError, match="1 problem in the configuration") as caught:
        graph_of(plugins, ["calm"]).build(no_host)
    (problem,) = caught.value.problems
    assert (problem.kind, problem.message) == (ProblemKind.INVALID_VALUE, told)
    assert problem.mend == "mend the file, or name another in [plugins.risk_rule.calm]"


def test_a_name_that_another_kind_has_is_told_with_its_place(plugins: PluginList) -> None:
    plugins.add(ComponentSpec("validator", "calm", AllowAll))
    (problem,) = graph_of(plugins, ["calm"]).problems
    assert problem.kind is ProblemKind.UNKNOWN_COMPONENT
    assert problem.mend == (
        'there is a validator of that name: write in [streams.market_data]: validators = ["bar_sanity", "calm"]; '
        "and take it out of rules here"
    )


def test_a_stage_that_stands_twice_in_one_list_is_a_problem(plugins: PluginList) -> None:
    (problem,) = graph_of(plugins, ["long_only", "long_only"]).problems
    assert (problem.kind, problem.section, problem.plugin) == (
        ProblemKind.DUPLICATE_COMPONENT,
        "risk",
        "risk_rule.long_only",
    )
    assert problem.message == "rules names 'long_only' 2 times"


def test_a_stage_may_stand_in_two_lists(plugins: PluginList) -> None:
    assert graph_of(plugins, streams__market_data__validators_after='["bar_sanity"]').problems == ()


# What a mistake does not touch -----------------------------------------------------------------------


def test_what_no_problem_names_and_what_needs_none_of_that_is_left(plugins: PluginList) -> None:
    plugins.add(
        rule("wrong", settings=Speed),
        rule("needs_wrong", requires={"other": "risk_rule:odd"}),
        rule("needs_both", requires={"other": "risk_rule:even"}),
        rule("sound"),
        rule("knows", requires={"universe": "universe"}),
    )
    graph = graph_of(plugins, ["wrong", "needs_wrong", "sound", "knows"], plugins__risk_rule__wrong__fast="soon")
    left = {name for name in graph.without(graph.problems).nodes if name.startswith("risk_rule")}
    assert left == {"risk_rule.sound", "risk_rule.knows"}


def test_what_the_host_makes_of_a_component_goes_with_it(plugins: PluginList) -> None:
    plugins.add(rule("knows", requires={"universe": "universe"}), rule("sound"))
    graph = graph_of(plugins, ["knows", "sound"], plugins__source__synthetic__sessions="soon")
    left = {name for name in graph.without(graph.problems).nodes if name.startswith("risk_rule")}
    assert left == {"risk_rule.sound"}


def test_components_that_need_each_other_are_not_left(plugins: PluginList) -> None:
    plugins.add(
        rule("one", requires={"other": "risk_rule:b"}, provides=frozenset({"a"})),
        rule("two", requires={"other": "risk_rule:a"}, provides=frozenset({"b"})),
    )
    graph = graph_of(plugins, ["one", "two"])
    assert [problem.kind for problem in graph.problems] == [ProblemKind.CYCLE]
    assert [name for name in graph.without(graph.problems).nodes if name.startswith("risk_rule")] == []
