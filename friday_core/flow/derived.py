"""A stream of another stream's slices: validated, with columns added, never in place of the market data."""

from __future__ import annotations

import msgspec
import numpy as np

from friday_core.domain.chunk import Chunk, Universe
from friday_core.domain.outcomes import ValidatorFault
from friday_core.domain.records import ModelVersion
from friday_core.errors import DataValidationError, InvariantError
from friday_core.flow.coarser import Slices
from friday_core.flow.column_stage import SliceStage
from friday_core.flow.plans import DerivedPlan
from friday_core.flow.prediction_stage import PredictionStage
from friday_core.flow.quarantine import Quarantine
from friday_core.flow.snapshots import from_bytes, to_bytes
from friday_core.flow.stages import Stages


class _Snapshot(msgspec.Struct, frozen=True, tag="derived 1"):
    made_of: str
    stages: bytes
    stopped: ValidatorFault | None


class DerivedStream:
    """Adds columns to slices; a row that is held back here goes on without them.

    A validator that rejects the chunk ends this stream and not the session: no row passes from
    there on, so that whoever reads its columns abstains, and ``faults`` says so, so that no
    position is opened.
    """

    def __init__(self, name: str, plan: DerivedPlan, universe: Universe) -> None:
        self.name = name
        self.source = plan.source
        self.quarantine = Quarantine(name, universe)
        self.added_columns = plan.added_columns()
        self._stages = Stages(name, plan.stages, self.quarantine)
        self._programs = [stage for _, stage in plan.stages if isinstance(stage, SliceStage)]
        self._model = next((stage for _, stage in plan.stages if isinstance(stage, PredictionStage)), None)
        #: What passed a stream that has a model, with the columns that the stream added.
        self.predicted: list[Chunk] = []
        self._ended: ValidatorFault | None = None

    @property
    def has_faults(self) -> bool:
        """Whether a validator failed, or ended the stream."""
        return bool(self._stages.faults) or self._ended is not None

    @property
    def faults(self) -> list[ValidatorFault]:
        """Validators that failed, and at last the one that ended the stream; doubtful is the slice itself."""
        failed = [msgspec.structs.replace(one, doubtful_from=one.ts_event) for one in self._stages.faults]
        return [*failed, *([self._ended] if self._ended is not None else [])]

    @property
    def current_stage(self) -> str:
        return self._stages.current

    def adopt(self, version: ModelVersion) -> None:
        """A version of its model is known from now on; ``InvariantError`` if it has none."""
        if self._model is None:
            raise InvariantError(f"a model version names stream {self.name!r}, which has no model")
        self._model.adopt(version)

    def process(self, slices: Slices) -> Chunk:
        """The rows that passed, with the stream's columns; an empty chunk has none of them."""
        if self._ended is not None:
            return slices.rows.take(slice(0, 0))
        for program in self._programs:
            program.observe(slices.coarser)
        rows, stop = self._stages.process(slices.rows)
        for program in self._programs:
            program.catch_up()
        if stop is not None:
            self._ended = self._end(slices.rows, stop)
        if self._model is not None and len(rows):
            self.predicted.append(Chunk(rows.ts_event, rows.inst, {name: rows[name] for name in self.added_columns}))
        return rows

    def snapshot(self) -> bytes:
        return to_bytes(_Snapshot(self._made_of(), self._stages.snapshot(), self._ended))

    def restore(self, snapshot: bytes) -> None:
        """``InvariantError`` if it is of a stream with other stages."""
        state = from_bytes(_Snapshot, snapshot)
        if state.made_of != self._made_of():
            raise InvariantError(f"the snapshot is of {state.made_of}, this stream is {self._made_of()}")
        self._stages.restore(state.stages)
        self._ended = state.stopped

    def _made_of(self) -> str:
        return f"{self.name!r} of {self.source!r}; {self._stages}"

    def _end(self, rows: Chunk, stop: DataValidationError) -> ValidatorFault:
        (last,) = stop.rows
        ts = int(rows.ts_event[np.flatnonzero(rows.seq == last)[0]])
        return ValidatorFault(ts, self.name, stop.validator, last, ts, str(stop), "")
