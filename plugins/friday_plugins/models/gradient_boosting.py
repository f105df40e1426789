"""Model ``gradient_boosting``: many small trees, each on what those before it left; takes missing features."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from friday_core.api import (
    CompiledModel,
    ComponentSpec,
    Model,
    PluginSettings,
    TrainingTable,
    compile_boosting,
    hookimpl,
)


class GradientBoostingSettings(PluginSettings):
    """Settings of the model ``gradient_boosting``."""

    predicts: Literal["return", "probability"] = Field(
        "return", description="The forward return, or the probability that it is above zero."
    )
    trees: int = Field(100, gt=0, description="Trees, one after the other.")
    learning_rate: float = Field(0.05, gt=0, le=1, description="Share of each tree that counts.")
    leaves: int = Field(15, ge=2, description="Leaves that a tree may have.")
    rows_per_leaf: int = Field(50, gt=0, description="Training rows that a leaf needs.")
    shrinkage: float = Field(0.0, ge=0, description="Pulls the values of leaves towards zero.")
    seed: int = Field(0, ge=0, lt=2**32, description="Picks the rows from which bins are made, of more than 200,000.")


class GradientBoosting(Model):
    """Histogram gradient boosting: squared error for a return, log loss for a probability.

    It does not stop early: what it would stop by is a random part of the rows, whose labels overlap
    those of the rest. A missing feature takes the branch that was best for it in training.
    """

    Settings = GradientBoostingSettings
    native_nan = True

    def __init__(self, settings: GradientBoostingSettings) -> None:
        self._settings = settings
        self.output = settings.predicts

    def fit(self, training: TrainingTable) -> CompiledModel:
        from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor  # noqa: PLC0415

        own, probability = self._settings, self.output == "probability"
        estimator = (HistGradientBoostingClassifier if probability else HistGradientBoostingRegressor)(
            learning_rate=own.learning_rate,
            max_iter=own.trees,
            max_leaf_nodes=own.leaves,
            min_samples_leaf=own.rows_per_leaf,
            l2_regularization=own.shrinkage,
            categorical_features=None,
            early_stopping=False,
            random_state=own.seed,
        )
        target = training.signs if probability else training.labels
        estimator.fit(training.values, target, sample_weight=training.weights)
        return compile_boosting(training.features, estimator)


@hookimpl
def friday_components() -> list[ComponentSpec]:
    return [ComponentSpec("model", "gradient_boosting", GradientBoosting, GradientBoosting.Settings)]
