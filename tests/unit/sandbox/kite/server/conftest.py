"""A server for each test that asks for one."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from fakes.kite_rooms import Served

from friday_core.sandbox.kite.server.settings import API_KEY, SessionSettings

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # the client's own, about its dependencies
    from kiteconnect import KiteConnect


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., Served]]:
    """Starts a server with these session settings; limits are out of the way unless they are given."""
    with ExitStack() as stack:

        def started(**settings: Any) -> Served:
            wide = dict.fromkeys(("quotes_per_second", "historical_per_second", "orders_per_second"), 1_000)
            known = {**wide, "others_per_second": 1_000, "orders_per_minute": 10_000, **settings}
            return stack.enter_context(Served(tmp_path, SessionSettings(**known)).running())

        yield started


@pytest.fixture
def served(serve: Callable[..., Served]) -> Served:
    return serve()


@pytest.fixture
def kite(served: Served) -> Any:
    """The official client, logged in."""
    return KiteConnect(API_KEY, served.session(), root=served.root)
