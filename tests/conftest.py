"""What holds for every test."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator

import pytest
from hypothesis import settings

# A time limit for each example fails on a busy machine whatever the code does; pytest's own limit stays.
# Where CI is set, properties draw the same examples every time; everywhere else each run draws new ones.
settings.register_profile("friday", deadline=None, derandomize="CI" in os.environ, print_blob=True)
settings.load_profile("friday")


@pytest.fixture(scope="session", autouse=True)
def _servers_start_in_a_moment(_friday_nursery: None) -> None:
    """Those of sandboxes, also where a test makes them itself."""


@pytest.fixture
def no_collector() -> Iterator[None]:
    """What refers to itself stays: the collector does not come while the test runs."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()
