"""What must be right with rows before a model learns from them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from friday_core.domain.chunk import Float64
from friday_core.interfaces.model import Output, TrainingTable


@dataclass(frozen=True, slots=True)
class Requirements:
    """The least that training data must have.

    ``min_coverage`` is the share of feature values that are there, of each feature; ``rows_per_feature``
    the rows that each feature needs; ``max_label_correlation`` the largest absolute correlation of a
    feature with the label: what is closer is the label itself.
    """

    min_coverage: float = 0.5
    rows_per_feature: int = 10
    max_label_correlation: float = 0.99


#: For whoever asks for nothing else.
REQUIREMENTS = Requirements()


def faults(table: TrainingTable, output: Output, requirements: Requirements = REQUIREMENTS) -> tuple[str, ...]:
    """Why nothing should be learned from these rows, a sentence each; empty if all is well."""
    if not len(table):
        return ("there is no row whose label is known",)
    return (
        *_amount(table, requirements),
        *_not_finite(table),
        *_coverage(table, requirements.min_coverage),
        *_labels(table, output),
        *_duplicates(table),
        *_leaks(table, requirements.max_label_correlation),
    )


def _amount(table: TrainingTable, requirements: Requirements) -> Iterator[str]:
    needed = requirements.rows_per_feature * len(table.features)
    if len(table) < needed:
        yield f"{len(table)} rows for {len(table.features)} features: at least {needed} are needed"


def _not_finite(table: TrainingTable) -> Iterator[str]:
    for name, column in zip(table.features, table.values.T, strict=True):
        if n := int(np.isinf(column).sum()):
            yield f"feature {name!r} is infinite on {n} rows"
    if n := int((~np.isfinite(table.labels)).sum()):
        yield f"the label is not a finite number on {n} rows"
    if table.weights is not None and not table.weights.any():
        yield "every row weighs nothing"


def _coverage(table: TrainingTable, least: float) -> Iterator[str]:
    for name, column in zip(table.features, table.values.T, strict=True):
        share = 1.0 - float(np.isnan(column).mean())
        if share < least:
            yield f"feature {name!r} is there on {share:.0%} of {len(table)} rows: at least {least:.0%} are needed"


def _labels(table: TrainingTable, output: Output) -> Iterator[str]:
    labels = table.signs if output == "probability" else table.labels
    if (labels == labels[0]).all():
        what = "every label has the same sign" if output == "probability" else f"every label is {labels[0]:g}"
        yield f"{what}: there is nothing to tell apart"


def _duplicates(table: TrainingTable) -> Iterator[str]:
    columns = dict(zip(table.features, table.values.T, strict=True))
    for (a, one), (b, other) in combinations(columns.items(), 2):
        if np.array_equal(one, other, equal_nan=True):
            yield f"features {a!r} and {b!r} are the same column"


def _leaks(table: TrainingTable, most: float) -> Iterator[str]:
    for name, column in zip(table.features, table.values.T, strict=True):
        found = _correlation(column, table.labels)
        if abs(found) > most:
            yield f"feature {name!r} correlates {found:.3f} with the label: it holds what is known only later"


def _correlation(one: Float64, other: Float64) -> float:
    """Pearson's correlation over rows where both are finite; NaN where either does not vary."""
    both = np.isfinite(one) & np.isfinite(other)
    if not both.any():
        return math.nan
    a, b = one[both] - one[both].mean(), other[both] - other[both].mean()
    norm = math.sqrt(float(a @ a)) * math.sqrt(float(b @ b))
    return float(a @ b) / norm if norm > 0.0 else math.nan
