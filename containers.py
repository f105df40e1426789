"""Composition root: which object is made from which. Constructions only; nobody imports this module.

The command line resolves the string ``containers:build``; ``--container my_firm.containers:build``
replaces it. The attributes carry the names of the components in the integration plan.
"""

from collections.abc import Sequence

from dependency_injector import containers, providers

from friday_core.causal.compiled.choice import ChosenExecutor
from friday_core.errors import ConfigurationError, Problem
from friday_core.infrastructure.clock import SteadyWallClock
from friday_core.infrastructure.event_bus import EventBus
from friday_core.infrastructure.secrets import SecretRegistry
from friday_core.orchestration import building
from friday_core.orchestration.assembly import HOST_CAPABILITIES
from friday_core.orchestration.host import Host
from friday_core.orchestration.living import build_pace
from friday_core.orchestration.training import Trainer
from friday_core.plugin.graph import resolve_graph, settings_models
from friday_core.plugin.spec import ComponentSpec, PluginSettings
from friday_core.session.core import Core
from friday_core.session.journal import MemoryJournal
from friday_core.session.runner import SessionRunner
from friday_settings import LoadedSettings, load_settings, resolved_toml

__all__ = ["build", "check", "component_problems", "load_settings", "plugin_models"]


class Infrastructure(containers.DeclarativeContainer):
    """What lives at the edges and needs no plugin."""

    loaded = providers.Dependency(instance_of=LoadedSettings)
    brought = providers.Object(())
    clock = providers.Singleton(SteadyWallClock)
    events = providers.Singleton(EventBus)
    security = providers.Singleton(SecretRegistry)
    executor = providers.Singleton(ChosenExecutor, loaded.provided.settings.run.executor)


class Plugins(containers.DeclarativeContainer):
    """What the configuration names: found, checked, wired, built."""

    infrastructure = providers.DependenciesContainer()
    settings = infrastructure.loaded.provided.settings
    registry = providers.Singleton(building.open_registry, settings, infrastructure.brought)
    graph = providers.Singleton(resolve_graph, infrastructure.loaded, registry, providers.Object(HOST_CAPABILITIES))
    models = providers.Singleton(settings_models, graph)
    run_folder = providers.Singleton(
        building.open_run_folder,
        settings,
        infrastructure.loaded.provided.profile,
        infrastructure.clock.provided.now.call(),
    )
    parts = (settings, graph, run_folder.provided.path, infrastructure.security)
    problems = providers.Singleton(building.component_problems, *parts)
    fresh_assembly = providers.Factory(building.assembled, *parts, infrastructure.executor)
    assembly = providers.Singleton(building.checked, fresh_assembly, infrastructure.clock.provided.now.call())


class Session(containers.DeclarativeContainer):
    """One session: flow, books, risk, driver, core, and the host that runs it."""

    infrastructure = providers.DependenciesContainer()
    plugins = providers.DependenciesContainer()
    data_fetcher = plugins.assembly.provided.feed
    data_flow_manager = providers.Singleton(building.build_flow, plugins.assembly)
    portfolio_manager = providers.Singleton(building.build_account, plugins.assembly)
    risk_manager = providers.Singleton(building.build_risk, plugins.assembly)
    strategy_engine = providers.Singleton(building.build_desks, plugins.assembly, portfolio_manager, risk_manager)
    execution_engine = providers.Singleton(building.build_driver, plugins.assembly, strategy_engine)
    core = providers.Singleton(
        Core, data_flow_manager, execution_engine, keep_bars=plugins.assembly.provided.settings.run.bars_table
    )
    journal = providers.Singleton(MemoryJournal)
    pacer = providers.Singleton(build_pace, plugins.assembly, infrastructure.clock.provided.now)
    gateway = providers.Singleton(building.build_gateway, plugins.assembly, infrastructure.clock.provided.now, pacer)
    runner = providers.Singleton(
        SessionRunner,
        core,
        journal,
        gateway,
        infrastructure.events.provided.publish,
        pacer,
        is_heard=infrastructure.events.provided.is_heard,
    )
    host = providers.Singleton(
        Host,
        profile=infrastructure.loaded.provided.profile,
        resolved=providers.Singleton(resolved_toml, infrastructure.loaded, plugins.models),
        assembly=plugins.assembly,
        registry=plugins.registry,
        runner=runner,
        account=portfolio_manager,
        folder=plugins.run_folder,
        events=infrastructure.events,
        security=infrastructure.security,
        clock=infrastructure.clock,
        executor=infrastructure.executor,
        trainer=providers.Factory(Trainer, plugins.fresh_assembly.provider),
    )


def build(loaded: LoadedSettings, brought: Sequence[ComponentSpec] = (), **parts: object) -> Host:
    """A host, ready to run; ``ConfigurationError`` lists every problem of the configuration.

    ``brought`` are components that the configuration may name besides those that are installed,
    ``parts`` stand for those of ``Infrastructure``.
    """
    own = {**parts, "brought": providers.Object(tuple(brought))}
    infrastructure = Infrastructure(loaded=loaded.in_use(), **own)
    plugins = Plugins(infrastructure=infrastructure)
    session = Session(infrastructure=infrastructure, plugins=plugins)
    session.check_dependencies()
    host: Host = session.host()
    for one in (*session.providers.values(), plugins.assembly):
        if isinstance(one, providers.Singleton):
            one.reset()  # what was made lives as long as the host: containers wait for the collector
    return host


def check(loaded: LoadedSettings) -> tuple[Problem, ...]:
    """Every problem that stands between a configuration and a start; starts and compiles nothing."""
    try:
        build(loaded, executor=ChosenExecutor("python"))
    except ConfigurationError as error:
        return error.problems
    return ()


def component_problems(loaded: LoadedSettings) -> tuple[Problem, ...]:
    """Every problem of the components that a configuration names, each by itself; starts none."""
    problems: tuple[Problem, ...] = Plugins(infrastructure=Infrastructure(loaded=loaded.in_use())).problems()
    return problems


def plugin_models(loaded: LoadedSettings) -> dict[tuple[str, str], type[PluginSettings]]:
    """The settings model of each component that the configuration names and that loads."""
    models: dict[tuple[str, str], type[PluginSettings]] = Plugins(infrastructure=Infrastructure(loaded=loaded)).models()
    return models
