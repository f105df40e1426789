"""The compiled executor with kernels that are kept beside pytest's own cache."""

from __future__ import annotations

import pytest

from friday_core.causal.compiled.choice import fastest_executor
from friday_core.causal.parity.ways import Executors


@pytest.fixture(scope="session")
def executors(request: pytest.FixtureRequest) -> Executors:
    assert request.config.cache is not None
    return Executors(fastest_executor(request.config.cache.mkdir("friday_kernels"), print))
