"""Compiled executors for the tests of a checkout: their kernels are kept beside pytest's own cache."""

from __future__ import annotations

from pathlib import Path

import pytest

from friday_core.causal.compiled.choice import ChosenExecutor


@pytest.fixture(scope="session")
def kernel_folder(request: pytest.FixtureRequest) -> Path:
    assert request.config.cache is not None
    return request.config.cache.mkdir("friday_kernels")


@pytest.fixture(scope="session")
def compiled(kernel_folder: Path) -> ChosenExecutor:
    made = ChosenExecutor("compiled", kernel_folder, print)
    assert made.kernels() is not None, made.reason
    return made
