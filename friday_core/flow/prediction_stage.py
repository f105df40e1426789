"""A model in its place in a stream: each row is predicted by the version that was in force at its time."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Callable, Sequence
from operator import attrgetter

import msgspec
import numpy as np

from friday_core.domain.chunk import Chunk
from friday_core.domain.records import ModelVersion
from friday_core.errors import InvariantError
from friday_core.flow.snapshots import from_bytes, to_bytes
from friday_core.interfaces.model import CompiledModel
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
    abstains. So does a model on a row with a feature that is NaN, if that is its policy.
    """

    outputs = (PREDICTION, VERSION)

    def __init__(self, features: Sequence[str], read: ModelReader, max_age: int | None = None) -> None:
        self.inputs = tuple(features)
        self._read = read
        self._max_age = math.inf if max_age is None else max_age
        self._versions: list[ModelVersion] = []
        self._models: list[CompiledModel] = []

    def adopt(self, version: ModelVersion) -> None:
        """From now on this version is known. ``InvariantError`` for one that reads other features, or goes back."""
        model = self._read(version.blob)
        if tuple(model.features) != self.inputs:
            own, its = ", ".join(self.inputs), ", ".join(model.features)
            raise InvariantError(f"model {version.model_id[:8]} reads {its}; the stream gives {own}")
        if self._versions and version.effective_from < self._versions[-1].effective_from:
            raise InvariantError(f"model {version.model_id[:8]} is effective before the version that came before it")
        self._versions.append(version)
        self._models.append(model)

    def transform(self, chunk: Chunk) -> Chunk:
        predicted, numbers = np.full(len(chunk), np.nan), np.full(len(chunk), np.nan)
        columns = [chunk[name].tolist() for name in self.inputs]
        for row, ts in enumerate(chunk.ts_event.tolist()):
            number = bisect_left(self._versions, ts, key=attrgetter("effective_from"))
            if number and ts - self._versions[number - 1].asof <= self._max_age:
                predicted[row] = self._models[number - 1].step([column[row] for column in columns])
                numbers[row] = number
        return chunk.with_columns({PREDICTION: predicted, VERSION: numbers})

    def snapshot(self) -> bytes:
        return to_bytes(_Snapshot(self.inputs, tuple(self._versions)))

    def restore(self, snapshot: bytes) -> None:
        """``InvariantError`` if it is of other features."""
        state = from_bytes(_Snapshot, snapshot)
        if state.features != self.inputs:
            raise InvariantError(f"the snapshot is of the features {', '.join(state.features)}")
        self._versions, self._models = [], []
        for version in state.versions:
            self.adopt(version)
