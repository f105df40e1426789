"""The registry: what is loaded, what is refused, and what neither can do to others."""

from __future__ import annotations

from functools import partial
from importlib.metadata import EntryPoint, PathDistribution
from pathlib import Path
from typing import Any

import pytest
from fakes.components import AllowAll, Idle, Simulation
from fakes.plugin_list import PluginList, registration
from pydantic import BaseModel

from friday_core.api import Calendar
from friday_core.errors import Problem, ProblemKind
from friday_core.plugin.discovery import OWN_DISTRIBUTION, InstalledPlugin, installed_plugins, nearest
from friday_core.plugin.hookspecs import PLUGIN_GROUP, hookimpl
from friday_core.plugin.registry import Loaded
from friday_core.plugin.spec import ComponentSpec, Kind, PluginSettings
from friday_core.plugin.spec_check import check_spec

MOON = ComponentSpec("strategy", "moon", Idle)
TIDE = ComponentSpec("strategy", "tide", Idle)


@pytest.fixture
def plugins(monkeypatch: pytest.MonkeyPatch) -> PluginList:
    return PluginList(monkeypatch)


def refused(answer: Loaded | Problem) -> Problem:
    assert isinstance(answer, Problem)
    return answer


def test_a_component_comes_with_its_spec_and_its_origin(plugins: PluginList) -> None:
    plugins.add(MOON)
    loaded = plugins.registry().load("strategy.moon")
    assert isinstance(loaded, Loaded)
    assert (loaded.spec, loaded.plugin.origin) == (MOON, "friday-moon 1.0")


def test_nothing_is_imported_that_nobody_asks_for(plugins: PluginList) -> None:
    plugins.add(MOON)
    plugins.point("strategy.tide", "no_such_module")
    registry = plugins.registry()
    registry.load("strategy.moon")
    assert [name for name, _ in registry.hooks.list_name_plugin()] == ["strategy.moon"]


def test_a_broken_plugin_does_not_touch_the_others(plugins: PluginList) -> None:
    plugins.point("strategy.tide", "no_such_module")
    plugins.add(MOON)
    registry = plugins.registry()
    assert refused(registry.load("strategy.tide")).kind is ProblemKind.IMPORT_FAILED
    assert isinstance(registry.load("strategy.moon"), Loaded)


def test_a_module_is_asked_once_for_all_its_components(plugins: PluginList) -> None:
    asked: list[int] = []

    def components() -> list[ComponentSpec]:
        asked.append(1)
        return [MOON, TIDE]

    module = plugins.module(friday_components=registration(components))
    plugins.point("strategy.moon", module)
    plugins.point("strategy.tide", module)
    registry = plugins.registry()
    answers = [registry.load(key) for key in ("strategy.moon", "strategy.tide", "strategy.moon")]
    assert [isinstance(one, Loaded) for one in answers] == [True] * 3
    assert asked == [1]


def test_a_refusal_is_told_with_the_section_that_asks(plugins: PluginList) -> None:
    registry = plugins.registry()
    sections = [refused(registry.load("strategy.moon", section)).section for section in ("here", "there")]
    assert sections == ["here", "there"]


def test_every_component_of_a_module_is_checked_when_it_is_asked_for(plugins: PluginList) -> None:
    plugins.add(MOON, ComponentSpec("sizer", "moon", Idle, api=(99, 0)))
    registry = plugins.registry()
    assert isinstance(registry.load("strategy.moon"), Loaded)
    assert refused(registry.load("sizer.moon")).kind is ProblemKind.API_VERSION


@pytest.mark.parametrize("first", ["strategy.moon", "broker.paper"])
def test_a_module_cannot_bring_a_component_under_the_name_of_another_modules(plugins: PluginList, first: str) -> None:
    """Whoever is loaded first: the broker stays the one whose entry point has the name."""
    plugins.add(ComponentSpec("broker", "paper", Simulation), distribution=OWN_DISTRIBUTION)
    usurper = [MOON, ComponentSpec("broker", "paper", Simulation)]
    plugins.point("strategy.moon", plugins.module(friday_components=registration(lambda: usurper)))
    registry = plugins.registry()
    registry.load(first)
    broker, problem = registry.load("broker.paper"), refused(registry.load("strategy.moon"))
    assert isinstance(broker, Loaded)
    assert broker.plugin.distribution == OWN_DISTRIBUTION
    assert problem.kind is ProblemKind.DUPLICATE_COMPONENT
    assert "broker.paper is registered by friday-moon 1.0" in problem.message


def test_two_modules_with_one_component_that_neither_offers_are_a_conflict(plugins: PluginList) -> None:
    extra = ComponentSpec("sizer", "extra", Idle)
    for spec, distribution in ((MOON, "friday-moon"), (TIDE, "friday-tide")):
        module = plugins.module(friday_components=registration(partial(list, (spec, extra))))
        plugins.point(spec.key, module, distribution)
    registry = plugins.registry()
    assert isinstance(registry.load("strategy.moon"), Loaded)
    problem = refused(registry.load("strategy.tide"))
    assert problem.kind is ProblemKind.DUPLICATE_COMPONENT
    assert problem.mend == "uninstall friday-tide or friday-moon, or take strategy.tide out of the configuration"


def test_a_component_without_an_entry_point_of_its_name_is_not_found(plugins: PluginList) -> None:
    plugins.point("strategy.moon", plugins.module(friday_components=registration(lambda: [MOON, TIDE])))
    registry = plugins.registry()
    assert isinstance(registry.load("strategy.moon"), Loaded)
    assert refused(registry.load("strategy.tide")).kind is ProblemKind.UNKNOWN_COMPONENT


@pytest.mark.parametrize("answer", [None, "moon", [MOON, "tide"], [], {"moon": MOON}])
def test_a_refused_module_is_taken_out_of_the_hooks(plugins: PluginList, answer: Any) -> None:
    @hookimpl
    def friday_session_opened(profile: str) -> None: ...

    module = plugins.module(friday_components=registration(lambda: answer), friday_session_opened=friday_session_opened)
    plugins.point("strategy.moon", module)
    registry = plugins.registry()
    assert refused(registry.load("strategy.moon")).kind is ProblemKind.BAD_REGISTRATION
    assert registry.hooks.list_name_plugin() == []


def test_a_misspelt_hook_of_one_plugin_is_not_blamed_on_the_next(plugins: PluginList) -> None:
    plugins.add(MOON, friday_component=hookimpl(lambda: None))
    plugins.add(TIDE)
    registry = plugins.registry()
    assert "unknown hook 'friday_component'" in refused(registry.load("strategy.moon")).message
    assert isinstance(registry.load("strategy.tide"), Loaded)


def test_a_plugin_that_has_no_hash_hinders_nobody(plugins: PluginList) -> None:
    class Unhashable:
        __hash__ = None  # type: ignore[assignment]

        @hookimpl
        def friday_components(self) -> list[ComponentSpec]:
            return [MOON]

    plugins.point("strategy.moon", f"{plugins.module(plugin=Unhashable())}:plugin")
    plugins.add(TIDE)
    registry = plugins.registry()
    assert isinstance(registry.load("strategy.moon"), Loaded)
    assert isinstance(registry.load("strategy.tide"), Loaded)


def test_an_interrupt_during_the_import_of_a_built_in_plugin_is_the_users(
    plugins: PluginList, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "interrupted_plugin.py").write_text("raise KeyboardInterrupt('Ctrl-C')")
    monkeypatch.syspath_prepend(tmp_path)
    plugins.point("strategy.moon", "interrupted_plugin", OWN_DISTRIBUTION)
    with pytest.raises(KeyboardInterrupt, match="Ctrl-C"):
        plugins.registry().load("strategy.moon")


def test_an_error_whose_text_cannot_be_made_is_told_by_its_class(plugins: PluginList) -> None:
    class SpeechlessError(Exception):
        def __str__(self) -> str:
            raise RuntimeError("no words")

    def components() -> Any:
        raise SpeechlessError

    plugins.point("strategy.moon", plugins.module(friday_components=registration(components)))
    problem = refused(plugins.registry().load("strategy.moon"))
    assert problem.message == "friday_components() raised SpeechlessError"


class Loose(BaseModel):
    pass


class WithUse(PluginSettings):
    use: str = ""


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"kind": 1}, "kind and name must be text"),
        ({"api": "1.0"}, "api must be two whole numbers"),
        ({"api": (1,)}, "api must be two whole numbers"),
        ({"api": (True, 0)}, "api must be two whole numbers"),
        ({"settings": Loose}, "settings must be a class derived from PluginSettings"),
        ({"settings": {}}, "settings must be a class derived from PluginSettings"),
        ({"settings": WithUse()}, "settings must be a class derived from PluginSettings"),
        ({"settings": WithUse}, "no setting may be called 'use'"),
        ({"requires": ["charges"]}, "requires must map parameters to capabilities"),
        ({"requires": {"plan": 1}}, "requires must map parameters to capabilities"),
        ({"requires": {"settings": "charges"}}, "no requirement may be called 'settings'"),
        ({"provides": "stop_limit"}, "provides must be a set of abilities"),
        ({"provides": {1}}, "provides must be a set of abilities"),
        ({"kind": "stratgy"}, "unknown kind 'stratgy'"),
    ],
)
def test_a_spec_that_is_not_made_as_declared_is_refused(changed: dict[str, Any], message: str) -> None:
    problem = check_spec(ComponentSpec(**{"kind": "strategy", "name": "moon", "factory": Idle, **changed}), "here", "x")
    assert problem is not None
    assert (problem.kind, problem.section) == (ProblemKind.BAD_REGISTRATION, "here")
    assert problem.message.startswith(message)


@pytest.mark.parametrize(("api", "fits"), [((1, 0), True), ((1, 1), False), ((2, 0), False), ((0, 9), False)])
def test_the_same_major_version_up_to_our_minor_one_fits(api: tuple[int, int], fits: bool) -> None:
    assert (check_spec(ComponentSpec("strategy", "moon", Idle, api=api), "", "x") is None) is fits


def open_ended(**handed: Any) -> Any: ...
def with_default(plan: Any, depth: int = 3) -> Any: ...
def keyword_only(*, plan: Any) -> Any: ...
def without(settings: Any) -> Any: ...
def positional(plan: Any, /) -> Any: ...
def another(plan: Any, rule: Any) -> Any: ...


@pytest.mark.parametrize("factory", [open_ended, with_default, keyword_only])
def test_a_factory_may_take_its_requirements_in_any_way_by_name(factory: Any) -> None:
    assert check_spec(ComponentSpec("strategy", "moon", factory, requires={"plan": "charges"}), "", "x") is None


@pytest.mark.parametrize(
    ("factory", "message"),
    [
        (without, "factory: it does not accept plan; nothing provides settings"),
        (positional, "factory: it does not accept plan; nothing provides plan"),
        (another, "factory: nothing provides rule"),
    ],
)
def test_a_factory_that_cannot_be_called_by_name_is_refused(factory: Any, message: str) -> None:
    problem = check_spec(ComponentSpec("strategy", "moon", factory, requires={"plan": "charges"}), "", "x")
    assert problem is not None
    assert (problem.kind, problem.message) == (ProblemKind.FACTORY_SIGNATURE, message)


def test_the_nearest_name_is_told_as_text() -> None:
    assert nearest("stratgy", Kind) == "did you mean 'strategy'? "
    assert nearest("moon", Kind) == ""


def test_a_distribution_without_metadata_is_listed_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "friday_ghost-1.0.dist-info"
    folder.mkdir()
    (folder / "entry_points.txt").write_text("[friday.plugins]\nstrategy.ghost = ghost\n")
    monkeypatch.syspath_prepend(tmp_path)
    (ghost,) = [plugin for plugin in installed_plugins() if plugin.key == "strategy.ghost"]
    assert (ghost.distribution, ghost.version, ghost.origin) == ("(unknown)", "", "(unknown)")


@pytest.mark.parametrize(
    ("module", "install"),
    [
        ("lunar_sdk", "friday-moon[lunar]"),
        ("lunar_sdk.phases", "friday-moon[lunar]"),
        ("numpy", "friday-moon"),
        ("tides", "friday-moon"),
    ],
)
def test_the_extra_that_brings_a_module_is_found_in_the_metadata(tmp_path: Path, module: str, install: str) -> None:
    (tmp_path / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: friday-moon\nVersion: 1.0\nRequires-Dist: numpy>=2\n"
        "Requires-Dist: Lunar.SDK>=2; python_version > '3' and extra == 'lunar'\n"
    )
    (tmp_path / "entry_points.txt").write_text("[friday.plugins]\nstrategy.moon = moon\n")
    (point,) = PathDistribution(tmp_path).entry_points
    assert InstalledPlugin(point, "friday-moon", "1.0").extra_with(module) == install


def test_without_metadata_the_distribution_itself_is_named() -> None:
    point = EntryPoint("strategy.moon", "moon", PLUGIN_GROUP)
    assert InstalledPlugin(point, "friday-moon", "1.0").extra_with("lunar_sdk") == "friday-moon"


def test_a_forgotten_requirement_is_offered_where_its_name_or_its_class_is_known(plugins: PluginList) -> None:
    def factory(universe: Any, dates: Calendar, charges: Any) -> AllowAll:
        raise AssertionError("nobody builds it")

    plugins.add(ComponentSpec("risk_rule", "calm", factory, requires={"charges": "charges"}))
    problem = plugins.registry().load("risk_rule.calm")
    assert isinstance(problem, Problem)
    assert problem.message == "factory: nothing provides dates, universe"
    added = '{"charges": "charges", "dates": "calendar", "universe": "universe"}'
    assert problem.mend == f"write requires={added} in the ComponentSpec"
