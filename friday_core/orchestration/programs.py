"""Plugins that are written in columns: traced once, when a host is assembled."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from friday_core.causal.program import Program, trace_program
from friday_core.domain.chunk import PRICE_COLUMNS, Universe
from friday_core.errors import FridayError, Problem, ProblemKind
from friday_core.flow.column_stage import ColumnStage
from friday_core.flow.stamps import STAMPED_COLUMNS
from friday_core.infrastructure.logging import described
from friday_core.interfaces.columns import Columns, ColumnStrategy, ColumnTransformer
from friday_core.interfaces.source import HistoricalData
from friday_core.interfaces.transformer import Transformer
from friday_core.plugin.graph import Graph, Node
from friday_core.plugin.plan import MARKET_DATA
from friday_core.plugin.spec import Kind
from friday_core.trading.column_runner import INPUTS

_OF_EVERY_STREAM = {*PRICE_COLUMNS, "volume", *STAMPED_COLUMNS}


@dataclass(slots=True)
class Programs:
    """What was traced, by the component's id: stages of the stream, programs of strategies."""

    stages: dict[str, ColumnStage] = field(default_factory=dict)
    strategies: dict[str, Program] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)


def trace_components(graph: Graph, components: Mapping[str, Any], universe: Universe) -> Programs:
    """Traces every component that is written in columns; what cannot be traced is a problem."""
    return _Tracing(graph, components, universe).programs


class _Tracing:
    """Goes through the stream in its order, so that each component sees the columns before it."""

    def __init__(self, graph: Graph, components: Mapping[str, Any], universe: Universe) -> None:
        self.programs = Programs()
        self._components = components
        self._source = self._source_of(graph)
        self._columns = [name for name in self._source.columns if name not in _OF_EVERY_STREAM]
        for node in self._of(graph, Kind.TRANSFORMER):
            component: Transformer | ColumnTransformer | None = components[node.id]
            if isinstance(component, ColumnTransformer):
                self._trace_transformer(node, component, universe)
                component = self.programs.stages.get(node.id)
            self._columns += component.outputs if component is not None else ()
        for node in self._of(graph, Kind.STRATEGY):
            component = components[node.id]
            if isinstance(component, ColumnStrategy):
                self._trace_strategy(node, component)

    def _source_of(self, graph: Graph) -> HistoricalData:
        section = f"streams.{MARKET_DATA}"
        node = next(one for one in self._of(graph, Kind.SOURCE) if one.request.section == section)
        found: HistoricalData = self._components[node.id]
        return found

    def _of(self, graph: Graph, kind: Kind) -> Iterable[Node]:
        return [node for node in graph.nodes.values() if node.request.kind is kind]

    def _trace_transformer(self, node: Node, component: ColumnTransformer, universe: Universe) -> None:
        program = self._traced(node, component)
        if program is None:
            return
        if program.has_panels:
            mend = "rows pass a transformer one by one; compare instruments in a strategy"
            self._report(node, "it compares instruments of a slice with m.panel", mend)
        else:
            self.programs.stages[node.id] = ColumnStage(program, universe)

    def _trace_strategy(self, node: Node, component: ColumnStrategy) -> None:
        program = self._traced(node, component)
        if program is None:
            return
        if not {"signal", "target"} & set(program.outputs):
            mend = 'return a column "signal" or "target" from outputs(m)'
            self._report(node, f"it decides nothing: its outputs are {', '.join(program.outputs)}", mend)
        else:
            self.programs.strategies[node.id] = program

    def _traced(self, node: Node, component: Columns) -> Program | None:
        adjusted = type(self._source).corporate_actions is not HistoricalData.corporate_actions
        try:
            program = trace_program(component.outputs, self._columns, base=self._source.interval, adjusted=adjusted)
        except FridayError as error:
            self._report(node, str(error), "correct the line of the plugin that is named")
            return None
        except (Exception, SystemExit) as error:  # noqa: BLE001 - the author's code may raise anything
            mend = f"report it to the author of {node.loaded.plugin.distribution}"
            self._report(node, f"outputs(m) raised {described(error)}", mend)
            return None
        return program if self._can_be_fed(node, program) else None

    def _can_be_fed(self, node: Node, program: Program) -> bool:
        coarser = [domain for domain in program.domains if domain != program.base]
        known = {*INPUTS, *self._columns}
        missing = [label for label in program.inputs[program.base] if label not in known]
        if coarser:
            mend = f"use columns of {program.base} only: this Friday builds no other bars while it runs"
            self._report(node, f"it reads the clock domain {', '.join(coarser)}", mend)
        for label in missing:
            mend = f"leave m.{label} out: nothing in this stream provides it"
            self._report(node, f"it reads the column {label!r}", mend)
        return not coarser and not missing

    def _report(self, node: Node, message: str, mend: str) -> None:
        who = f"{node.request.key} of {node.loaded.plugin.origin}"
        self.programs.problems.append(Problem(ProblemKind.UNTRACEABLE, message, mend, node.request.section, who))
