"""Model ``logistic``: the probability that a forward return is above zero, from a weighted sum of features."""

from __future__ import annotations

import warnings

from pydantic import Field

from friday_core.api import (
    CompiledModel,
    ComponentSpec,
    Model,
    PluginSettings,
    TrainingTable,
    compile_logistic,
    hookimpl,
)


class LogisticSettings(PluginSettings):
    """Settings of the model ``logistic``."""

    alpha: float = Field(1.0, gt=0, description="Strength of the shrinkage of the weights.")
    standardise: bool = Field(True, description="Whether features are first put in units of their spread.")
    max_iterations: int = Field(1_000, gt=0, description="Steps of the solver; needing more is a failure.")
    seed: int = Field(0, ge=0, lt=2**32, description="Handed to the solver, which draws nothing at random.")


class Logistic(Model):
    """Maximises the log likelihood of ``P(y > 0) = 1 / (1 + exp(-b - x' beta))`` less ``alpha * |beta|^2 / 2``.

    x are features less their mean over their standard deviation (ddof = 0) on the training rows, or as
    they are. Predicts a probability; abstains where a feature is missing. A solver that has not
    arrived after ``max_iterations`` raises.
    """

    Settings = LogisticSettings
    output = "probability"

    def __init__(self, settings: LogisticSettings) -> None:
        self._settings = settings

    def fit(self, training: TrainingTable) -> CompiledModel:
        from sklearn.exceptions import ConvergenceWarning  # noqa: PLC0415
        from sklearn.linear_model import LogisticRegression  # noqa: PLC0415
        from sklearn.preprocessing import StandardScaler  # noqa: PLC0415

        own, scaler, values = self._settings, None, training.values
        if own.standardise:
            scaler = StandardScaler().fit(values, sample_weight=training.weights)
            values = scaler.transform(values)
        estimator = LogisticRegression(
            C=1.0 / own.alpha, solver="lbfgs", max_iter=own.max_iterations, random_state=own.seed
        )
        with warnings.catch_warnings():
            warnings.simplefilter("error", ConvergenceWarning)
            estimator.fit(values, training.signs, sample_weight=training.weights)
        return compile_logistic(training.features, estimator, scaler)


@hookimpl
def friday_components() -> list[ComponentSpec]:
    return [ComponentSpec("model", "logistic", Logistic, Logistic.Settings)]
