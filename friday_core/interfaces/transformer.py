"""Role ``transformer``: adds columns."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Protocol, runtime_checkable

from friday_core.domain.chunk import Chunk
from friday_core.domain.row import PlainRow
from friday_core.interfaces.component import Component


class Transformer(Component, ABC):
    """Adds or replaces columns, row for row.

    A row's result may depend on that row and earlier ones only, and not on how rows are cut into
    chunks. Rows are neither dropped nor added nor reordered.

    A plugin, complete; how far the open lies from the close of the instrument's row before::

        import numpy as np

        from friday_core.api import Chunk, ComponentSpec, Transformer, hookimpl


        class Gap(Transformer):
            inputs = ("open", "close", "factor")
            outputs = ("gap",)

            def __init__(self):
                self.closes = {}

            def transform(self, chunk):
                opens, closes = chunk["open"] * chunk["factor"], chunk["close"] * chunk["factor"]
                gaps = np.full(len(chunk), np.nan)
                for row, inst in enumerate(chunk.inst.tolist()):
                    if inst in self.closes:
                        gaps[row] = opens[row] / self.closes[inst] - 1
                    self.closes[inst] = closes[row]
                return chunk.with_columns({"gap": gaps})


        @hookimpl
        def friday_components():
            return [ComponentSpec("transformer", "gap", Gap)]
    """

    #: Columns that must be there, and columns that this transformer adds.
    inputs: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()

    @abstractmethod
    def transform(self, chunk: Chunk) -> Chunk:
        """The same rows with ``outputs`` added; NaN where a value is not known yet."""


@runtime_checkable
class RowTransformer(Protocol):
    """A transformer that can take a row without a chunk; optional, for rows that come alone while a market is open.

    It gives and remembers what ``transform`` does of the same row. Without it the row is made a chunk, which takes
    some microseconds.
    """

    def added(self, row: PlainRow) -> Mapping[str, float]:
        """The values of ``outputs`` and no others."""
        ...
