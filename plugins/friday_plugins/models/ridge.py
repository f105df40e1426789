"""Model ``ridge``: a forward return as a weighted sum of features, the weights shrunk towards zero."""

from __future__ import annotations

from pydantic import Field

from friday_core.api import (
    CompiledModel,
    ComponentSpec,
    Model,
    PluginSettings,
    TrainingTable,
    compile_linear,
    hookimpl,
)


class RidgeSettings(PluginSettings):
    """Settings of the model ``ridge``."""

    alpha: float = Field(1.0, gt=0, description="Strength of the shrinkage; 0 would be least squares.")
    standardise: bool = Field(True, description="Whether features are first put in units of their spread.")
    seed: int = Field(0, ge=0, lt=2**32, description="Handed to the solver, which draws nothing at random.")


class Ridge(Model):
    """Minimises ``sum_t w_t * (y_t - b - x_t' beta)^2 + alpha * |beta|^2``, ``b`` not shrunk.

    x are features less their mean over their standard deviation (ddof = 0) on the training rows, or as
    they are. Predicts a return; abstains where a feature is missing.
    """

    Settings = RidgeSettings
    output = "return"

    def __init__(self, settings: RidgeSettings) -> None:
        self._settings = settings

    def fit(self, training: TrainingTable) -> CompiledModel:
        from sklearn.linear_model import Ridge as Estimator  # noqa: PLC0415
        from sklearn.preprocessing import StandardScaler  # noqa: PLC0415

        scaler, values = None, training.values
        if self._settings.standardise:
            scaler = StandardScaler().fit(values, sample_weight=training.weights)
            values = scaler.transform(values)
        estimator = Estimator(alpha=self._settings.alpha, solver="cholesky", random_state=self._settings.seed)
        estimator.fit(values, training.labels, sample_weight=training.weights)
        return compile_linear(training.features, estimator, scaler)


@hookimpl
def friday_components() -> list[ComponentSpec]:
    return [ComponentSpec("model", "ridge", Ridge, Ridge.Settings)]
