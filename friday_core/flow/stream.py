"""One stream: stamps, validators, transformers, validators again, and alignment into slices."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from friday_core.domain.chunk import Chunk, Universe
from friday_core.domain.market import CorporateAction
from friday_core.domain.sessions import SessionDates
from friday_core.domain.verdicts import RowCode, Verdict
from friday_core.errors import DataValidationError, FridayError, PluginContractError
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
        """Each (stage, column) that a stage needs and nothing before it provides."""
        have = {*self.columns, *STAMPED_COLUMNS}
        for name, stage in self.stages():
            yield from ((name, column) for column in stage.inputs if column not in have)
            if isinstance(stage, Transformer):
                have |= set(stage.outputs)

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
        if not isinstance(result, Chunk) or len(result) != len(chunk) or (result.seq != chunk.seq).any():
            raise PluginContractError(f"transformer {self.name!r} must return the same rows in the same order")
        missing = [column for column in self._transformer.outputs if column not in result.columns]
        if missing:
            raise PluginContractError(f"transformer {self.name!r} did not add {', '.join(missing)}")
        return result, None


class Stream:
    """Takes rows as they arrive and gives slices of believed rows."""

    def __init__(self, name: str, plan: StreamPlan, universe: Universe, dates: SessionDates) -> None:
        self.name = name
        self.quarantine = Quarantine(name, universe)
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
        """Slices that these rows complete. Raises ``DataValidationError`` after the last of them
        if a validator stopped the stream, ``PluginContractError`` if a stage broke its contract."""
        self.rows_in += len(chunk)
        stop: DataValidationError | None = None
        chunk = self._stamps.stamp(self._unmarked(chunk))
        for stage in self._stages:
            if not len(chunk):
                break
            chunk, stopped = self._run(stage, chunk)
            stop = stopped or stop
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
            reason = RowCode(int(chunk.code[row])).reason
            self.quarantine.hold("source", Verdict.QUARANTINE, reason, chunk, int(row))
        return chunk.take(chunk.code == 0) if chunk.code.any() else chunk

    def _run(
        self, stage: ValidationStage | TransformStage, chunk: Chunk
    ) -> tuple[Chunk, DataValidationError | None]:
        try:
            return stage.process(chunk)
        except FridayError:
            raise
        except Exception as error:
            rows = f"rows {chunk.seq[0]} to {chunk.seq[-1]}"
            message = f"{stage.name!r} in stream {self.name!r} raised on {rows}: {type(error).__name__}: {error}"
            raise PluginContractError(message) from error
