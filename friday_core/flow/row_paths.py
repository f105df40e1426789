"""Whether what a component says of one row is what it says of a chunk."""

from __future__ import annotations

from typing import TypeGuard

from friday_core.interfaces.transformer import RowTransformer
from friday_core.interfaces.validator import RowJudge, RowsJudge


def judges_rows(validator: object) -> TypeGuard[RowJudge]:
    """Whether it can judge a row without a chunk, and says with that what ``validate`` says."""
    return isinstance(validator, RowJudge) and speaks_for(validator, "judge", "validate")


def passes_rows(validator: object) -> TypeGuard[RowsJudge]:
    """Whether it can pass several at once besides."""
    return judges_rows(validator) and isinstance(validator, RowsJudge) and speaks_for(validator, "passes", "judge")


def adds_to_rows(transformer: object) -> TypeGuard[RowTransformer]:
    """Whether it can take a row without a chunk, and gives with that what ``transform`` gives."""
    return isinstance(transformer, RowTransformer) and speaks_for(transformer, "added", "transform")


def speaks_for(component: object, of_row: str, of_chunk: str) -> bool:
    """Whether the method for one row belongs to the class that says how chunks are taken, or to one made from it.

    A class that is made from another and takes chunks in its own way has inherited the other's way with rows.
    """
    kinds = type(component).__mro__
    one, many = (next(kind for kind in kinds if name in vars(kind)) for name in (of_row, of_chunk))
    return issubclass(one, many)
