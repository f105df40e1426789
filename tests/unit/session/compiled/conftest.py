"""The compiled kernel, kept between test runs as object code."""

from __future__ import annotations

import pytest

from friday_core.causal.compiled.kernels import Kernels
from friday_core.simulation.compiled.loaded import Compiled


@pytest.fixture(scope="session")
def kernels(request: pytest.FixtureRequest) -> Kernels:
    return Kernels(request.config.cache.mkdir("friday_kernels"), print)


@pytest.fixture(scope="session")
def fusing(request: pytest.FixtureRequest) -> Kernels:
    """Cones are one function, however few rows there are."""
    return Kernels(request.config.cache.mkdir("friday_kernels"), print, loaded_for=0, made_for=0)


@pytest.fixture(scope="session")
def compiled(kernels: Kernels) -> Compiled:
    return Compiled(kernels)
