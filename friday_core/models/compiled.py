"""Compiled models as bytes and back, and their predictions for many rows."""

from __future__ import annotations

from friday_core.domain.chunk import Float64
from friday_core.errors import DataError
from friday_core.interfaces.model import CompiledModel, stepped
from friday_core.models.blob import opened
from friday_core.models.linear import LinearContent, LinearModel
from friday_core.models.trees import TreeContent, TreeModel


def from_bytes(data: bytes) -> LinearModel | TreeModel:
    """The model that ``to_bytes`` wrote, with the same predictions to the last bit.

    ``DataError`` for bytes that were cut or changed, of another version, or whose nodes lead nowhere.
    """
    content = opened(data, LinearContent | TreeContent)
    try:
        return LinearModel.of(content) if isinstance(content, LinearContent) else TreeModel.of(content)
    except ValueError as error:
        raise DataError(f"this is no compiled model: {error}") from error


def predictions(model: CompiledModel, values: Float64) -> Float64:
    """``step`` for each row: the same bits as one row alone."""
    return stepped(model)(values)
