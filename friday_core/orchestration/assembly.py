"""The components of a host as built, checked against one another before anything starts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from friday_core.domain.chunk import Universe
from friday_core.errors import ConfigurationError, InvariantError, Problem, ProblemKind
from friday_core.flow.stream import StreamPlan
from friday_core.interfaces.broker import Broker, ChargesPlan
from friday_core.interfaces.component import Component
from friday_core.interfaces.risk_rule import RiskRule
from friday_core.interfaces.sizer import Sizer
from friday_core.interfaces.strategy import Strategy
from friday_core.plugin.graph import Graph
from friday_core.plugin.plan import MARKET_DATA, SettingsSections
from friday_core.plugin.roles import ROLES
from friday_core.plugin.spec import Kind
from friday_core.plugin.wiring import HostCapabilities
from friday_core.session.feed import HistoricalFeed

#: What components may require of the host: the run's folder, and the instruments of the source.
HOST_CAPABILITIES: HostCapabilities = {"run_folder": None, "universe": Kind.SOURCE}


@dataclass(frozen=True, slots=True)
class Assembly:
    """Components by their id in the graph, and the feed of market data."""

    settings: SettingsSections
    graph: Graph
    components: Mapping[str, Component]
    feed: HistoricalFeed

    @property
    def universe(self) -> Universe:
        return self.feed.universe

    def placed(self, kind: Kind, section: str, place: str) -> Iterator[tuple[str, Any]]:
        """(name, component) of one kind in one place of the configuration, in its order."""
        for node in self.graph.nodes.values():
            request = node.request
            if (request.kind, request.section, request.place) == (kind, section, place):
                yield request.name, self.components[node.id]

    def stream_plan(self, stream: str) -> StreamPlan:
        section = f"streams.{stream}"
        (_, source), *_ = self.placed(Kind.SOURCE, section, "source")
        return StreamPlan(
            tuple(source.columns),
            tuple(self.placed(Kind.VALIDATOR, section, "validators")),
            tuple(self.placed(Kind.TRANSFORMER, section, "transformers")),
            tuple(self.placed(Kind.VALIDATOR, section, "validators_after")),
        )

    def strategy(self, name: str) -> Strategy:
        found: Any = self.components[f"strategy.{name}"]
        assert isinstance(found, Strategy)
        return found

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


def assemble(settings: SettingsSections, graph: Graph, run_folder: Path) -> Assembly:
    """Build every component; ``ConfigurationError`` lists all that is wrong with them or between them.

    Building has no effect outside the process: files are read, none are written.
    """
    problems = [*graph.problems, *_streams(settings)]
    if problems:
        raise ConfigurationError(problems)
    feeds: list[HistoricalFeed] = []

    def feed_of(built: Mapping[str, Any]) -> HistoricalFeed:
        if not feeds:
            source = next(
                built[node.id] for node in graph.nodes.values() if node.request.section == f"streams.{MARKET_DATA}"
            )
            feeds.append(HistoricalFeed(MARKET_DATA, source, settings.data, chunk_rows=settings.run.chunk_rows))
        return feeds[0]

    def provide(capability: str, built: Mapping[str, Any]) -> Any:
        return run_folder if capability == "run_folder" else feed_of(built).universe

    components = graph.build(provide)
    wrong = list(_wrong_roles(graph, components))
    if wrong:
        raise ConfigurationError(wrong)
    return Assembly(settings, graph, components, feed_of(components))


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


def _wrong_roles(graph: Graph, components: Mapping[str, Any]) -> Iterator[Problem]:
    for node in graph.nodes.values():
        role, component = ROLES[node.request.kind], components[node.id]
        if not isinstance(component, role):
            message = f"its factory made a {type(component).__name__}, which is no {role.__name__}"
            mend = f"derive it from friday_core.api.{role.__name__}"
            who = f"{node.request.key} of {node.loaded.plugin.origin}"
            yield Problem(ProblemKind.BAD_REGISTRATION, message, mend, node.request.section, who)
