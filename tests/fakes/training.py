"""Training tables with a planted signal, and models that learn from them without any library."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import numpy as np

from friday_core.domain.instruments import InstrumentId
from friday_core.interfaces.model import NEVER, CompiledModel, Model, TrainingTable
from friday_core.models.linear import LinearModel

DAY = 86_400_000_000
#: 2024-01-01, a Monday, in days since 1970.
FIRST_SESSION = 19_723


def close_of(session: int) -> int:
    """10:00 UTC, when Indian shares close."""
    return session * DAY + 36_000_000_000


def table(
    sessions: int = 120,
    instruments: int = 3,
    features: int = 2,
    *,
    signal: float = 0.01,
    noise: float = 0.01,
    horizon: int = 1,
    seed: int = 0,
) -> TrainingTable:
    """Consecutive sessions; a label is ``signal`` times the first feature plus noise, known ``horizon`` days later."""
    draw = np.random.Generator(np.random.PCG64(seed))
    n = sessions * instruments
    values = draw.normal(size=(n, features))
    session = np.repeat(np.arange(FIRST_SESSION, FIRST_SESSION + sessions), instruments)
    labels = signal * values[:, 0] + noise * draw.normal(size=n)
    known = session < FIRST_SESSION + sessions - horizon
    return TrainingTable(
        tuple(f"x{k}" for k in range(features)),
        values,
        np.where(known, labels, np.nan),
        session,
        close_of(session),
        np.where(known, close_of(session + horizon), NEVER),
        tuple(InstrumentId(f"I{k:02}", "NSE") for k in range(instruments)),
        np.tile(np.arange(instruments), sessions),
    )


def with_columns(of: TrainingTable, **columns: Any) -> TrainingTable:
    """The same table with columns replaced."""
    names = ("features", "values", "labels", "sessions", "ts", "label_end", "instruments", "inst", "weights")
    return TrainingTable(**{name: columns.get(name, getattr(of, name)) for name in names})


def rows(labels: Sequence[float], ts: Sequence[int], ends: Sequence[int]) -> TrainingTable:
    """One instrument with one feature; times are microseconds, each a session of its own."""
    n = len(ts)
    instruments = (InstrumentId("ONE", "NSE"),)
    values, zero = np.arange(n, dtype=float)[:, None], np.zeros(n, int)
    return TrainingTable(
        ("x",), values, np.array(labels), np.array(ts), np.array(ts), np.array(ends), instruments, zero
    )


class Slopes(Model):
    """Each weight is the covariance of its feature with the label; no library, so exact everywhere."""

    def __init__(self, output: Any = "return") -> None:
        self.output = output

    def fit(self, training: TrainingTable) -> CompiledModel:
        labels = training.signs if self.output == "probability" else training.labels
        weight = (training.values * (labels - labels.mean())[:, None]).mean(axis=0)
        link = "sigmoid" if self.output == "probability" else "identity"
        return LinearModel(training.features, weight, float(labels.mean()), link=link)  # type: ignore[arg-type]


class Raising(Slopes):
    """Raises where the last label it is given is negative."""

    def fit(self, training: TrainingTable) -> CompiledModel:
        if training.labels[-1] < 0:
            raise RuntimeError(f"{len(training)} rows, and the last fell")
        return super().fit(training)


class Answering(Model):
    """Answers what it was told to, whatever it is given."""

    def __init__(self, answer: Any, *, native_nan: bool = False) -> None:
        self.answer = answer
        self.native_nan = native_nan

    def fit(self, training: TrainingTable) -> CompiledModel:
        return self.answer  # type: ignore[no-any-return]


class Counting(Slopes):
    """Remembers how often it was asked, and lets it show: two fits of one object would differ."""

    def __init__(self) -> None:
        super().__init__()
        self.fits = 0

    def fit(self, training: TrainingTable) -> CompiledModel:
        self.fits += 1
        return LinearModel(training.features, np.ones(len(training.features)), float(self.fits))


class Dying(Slopes):
    """Takes its process with it."""

    def fit(self, training: TrainingTable) -> CompiledModel:
        os._exit(1)
