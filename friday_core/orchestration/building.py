"""Makes the parts of a session from an assembly; the container says which part needs which."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from friday_core.causal.compiled.choice import ChosenExecutor
from friday_core.causal.oracle import Executor
from friday_core.domain.sessions import SessionDates
from friday_core.errors import ConfigurationError, Problem, ProblemKind
from friday_core.flow.coarser import CoarserBars
from friday_core.flow.derived import DerivedStream
from friday_core.flow.manager import DataFlowManager
from friday_core.flow.plans import DerivedPlan
from friday_core.flow.stamps import Stamps
from friday_core.flow.stream import Stream
from friday_core.infrastructure.logging import get_logger
from friday_core.infrastructure.secrets import SecretRegistry
from friday_core.interfaces.broker import RealBroker, SimulatedBroker
from friday_core.orchestration.assembly import Assembly, assemble
from friday_core.orchestration.checks import check_assembly, check_settings
from friday_core.orchestration.exchange import exchange_of
from friday_core.orchestration.holding import entry_rules, holding_terms
from friday_core.orchestration.living import hours_of
from friday_core.plugin.discovery import installed_plugins
from friday_core.plugin.graph import Graph
from friday_core.plugin.plan import MARKET_DATA, SettingsSections
from friday_core.plugin.registry import PluginRegistry
from friday_core.plugin.secret_fields import secrets_in
from friday_core.plugin.signal_steps import SIGNALS, SignalSteps
from friday_core.plugin.spec import ComponentSpec, Kind
from friday_core.session.at_broker import InDoubtPolicy
from friday_core.session.broker_gateway import BrokerGateway, BrokerTimes
from friday_core.session.desk import Desk
from friday_core.session.driver import Driver
from friday_core.session.gateway import Gateway
from friday_core.session.live.arming import nobody_armed
from friday_core.session.live.pace import LivePace
from friday_core.session.pacing import Pacer
from friday_core.session.run_folder import RunFolder
from friday_core.simulation.compiled.arena import Runs
from friday_core.trading.capital import capital_per_strategy
from friday_core.trading.ledger import Account, Book
from friday_core.trading.limits import Limits
from friday_core.trading.risk import RiskEngine


def open_registry(settings: SettingsSections, brought: Sequence[ComponentSpec] = ()) -> PluginRegistry:
    """A registry over everything that is installed, and what the caller brings."""
    return PluginRegistry(installed_plugins(), import_timeout=settings.run.import_timeout, brought=brought)


def open_run_folder(settings: SettingsSections, profile: str, started: int) -> RunFolder:
    """The folder of a run that starts at ``started`` (microseconds UTC); nothing is made yet."""
    return RunFolder(settings.run.folder, profile, started)


def assembled(
    settings: SettingsSections, graph: Graph, run_folder: Path, secrets: SecretRegistry, executor: Executor
) -> Assembly:
    """As ``assemble``; with a mistake, ``ConfigurationError`` lists also what can be told without its mend."""
    try:
        return assemble(settings, graph, run_folder, secrets, executor)
    except ConfigurationError as error:
        found = dict.fromkeys(error.problems)
        if graph.problems:
            found.update(dict.fromkeys(_beside(list(found), settings, graph, run_folder, secrets)))
        found.update(dict.fromkeys(check_settings(settings)))
        raise ConfigurationError(found) from error


def component_problems(
    settings: SettingsSections, graph: Graph, run_folder: Path, secrets: SecretRegistry
) -> tuple[Problem, ...]:
    """Of components by themselves: with how they are named, set and wired, and with what they are made from."""
    beside = _beside(graph.problems, settings, graph, run_folder, secrets)
    return tuple(dict.fromkeys([*graph.problems, *beside]))


def _beside(
    found: Sequence[Problem], settings: SettingsSections, graph: Graph, run_folder: Path, secrets: SecretRegistry
) -> list[Problem]:
    """What keeps the components that no problem is about from being built, such as a file that is not there.

    That a column is missing may be due to what was ``found``, and is not told.
    """
    rest = graph.without(found)
    nodes = rest.nodes.values()
    has_source = any(node.request.kind is Kind.SOURCE for node in nodes)
    try:
        for node in nodes:
            for secret in secrets_in(node.settings):
                secrets.register(secret, node.request.settings_section)
        if has_source and set(found) <= set(graph.problems):
            assemble(settings, rest, run_folder, secrets)
        else:
            alone = replace(rest, host={"run_folder": None}).without(())
            alone.build(lambda _capability, _built: run_folder, secrets.mask, settings.run.step_timeout)
    except ConfigurationError as error:
        return [one for one in error.problems if one.plugin and one.kind is not ProblemKind.UNTRACEABLE]
    return []


def checked(assembly: Assembly, now: int) -> Assembly:
    """The assembly, if its parts fit together at ``now`` (microseconds UTC); else ``ConfigurationError`` with
    every conflict.
    """
    problems = list(check_assembly(assembly, now))
    if problems:
        raise ConfigurationError(problems)
    return assembly


def build_flow(assembly: Assembly, until: str | None = None) -> DataFlowManager:
    """The streams of the configuration, and the coarser bars that programs read.

    All of them, or only those that the stream named ``until`` is made of.
    """
    universe, data = assembly.universe, assembly.settings.data
    hours = hours_of(assembly)
    stamps = Stamps(universe, SessionDates(data.timezone), assembly.schedule)
    stream = Stream(MARKET_DATA, assembly.stream_plan(), universe, stamps, hours)
    coarser = CoarserBars(assembly.programs.domains, hours, universe, stream.quarantine, stamps)
    plans = assembly.derived_plans()
    needed = set(plans) if until is None else _above(until, plans)
    derived = {name: DerivedStream(name, plan, universe) for name, plan in plans.items() if name in needed}
    return DataFlowManager(stream, coarser, derived)


def _above(stream: str, plans: Mapping[str, DerivedPlan]) -> set[str]:
    """The stream and all that it is made of."""
    return {stream} | _above(plans[stream].source, plans) if stream in plans else set()


def build_account(assembly: Assembly) -> Account:
    """A book for each strategy, with its share of the capital."""
    settings = assembly.settings
    shares = capital_per_strategy(settings.account, settings.trading.active_strategies)
    return Account(Book(name, settings.account.currency, capital) for name, capital in shares.items())


def build_risk(assembly: Assembly) -> RiskEngine:
    settings = assembly.settings
    steps = SignalSteps.of(settings.streams.get(SIGNALS))
    limits = Limits.of(settings.risk, settings.account.currency, margin=steps.margin_check)
    return RiskEngine(limits, assembly.risk_rules(), entry_rules(assembly))


def build_desks(assembly: Assembly, account: Account, risk: RiskEngine) -> list[Desk]:
    """A desk for each active strategy, in the configuration's order."""
    desks = []
    for number, entry in enumerate(assembly.settings.trading.active_strategies):
        desk = Desk(
            number,
            assembly.strategy_runner(entry),
            account.books[entry.id],
            universe=assembly.universe,
            sizer=assembly.sizer,
            risk=risk,
            charges=assembly.charges,
            product=entry.product,
        )
        desks.append(desk)
    return desks


def build_driver(assembly: Assembly, desks: Sequence[Desk]) -> Driver:
    broker, settings = assembly.broker, assembly.settings
    answers = isinstance(broker, RealBroker)
    return Driver(
        assembly.universe,
        desks,
        exchange_of(assembly),
        assembly.charges,
        assumed_fills=isinstance(broker, SimulatedBroker) and broker.assumed,
        netting=settings.trading.netting and not answers,
        limits=Limits.of_account(settings.account),
        kernel=_slices_kernel(assembly.programs.executor),
        terms=holding_terms(assembly),
        at_broker=InDoubtPolicy(settings.broker.in_doubt) if answers else None,
        strides=isinstance(assembly.programs.executor, ChosenExecutor),
    )


def build_gateway(
    assembly: Assembly, now: Callable[[], int], pacer: Pacer | LivePace | None
) -> Gateway | BrokerGateway:
    """Where intents leave; ``now`` tells microseconds UTC and never goes back. Real money is sent nothing before it
    is armed.
    """
    broker, settings = assembly.broker, assembly.settings.broker
    if not isinstance(broker, RealBroker):
        return Gateway(broker, settings.use)
    times = BrokerTimes(settings.settle, settings.read_every, patience=2 * settings.settle + settings.read_every)
    gateway = BrokerGateway(broker, settings.use, now=now, times=times)
    if pacer is not None:
        gateway.wake = pacer.wake
    if broker.account == "real":
        gateway.unarmed = nobody_armed
    return gateway


def _slices_kernel(executor: Executor) -> Callable[[], Runs | None] | None:
    """What loads the kernel of the driver's slices, or compiles it, where programs are compiled."""
    if not isinstance(executor, ChosenExecutor):
        return None

    def load() -> Runs | None:
        kernels = executor.kernels()
        if kernels is None:
            return None
        from friday_core.simulation.compiled.loaded import Compiled  # noqa: PLC0415 - llvmlite may be missing

        try:
            return Compiled(kernels)
        except Exception as error:  # noqa: BLE001 - the driver serves, with the same numbers
            get_logger("kernels").warning("slices are stepped in plain Python, with the same numbers", why=str(error))
            return None

    return load
