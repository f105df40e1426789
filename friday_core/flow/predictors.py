"""What predicts the rows of a model: the kernel of its kind, or its step, with the same bits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import FunctionType
from typing import cast

from friday_core.causal.compiled.choice import ChosenExecutor
from friday_core.causal.oracle import Executor
from friday_core.interfaces.model import CompiledModel, ModelStep, Predictor, stepped

#: Makes of a model what predicts its rows.
Predictors = Callable[[CompiledModel], Predictor]


def predictors(executor: Executor, kinds: Sequence[ModelStep] = ()) -> Predictors:
    """Models run where columns run: with the kernels of a host's executor, or in plain Python where it has none.

    The kernels of ``kinds`` are loaded or compiled here, which takes seconds that no live row has.
    """
    if not isinstance(executor, ChosenExecutor):
        return stepped
    chosen = executor
    for kind in kinds:
        if (ahead := chosen.kernels()) is not None:
            ahead.model(cast(FunctionType, kind))

    def predictor(model: CompiledModel) -> Predictor:
        kernel = model.kernel
        kernels = chosen.kernels() if kernel is not None else None
        if kernel is None or kernels is None:
            return stepped(model)
        step = cast(FunctionType, kernel.step)
        return kernels.of_model(step, kernel.numbers, kernel.words, len(model.features)) or stepped(model)

    return predictor
