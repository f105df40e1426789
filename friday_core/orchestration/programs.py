"""Plugins that are written in columns or windows: made ready to run, when a host is assembled."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from friday_core.causal.domains import parse
from friday_core.causal.operators import OPERATORS
from friday_core.causal.oracle import Executor, Oracle
from friday_core.causal.program import Program, trace_program
from friday_core.domain.chunk import Universe
from friday_core.errors import FridayError, PluginContractError, Problem, ProblemKind
from friday_core.flow.bars import BarBuilder
from friday_core.flow.check_stage import CheckStage
from friday_core.flow.coarser import COARSE_COLUMNS
from friday_core.flow.column_stage import ColumnStage, SliceStage
from friday_core.flow.plans import BAR_COLUMNS
from friday_core.flow.prediction_stage import PredictionStage
from friday_core.flow.session_flags import CALENDAR_COLUMNS
from friday_core.flow.stamps import STAMPED_COLUMNS
from friday_core.flow.window_stage import WindowStage
from friday_core.infrastructure.logging import described
from friday_core.interfaces.columns import Columns, ColumnStrategy, ColumnValidator
from friday_core.interfaces.source import HistoricalData
from friday_core.interfaces.transformer import Transformer
from friday_core.interfaces.windows import WindowTransformer
from friday_core.orchestration.streams import derived_streams
from friday_core.plugin.graph import Graph, Node
from friday_core.plugin.plan import MARKET_DATA, UPSTREAM, upstream_of
from friday_core.plugin.registry import BROUGHT
from friday_core.plugin.sections import StreamSettings
from friday_core.plugin.spec import Kind
from friday_core.trading.column_orders import fault_of
from friday_core.trading.column_runner import INPUTS

_OF_EVERY_BAR = frozenset({*BAR_COLUMNS, *STAMPED_COLUMNS})
_MOVE = f'move it to a stream of its own, as [streams.features] with source = "{UPSTREAM}{MARKET_DATA}"'
_ALONE = "compute it in a transformer or feature set of an earlier stream, and check the column that it adds"


@dataclass(slots=True)
class Programs:
    """By the component's id: stages of streams, and programs of stages and strategies.

    ``domains`` are the coarser clock domains that some program reads; ``executor`` makes what runs them.
    """

    executor: Executor = Oracle
    stages: dict[str, CheckStage | ColumnStage | SliceStage | WindowStage] = field(default_factory=dict)
    strategies: dict[str, Program] = field(default_factory=dict)
    domains: set[str] = field(default_factory=set)
    problems: list[Problem] = field(default_factory=list)


def trace_components(
    graph: Graph,
    components: Mapping[str, Any],
    streams: Mapping[str, StreamSettings],
    universe: Universe,
    stamped: tuple[str, ...],
    *,
    executor: Executor = Oracle,
) -> Programs:
    """Traces every component that is written in columns; what cannot be traced is a problem.

    ``stamped`` are the columns that the flow adds to every row.
    """
    return _Tracing(graph, components, streams, universe, stamped, executor=executor).programs


class _Tracing:
    """Goes through the streams in their order, so that each component sees the columns before it."""

    def __init__(
        self,
        graph: Graph,
        components: Mapping[str, Any],
        streams: Mapping[str, StreamSettings],
        universe: Universe,
        stamped: tuple[str, ...],
        *,
        executor: Executor,
    ) -> None:
        self.programs = Programs(executor)
        self._graph = graph
        self._components = components
        self._universe = universe
        self._stamped = stamped
        (source,) = self._of(Kind.SOURCE, MARKET_DATA)
        self._source: HistoricalData = components[source.id]
        self._base = parse(self._source.interval).name
        given = {MARKET_DATA: self._through_rows(streams[MARKET_DATA])}
        for name in derived_streams(streams):
            given[name] = self._through_slices(name, given[upstream_of(streams[name]) or MARKET_DATA])
        columns = [column for stream in given.values() for column in stream]
        for node in self._of(Kind.STRATEGY):
            component = components[node.id]
            if isinstance(component, ColumnStrategy):
                self._trace_strategy(node, component, list(dict.fromkeys(columns)))

    def _of(self, kind: Kind, stream: str | None = None) -> list[Node]:
        section = None if stream is None else f"streams.{stream}"
        nodes = self._graph.nodes.values()
        return [node for node in nodes if node.request.kind is kind and section in (None, node.request.section)]

    def _through_rows(self, settings: StreamSettings) -> list[str]:
        """The columns at the end of the source's stream; from here on programs run on its bars."""
        columns = [*self._source.columns, *self._stamped]
        self._judged(MARKET_DATA, "validators", columns)
        for node in self._of(Kind.TRANSFORMER, MARKET_DATA):
            columns += self._outputs(node, columns, in_slices=False)
        if settings.bars is not None:
            self._base, columns = parse(settings.bars).name, [*BarBuilder.columns, *self._stamped]
        self._judged(MARKET_DATA, "validators_after", columns)
        return columns

    def _through_slices(self, stream: str, columns: list[str]) -> list[str]:
        columns = [*columns, *(PredictionStage.outputs if self._of(Kind.MODEL, stream) else ())]
        self._judged(stream, "validators", columns)
        for node in [*self._of(Kind.TRANSFORMER, stream), *self._of(Kind.FEATURE_SET, stream)]:
            columns = [*columns, *self._outputs(node, columns, in_slices=True)]
        self._judged(stream, "validators_after", columns)
        return columns

    def _judged(self, stream: str, place: str, columns: list[str]) -> None:
        """The validators in one place of a stream: those in columns judge its rows one by one, also in slices."""
        for node in self._of(Kind.VALIDATOR, stream):
            component = self._components[node.id]
            if node.request.place != place or not isinstance(component, ColumnValidator):
                continue
            program = self._traced(node, component, columns)
            faults = [] if program is None else [*_unfit_for_rows(program, _ALONE), *_bound_to_the_book(program)]
            for message, mend in faults:
                self._report(node, message, mend)
            if program is not None and not faults:
                self.programs.stages[node.id] = CheckStage(program, self._universe, self.programs.executor)

    def _outputs(self, node: Node, columns: list[str], *, in_slices: bool) -> tuple[str, ...]:
        """What a stage adds; where the author did not write the stage itself, it is made here."""
        component: Transformer | Columns | WindowTransformer | None = self._components[node.id]
        if isinstance(component, Columns):
            self._trace_stage(node, component, columns, in_slices=in_slices)
        elif isinstance(component, WindowTransformer):
            try:
                self.programs.stages[node.id] = WindowStage(component, self._universe)
            except PluginContractError as error:
                self._report(node, *str(error).partition("; ")[::2])
        stage = self.programs.stages.get(node.id, component)
        return stage.outputs if isinstance(stage, Transformer) else ()

    def _trace_stage(self, node: Node, component: Columns, columns: list[str], *, in_slices: bool) -> None:
        program = self._traced(node, component, columns)
        if program is None:
            return
        faults = list(_unfit_for_rows(program, _MOVE)) if not in_slices else []
        faults += _bound_to_the_book(program)
        for message, mend in faults:
            self._report(node, message, mend)
        if not faults:
            stage = SliceStage if in_slices else ColumnStage
            self.programs.stages[node.id] = stage(program, self._universe, self.programs.executor)

    def _trace_strategy(self, node: Node, component: ColumnStrategy, columns: list[str]) -> None:
        program = self._traced(node, component, columns)
        if program is None:
            return
        fault = fault_of(program.outputs, component.order_types)
        if fault is not None:
            self._report(node, *fault)
        else:
            self.programs.strategies[node.id] = program

    def _traced(self, node: Node, component: Columns, given: list[str]) -> Program | None:
        columns = [name for name in given if name not in _OF_EVERY_BAR]
        try:
            program = trace_program(component.outputs, columns, base=self._base, adjusted=self._source.announces)
        except FridayError as error:
            self._report(node, str(error), "correct the line of the plugin that is named")
            return None
        except (Exception, SystemExit) as error:  # noqa: BLE001 - the author's code may raise anything
            mend = f"report it to the author of {node.loaded.plugin.distribution}"
            called = "checks" if isinstance(component, ColumnValidator) else "outputs"
            self._report(node, f"{called}(m) raised {described(error)}", mend)
            return None
        missing = [*self._missing(program, columns), *_unregistered(program, node)]
        for message, mend in missing:
            self._report(node, message, mend)
        if missing:
            return None
        self.programs.domains |= set(program.domains) - {program.base}
        return program

    def _missing(self, program: Program, columns: list[str]) -> Iterator[tuple[str, str]]:
        """Each column that the program reads and nothing provides, and the mend."""
        for domain, labels in program.inputs.items():
            if domain == program.base:
                known, place = {*INPUTS, *columns}, "this stream"
            else:
                known, place = {*INPUTS, *COARSE_COLUMNS, *self._stamped}, f"bars of {domain}"
            for label in labels:
                if label.removeprefix("raw.") not in known:
                    mend = f"leave m.{label} out: nothing in {place} provides it"
                    if label in CALENDAR_COLUMNS:
                        mend = 'write [data] calendar = "weekdays", or the calendar of your exchange'
                    yield f"it reads the column {label!r}", mend

    def _report(self, node: Node, message: str, mend: str) -> None:
        who = f"{node.request.key} of {node.loaded.plugin.origin}"
        self.programs.problems.append(Problem(ProblemKind.UNTRACEABLE, message, mend, node.request.section, who))


def _unregistered(program: Program, node: Node) -> Iterator[tuple[str, str]]:
    """Operators that are neither Friday's nor registered: nobody has tried them, or looked for others of the name."""
    if node.loaded.plugin.distribution == BROUGHT:
        return
    known = {id(op) for op in (*OPERATORS.values(), *node.loaded.operators)}
    for one in program.instructions:
        if id(one.node.op) not in known:
            module = node.loaded.plugin.entry_point.value
            mend = f"return it from friday_operators() in {module}, marked with @hookimpl"
            yield f"{one.node.line}: the operator {one.name!r} is not registered", mend


def _unfit_for_rows(program: Program, mend: str) -> Iterator[tuple[str, str]]:
    """Why a program cannot run on rows that come one by one."""
    if program.has_panels:
        yield "it compares instruments of a slice with m.panel, and rows pass here one by one", mend
    if coarser := [domain for domain in program.domains if domain != program.base]:
        yield f"it reads the clock domain {', '.join(coarser)}, and rows pass here one by one", mend


def _bound_to_the_book(program: Program) -> list[tuple[str, str]]:
    return [("it reads the book", "leave m.pos and its like to strategies")] if program.cone else []
