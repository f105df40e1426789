"""The assembly: components by their places, one source asked once, secrets known before they are used."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from fakes.components import AllowAll, Flat, Half, Idle, PassAll, Same
from fakes.plugin_list import PluginList
from pydantic import BaseModel, SecretBytes, SecretStr

from friday_core.api import DataSourceError, Instrument
from friday_core.errors import ConfigurationError, Problem, ProblemKind
from friday_core.infrastructure.secrets import SecretRegistry
from friday_core.orchestration.assembly import HOST_CAPABILITIES, Assembly, assemble
from friday_core.plugin.discovery import installed_plugins
from friday_core.plugin.graph import resolve_graph
from friday_core.plugin.spec import ComponentSpec, Kind, PluginSettings
from friday_settings import load_settings

NOWHERE = Path("nowhere")
STREAM = "streams.market_data"
SHORT = "plugins.source.synthetic.sessions=5"


@pytest.fixture
def plugins(monkeypatch: pytest.MonkeyPatch) -> PluginList:
    listed = PluginList(monkeypatch)
    listed.plugins += installed_plugins()
    return listed


@pytest.fixture
def secrets() -> SecretRegistry:
    return SecretRegistry()


def assembled(plugins: PluginList, *overrides: str, secrets: SecretRegistry | None = None) -> Assembly:
    loaded = load_settings(folder=NOWHERE, environ={}, overrides=[SHORT, *overrides])
    graph = resolve_graph(loaded, plugins.registry(), HOST_CAPABILITIES)
    return assemble(loaded.settings, graph, NOWHERE / "runs", secrets or SecretRegistry())


def problems_of(plugins: PluginList, *overrides: str) -> tuple[Problem, ...]:
    with pytest.raises(ConfigurationError, match="in the configuration") as caught:
        assembled(plugins, *overrides)
    return caught.value.problems


def rule(name: str, factory: Any = AllowAll, **more: Any) -> ComponentSpec:
    return ComponentSpec("risk_rule", name, factory, **more)


def test_components_are_found_in_their_places_and_in_the_configurations_order(plugins: PluginList) -> None:
    plugins.add(ComponentSpec("validator", "b", PassAll), ComponentSpec("validator", "a", PassAll))
    assembly = assembled(plugins, f'{STREAM}.validators=["b", "a"]', f'{STREAM}.validators_after=["a"]')
    assert [name for name, _ in assembly.placed(Kind.VALIDATOR, STREAM, "validators")] == ["b", "a"]
    ((_, after),) = assembly.placed(Kind.VALIDATOR, STREAM, "validators_after")
    assert after is assembly.components["validator.a#2"]
    assert after is not assembly.components["validator.a"]


def test_a_streams_plan_holds_its_stages_in_order(plugins: PluginList) -> None:
    plugins.add(ComponentSpec("transformer", "same", Same))
    plan = assembled(plugins, f'{STREAM}.transformers=["same", "realised_volatility"]').stream_plan()
    assert plan.columns == ("open", "high", "low", "close", "volume")
    arriving, in_order, of_bars = plan.parts()
    assert [name for name, _ in in_order] == ["bar_sanity", "same", "realised_volatility"]
    assert (arriving, of_bars) == ((), ())


def test_the_one_sizer_broker_and_plan_of_charges_are_those_of_the_configuration(plugins: PluginList) -> None:
    plugins.add(ComponentSpec("sizer", "half", Half))
    assembly = assembled(plugins, "trading.sizer=half")
    assert isinstance(assembly.sizer, Half)
    assert assembly.broker is assembly.components["broker.paper"]
    assert assembly.charges is assembly.components["charges.flat_bps"]


def test_strategies_are_known_by_the_users_ids(plugins: PluginList) -> None:
    plugins.add(ComponentSpec("strategy", "moon", Idle))
    entries = 'trading.active_strategies=[{id = "one", use = "moon"}, {id = "two", use = "moon"}]'
    assembly = assembled(plugins, entries)
    assert assembly.strategy("one") is assembly.components["strategy.one"]
    assert assembly.strategy("one") is not assembly.strategy("two")


def test_the_source_is_asked_for_its_instruments_once_for_all_who_need_them(plugins: PluginList) -> None:
    asked: list[int] = []

    class Counting(Flat):
        def instruments(self) -> Sequence[Instrument]:
            asked.append(1)
            return super().instruments()

    plugins.add(ComponentSpec("source", "flat", Counting))
    plugins.add(rule("a", requires={"universe": "universe"}), rule("b", requires={"universe": "universe"}))
    assembly = assembled(plugins, f"{STREAM}.source=flat", 'risk.rules=["a", "b"]')
    handed = [assembly.components[f"risk_rule.{name}"].handed["universe"] for name in "ab"]  # type: ignore[attr-defined]
    assert asked == [1]
    assert handed == [assembly.universe, assembly.universe]


def test_the_run_folder_is_handed_to_who_requires_it(plugins: PluginList) -> None:
    plugins.add(rule("writer", requires={"folder": "run_folder"}))
    assembly = assembled(plugins, 'risk.rules=["writer"]')
    assert assembly.components["risk_rule.writer"].handed == {"folder": NOWHERE / "runs"}  # type: ignore[attr-defined]


def test_no_factory_is_called_while_anything_is_wrong(plugins: PluginList) -> None:
    made: list[str] = []

    def factory() -> AllowAll:
        made.append("a")
        return AllowAll()

    plugins.add(rule("a", factory))
    problems = problems_of(plugins, 'risk.rules=["a", "gone"]', "trading.active_strategies=[]")
    assert [problem.kind for problem in problems] == [ProblemKind.UNKNOWN_COMPONENT, ProblemKind.MISSING_DEPENDENCY]
    assert made == []


def test_an_error_of_the_source_is_a_problem_in_its_own_words(plugins: PluginList) -> None:
    class Lost(Flat):
        def instruments(self) -> Sequence[Instrument]:
            raise DataSourceError("bars.csv: no such file")

    plugins.add(ComponentSpec("source", "flat", Lost))
    (problem,) = problems_of(plugins, f"{STREAM}.source=flat")
    assert problem == Problem(
        ProblemKind.INVALID_VALUE,
        "it cannot tell its instruments: bars.csv: no such file",
        "correct [plugins.source.flat] or [data]",
        "plugins.source.flat",
        "source.flat",
    )


def test_two_instruments_of_one_name_are_a_problem_of_the_source(plugins: PluginList) -> None:
    class Twins(Flat):
        def instruments(self) -> Sequence[Instrument]:
            return [*super().instruments(), *super().instruments()]

    plugins.add(ComponentSpec("source", "flat", Twins))
    (problem,) = problems_of(plugins, f"{STREAM}.source=flat")
    assert (problem.kind, problem.plugin) == (ProblemKind.INVALID_VALUE, "source.flat")
    assert "two instruments share one name: FLAT0.SEA" in problem.message


class Login(BaseModel):
    password: SecretStr


class Many(PluginSettings):
    one: SecretStr = SecretStr("sesame one")
    raw: SecretBytes = SecretBytes(b"sesame two")
    login: Login = Login(password=SecretStr("sesame three"))
    listed: tuple[SecretStr, ...] = (SecretStr("sesame four"),)
    table: dict[str, SecretStr] = {"key": SecretStr("sesame five")}  # noqa: RUF012 - a default of pydantic's
    plain: str = "sesame street"


def test_every_secret_of_every_plugin_is_masked_however_deep(plugins: PluginList, secrets: SecretRegistry) -> None:
    plugins.add(rule("vault", settings=Many))
    assembled(plugins, 'risk.rules=["vault"]', secrets=secrets)
    shown = secrets.mask("sesame one, sesame two, sesame three, sesame four, sesame five, sesame street")
    assert shown == "***, ***, ***, ***, ***, sesame street"


def test_secrets_are_masked_before_the_first_factory_is_called(plugins: PluginList, secrets: SecretRegistry) -> None:
    shown: list[str] = []

    def factory(settings: Many) -> AllowAll:
        shown.append(secrets.mask(settings.one.get_secret_value()))
        return AllowAll()

    plugins.add(rule("vault", factory, settings=Many))
    assembled(plugins, 'risk.rules=["vault"]', secrets=secrets)
    assert shown == ["***"]


def test_secrets_that_are_too_short_are_told_once_for_each_component(plugins: PluginList) -> None:
    class Short(PluginSettings):
        pin: SecretStr = SecretStr("12")
        puk: SecretStr = SecretStr("345")

    plugins.add(rule("vault", settings=Short))
    problems = problems_of(plugins, 'risk.rules=["vault"]')
    assert [(one.kind, one.section, one.plugin) for one in problems] == [
        (ProblemKind.INVALID_VALUE, "plugins.risk_rule.vault", "risk_rule.vault")
    ]
