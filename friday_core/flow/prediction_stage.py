"""A model in its place in a stream: each row is predicted by the version that was in force at its time."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import msgspec
import numpy as np

from friday_core.domain.chunk import Chunk
from friday_core.domain.records import ModelVersion
from friday_core.errors import InvariantError
from friday_core.flow.predictors import Predictors
from friday_core.flow.snapshots import from_bytes, to_bytes
from friday_core.interfaces.model import NEVER, CompiledModel, Predictor, stepped
from friday_core.interfaces.transformer import Transformer

#: What a stream with a model adds to its rows: the prediction, and the number of the version that made it, from 1.
PREDICTION, VERSION = "prediction", "model_version"
#: Reads the bytes of a model; raises for what is none.
ModelReader = Callable[[bytes], CompiledModel]


class _Snapshot(msgspec.Struct, frozen=True, tag="prediction 1"):
    features: tuple[str, ...]
    versions: tuple[ModelVersion, ...]


class PredictionStage(Transformer):
    """Adds ``prediction`` and ``model_version``; both are NaN before the first version.

    A version counts for rows later than ``effective_from``, whatever other rows come in the same
    chunk, until the next one does, or until it is ``max_age`` microseconds old: a stale model
    abstains. So does a model on a row with a feature that is NaN, if that is its policy. ``predictors``
    says what a version predicts with: its kernel, or its step.
    """

    outputs = (PREDICTION, VERSION)

    def __init__(
        self,
        features: Sequence[str],
        read: ModelReader,
        max_age: int | None = None,
        predictors: Predictors = stepped,
    ) -> None:
        self.inputs = tuple(features)
        self._read = read
        self._max_age = max_age
        self._predictors = predictors
        self._forget()

    def _forget(self) -> None:
        self._versions: list[ModelVersion] = []
        self._made: list[Predictor] = []
        self._begins: list[int] = []
        self._expires: list[int] = []

    def adopt(self, version: ModelVersion) -> None:
        """From now on this version is known. ``InvariantError`` for one that reads other features, or goes back."""
        model = self._read(version.blob)
        if tuple(model.features) != self.inputs:
            own, its = ", ".join(self.inputs), ", ".join(model.features)
            raise InvariantError(f"model {version.model_id[:8]} reads {its}; the stream gives {own}")
        if self._versions and version.effective_from < self._versions[-1].effective_from:
            raise InvariantError(f"model {version.model_id[:8]} is effective before the version that came before it")
        self._versions.append(version)
        self._made.append(self._predictors(model))
        self._begins.append(version.effective_from)
        self._expires.append(NEVER if self._max_age is None else min(version.asof + self._max_age, NEVER))

    def transform(self, chunk: Chunk) -> Chunk:
        predicted, numbers = np.full(len(chunk), np.nan), np.full(len(chunk), np.nan)
        values = np.empty((len(chunk), len(self.inputs)))
        for place, name in enumerate(self.inputs):
            values[:, place] = chunk[name]
        for number, rows in self._in_force(chunk):
            predicted[rows], numbers[rows] = self._made[number - 1](values[rows]), number
        return chunk.with_columns({PREDICTION: predicted, VERSION: numbers})

    def _in_force(self, chunk: Chunk) -> Iterator[tuple[int, Any]]:
        """Versions, counted from 1, and the rows that each is for."""
        if len(chunk) == 1:
            ts = chunk.ts_event.item()
            number = bisect_left(self._begins, ts)
            if number and ts <= self._expires[number - 1]:
                yield number, slice(None)
            return
        found = np.searchsorted(self._begins, chunk.ts_event, side="left")
        for number in np.unique(found[found > 0]).tolist():
            yield number, (found == number) & (chunk.ts_event <= self._expires[number - 1])

    def snapshot(self) -> bytes:
        return to_bytes(_Snapshot(self.inputs, tuple(self._versions)))

    def restore(self, snapshot: bytes) -> None:
        """``InvariantError`` if it is of other features."""
        state = from_bytes(_Snapshot, snapshot)
        if state.features != self.inputs:
            raise InvariantError(f"the snapshot is of the features {', '.join(state.features)}")
        self._forget()
        for version in state.versions:
            self.adopt(version)
