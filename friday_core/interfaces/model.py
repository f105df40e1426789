"""Role ``model``: learns from features whose labels are known, and answers with a blob that can be stepped."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from types import FunctionType
from typing import Any, Literal, Self

import msgspec
import numpy as np

from friday_core.domain.chunk import Array, Float64, Int64
from friday_core.domain.instruments import InstrumentId
from friday_core.errors import SchemaError
from friday_core.interfaces.component import Component

#: What a prediction is: a forward return as a fraction, or the probability that it is above zero.
Output = Literal["return", "probability"]
#: What a NaN feature does: the whole prediction is NaN, or the model has a branch of its own for it.
NanPolicy = Literal["abstain", "native"]
#: One row, ``step(values, numbers, words)``: its features, and what a ``ModelKernel`` holds.
ModelStep = Callable[[Sequence[float], Sequence[float], Sequence[int]], float]
#: The predictions of many rows, ``values[row, feature]`` in float64; ``ValueError`` for rows of another width.
Predictor = Callable[[Float64], Float64]
#: End of a label that is not known.
NEVER = int(np.iinfo(np.int64).max)


def feature_hash(features: Sequence[str]) -> str:
    """SHA-256 of feature names in their order: equal only if a model and its input agree on both."""
    return hashlib.sha256(msgspec.msgpack.encode(list(features))).hexdigest()


@dataclass(frozen=True, slots=True, eq=False)
class TrainingTable:
    """Rows to learn from, sorted by (``ts``, ``inst``), as arrays of its own that nobody can write to.

    ``values[n, k]`` are float64 features in the order of ``features``, NaN where one is not known
    yet. ``labels`` are forward returns as fractions (0.01 is 1%), NaN where not known. ``sessions``
    are days since 1970-01-01; ``ts`` (the row's close) and ``label_end`` (when the label is known)
    microseconds UTC. ``inst`` are positions in ``instruments``. ``weights`` are not negative; ``None``
    weighs all rows alike. ``SchemaError`` if the columns do not fit together, if a label that is a
    number is known no later than its row, or one that is NaN has another end than ``NEVER``.
    """

    features: tuple[str, ...]
    values: Float64
    labels: Float64
    sessions: Int64
    ts: Int64
    label_end: Int64
    instruments: tuple[InstrumentId, ...]
    inst: Int64
    weights: Float64 | None = None

    def __post_init__(self) -> None:
        kinds = {"sessions": np.int64, "ts": np.int64, "label_end": np.int64, "inst": np.int64}
        for one in fields(self):
            value = getattr(self, one.name)
            if one.name in ("features", "instruments"):
                object.__setattr__(self, one.name, tuple(value))
            elif value is not None:
                object.__setattr__(self, one.name, _own(value, kinds.get(one.name, np.float64)))
        _check_shapes(self)
        _check_order(self)
        _check_labels(self)

    def __len__(self) -> int:
        return len(self.ts)

    @property
    def signs(self) -> Float64:
        """1 where the label is above zero, 0 where it is not, NaN where it is not known."""
        return np.where(np.isnan(self.labels), np.nan, (self.labels > 0.0).astype(np.float64))

    def take(self, rows: Any) -> Self:
        """The rows picked by a slice, a mask or ascending positions."""
        return type(self)(
            self.features,
            self.values[rows],
            self.labels[rows],
            self.sessions[rows],
            self.ts[rows],
            self.label_end[rows],
            self.instruments,
            self.inst[rows],
            None if self.weights is None else self.weights[rows],
        )


@dataclass(frozen=True, slots=True, eq=False)
class ModelKernel:
    """A model in words that the compiler knows: a step for all models of its kind, and the numbers of this one.

    ``step`` is a plain function of a module: arithmetic, comparisons, loops over ``range``, ``math``,
    functions of the same kind. It is compiled once, whatever is fitted later. It reads ``numbers``
    and ``words``, flat and read-only, by position: what is behind their end is not its own.
    """

    step: ModelStep
    numbers: Float64
    words: Int64

    def __post_init__(self) -> None:
        if not isinstance(self.step, FunctionType):
            raise SchemaError(f"the step of a kernel is a plain function, not {self.step!r:.60}")
        for name, dtype in (("numbers", np.float64), ("words", np.int64)):
            array = getattr(self, name)
            if array.dtype != dtype or array.ndim != 1 or array.flags.writeable or not array.flags.c_contiguous:
                raise SchemaError(f"{name} of a kernel are flat, read-only {np.dtype(dtype)}, not {array!r:.60}")

    def in_plain_python(self, values: Float64) -> Float64:
        """The predictions of rows by ``step`` as it stands; ``IndexError`` where it reads what is not its own."""
        numbers, words = self.numbers.tolist(), self.words.tolist()
        return np.array([self.step(row, numbers, words) for row in values.tolist()], np.float64)


class CompiledModel(ABC):
    """A fitted model as an immutable blob: equal bytes, equal predictions.

    ``step`` is the oracle: plain Python with a fixed order of summation, so that a value does not
    depend on what else is predicted beside it.
    """

    features: tuple[str, ...]
    output: Output
    nan: NanPolicy

    @property
    def feature_hash(self) -> str:
        """``feature_hash`` of its features: to be compared with that of the rows before the first step."""
        return feature_hash(self.features)

    @property
    def model_id(self) -> str:
        """SHA-256 of the bytes."""
        return hashlib.sha256(self.to_bytes()).hexdigest()

    @property
    def kernel(self) -> ModelKernel | None:
        """The same predictions, to the bit, for the compiler; ``None`` if ``step`` is all there is."""
        return None

    @abstractmethod
    def step(self, values: Sequence[float]) -> float:
        """The prediction for one row, features in order; ``ValueError`` for another number of values.

        With the policy ``abstain`` a feature that is NaN or infinite gives NaN.
        """

    @abstractmethod
    def to_bytes(self) -> bytes:
        """Versioned and with a checksum; no pickle. ``friday_core.models.compiled.from_bytes`` reads them."""


def stepped(model: CompiledModel) -> Predictor:
    """Predicts rows by the model's ``step``, one after the other."""

    def predict(values: Float64) -> Float64:
        return np.array([model.step(row) for row in values.tolist()], np.float64)

    return predict


class Model(Component, ABC):
    """Learns, offline: never on the thread that trades, and perhaps in another process.

    The same table and settings give a blob of the same bytes: whatever is drawn comes from a seed
    in the settings. ``fit`` may raise; the failure is reported and the version before stays in
    force. Rows are given only if their labels were known at the time of the fit; a model without
    ``native_nan`` is given only rows whose features are all there.

    A plugin, complete; least squares on features in units of their spread, shrunk towards none::

        import numpy as np

        from friday_core.api import ComponentSpec, LinearModel, Model, PluginSettings, hookimpl


        class Settings(PluginSettings):
            shrink: float = 100.0


        class Shrunk(Model):
            output = "return"

            def __init__(self, settings):
                self.shrink = settings.shrink

            def fit(self, training):
                centre, spread = training.values.mean(axis=0), training.values.std(axis=0)
                scale = np.where(spread > 0, spread, 1.0)
                z, mean = (training.values - centre) / scale, training.labels.mean()
                gram = z.T @ z + self.shrink * np.eye(len(training.features))
                weights = np.linalg.solve(gram, z.T @ (training.labels - mean))
                return LinearModel(training.features, weights, mean, centre=centre, scale=scale)


        @hookimpl
        def friday_components():
            return [ComponentSpec("model", "shrunk", Shrunk, Settings)]
    """

    #: What its predictions are; a component may set it from its settings when it is built.
    output: Output = "return"
    #: Whether it is given rows with NaN features too, and its blobs have the policy ``native``.
    native_nan: bool = False

    @abstractmethod
    def fit(self, training: TrainingTable) -> CompiledModel:
        """A model of these rows; reads ``labels`` for a return, ``signs`` for a probability."""


def _own(value: Array, dtype: Any) -> Array:
    array = np.array(value, dtype=dtype, order="C")
    array.flags.writeable = False
    return array


def _check_shapes(table: TrainingTable) -> None:
    n = len(table.ts)
    if table.values.shape != (n, len(table.features)):
        raise SchemaError(f"{n} rows of {len(table.features)} features, but values of shape {table.values.shape}")
    if len(set(table.features)) != len(table.features) or not table.features:
        raise SchemaError(f"features need names, each its own: {', '.join(table.features) or 'there is none'}")
    columns = {"labels": table.labels, "sessions": table.sessions, "label_end": table.label_end, "inst": table.inst}
    if table.weights is not None:
        columns["weights"] = table.weights
    wrong = {name: column.shape for name, column in columns.items() if column.shape != (n,)}
    if wrong:
        raise SchemaError(f"columns of a table of {n} rows differ in length: {wrong}")


def _check_order(table: TrainingTable) -> None:
    if n_bad := int(((table.inst < 0) | (table.inst >= len(table.instruments))).sum()):
        raise SchemaError(f"{n_bad} rows of instruments that are not among the {len(table.instruments)} named")
    later, same = np.diff(table.ts) > 0, np.diff(table.ts) == 0
    if not (later | (same & (np.diff(table.inst) > 0))).all():
        raise SchemaError("rows of a training table are sorted by time and instrument, each pair once")
    if (np.diff(table.sessions) < 0).any():
        raise SchemaError("sessions of a training table go back in time")


def _check_labels(table: TrainingTable) -> None:
    known = ~np.isnan(table.labels)
    if (table.label_end[known] <= table.ts[known]).any():
        raise SchemaError("a label is known no later than its row: it would be no forecast")
    if (table.label_end[~known] != NEVER).any():
        raise SchemaError("a label that is NaN has an end: write NEVER")
    if table.weights is not None and not (np.isfinite(table.weights) & (table.weights >= 0.0)).all():
        raise SchemaError("weights are finite and not negative")
