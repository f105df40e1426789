"""One stream: stamps, validators, transformers, validators again, and alignment into slices."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from friday_core.domain.chunk import PRICE_COLUMNS, Chunk, Universe
from friday_core.domain.market import CorporateAction
from friday_core.domain.sessions import SessionDates
from friday_core.domain.verdicts import RowCode, Verdict
from friday_core.errors import DataValidationError, FridayError, PluginContractError, SchemaError
from friday_core.flow.align import Align
from friday_core.flow.quarantine import Quarantine
from friday_core.flow.stamps import STAMPED_COLUMNS, Stamps
from friday_core.flow.validation import ValidationStage
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

    def __init__(self, name: str, transformer: Transformer) -> None:
        self.name = name
        self._transformer = transformer

    def process(self, chunk: Chunk) -> tuple[Chunk, DataValidationError | None]:
        result = self._transformer.transform(chunk)
        if not isinstance(result, Chunk) or not _same_rows(result, chunk):
            raise PluginContractError(f"transformer {self.name!r} must return the same rows in the same order")
        promised = {*chunk.columns, *self._transformer.outputs}
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
        self._align = Align(self.quarantine)
        self.rows_in = 0

    def announce(self, action: CorporateAction) -> None:
        self._stamps.announce(action)

    def process(self, chunk: Chunk) -> Iterator[Chunk]:
        """Chunks of whole slices, which these rows complete.

        Raises ``DataValidationError`` after the last of them if a validator stopped the stream,
        ``PluginContractError`` if a stage broke its contract, ``SchemaError`` if the source did.
        """
        if chunk.columns.keys() != self._columns:
            declared, there = ", ".join(sorted(self._columns)), ", ".join(sorted(chunk.columns))
            raise SchemaError(f"stream {self.name!r}: the source declares the columns {declared}, and delivers {there}")
        self.rows_in += len(chunk)
        stop: DataValidationError | None = None
        arrived = chunk.seq
        chunk = self._stamps.stamp(self._unmarked(chunk))
        for stage in self._stages:
            if not len(chunk):
                break
            chunk, stopped = self._run(stage, chunk)
            stop = stopped or stop
        if stop is not None:
            (last,) = stop.rows
            self.rows_in -= int((arrived > last).sum())
            self.quarantine.forget_after(last)
        yield from self._align.push(chunk)
        if stop is not None:
            yield from self._align.flush()
            raise stop

    def end(self) -> Iterator[Chunk]:
        """The open slice: no row will follow."""
        yield from self._align.flush()

    def _unmarked(self, chunk: Chunk) -> Chunk:
        """The rows that the source could convert; the others never reach anything."""
        for row in np.flatnonzero(chunk.code):
            code = int(chunk.code[row])
            unknown = f"marked by the source with code {code}"
            reason = next((one.reason for one in RowCode if one == code), unknown)
            self.quarantine.hold("source", Verdict.QUARANTINE, reason, chunk, int(row))
        return chunk.take(chunk.code == 0) if chunk.code.any() else chunk

    def _run(self, stage: ValidationStage | TransformStage, chunk: Chunk) -> tuple[Chunk, DataValidationError | None]:
        try:
            return stage.process(chunk)
        except FridayError:
            raise
        except Exception as error:
            rows = f"rows {chunk.seq[0]} to {chunk.seq[-1]}"
            message = f"{stage.name!r} in stream {self.name!r} raised on {rows}: {type(error).__name__}: {error}"
            raise PluginContractError(message) from error
