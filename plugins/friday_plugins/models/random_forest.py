"""Model ``random_forest``: the mean of trees that each saw other rows and other features."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from friday_core.api import (
    CompiledModel,
    ComponentSpec,
    Model,
    PluginSettings,
    TrainingTable,
    compile_forest,
    hookimpl,
)


class RandomForestSettings(PluginSettings):
    """Settings of the model ``random_forest``."""

    predicts: Literal["return", "probability"] = Field(
        "return", description="The forward return, or the probability that it is above zero."
    )
    trees: int = Field(100, gt=0, description="Trees; more cost time and never harm.")
    depth: int | None = Field(6, gt=0, description="Questions from the root to a leaf at most.")
    rows_per_leaf: int = Field(50, gt=0, description="Training rows that a leaf needs.")
    features: float = Field(0.33, gt=0, le=1, description="Share of the features among which a split is sought.")
    seed: int = Field(0, ge=0, lt=2**32, description="Draws the rows and the features of the trees.")


class RandomForest(Model):
    """Trees on rows drawn with replacement, their answers averaged; abstains where a feature is missing."""

    Settings = RandomForestSettings

    def __init__(self, settings: RandomForestSettings) -> None:
        self._settings = settings
        self.output = settings.predicts

    def fit(self, training: TrainingTable) -> CompiledModel:
        from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor  # noqa: PLC0415

        own, probability = self._settings, self.output == "probability"
        estimator = (RandomForestClassifier if probability else RandomForestRegressor)(
            n_estimators=own.trees,
            max_depth=own.depth,
            min_samples_leaf=own.rows_per_leaf,
            max_features=own.features,
            n_jobs=1,
            random_state=own.seed,
        )
        target = training.signs if probability else training.labels
        estimator.fit(training.values, target, sample_weight=training.weights)
        return compile_forest(training.features, estimator)


@hookimpl
def friday_components() -> list[ComponentSpec]:
    return [ComponentSpec("model", "random_forest", RandomForest, RandomForest.Settings)]
