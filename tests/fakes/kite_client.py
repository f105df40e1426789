"""The official client at a sandbox that limits nobody, as its own suites use it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from kiteconnect import KiteConnect

from friday_core.testing.kite_sandbox import KiteSandbox

SCENARIO = """
[account]
cash = 10000000.0
commodity_cash = 1000000.0
holdings = [{key = "NSE:SBIN", quantity = 10, average = 500.0}]
%s

[sessions]
quotes_per_second = 1000
historical_per_second = 1000
orders_per_second = 1000
orders_per_minute = 100000
others_per_second = 1000
"""
START = "2026-11-23 10:00:00"
#: What all that is placed here is about, unless it is said.
SHARE: dict[str, Any] = {"exchange": "NSE", "tradingsymbol": "RELIANCE", "transaction_type": "BUY", "quantity": 1}
KEY = "NSE:RELIANCE"
ENDED = ("COMPLETE", "REJECTED", "CANCELLED")


@contextmanager
def opened(folder: Path, rules: str = "") -> Iterator[tuple[KiteSandbox, Any]]:
    """A sandbox on a Monday at ten, and a client that is logged in to it."""
    with KiteSandbox(folder, SCENARIO % rules, start=START) as sandbox:
        yield sandbox, KiteConnect(sandbox.api_key, sandbox.login(), root=sandbox.root)


def settled(kite: Any, order_id: str, *statuses: str) -> dict[str, Any]:
    """The last row of an order, once it is in one of these states; by default once it waits or is over."""
    wanted = statuses or (*ENDED, "OPEN", "TRIGGER PENDING", "AMO REQ RECEIVED")
    end = time.monotonic() + 10.0
    while (row := kite.order_history(order_id)[-1])["status"] not in wanted:
        assert time.monotonic() < end, row
        time.sleep(0.02)
    return dict(row)


def priced(kite: Any, per_cent: float, key: str = KEY) -> float:
    """A price so far from the last one, on a tick of a rupee."""
    return float(round(kite.ltp(key)[key]["last_price"] * (1 + per_cent / 100)))
