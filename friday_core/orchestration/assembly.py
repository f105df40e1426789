"""The components of a host as built, checked against one another before anything starts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from friday_core.causal.domains import parse
from friday_core.causal.oracle import Executor, Oracle
from friday_core.domain.chunk import Universe
from friday_core.domain.instruments import InstrumentId
from friday_core.domain.records import Record
from friday_core.domain.schedule import Schedule
from friday_core.errors import (
    BrokerError,
    ConfigurationError,
    DataSourceError,
    FridayError,
    InvariantError,
    Problem,
    ProblemKind,
)
from friday_core.flow.plans import DerivedPlan, Named, StreamPlan
from friday_core.flow.prediction_stage import PredictionStage
from friday_core.flow.predictors import predictors
from friday_core.flow.session_flags import CALENDAR_COLUMNS
from friday_core.flow.stamps import STAMPED_COLUMNS
from friday_core.infrastructure.logging import described
from friday_core.infrastructure.secrets import SecretRegistry
from friday_core.interfaces.broker import Broker, Tariff
from friday_core.interfaces.calendar import Calendar
from friday_core.interfaces.columns import ColumnStrategy
from friday_core.interfaces.component import Component
from friday_core.interfaces.connection import Lists
from friday_core.interfaces.risk_adjuster import RiskAdjuster
from friday_core.interfaces.risk_rule import RiskRule
from friday_core.interfaces.sizer import Sizer
from friday_core.interfaces.source import HistoricalData, LiveData
from friday_core.interfaces.strategy import Strategy
from friday_core.interfaces.transformer import Transformer
from friday_core.interfaces.windows import WindowStrategy
from friday_core.models.compiled import from_bytes
from friday_core.models.kernels import STEPS
from friday_core.orchestration.programs import Programs, trace_components
from friday_core.orchestration.streams import bars_problem, derived_streams, stream_problems
from friday_core.plugin.graph import Graph, Node
from friday_core.plugin.plan import MARKET_DATA, SettingsSections, upstream_of
from friday_core.plugin.secret_fields import secrets_in
from friday_core.plugin.sections import StrategyEntry
from friday_core.plugin.signal_steps import SIGNALS
from friday_core.plugin.spec import Kind
from friday_core.plugin.time_limit import within
from friday_core.plugin.wiring import HostCapabilities
from friday_core.session.feed import HistoricalFeed
from friday_core.session.live.feed import LiveFeed
from friday_core.session.reading import ReadingRules
from friday_core.simulation.scaled_costs import scaled_charges
from friday_core.trading.column_runner import ColumnRunner
from friday_core.trading.strategy_runner import EventRunner, StrategyRunner
from friday_core.trading.window_runner import WindowRunner

#: Microseconds.
_DAY = 86_400_000_000
#: What components may require of the host: the run's folder, and the instruments of the source.
HOST_CAPABILITIES: HostCapabilities = {"run_folder": None, "universe": Kind.SOURCE}


@dataclass(frozen=True, slots=True)
class Assembly:
    """Components by their id in the graph, the feed of market data, and the sessions of its exchange."""

    settings: SettingsSections
    graph: Graph
    components: Mapping[str, Component]
    programs: Programs
    feed: HistoricalFeed
    schedule: Schedule | None = None

    @property
    def universe(self) -> Universe:
        return self.feed.universe

    def placed(self, kind: Kind, section: str, place: str) -> Iterator[tuple[str, Any]]:
        """(name, component) of one kind in one place of the configuration, in its order."""
        for node in self.graph.nodes.values():
            request = node.request
            if (request.kind, request.section, request.place) == (kind, section, place):
                yield request.name, self.programs.stages.get(node.id, self.components[node.id])

    @property
    def source(self) -> HistoricalData:
        (_, source), *_ = self.placed(Kind.SOURCE, f"streams.{MARKET_DATA}", "source")
        return source  # type: ignore[no-any-return]

    @property
    def stamped(self) -> tuple[str, ...]:
        """The columns that the flow adds to every row."""
        return STAMPED_COLUMNS if self.schedule is None else (*STAMPED_COLUMNS, *CALENDAR_COLUMNS)

    def stream_plan(self) -> StreamPlan:
        """The stream of the source's rows."""
        section, settings = f"streams.{MARKET_DATA}", self.settings.streams[MARKET_DATA]
        return StreamPlan(
            tuple(self.source.columns),
            tuple(self.placed(Kind.VALIDATOR, section, "validators")),
            tuple(self.placed(Kind.TRANSFORMER, section, "transformers")),
            tuple(self.placed(Kind.VALIDATOR, section, "validators_after")),
            lateness=round(settings.lateness * 1_000_000),
            bars=parse(settings.bars).name if settings.bars is not None else None,
            interval=parse(self.source.interval).name,
            stamped=self.stamped,
        )

    def derived_plans(self) -> dict[str, DerivedPlan]:
        """The streams of other streams' slices, each after its source."""
        streams = self.settings.streams
        names = derived_streams(streams)
        return {name: DerivedPlan(upstream_of(streams[name]) or MARKET_DATA, self._stages(name)) for name in names}

    def _stages(self, stream: str) -> list[Named]:
        section = f"streams.{stream}"
        return [
            *self._prediction_stage(stream),
            *self.placed(Kind.VALIDATOR, section, "validators"),
            *self.placed(Kind.TRANSFORMER, section, "transformers"),
            *self.placed(Kind.FEATURE_SET, section, "feature_sets"),
            *self.placed(Kind.VALIDATOR, section, "validators_after"),
        ]

    def _prediction_stage(self, stream: str) -> Iterator[tuple[str, PredictionStage]]:
        """The model of a stream, which goes before its validators: they judge what it predicted."""
        settings = self.settings.model
        for name, _ in self.placed(Kind.MODEL, f"streams.{stream}", "model"):
            max_age = None if settings.max_age is None else round(settings.max_age * _DAY)
            makers = predictors(self.programs.executor, STEPS)
            yield name, PredictionStage(self.model_features(stream), from_bytes, max_age, makers)

    def model_features(self, stream: str) -> tuple[str, ...]:
        """The columns that the model of a stream reads: those that are named, or all that its source adds."""
        source = upstream_of(self.settings.streams[stream]) or MARKET_DATA
        stages = [stage for _, stage in self._stages(source) if isinstance(stage, Transformer)]
        return self.settings.model.features or tuple(column for stage in stages for column in stage.outputs)

    @property
    def model_stream(self) -> str | None:
        """The stream that has a model, if one has."""
        return next((name for name, stream in self.settings.streams.items() if stream.model is not None), None)

    def output_columns(self) -> dict[str, tuple[str, ...]]:
        """By stream, every column that its rows carry at its end."""
        columns = {MARKET_DATA: self.stream_plan().output_columns()}
        for name, plan in self.derived_plans().items():
            columns[name] = (*columns[plan.source], *plan.added_columns())
        return columns

    def records(self) -> Iterator[Record]:
        """The feed's records; what its source raises on the way says whose it is."""
        try:
            yield from self.feed.records()
        except FridayError:
            raise
        except Exception as error:
            source = self.settings.streams[MARKET_DATA].source
            raise DataSourceError(f"source {source!r} raised {described(error)}") from error

    def strategy(self, name: str) -> Strategy | ColumnStrategy | WindowStrategy:
        found: Any = self.components[f"strategy.{name}"]
        assert isinstance(found, Strategy | ColumnStrategy | WindowStrategy)
        return found

    def event_inputs(self, name: str) -> tuple[str, ...]:
        """Columns that an event strategy's bars must carry; what a program reads was checked when it was traced."""
        strategy = self.strategy(name)
        return () if isinstance(strategy, ColumnStrategy) else tuple(strategy.inputs)

    def strategy_runner(self, entry: StrategyEntry) -> StrategyRunner:
        """What runs an active strategy, however it is written."""
        instruments = [InstrumentId.parse(name) for name in entry.instruments]
        strategy = self.strategy(entry.id)
        if isinstance(strategy, Strategy):
            return EventRunner(entry.id, strategy, instruments)
        if isinstance(strategy, WindowStrategy):
            return WindowRunner(entry.id, strategy, instruments)
        program = self.programs.strategies[f"strategy.{entry.id}"]
        return ColumnRunner(entry.id, program, self.universe, instruments, self.programs.executor)

    def risk_rules(self) -> dict[str, RiskRule | RiskAdjuster]:
        """Those that make targets smaller, then those that judge orders, each in its order."""
        adjusters = self.placed(Kind.RISK_RULE, f"streams.{SIGNALS}", "transformers")
        return {**dict(adjusters), **dict(self.placed(Kind.RISK_RULE, "risk", "rules"))}

    @property
    def sizer(self) -> Sizer:
        return self._only(Kind.SIZER)  # type: ignore[no-any-return]

    @property
    def charges(self) -> Tariff:
        return scaled_charges(self._only(Kind.CHARGES), self.settings.account.charges_scale)

    @property
    def broker(self) -> Broker:
        return self._only(Kind.BROKER)  # type: ignore[no-any-return]

    def _only(self, kind: Kind) -> Any:
        found = [self.components[node.id] for node in self.graph.nodes.values() if node.request.kind is kind]
        if len(found) != 1:
            raise InvariantError(f"a host has one {kind}, this one has {len(found)}")
        return found[0]


def assemble(
    settings: SettingsSections, graph: Graph, run_folder: Path, secrets: SecretRegistry, executor: Executor = Oracle
) -> Assembly:
    """Build every component; ``ConfigurationError`` lists all that is wrong with them.

    Building has no effect outside the process: files are read, none are written. Before a factory
    is called, ``secrets`` knows every secret of every component.
    """
    problems = dict.fromkeys([*graph.problems, *_sections(settings), *_register_secrets(graph, secrets)])
    if problems:
        raise ConfigurationError(problems)
    feeds: list[HistoricalFeed] = []

    def feed_of(built: Mapping[str, Any]) -> HistoricalFeed:
        if not feeds:
            section = f"streams.{MARKET_DATA}"
            node = next(one for one in graph.nodes.values() if one.request.section == section)
            feeds.append(_feed(node, built[node.id], settings, secrets))
            _relist(feeds[0], graph, built, settings, secrets)
        return feeds[0]

    def provide(capability: str, built: Mapping[str, Any]) -> Any:
        return run_folder if capability == "run_folder" else feed_of(built).universe

    components = graph.build(provide, secrets.mask, settings.run.step_timeout)
    feed = feed_of(components)
    assembly = Assembly(settings, graph, components, Programs(), feed, _schedule(graph, components, secrets))
    bars = bars_problem(settings.streams[MARKET_DATA], assembly.source.interval)
    if bars is not None:
        raise ConfigurationError([bars])
    columns = assembly.stamped
    programs = trace_components(graph, components, settings.streams, feed.universe, columns, executor=executor)
    if programs.problems:
        raise ConfigurationError(programs.problems)
    return replace(assembly, programs=programs)


def _register_secrets(graph: Graph, secrets: SecretRegistry) -> Iterator[Problem]:
    """Every secret of every plugin's settings will be masked; those that cannot be are problems."""
    for node in graph.nodes.values():
        for secret in secrets_in(node.settings):
            try:
                secrets.register(secret, node.request.settings_section)
            except ConfigurationError as error:
                yield from (replace(problem, plugin=node.request.key) for problem in error.problems)


def _feed(node: Node, source: Any, settings: SettingsSections, secrets: SecretRegistry) -> HistoricalFeed:
    """The feed of a source, which is asked for its instruments here."""
    try:
        reading = ReadingRules.of(settings, MARKET_DATA)
        feed = LiveFeed if isinstance(source, LiveData) else HistoricalFeed
        return feed(MARKET_DATA, source, settings.data, chunk_rows=settings.run.chunk_rows, reading=reading)
    except Exception as error:
        raise _silent(node, "its instruments", error, secrets) from error


def _relist(
    feed: HistoricalFeed, graph: Graph, built: Mapping[str, Any], settings: SettingsSections, secrets: SecretRegistry
) -> None:
    """Ask the connection that the configuration names, if it names one, what is listed."""
    for node in graph.nodes.values():
        if node.request.place != "listing":
            continue
        connection = built[node.id]
        if not isinstance(connection, Lists):
            message = f"the connection {node.request.name!r} lists no instruments"
            mend = "leave listing out of [data], or name another connection"
            raise ConfigurationError([Problem(ProblemKind.INVALID_VALUE, message, mend, "data", node.request.key)])
        try:
            relist = partial(feed.relist, connection)
            within(settings.run.step_timeout, relist, f"asks {node.request.key} what is listed")
        except Exception as error:
            raise _silent(node, "what is listed", error, secrets) from error


def _schedule(graph: Graph, components: Mapping[str, Any], secrets: SecretRegistry) -> Schedule | None:
    """The sessions that the calendar knows, if the configuration names one."""
    for node in graph.nodes.values():
        if node.request.kind is Kind.CALENDAR:
            calendar: Calendar = components[node.id]
            try:
                return calendar.schedule()
            except Exception as error:
                raise _silent(node, "its sessions", error, secrets) from error
    return None


def _silent(node: Node, what: str, error: Exception, secrets: SecretRegistry) -> ConfigurationError:
    """A component that cannot tell what a session is built on."""
    expected = isinstance(error, FridayError)
    kind = ProblemKind.INVALID_VALUE if expected else ProblemKind.FACTORY_FAILED
    message = f"it cannot tell {what}: {error if expected else described(error)}"
    section, author = node.request.settings_section, node.loaded.plugin.distribution
    if isinstance(error, BrokerError):
        mend = "do as it says, and start anew"
    else:
        mend = f"correct [{section}] or [data]" if expected else f"report it to the author of {author}"
    return ConfigurationError([Problem(kind, secrets.mask(message), mend, section, node.request.key)])


def _sections(settings: SettingsSections) -> Iterator[Problem]:
    yield from stream_problems(settings.streams)
    if not settings.trading.active_strategies:
        mend = 'add [[trading.active_strategies]] with id = "first" and use = "moving_average_cross"'
        yield Problem(ProblemKind.MISSING_DEPENDENCY, "no strategy is active", mend, "trading.active_strategies")
