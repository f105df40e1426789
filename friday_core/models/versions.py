"""Versions of a model in the order of time, and what each predicts in its own time."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from operator import attrgetter

import numpy as np

from friday_core.domain.chunk import Float64
from friday_core.interfaces.model import CompiledModel, Predictor, TrainingTable, stepped
from friday_core.models.linear import LinearModel
from friday_core.models.trees import TreeModel

Compiled = LinearModel | TreeModel


@dataclass(frozen=True, slots=True)
class Version:
    """What came of one refit: a model, or the reason why there is none.

    ``asof`` is when it was fitted; slices later than ``effective_from`` use it (microseconds UTC).
    ``rows`` were learned from, and ``label_mean`` is the mean of their labels (the share above zero
    for a probability), NaN without a model: the constant that a prediction has to beat.
    """

    asof: int
    effective_from: int
    rows: int
    label_mean: float
    model: Compiled | None
    failure: str = ""


def in_force(versions: Sequence[Version], ts: int) -> Version | None:
    """The version for a slice at ``ts``: the latest with a model and ``effective_from < ts``.

    ``versions`` as ``fit_walk_forward`` returns them. A refit that failed leaves the one before in
    force; ``None`` before the first.
    """
    started = versions[: bisect_left(versions, ts, key=attrgetter("effective_from"))]
    return next((one for one in reversed(started) if one.model is not None), None)


@dataclass(frozen=True, slots=True, eq=False)
class OutOfSample:
    """For each row of a table, what the version then in force said, and its ``label_mean``; NaN before the first."""

    predictions: Float64
    label_means: Float64


def out_of_sample(
    table: TrainingTable, versions: Sequence[Version], predictors: Callable[[CompiledModel], Predictor] = stepped
) -> OutOfSample:
    """Plays the versions over the rows: the predictions of a prediction stage, with the same bits.

    ``predictors`` says what a version predicts with, as that of the stage does.
    """
    predicted, means = np.full(len(table), np.nan), np.full(len(table), np.nan)
    models = [one for one in versions if one.model is not None]
    begins = np.searchsorted(table.ts, [one.effective_from for one in models], side="right").tolist()
    for version, (begin, end) in zip(models, pairwise([*begins, len(table)]), strict=True):
        assert version.model is not None
        predicted[begin:end] = predictors(version.model)(table.values[begin:end])
        means[begin:end] = version.label_mean
    return OutOfSample(predicted, means)
