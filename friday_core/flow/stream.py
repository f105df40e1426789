"""One stream: stamps, validators, transformers, validators again, and alignment into slices."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import msgspec
import numpy as np

from friday_core.domain.chunk import PRICE_COLUMNS, Chunk, Universe
from friday_core.domain.market import CorporateAction
from friday_core.domain.outcomes import ValidatorFault
from friday_core.domain.sessions import SessionDates
from friday_core.domain.verdicts import RowCode, Verdict
from friday_core.errors import DataValidationError, FridayError, InvariantError, PluginContractError, SchemaError
from friday_core.flow.align import Align
from friday_core.flow.quarantine import Quarantine
from friday_core.flow.snapshots import from_bytes, to_bytes
from friday_core.flow.stage_memory import StageMemory
from friday_core.flow.stamps import STAMPED_COLUMNS, Stamps
from friday_core.flow.validation import Fault, ValidationStage
from friday_core.flow.watermark import BEGINNING
from friday_core.interfaces.transformer import Transformer
from friday_core.interfaces.validator import Validator


@dataclass(frozen=True, slots=True)
class StreamPlan:
    """The columns of the source, and the stages (name, component) in the order of passage."""

    columns: tuple[str, ...]
    validators: Sequence[tuple[str, Validator]] = ()
    transformers: Sequence[tuple[str, Transformer]] = ()
    validators_after: Sequence[tuple[str, Validator]] = ()

    def stages(self) -> Iterator[tuple[str, Validator | Transformer]]:
        yield from self.validators
        yield from self.transformers
        yield from self.validators_after

    def missing_columns(self) -> Iterator[tuple[str, str]]:
        """Each (stage, column) that a stage, or at last a bar, needs and nothing before it provides."""
        have = {*self.columns, *STAMPED_COLUMNS}
        for name, stage in self.stages():
            yield from ((name, column) for column in stage.inputs if column not in have)
            if isinstance(stage, Transformer):
                have |= set(stage.outputs)
        yield from (("bars", column) for column in (*PRICE_COLUMNS, "volume") if column not in have)

    def output_columns(self) -> tuple[str, ...]:
        """What rows carry at the end of the stream."""
        added = [column for _, stage in self.transformers for column in stage.outputs]
        return tuple(dict.fromkeys([*self.columns, *STAMPED_COLUMNS, *added]))


class TransformStage:
    """One transformer in its place; its result is checked against the contract."""

    role = "transformer"

    def __init__(self, name: str, transformer: Transformer) -> None:
        self.name = name
        self.component = transformer

    def process(self, chunk: Chunk) -> tuple[Chunk, DataValidationError | None]:
        result = self.component.transform(chunk)
        if not isinstance(result, Chunk) or not _same_rows(result, chunk):
            raise PluginContractError(f"transformer {self.name!r} must return the same rows in the same order")
        promised = {*chunk.columns, *self.component.outputs}
        if result.columns.keys() != promised:
            differ = ", ".join(sorted(promised ^ result.columns.keys()))
            rule = "must keep every column and add its outputs, no others"
            raise PluginContractError(f"transformer {self.name!r} {rule}; it differs in {differ}")
        return result, None


def _same_rows(result: Chunk, chunk: Chunk) -> bool:
    return all(
        after is before or np.array_equal(after, before)
        for after, before in (
            (result.seq, chunk.seq),
            (result.ts_event, chunk.ts_event),
            (result.ts_recv, chunk.ts_recv),
            (result.inst, chunk.inst),
        )
    )


class _Snapshot(msgspec.Struct, frozen=True, tag="stream 1"):
    made_of: str
    states: tuple[bytes | None, ...]
    stage_faults: tuple[Fault | None, ...]
    faults: tuple[ValidatorFault, ...]
    stamps: bytes
    align: bytes
    rows_in: int


class Stream:
    """Takes rows as they arrive and gives whole slices of believed rows.

    Slices, quarantine and counts do not depend on how the rows were cut into chunks.
    """

    def __init__(self, name: str, plan: StreamPlan, universe: Universe, dates: SessionDates) -> None:
        self.name = name
        self.quarantine = Quarantine(name, universe)
        self._columns = frozenset(plan.columns)
        self._stamps = Stamps(universe, dates)
        self._stages: Sequence[ValidationStage | TransformStage] = [
            ValidationStage(stage_name, stage, name, self.quarantine)
            if isinstance(stage, Validator)
            else TransformStage(stage_name, stage)
            for stage_name, stage in plan.stages()
        ]
        self._memories = [StageMemory(f"{stage.role} {stage.name!r}", stage.component) for stage in self._stages]
        self._align = Align(self.quarantine)
        self.rows_in = 0
        #: Validators that failed, in the order of the rows on which they did.
        self.faults: list[ValidatorFault] = []
        #: Whose code is running, as ``validator.bar_sanity``; empty if nobody is. Read from other threads.
        self.current_stage = ""

    def announce(self, action: CorporateAction) -> None:
        self._stamps.announce(action)

    def process(self, chunk: Chunk) -> Iterator[Chunk]:
        """Chunks of whole slices, which these rows complete.

        Raises ``DataValidationError`` after the last of them if a validator stopped the stream,
        ``PluginContractError`` if a stage broke its contract, ``SchemaError`` if the source did.
        """
        if chunk.columns.keys() != self._columns:
            declared, there = ", ".join(sorted(self._columns)), ", ".join(sorted(chunk.columns)) or "none"
            differ = ", ".join(map(repr, sorted(self._columns ^ chunk.columns.keys())))
            message = f"the source declares the columns {declared}, and delivers {there}; they differ in {differ}"
            raise SchemaError(f"stream {self.name!r}: {message}. The source's columns must be what its chunks carry")
        self.rows_in += len(chunk)
        for memory in self._memories:
            memory.begin()
        stop: DataValidationError | None = None
        arrived = chunk.seq
        chunk = self._stamps.stamp(self._unmarked(chunk))
        for stage in self._stages:
            if not len(chunk):
                break
            chunk, stopped = self._run(stage, chunk)
            stop = stopped or stop
        self._note_faults(chunk)
        if stop is not None:
            (last,) = stop.rows
            self.rows_in -= int((arrived > last).sum())
            self.quarantine.forget_after(last)
            self.faults = [one for one in self.faults if one.seq <= last]
        yield from self._align.push(chunk)
        if stop is not None:
            yield from self._align.flush()
            raise stop

    def end(self) -> Iterator[Chunk]:
        """The open slice: no row will follow."""
        yield from self._align.flush()

    def snapshot(self) -> bytes:
        """Everything on which later rows depend, but not what was held back so far: that is a result.

        ``PluginContractError`` names a stage that remembers rows and is not ``Stateful``.
        """
        faults = tuple(stage.fault if isinstance(stage, ValidationStage) else None for stage in self._stages)
        states = (None if fault else one.snapshot() for fault, one in zip(faults, self._memories, strict=True))
        stamps, align = self._stamps.snapshot(), self._align.snapshot()
        return to_bytes(
            _Snapshot(self._made_of(), tuple(states), faults, tuple(self.faults), stamps, align, self.rows_in)
        )

    def restore(self, snapshot: bytes) -> None:
        """Go on from there with the same bits, in a stream that has seen no row.

        ``InvariantError`` if it is of a stream with other columns, stages or instruments.
        """
        state = from_bytes(_Snapshot, snapshot)
        if state.made_of != self._made_of():
            raise InvariantError(f"the snapshot is of {state.made_of}, this stream is {self._made_of()}")
        self._stamps.restore(state.stamps)
        self._align.restore(state.align)
        for stage, memory, own, fault in zip(
            self._stages, self._memories, state.states, state.stage_faults, strict=True
        ):
            memory.restore(own)
            if isinstance(stage, ValidationStage):
                stage.restore(fault)
        self.faults, self.rows_in = list(state.faults), state.rows_in

    def _made_of(self) -> str:
        """What a snapshot must have in common with the stream that takes it."""
        stages = ", ".join(f"{stage.role} {stage.name}" for stage in self._stages) or "no stage"
        instruments = ", ".join(str(one.id) for one in self.quarantine.universe)
        return f"{self.name!r} with the columns {', '.join(sorted(self._columns))}; {stages}; {instruments}"

    def _note_faults(self, passed: Chunk) -> None:
        """Validators that failed on these rows; ``passed`` is what is left of them for the slices."""
        known = {(one.validator, one.seq) for one in self.faults}
        new: list[ValidatorFault] = []
        for stage in self._stages:
            fault = stage.fault if isinstance(stage, ValidationStage) else None
            if fault is not None and (stage.name, fault.seq) not in known:
                earlier = int(passed.ts_event[passed.seq < fault.seq].max(initial=BEGINNING))
                since, (error, trace) = max(self._align.newest, earlier), fault.failure
                new.append(ValidatorFault(fault.ts_event, self.name, stage.name, fault.seq, since, error, trace))
        self.faults += sorted(new, key=lambda one: one.seq)

    def _unmarked(self, chunk: Chunk) -> Chunk:
        """The rows that the source could convert; the others never reach anything."""
        for row in np.flatnonzero(chunk.code):
            code = int(chunk.code[row])
            unknown = f"marked by the source with code {code}"
            reason = next((one.reason for one in RowCode if one == code), unknown)
            self.quarantine.hold("source", Verdict.QUARANTINE, reason, chunk, int(row))
        return chunk.take(chunk.code == 0) if chunk.code.any() else chunk

    def _run(self, stage: ValidationStage | TransformStage, chunk: Chunk) -> tuple[Chunk, DataValidationError | None]:
        self.current_stage = f"{stage.role}.{stage.name}"
        try:
            return stage.process(chunk)
        except FridayError:
            raise
        except Exception as error:
            rows = f"rows {chunk.seq[0]} to {chunk.seq[-1]}"
            message = f"{stage.name!r} in stream {self.name!r} raised on {rows}: {type(error).__name__}: {error}"
            raise PluginContractError(message) from error
        finally:
            self.current_stage = ""
