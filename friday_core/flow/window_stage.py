"""A transformer that is written in pandas, in its place in a stream."""

from __future__ import annotations

import math
from typing import ClassVar

import msgspec
import numpy as np

from friday_core.domain.chunk import PRICE_COLUMNS, Chunk, Universe
from friday_core.flow.bar_windows import FRAME_COLUMNS, BarWindows
from friday_core.flow.program_columns import program_columns
from friday_core.flow.snapshots import from_bytes, to_bytes
from friday_core.flow.stage_memory import StageMemory
from friday_core.flow.stamps import STAMPED_COLUMNS
from friday_core.flow.window_answers import output_values
from friday_core.interfaces.component import Grade
from friday_core.interfaces.transformer import Transformer
from friday_core.interfaces.windows import WindowTransformer, window_rows


class _Snapshot(msgspec.Struct, frozen=True, tag="window stage 1"):
    windows: bytes
    own: bytes | None


class WindowStage(Transformer):
    """Asks a ``WindowTransformer`` about the window of each row and adds its answers as columns.

    Rows pass in the order in which they arrive, one by one: what comes out does not depend on how
    they were cut into chunks. NaN until an instrument has had as many rows as a window. An answer
    that breaks the contract raises ``PluginContractError``; what the author raises passes through.
    """

    grade: ClassVar[Grade] = "C"

    def __init__(self, transformer: WindowTransformer, universe: Universe) -> None:
        self._who = f"transformer {type(transformer).__name__}"
        self._transformer = transformer
        self._memory = StageMemory(self._who, transformer)
        self._universe = universe
        self._scales = universe.scales
        self._windows = BarWindows(window_rows(transformer))
        self.inputs = (*PRICE_COLUMNS, "volume", *transformer.inputs)
        self.outputs = tuple(transformer.outputs)

    def transform(self, chunk: Chunk) -> Chunk:
        self._memory.begin()
        added = [name for name in chunk.columns if name not in {*FRAME_COLUMNS, *STAMPED_COLUMNS}]
        columns = program_columns(chunk, (*FRAME_COLUMNS, *added), self._scales)
        answers: dict[str, list[float]] = {name: [] for name in self.outputs}
        rows = zip(chunk.inst.tolist(), chunk.ts_event.tolist(), *columns.values(), strict=True)
        for inst, ts_event, *values in rows:
            bar = dict(zip(columns, values, strict=True))
            for name, value in zip(self.outputs, self._answer(inst, ts_event, bar), strict=True):
                answers[name].append(value)
        return chunk.with_columns({name: np.array(values, np.float64) for name, values in answers.items()})

    def snapshot(self) -> bytes:
        """The windows, and what the transformer hands over if it is ``Stateful``.

        ``PluginContractError`` if it remembers something and is not.
        """
        return to_bytes(_Snapshot(self._windows.snapshot(), self._memory.snapshot()))

    def restore(self, snapshot: bytes) -> None:
        """``InvariantError`` if it is of windows of another length, or no snapshot."""
        state = from_bytes(_Snapshot, snapshot)
        self._windows.restore(state.windows)
        self._memory.restore(state.own)

    def _answer(self, inst: int, ts_event: int, bar: dict[str, float]) -> list[float]:
        bars = self._windows.push(self._universe[inst].id, ts_event, bar)
        if bars is None:
            return [math.nan] * len(self.outputs)
        return output_values(self._who, self._transformer.values(bars), self.outputs)
