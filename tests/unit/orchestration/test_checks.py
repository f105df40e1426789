"""What can only be told once the components stand side by side."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import pytest
from fakes.components import AllowAll, Flat, Half, Idle, PassAll, RealBroker, Same, Simulation, Watching
from fakes.plugin_list import PluginList

from friday_core.api import OrderType
from friday_core.errors import Problem, ProblemKind
from friday_core.infrastructure.secrets import SecretRegistry
from friday_core.orchestration.assembly import HOST_CAPABILITIES, assemble
from friday_core.orchestration.checks import check_assembly, mode_of
from friday_core.plugin.discovery import installed_plugins
from friday_core.plugin.graph import resolve_graph
from friday_core.plugin.hookspecs import hookimpl
from friday_core.plugin.spec import ComponentSpec
from friday_settings import load_settings

STREAM = "streams.market_data"
SHORT = "plugins.source.synthetic.sessions=5"
#: Microseconds UTC: a Tuesday in India.
NOW = 1_790_000_000_000_000


@pytest.fixture
def plugins(monkeypatch: pytest.MonkeyPatch) -> PluginList:
    listed = PluginList(monkeypatch)
    listed.plugins += installed_plugins()
    return listed


def problems_of(plugins: PluginList, *overrides: str) -> list[Problem]:
    """What does not go together in the default profile with these ``--set`` options."""
    loaded = load_settings(folder=Path("nowhere"), environ={}, overrides=[SHORT, *overrides])
    graph = resolve_graph(loaded, plugins.registry(), HOST_CAPABILITIES)
    assembly = assemble(loaded.settings, graph, Path("nowhere"), SecretRegistry())
    return list(check_assembly(assembly, NOW))


def told(problems: list[Problem]) -> list[tuple[ProblemKind, str, str]]:
    return [(problem.kind, problem.section, problem.plugin) for problem in problems]


def entries(*ids: str, **more: Any) -> str:
    rest = "".join(f", {key} = {value}" for key, value in more.items())
    listed = ", ".join(f'{{id = "{one}", use = "moon"{rest}}}' for one in ids)
    return f"trading.active_strategies=[{listed}]"


def test_the_default_profile_goes_together(plugins: PluginList) -> None:
    assert problems_of(plugins) == []


@pytest.mark.parametrize(("clock", "mode"), [((), "backtest"), (("clock.kind=wall", "clock.speed=60"), "paper")])
def test_an_assembly_without_conflicts_has_a_mode(plugins: PluginList, clock: tuple[str, ...], mode: str) -> None:
    assert problems_of(plugins, *clock) == []
    loaded = load_settings(folder=Path("nowhere"), environ={}, overrides=[SHORT, *clock])
    graph = resolve_graph(loaded, plugins.registry(), HOST_CAPABILITIES)
    assert mode_of(assemble(loaded.settings, graph, Path("nowhere"), SecretRegistry())) == mode


@pytest.mark.parametrize(
    ("options", "section", "plugin"),
    [
        (("broker.use=cash",), "broker", "broker.cash"),
        (("broker.use=cash", "clock.kind=wall"), STREAM, "source.synthetic"),
        (("broker.use=cash", "clock.kind=wall", "clock.speed=60"), STREAM, "source.synthetic"),
        (("clock.kind=wall",), STREAM, "source.synthetic"),
        (("clock.speed=60",), "clock", ""),
    ],
)
def test_past_data_are_for_a_backtest_and_for_paper_at_a_speed(
    plugins: PluginList, options: tuple[str, ...], section: str, plugin: str
) -> None:
    plugins.add(ComponentSpec("broker", "cash", RealBroker))
    assert told(problems_of(plugins, *options)) == [(ProblemKind.MODE_CONFLICT, section, plugin)]


@pytest.mark.parametrize(
    ("currencies", "account", "mend"),
    [
        (["USD"], "INR", 'set [account] currency = "USD", or choose instruments in INR'),
        (["USD", "INR"], "INR", 'set [data] instruments = ["FLAT1.SEA"]'),
        (["USD", "EUR"], "INR", 'set [data] instruments = ["FLAT1.SEA"] and [account] currency = "EUR"'),
    ],
)
def test_a_book_has_one_currency(plugins: PluginList, currencies: list[str], account: str, mend: str) -> None:
    plugins.add(ComponentSpec("source", "flat", lambda: Flat(currencies)))
    (problem,) = problems_of(plugins, f"{STREAM}.source=flat", f"account.currency={account}")
    assert (problem.kind, problem.section, problem.plugin) == (ProblemKind.CURRENCY_CONFLICT, "account", "source.flat")
    assert problem.mend == mend


def test_a_source_without_any_instrument_has_no_wrong_currency(plugins: PluginList) -> None:
    plugins.add(ComponentSpec("source", "flat", lambda: Flat([])))
    assert problems_of(plugins, f"{STREAM}.source=flat") == []


def test_capital_that_does_not_suffice_is_told(plugins: PluginList) -> None:
    plugins.add(ComponentSpec("strategy", "moon", Idle))
    problems = problems_of(plugins, entries("a", "b", capital=600_000))
    assert told(problems) == [(ProblemKind.INVALID_VALUE, "trading.active_strategies", "")]


def test_order_types_are_compared_strategy_by_strategy(plugins: PluginList) -> None:
    class Stops(Idle):
        order_types = frozenset({OrderType.STOP, OrderType.STOP_LIMIT})

    class MarketOnly(Simulation):
        order_types = frozenset({OrderType.MARKET})

    plugins.add(ComponentSpec("strategy", "moon", Stops), ComponentSpec("broker", "file", MarketOnly))
    problems = problems_of(plugins, entries("a", "b"), "broker.use=file")
    assert told(problems) == [
        (ProblemKind.UNSUPPORTED_ORDER_TYPE, "trading.active_strategies[0]", "broker.file"),
        (ProblemKind.UNSUPPORTED_ORDER_TYPE, "trading.active_strategies[1]", "broker.file"),
    ]
    assert problems[0].message == "strategy 'a' uses stop, stop_limit orders, the broker 'file' has none"


def test_every_column_that_bars_are_made_of_must_come_from_the_source(plugins: PluginList) -> None:
    class OnlyCloses(Flat):
        columns = ("close",)

    plugins.add(ComponentSpec("source", "flat", OnlyCloses))
    problems = problems_of(plugins, f"{STREAM}.source=flat", f"{STREAM}.validators=[]", f"{STREAM}.transformers=[]")
    assert told(problems) == [(ProblemKind.SCHEMA_MISMATCH, STREAM, "source.flat")] * 4
    missing = [problem.message.rpartition(" ")[2] for problem in problems]
    assert missing == ["'open'", "'high'", "'low'", "'volume'"]


def test_columns_of_earlier_stages_are_there_for_later_ones_and_for_those_who_decide(plugins: PluginList) -> None:
    class Spread(Same):
        outputs = ("spread",)

    class Narrow(PassAll):
        inputs = ("spread", "session", "factor")

    class Wide(Idle):
        inputs = ("spread", "close")

    class Tight(Half):
        inputs = ("spread",)

    plugins.add(ComponentSpec("transformer", "spread", Spread), ComponentSpec("validator", "narrow", Narrow))
    plugins.add(ComponentSpec("strategy", "moon", Wide), ComponentSpec("sizer", "tight", Tight))
    options = (f'{STREAM}.transformers=["spread"]', f'{STREAM}.validators_after=["narrow"]', "trading.sizer=tight")
    assert problems_of(plugins, entries("a"), *options) == []
    without = problems_of(plugins, entries("a"), f"{STREAM}.transformers=[]", *options[1:])
    assert told(without) == [
        (ProblemKind.SCHEMA_MISMATCH, STREAM, "validator.narrow"),
        (ProblemKind.SCHEMA_MISMATCH, "trading", "sizer.tight"),
        (ProblemKind.SCHEMA_MISMATCH, "trading.active_strategies[0]", "strategy.moon"),
    ]


def test_every_instrument_that_a_strategy_names_must_be_in_the_data(plugins: PluginList) -> None:
    plugins.add(ComponentSpec("strategy", "moon", Idle))
    problems = problems_of(plugins, entries("a", instruments='["SYN01.NSE", "INFY.NSE", "INFY"]'))
    assert told(problems) == [(ProblemKind.INVALID_VALUE, "trading.active_strategies[0]", "strategy.moon")] * 2
    assert [problem.message for problem in problems] == [
        "no instrument 'INFY.NSE' in the data",
        "no instrument 'INFY' in the data",
    ]


class Misspelt(Watching):
    @hookimpl
    def friday_order_ended(self, order: Any) -> None: ...


class WrongArgument(Watching):
    @hookimpl
    def friday_order_terminal(self, ordre: Any) -> None: ...


@pytest.mark.parametrize(
    ("observer", "message"), [(Misspelt, "unknown hook 'friday_order_ended'"), (WrongArgument, "ordre")]
)
def test_an_observers_hooks_are_checked_before_anything_starts(
    plugins: PluginList, observer: type[Watching], message: str
) -> None:
    plugins.add(ComponentSpec("observer", "eye", observer))
    (problem,) = problems_of(plugins, 'run.observers=["eye"]')
    assert (problem.kind, problem.section) == (ProblemKind.BAD_REGISTRATION, "run")
    assert problem.plugin == "observer.eye of friday-moon 1.0"
    assert message in problem.message
    assert "friday_order_terminal(order)" in problem.mend


def test_one_observer_named_twice_is_no_problem(plugins: PluginList) -> None:
    assert problems_of(plugins, 'run.observers=["activity", "activity"]') == []


def test_who_breaks_its_roles_contract_is_told_alone(plugins: PluginList) -> None:
    """What it says of itself cannot be compared with anything."""

    class Undeclared(RealBroker):
        account = ""  # type: ignore[assignment]
        order_types = None  # type: ignore[assignment]

    plugins.add(ComponentSpec("broker", "cash", Undeclared), ComponentSpec("risk_rule", "a", AllowAll))
    problems = problems_of(plugins, "broker.use=cash", "account.currency=USD")
    assert told(problems) == [(ProblemKind.BAD_REGISTRATION, "broker", "broker.cash of friday-moon 1.0")] * 2
    assert [problem.message for problem in problems] == ["its account is ''", "its order_types are None"]


class NeedsTheEnd(PassAll):
    inputs = ("session_end",)


@pytest.mark.parametrize("place", ["validators", "validators_after"])
def test_a_column_that_a_calendar_stamps_asks_for_a_calendar(plugins: PluginList, place: str) -> None:
    plugins.add(ComponentSpec("validator", "late", NeedsTheEnd))
    (problem,) = problems_of(plugins, f'{STREAM}.{place}=["late"]')
    assert problem.message == "'late' needs the column 'session_end'"
    assert problem.mend == 'write [data] calendar = "weekdays", or the calendar of your exchange'
    assert problems_of(plugins, f'{STREAM}.{place}=["late"]', "data.calendar=weekdays") == []


def test_conflicts_between_sections_are_told_beside_a_broken_component(plugins: PluginList) -> None:
    class Narrow(PassAll):
        inputs = "close"  # type: ignore[assignment]

    plugins.add(ComponentSpec("validator", "narrow", Narrow))
    found = problems_of(plugins, f'{STREAM}.validators=["narrow"]', "clock.speed=60")
    assert [problem.kind for problem in found] == [ProblemKind.BAD_REGISTRATION, ProblemKind.MODE_CONFLICT]


@pytest.mark.parametrize(
    ("provides", "message"),
    [
        (frozenset(), ""),
        (frozenset({OrderType.MARKET, OrderType.LIMIT}), ""),
        (frozenset({OrderType.MARKET, OrderType.LIMIT, "baskets"}), ""),
        (frozenset({OrderType.MARKET}), "its spec provides market, and its order_types are limit, market"),
        (frozenset({OrderType.STOP}), "its spec provides stop, and its order_types are limit, market"),
    ],
)
@pytest.mark.parametrize("is_class", [True, False], ids=["a class", "a function"])
def test_a_spec_says_of_its_brokers_order_types_nothing_or_the_truth(
    plugins: PluginList, provides: frozenset[str], message: str, is_class: bool
) -> None:
    class Own(Simulation):
        order_types = frozenset({OrderType.MARKET, OrderType.LIMIT})

    plugins.add(ComponentSpec("broker", "own", Own if is_class else partial(Own), provides=provides))
    problems = problems_of(plugins, "broker.use=own")
    assert [problem.message for problem in problems] == ([message] if message else [])
    assert all("leave provides out of its ComponentSpec" in problem.mend for problem in problems)
