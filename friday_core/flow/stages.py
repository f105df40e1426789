"""The stages of a stream, one after the other: validators that hold rows back, transformers that add columns."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from operator import itemgetter

import msgspec
import numpy as np

from friday_core.domain.chunk import Array, Chunk, Int64
from friday_core.domain.outcomes import ValidatorFault
from friday_core.domain.row import FewRows, PlainRow, chunk_of, rows_of
from friday_core.errors import DataValidationError, FridayError, PluginContractError
from friday_core.flow.isolation import Raised
from friday_core.flow.plans import Named
from friday_core.flow.quarantine import Quarantine
from friday_core.flow.row_paths import adds_to_rows
from friday_core.flow.snapshots import from_bytes, to_bytes
from friday_core.flow.stage_memory import StageMemory
from friday_core.flow.validation import Fault, ValidationStage
from friday_core.flow.watermark import BEGINNING
from friday_core.interfaces.transformer import RowTransformer, Transformer
from friday_core.interfaces.validator import Validator
from friday_core.plugin.own_line import own_line


class TransformStage:
    """One transformer in its place; its result is checked against the contract."""

    role = "transformer"

    def __init__(self, name: str, transformer: Transformer) -> None:
        self.name = name
        self.label = f"{self.role}.{name}"
        self.component = transformer
        self._of_rows: RowTransformer | None = transformer if adds_to_rows(transformer) else None
        self._outputs = frozenset(transformer.outputs)

    @property
    def takes_rows(self) -> bool:
        """Whether a row need not be made a chunk."""
        return self._of_rows is not None

    def process_row(self, row: PlainRow) -> tuple[PlainRow | None, DataValidationError | None]:
        """The same of one row."""
        if self._of_rows is None:
            chunk, _ = self.process(chunk_of((row,)))
            return next(rows_of(chunk)), None
        added = self._of_rows.added(row)
        if added.keys() != self._outputs:
            raise self._broken(self._outputs ^ added.keys())
        return row.with_values(added), None

    def _broken(self, differ: Iterable[str]) -> PluginContractError:
        rule = "must keep every column and add its outputs, no others"
        return PluginContractError(f"transformer {self.name!r} {rule}; it differs in {', '.join(sorted(differ))}")

    def process(self, chunk: Chunk) -> tuple[Chunk, DataValidationError | None]:
        result = self.component.transform(chunk)
        if not isinstance(result, Chunk) or not _same_rows(result, chunk):
            raise PluginContractError(f"transformer {self.name!r} must return the same rows in the same order")
        promised = {*chunk.columns, *self.component.outputs}
        if result.columns.keys() != promised:
            raise self._broken(promised ^ result.columns.keys())
        return result, None


def _same_rows(result: Chunk, chunk: Chunk) -> bool:
    """Nearly always they are the very same arrays."""
    return (
        _same(result.seq, chunk.seq)
        and _same(result.ts_event, chunk.ts_event)
        and _same(result.ts_recv, chunk.ts_recv)
        and _same(result.inst, chunk.inst)
    )


def _same(after: Array, before: Array) -> bool:
    return after is before or np.array_equal(after, before)


class _Snapshot(msgspec.Struct, frozen=True, tag="stages 2"):
    states: tuple[bytes | None, ...]
    stage_faults: tuple[Fault | None, ...]
    faults: tuple[ValidatorFault, ...]
    newest: int


class Stages:
    """Hands rows from stage to stage; a row that one held back reaches none after it.

    What comes out does not depend on how the rows were cut into chunks.
    """

    def __init__(self, stream: str, stages: Iterable[Named], quarantine: Quarantine) -> None:
        self._stream = stream
        self._quarantine = quarantine
        self._stages: Sequence[ValidationStage | TransformStage] = [
            ValidationStage(name, stage, stream, quarantine)
            if isinstance(stage, Validator)
            else TransformStage(name, stage)
            for name, stage in stages
        ]
        self._judges = [stage for stage in self._stages if isinstance(stage, ValidationStage)]
        self._memories = [StageMemory(f"{stage.role} {stage.name!r}", stage.component) for stage in self._stages]
        self._newest = BEGINNING
        self._begun = False
        #: Whether no row that comes alone need be made a chunk.
        self.takes_rows = all(stage.takes_rows for stage in self._stages)
        #: Validators that failed, in the order of the rows on which they did.
        self.faults: list[ValidatorFault] = []
        #: Whose code is running, as ``validator.bar_sanity``; empty if nobody is. Read from other threads.
        self.current = ""

    def __str__(self) -> str:
        return ", ".join(f"{stage.role} {stage.name}" for stage in self._stages) or "no stage"

    def process(self, chunk: Chunk) -> tuple[Chunk, DataValidationError | None]:
        """The rows that passed, and why the stream must stop with them, if it must.

        Then nothing that stages did on rows after the one that is named has happened.
        ``PluginContractError`` if a stage broke its contract.
        """
        self._begin()
        stop: DataValidationError | None = None
        begin, arrived = self._quarantine.mark(), chunk.seq
        for stage in self._stages:
            if not len(chunk):
                break
            chunk, stopped = self._run(stage, chunk)
            stop = stopped or stop
        self._note_faults(arrived, chunk)
        if stop is not None:
            (last,) = stop.rows
            undone = set(arrived[_place(arrived, last) + 1 :].tolist())
            self._quarantine.forget(begin, undone)
            self.faults = [one for one in self.faults if one.seq not in undone]
        if len(chunk):
            newest = chunk.ts_event[-1] if len(chunk) == 1 else chunk.ts_event.max()
            self._newest = max(self._newest, newest.item())
        return chunk, stop

    def process_row(self, row: PlainRow, first: int = 0) -> tuple[PlainRow | None, DataValidationError | None]:
        """The same of one row: ``None`` if a stage held it back. Those before ``first`` have passed it already."""
        if not self._begun:
            self._begin()
        passed: PlainRow | None = row
        given, stop = row, None
        try:
            for stage in self._stages[first:] if first else self._stages:
                self.current = stage.label
                passed, stop = stage.process_row(given)
                if passed is None:
                    break
                given = passed
        except FridayError:
            raise
        except Exception as error:
            raise self._raised(stage, (row.seq, row.seq), error) from error
        finally:
            self.current = ""
        for judge in self._judges:
            if judge.fault is not None:
                self._note_faults(np.array((row.seq,)), chunk_of((row,)))
                break
        if passed is not None and passed.ts_event > self._newest:
            self._newest = passed.ts_event
        return passed, stop

    def process_few(
        self, few: FewRows | Sequence[PlainRow]
    ) -> tuple[FewRows | list[PlainRow], DataValidationError | None, int]:
        """``process_row`` of each: those that passed, why the stream must stop, and how many were taken until then.

        Those that come by column have one time, and leave so if no stage wants them one by one.
        """
        self._begin()
        if not isinstance(few, FewRows):
            return self._each(few, 0)
        whole = self._passed_whole(few)
        if whole < len(self._stages):
            return self._each(few.rows(), whole)
        self._newest = max(self._newest, few.ts_event[0])
        return few, None, len(few)

    def _passed_whole(self, few: FewRows) -> int:
        """How many of the first stages these rows have passed whole; the others have to be asked of each row."""
        passed = 0
        try:
            for stage in self._stages:
                passes = stage.passes if isinstance(stage, ValidationStage) else None
                self.current = stage.label
                if passes is None or not passes(few):
                    break
                passed += 1
        except (Exception, SystemExit):  # noqa: BLE001 - it is isolated on the row on which it raises
            return passed
        finally:
            self.current = ""
        return passed

    def _each(self, rows: Sequence[PlainRow], start: int) -> tuple[list[PlainRow], DataValidationError | None, int]:
        """``process_few`` of rows that have passed the stages before ``start``."""
        first, taken, stop = self._first_judges(start), 0, None
        is_all = start + len(first) == len(self._stages)
        passed: list[PlainRow] = []
        for taken, row in enumerate(rows, 1):  # noqa: B007 - it says where that was
            said: object = None
            try:
                for stage, judge in first:
                    self.current = stage.label
                    said = judge(row)
                    if said is not None:
                        break
            except (Exception, SystemExit) as error:  # noqa: BLE001 - isolates whatever a validator raises
                said = Raised(error)
            if said is None and is_all:
                passed.append(row)
                if row.ts_event > self._newest:  # noqa: PLR1730 - no call a row
                    self._newest = row.ts_event
                continue
            next_stage = start + len(first)
            one, stop = self.process_row(row, next_stage) if said is None else self._remarked(stage, row, said)
            if one is not None:
                passed.append(one)
            if stop is not None:
                break
            first = self._first_judges(start)
            is_all = start + len(first) == len(self._stages)
        self.current = ""
        return passed, stop, taken

    def _first_judges(self, start: int) -> list[tuple[ValidationStage, Callable[[PlainRow], object]]]:
        """The stages from ``start`` on up to one that does more than to say something of a row, and what asks them."""
        found: list[tuple[ValidationStage, Callable[[PlainRow], object]]] = []
        for stage in self._stages[start:]:
            if not isinstance(stage, ValidationStage) or (judge := stage.judge) is None:
                break
            found.append((stage, judge))
        return found

    def _remarked(
        self, stage: ValidationStage, row: PlainRow, said: object
    ) -> tuple[PlainRow | None, DataValidationError | None]:
        """The row from this stage on, which said this of it."""
        passed, stop = stage.judged(row, said)
        return (None, stop) if passed is None else self.process_row(row, self._stages.index(stage) + 1)

    def _begin(self) -> None:
        """The first row comes next."""
        if not self._begun:
            self._begun = True
            for memory in self._memories:
                memory.begin()

    def snapshot(self) -> bytes:
        """What the stages remember; ``PluginContractError`` names one that remembers rows and is not ``Stateful``."""
        faults = tuple(stage.fault if isinstance(stage, ValidationStage) else None for stage in self._stages)
        states = (None if fault else one.snapshot() for fault, one in zip(faults, self._memories, strict=True))
        return to_bytes(_Snapshot(tuple(states), faults, tuple(self.faults), self._newest))

    def restore(self, snapshot: bytes) -> None:
        """Go on from there; ``InvariantError`` if a stage does not take its part."""
        state = from_bytes(_Snapshot, snapshot)
        for stage, memory, own, fault in zip(
            self._stages, self._memories, state.states, state.stage_faults, strict=True
        ):
            memory.restore(own)
            if isinstance(stage, ValidationStage):
                stage.restore(fault)
        self.faults, self._newest = list(state.faults), state.newest

    def _note_faults(self, arrived: Int64, passed: Chunk) -> None:
        """Validators that failed on the rows that ``arrived``; ``passed`` is what is left of them."""
        if all(stage.fault is None for stage in self._judges):
            return
        known = {(one.validator, one.seq) for one in self.faults}
        new: list[tuple[int, ValidatorFault]] = []
        for stage in self._judges:
            fault = stage.fault
            if fault is not None and (stage.name, fault.seq) not in known:
                place = _place(arrived, fault.seq)
                before = passed.ts_event[np.isin(passed.seq, arrived[:place])]
                since, (error, trace) = int(before.max(initial=self._newest)), fault.failure
                found = ValidatorFault(fault.ts_event, self._stream, stage.name, fault.seq, since, error, trace)
                new.append((place, found))
        self.faults += [fault for _, fault in sorted(new, key=itemgetter(0))]

    def _run(self, stage: ValidationStage | TransformStage, chunk: Chunk) -> tuple[Chunk, DataValidationError | None]:
        self.current = stage.label
        try:
            return stage.process(chunk)
        except FridayError:
            raise
        except Exception as error:
            raise self._raised(stage, (chunk.seq[0].item(), chunk.seq[-1].item()), error) from error
        finally:
            self.current = ""

    def _raised(
        self, stage: ValidationStage | TransformStage, rows: tuple[int, int], error: Exception
    ) -> PluginContractError:
        where = f"{stage.name!r} in stream {self._stream!r} raised on rows {rows[0]} to {rows[1]}"
        line, message = own_line(error), f"{where}: {type(error).__name__}: {error}"
        return PluginContractError(f"{message} ({line})" if line else message)


def _place(numbers: Int64, one: int) -> int:
    return int(np.flatnonzero(numbers == one)[0])
