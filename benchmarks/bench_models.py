"""Predictions: kernels of models against their steps in Python, and against scikit-learn row by row."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from harness import Measured, interleaved, report
from sklearn import ensemble, linear_model
from threadpoolctl import threadpool_limits

from friday_core.causal.compiled.choice import ChosenExecutor
from friday_core.domain.chunk import Chunk
from friday_core.domain.records import ModelVersion
from friday_core.flow.prediction_stage import PredictionStage
from friday_core.flow.predictors import Predictors, predictors
from friday_core.interfaces.model import CompiledModel, stepped
from friday_core.models.compiled import from_bytes
from friday_core.models.compiling import compile_boosting, compile_forest, compile_linear, compile_logistic

NAMES = tuple(f"f{n}" for n in range(10))
ROWS = 10_000
#: Calls of each contender in one measurement, so that a clock's tick does not matter.
STEPS, CALLS, FITTED_CALLS, SOME = 200, 2_000, 5, 200
KERNEL, STEP, LIBRARY = "kernel", "step in Python", "scikit-learn"


def fitted() -> dict[str, tuple[CompiledModel, Any]]:
    """Four models of returns that hardly follow from their features, and the estimators that they come from."""
    draw = np.random.Generator(np.random.PCG64(11))
    values = draw.normal(size=(5_000, len(NAMES)))
    labels = 0.002 * values[:, 0] + 0.02 * draw.normal(size=len(values))
    signs = (labels > 0.0).astype(int)
    ridge = linear_model.Ridge().fit(values, labels)
    logistic = linear_model.LogisticRegression().fit(values, signs)
    forest = ensemble.RandomForestRegressor(100, min_samples_leaf=20, n_jobs=1, random_state=1).fit(values, labels)
    boosting = ensemble.HistGradientBoostingRegressor(random_state=1).fit(values, labels)
    return {
        "ridge": (compile_linear(NAMES, ridge), ridge.predict),
        "logistic": (compile_logistic(NAMES, logistic), logistic.predict_proba),
        "random forest, 100 trees": (compile_forest(NAMES, forest), forest.predict),
        "gradient boosting, 100 trees": (compile_boosting(NAMES, boosting), boosting.predict),
    }


def many(name: str, model: CompiledModel, library: Any, make: Predictors) -> None:
    """A whole chunk; the step is given a part of it."""
    values = np.random.Generator(np.random.PCG64(12)).normal(size=(ROWS, len(NAMES)))
    kernel, step = make(model), stepped(model)
    assert kernel(values[:SOME]).tobytes() == step(values[:SOME]).tobytes()
    contenders = {KERNEL: lambda: kernel(values), STEP: lambda: step(values[:SOME]), LIBRARY: lambda: library(values)}
    _report(f"{name}, {ROWS:,} rows, per row", interleaved(contenders), {KERNEL: ROWS, STEP: SOME, LIBRARY: ROWS})


def one(name: str, model: CompiledModel, library: Any, make: Predictors) -> None:
    """Rows that come alone, each another one: what a cache holds of a tree is left by the row before."""
    values = np.random.Generator(np.random.PCG64(13)).normal(size=(CALLS, 1, len(NAMES)))
    kernel, rows = make(model), values[:, 0].tolist()
    contenders = {
        KERNEL: lambda: [kernel(row) for row in values],
        STEP: lambda: [model.step(row) for row in rows[:STEPS]],
        LIBRARY: lambda: [library(row) for row in values[:FITTED_CALLS]],
    }
    calls = {KERNEL: CALLS, STEP: STEPS, LIBRARY: FITTED_CALLS}
    _report(f"{name}, one row", interleaved(contenders), calls)


def in_its_stage(name: str, model: CompiledModel, make: Predictors) -> None:
    """Chunks of one row, and one of many, through the stage of a stream."""
    stages = {}
    for what, predict in ((KERNEL, make), (STEP, stepped)):
        stages[what] = PredictionStage(NAMES, from_bytes, predictors=predict)
        stages[what].adopt(ModelVersion("predictions", 0, 0, model.model_id, model.to_bytes()))
    draw = np.random.Generator(np.random.PCG64(14))
    times = np.arange(1, ROWS + 1)
    whole = Chunk(times, np.zeros(ROWS, np.int32), {feature: draw.normal(size=ROWS) for feature in NAMES})
    alone = [whole.take(slice(row, row + 1)) for row in range(SOME)]
    part = whole.take(slice(0, SOME))
    rows = {KERNEL: ROWS, STEP: SOME}
    kernel, step = stages[KERNEL].transform, stages[STEP].transform
    measured = interleaved({KERNEL: lambda: kernel(whole), STEP: lambda: step(part)})
    _report(f"{name} in its stage, {ROWS:,} rows, per row", measured, rows)
    measured = interleaved({KERNEL: lambda: [kernel(row) for row in alone], STEP: lambda: [step(row) for row in alone]})
    _report(f"{name} in its stage, chunks of one row", measured, dict.fromkeys(stages, SOME))


def _report(title: str, measured: list[Measured], rows: dict[str, int]) -> None:
    each = [Measured(found.name, [seconds / rows[found.name] for seconds in found.seconds]) for found in measured]
    report(title, each, KERNEL, unit="us")


def main() -> None:
    """On one thread: what scikit-learn spends on waiting for others is not counted against it."""
    warnings.simplefilter("ignore")
    make = predictors(ChosenExecutor(tell=print))
    with threadpool_limits(1):
        for name, (model, library) in fitted().items():
            many(name, model, library, make)
            one(name, model, library, make)
            in_its_stage(name, model, make)


if __name__ == "__main__":
    main()
