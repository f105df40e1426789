"""Kernels of models for the tests of a checkout, kept beside pytest's own cache."""

from __future__ import annotations

import pytest

from friday_core.causal.compiled.choice import ChosenExecutor
from friday_core.flow.predictors import Predictors, predictors


@pytest.fixture(scope="session")
def compiled(request: pytest.FixtureRequest) -> ChosenExecutor:
    assert request.config.cache is not None
    made = ChosenExecutor("compiled", request.config.cache.mkdir("friday_kernels"), print)
    assert made.kernels() is not None, made.reason
    return made


@pytest.fixture(scope="session")
def in_kernels(compiled: ChosenExecutor) -> Predictors:
    return predictors(compiled)
