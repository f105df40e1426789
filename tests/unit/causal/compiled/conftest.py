"""Kernels for the tests of a checkout: compiled once, kept beside pytest's own cache."""

from __future__ import annotations

from pathlib import Path

import pytest

from friday_core.causal.compiled.kernels import Kernels


@pytest.fixture(scope="session")
def kernel_folder(request: pytest.FixtureRequest) -> Path:
    assert request.config.cache is not None
    return request.config.cache.mkdir("friday_kernels")


@pytest.fixture(scope="session")
def kernels(kernel_folder: Path) -> Kernels:
    return Kernels(kernel_folder, print)
