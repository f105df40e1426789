"""The components of a host as built, checked against one another before anything starts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from friday_core.domain.chunk import Universe
from friday_core.domain.instruments import InstrumentId
from friday_core.domain.records import Record
from friday_core.errors import ConfigurationError, DataSourceError, FridayError, InvariantError, Problem, ProblemKind
from friday_core.flow.stream import StreamPlan
from friday_core.infrastructure.logging import described
from friday_core.infrastructure.secrets import SecretRegistry
from friday_core.interfaces.broker import Broker, ChargesPlan
from friday_core.interfaces.columns import ColumnStrategy
from friday_core.interfaces.component import Component
from friday_core.interfaces.risk_rule import RiskRule
from friday_core.interfaces.sizer import Sizer
from friday_core.interfaces.strategy import Strategy
from friday_core.orchestration.programs import Programs, trace_components
from friday_core.plugin.graph import Graph, Node
from friday_core.plugin.plan import MARKET_DATA, SettingsSections
from friday_core.plugin.secret_fields import secrets_in
from friday_core.plugin.sections import StrategyEntry
from friday_core.plugin.spec import Kind
from friday_core.plugin.wiring import HostCapabilities
from friday_core.session.feed import HistoricalFeed
from friday_core.trading.column_runner import ColumnRunner
from friday_core.trading.strategy_runner import EventRunner, StrategyRunner

#: What components may require of the host: the run's folder, and the instruments of the source.
HOST_CAPABILITIES: HostCapabilities = {"run_folder": None, "universe": Kind.SOURCE}


@dataclass(frozen=True, slots=True)
class Assembly:
    """Components by their id in the graph, and the feed of market data."""

    settings: SettingsSections
    graph: Graph
    components: Mapping[str, Component]
    programs: Programs
    feed: HistoricalFeed

    @property
    def universe(self) -> Universe:
        return self.feed.universe

    def placed(self, kind: Kind, section: str, place: str) -> Iterator[tuple[str, Any]]:
        """(name, component) of one kind in one place of the configuration, in its order."""
        for node in self.graph.nodes.values():
            request = node.request
            if (request.kind, request.section, request.place) == (kind, section, place):
                yield request.name, self.programs.stages.get(node.id, self.components[node.id])

    def stream_plan(self, stream: str) -> StreamPlan:
        section = f"streams.{stream}"
        (_, source), *_ = self.placed(Kind.SOURCE, section, "source")
        return StreamPlan(
            tuple(source.columns),
            tuple(self.placed(Kind.VALIDATOR, section, "validators")),
            tuple(self.placed(Kind.TRANSFORMER, section, "transformers")),
            tuple(self.placed(Kind.VALIDATOR, section, "validators_after")),
        )

    def records(self) -> Iterator[Record]:
        """The feed's records; what its source raises on the way says whose it is."""
        try:
            yield from self.feed.records()
        except FridayError:
            raise
        except Exception as error:
            source = self.settings.streams[MARKET_DATA].source
            raise DataSourceError(f"source {source!r} raised {described(error)}") from error

    def strategy(self, name: str) -> Strategy | ColumnStrategy:
        found: Any = self.components[f"strategy.{name}"]
        assert isinstance(found, Strategy | ColumnStrategy)
        return found

    def event_inputs(self, name: str) -> tuple[str, ...]:
        """Columns that an event strategy's bars must carry; what a program reads was checked when it was traced."""
        strategy = self.strategy(name)
        return strategy.inputs if isinstance(strategy, Strategy) else ()

    def strategy_runner(self, entry: StrategyEntry) -> StrategyRunner:
        """What runs an active strategy, however it is written."""
        instruments = [InstrumentId.parse(name) for name in entry.instruments]
        strategy = self.strategy(entry.id)
        if isinstance(strategy, Strategy):
            return EventRunner(entry.id, strategy, instruments)
        return ColumnRunner(entry.id, self.programs.strategies[f"strategy.{entry.id}"], self.universe, instruments)

    def risk_rules(self) -> dict[str, RiskRule]:
        return dict(self.placed(Kind.RISK_RULE, "risk", "rules"))

    @property
    def sizer(self) -> Sizer:
        return self._only(Kind.SIZER)  # type: ignore[no-any-return]

    @property
    def charges(self) -> ChargesPlan:
        return self._only(Kind.CHARGES)  # type: ignore[no-any-return]

    @property
    def broker(self) -> Broker:
        return self._only(Kind.BROKER)  # type: ignore[no-any-return]

    def _only(self, kind: Kind) -> Any:
        found = [self.components[node.id] for node in self.graph.nodes.values() if node.request.kind is kind]
        if len(found) != 1:
            raise InvariantError(f"a host has one {kind}, this one has {len(found)}")
        return found[0]


def assemble(settings: SettingsSections, graph: Graph, run_folder: Path, secrets: SecretRegistry) -> Assembly:
    """Build every component; ``ConfigurationError`` lists all that is wrong with them.

    Building has no effect outside the process: files are read, none are written. Before a factory
    is called, ``secrets`` knows every secret of every component.
    """
    problems = dict.fromkeys([*graph.problems, *_streams(settings), *_register_secrets(graph, secrets)])
    if problems:
        raise ConfigurationError(problems)
    feeds: list[HistoricalFeed] = []

    def feed_of(built: Mapping[str, Any]) -> HistoricalFeed:
        if not feeds:
            section = f"streams.{MARKET_DATA}"
            node = next(one for one in graph.nodes.values() if one.request.section == section)
            feeds.append(_feed(node, built[node.id], settings, secrets))
        return feeds[0]

    def provide(capability: str, built: Mapping[str, Any]) -> Any:
        return run_folder if capability == "run_folder" else feed_of(built).universe

    components = graph.build(provide, secrets.mask)
    feed = feed_of(components)
    programs = trace_components(graph, components, feed.universe)
    if programs.problems:
        raise ConfigurationError(programs.problems)
    return Assembly(settings, graph, components, programs, feed)


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
        return HistoricalFeed(MARKET_DATA, source, settings.data, chunk_rows=settings.run.chunk_rows)
    except Exception as error:
        expected = isinstance(error, FridayError)
        kind = ProblemKind.INVALID_VALUE if expected else ProblemKind.FACTORY_FAILED
        message = f"it cannot tell its instruments: {error if expected else described(error)}"
        section, author = node.request.settings_section, node.loaded.plugin.distribution
        mend = f"correct [{section}] or [data]" if expected else f"report it to the author of {author}"
        raise ConfigurationError([Problem(kind, secrets.mask(message), mend, section, node.request.key)]) from error


def _streams(settings: SettingsSections) -> Iterator[Problem]:
    if MARKET_DATA not in settings.streams:
        mend = f'add [streams.{MARKET_DATA}] with source = "synthetic", or choose a profile that has it'
        yield Problem(ProblemKind.MISSING_DEPENDENCY, "no stream carries market data", mend, f"streams.{MARKET_DATA}")
    for name in settings.streams:
        if name != MARKET_DATA:
            mend = f"the stream that this Friday runs is [streams.{MARKET_DATA}]"
            yield Problem(ProblemKind.UNKNOWN_SECTION, f"unknown stream {name!r}", mend, f"streams.{name}")
    if not settings.trading.active_strategies:
        mend = 'add [[trading.active_strategies]] with id = "first" and use = "moving_average_cross"'
        yield Problem(ProblemKind.MISSING_DEPENDENCY, "no strategy is active", mend, "trading.active_strategies")
