"""Role ``transformer``: adds columns."""

from __future__ import annotations

from abc import ABC, abstractmethod

from friday_core.domain.chunk import Chunk
from friday_core.interfaces.component import Component


class Transformer(Component, ABC):
    """Adds or replaces columns, row for row.

    A row's result may depend on that row and earlier ones only, and not on how rows are cut into
    chunks. Rows are neither dropped nor added nor reordered.
    """

    #: Columns that must be there, and columns that this transformer adds.
    inputs: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()

    @abstractmethod
    def transform(self, chunk: Chunk) -> Chunk:
        """The same rows with ``outputs`` added; NaN where a value is not known yet."""
