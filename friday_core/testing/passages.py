"""How rows pass a component that adds columns: row by row, or slice by slice through a flow."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import Any

import numpy as np

from friday_core.causal.oracle import Executor
from friday_core.causal.program import Program
from friday_core.domain.chunk import Chunk
from friday_core.errors import PluginContractError
from friday_core.flow.coarser import CoarserBars, Slices
from friday_core.flow.column_stage import ColumnStage, SliceStage
from friday_core.flow.derived import DerivedStream
from friday_core.flow.manager import DataFlowManager
from friday_core.flow.plans import DerivedPlan, StreamPlan
from friday_core.flow.stage_memory import StageMemory
from friday_core.flow.stream import Stream
from friday_core.flow.window_stage import WindowStage
from friday_core.interfaces.columns import Columns
from friday_core.interfaces.transformer import Transformer
from friday_core.interfaces.windows import WindowTransformer
from friday_core.testing.markets import Market, can_carry
from friday_core.testing.outcomes import Broken, DoesNotApply
from friday_core.testing.subject import Subject
from friday_core.testing.tracing import coarser_than, columns_of, program_on

STREAM, FEATURES = "market_data", "features"


class Passage(ABC):
    """A fresh component in its place in a stream of one market."""

    rows: Chunk
    outputs: tuple[str, ...]
    #: What it executes, if it is written in columns.
    program: Program | None = None

    @abstractmethod
    def push(self, piece: Chunk) -> Chunk:
        """What comes out because of these rows."""

    @abstractmethod
    def finish(self) -> list[Chunk]:
        """What comes out because no row follows."""

    @abstractmethod
    def snapshot(self) -> bytes | None:
        """The state, ``None`` if there is none; ``DoesNotApply`` if it cannot be handed over."""

    @abstractmethod
    def restore(self, snapshot: bytes | None) -> None: ...

    def through(self, parts: Iterable[Chunk]) -> Chunk:
        """All that comes out of these pieces, and of the end."""
        return Chunk.concat([*map(self.push, parts), *self.finish()])


class RowPassage(Passage):
    """Rows pass one by one, and every answer is held to the contract."""

    def __init__(self, stage: Transformer, market: Market) -> None:
        self.stage = stage
        self.program = stage.program if isinstance(stage, ColumnStage) else None
        self.rows = market.stamped(stage.inputs)
        self.outputs = tuple(stage.outputs)
        self._memory = StageMemory("it", stage)

    def push(self, piece: Chunk) -> Chunk:
        self._memory.begin()
        result: object = self.stage.transform(piece)
        if not isinstance(result, Chunk):
            raise Broken(f"transform() answers with {result!r:.60}, which is no Chunk")
        if len(result) != len(piece):
            raise Broken(f"{len(piece)} rows go in, and {len(result)} come out")
        for name in ("seq", "ts_event", "ts_recv", "inst", "code"):
            if not np.array_equal(getattr(result, name), getattr(piece, name)):
                raise Broken(f"other rows come out than went in: they differ in {name}")
        promised = {*piece.columns, *self.outputs}
        if extra := sorted(result.columns.keys() - promised):
            raise Broken(f"it adds {', '.join(extra)}, which are not among its outputs")
        if lost := sorted(promised - result.columns.keys()):
            raise Broken(f"{', '.join(lost)} do not come out")
        return result

    def finish(self) -> list[Chunk]:
        return []

    def snapshot(self) -> bytes | None:
        try:
            return self._memory.snapshot()
        except PluginContractError:
            raise DoesNotApply("it remembers rows and is not Stateful: no session with it can be taken up") from None

    def restore(self, snapshot: bytes | None) -> None:
        self._memory.restore(snapshot)


class SlicePassage(Passage):
    """Whole slices pass, with the bars of coarser clocks: a stream of its own after the market data."""

    def __init__(self, stage: SliceStage, program: Program, market: Market) -> None:
        self.program = program
        self.rows = market.with_columns(columns_of(program))
        self.outputs = stage.outputs
        stamps = market.stamps()
        plan = StreamPlan(tuple(self.rows.columns), interval=market.interval, stamped=stamps.columns)
        stream = Stream(STREAM, plan, market.universe, stamps, market.schedule)
        coarser = CoarserBars(coarser_than(program), market.schedule, market.universe, stream.quarantine, stamps)
        derived = DerivedStream(FEATURES, DerivedPlan(STREAM, [("it", stage)]), market.universe)
        self._flow = DataFlowManager(stream, coarser, {FEATURES: derived})
        self._none = market.stamped(columns_of(program)).with_columns({}).take(slice(0, 0))
        for action in market.actions:
            self._flow.announce(action)

    def push(self, piece: Chunk) -> Chunk:
        return self._joined(self._flow.process_data_stream(STREAM, piece))

    def finish(self) -> list[Chunk]:
        return [self._joined(self._flow.end(STREAM))]

    def snapshot(self) -> bytes | None:
        return self._flow.snapshot()

    def restore(self, snapshot: bytes | None) -> None:
        assert snapshot is not None
        self._flow.restore(snapshot)

    def _joined(self, slices: Iterable[Slices]) -> Chunk:
        found = [one.rows for one in slices]
        nothing = self._none.with_columns({name: np.zeros(0) for name in self.outputs})
        return Chunk.concat(found) if found else nothing


def passage(subject: Subject, market: Market, *, in_slices: bool = False, executor: Executor | None = None) -> Passage:
    """The component ready for the rows of a market; ``DoesNotApply`` if it does not fit there.

    Columns run in what a run takes by default, or in ``executor``.
    """
    probe: Any = subject.once("probe", subject.make)
    if not isinstance(probe, Columns) and not can_carry(market, probe.inputs):
        raise DoesNotApply(f"{market.name} have not all of {', '.join(probe.inputs)}")
    component: Any = subject.make(market)
    if isinstance(component, Columns):
        if market.interval == "tick":
            raise DoesNotApply("columns are of bars")
        program = program_on(subject, market)
        if program.cone:
            raise Broken("its columns depend on the book: m.pos and its like are for strategies")
        make = executor or subject.executor
        if in_slices or program.has_panels or coarser_than(program):
            return SlicePassage(SliceStage(program, market.universe, make), program, market)
        return RowPassage(ColumnStage(program, market.universe, make), market)
    stage = WindowStage(component, market.universe) if isinstance(component, WindowTransformer) else component
    if not can_carry(market, stage.inputs):
        raise DoesNotApply(f"{market.name} have no {', '.join(stage.inputs)}")
    subject.start(component)
    return RowPassage(stage, market)


def markets_of(subject: Subject, *, in_slices: bool = False) -> list[Market]:
    """Those that it fits in; ``DoesNotApply`` with the last reason if there is none."""
    able, reason = [], "the kit has no market"
    for market in subject.markets.for_transformers:
        try:
            passage(subject, market, in_slices=in_slices)
        except DoesNotApply as misfit:
            reason = str(misfit)
        else:
            able.append(market)
    if not able:
        raise DoesNotApply(reason)
    return able
