"""Runs the integration tests of the official client's own repository against a sandbox: ``make kite-client-suite``.

They assume rules of years ago, which ``legacy = true`` brings back, and an account that trades all day without limits.
The checkout must have its submodule (``git clone --recurse-submodules https://github.com/zerodha/pykiteconnect``), and
its own client is used, whatever its version.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from kiteconnect import KiteConnect

from friday_core.testing.kite_sandbox import KiteSandbox

#: A share is held and another one bought before the tests, so that no list of the account is empty.
_SCENARIO = """
[market]
always_open = true

[account]
cash = 10000000.0
legacy = true
holdings = [{key = "NSE:SBIN", quantity = 10, average = 500.0}]

[sessions]
quotes_per_second = 1000
historical_per_second = 1000
orders_per_second = 1000
orders_per_minute = 100000
others_per_second = 1000
"""
_ORDER = {
    "variety": "regular", "exchange": "NSE", "tradingsymbol": "RELIANCE", "transaction_type": "BUY", "quantity": 1,
    "product": "MIS", "order_type": "MARKET",
}  # fmt: skip
#: These ask Kite itself, whatever root they are given.
_OF_KITE = ("tests/integration/test_connect_read.py::test_request_pool",)
#: Of what the suite asks for, this is in the standard library by now.
_MOCK = "from unittest.mock import *\nfrom unittest.mock import patch\n"


def run(checkout: Path, words: Sequence[str]) -> int:
    """pytest's exit code."""
    with tempfile.TemporaryDirectory() as named, KiteSandbox(Path(named) / "sandbox", _SCENARIO) as sandbox:
        sandbox.advance(3_600)
        token = sandbox.login()
        KiteConnect(sandbox.api_key, token, root=sandbox.root).place_order(**_ORDER)
        left_out = [word for one in _OF_KITE for word in ("--deselect", one)]
        command = [
            sys.executable, "-m", "pytest", "tests/integration", "-q", "-p", "no:cacheprovider", "-p", "no:friday",
            "--api-key", sandbox.api_key, "--access-token", token, "--root-url", sandbox.root,
            *left_out, *words,
        ]  # fmt: skip
        lent = Path(named) / "lent"
        lent.mkdir()
        if importlib.util.find_spec("mock") is None:
            (lent / "mock.py").write_text(_MOCK, encoding="utf-8")
        environment = {**os.environ, "PYTHONPATH": str(lent)}
        return subprocess.run(command, cwd=checkout, env=environment, check=False).returncode


def main() -> None:
    parser = argparse.ArgumentParser(description="The official client's own integration tests, on a sandbox.")
    parser.add_argument("checkout", type=Path, help="of zerodha/pykiteconnect, with its submodule")
    parser.add_argument("words", nargs="*", help="more for pytest")
    asked = parser.parse_args()
    if not (asked.checkout / "tests/mock_responses/profile.json").exists():
        parser.error(f"{asked.checkout} has no tests/mock_responses: git submodule update --init")
    sys.exit(run(asked.checkout.resolve(), asked.words))


if __name__ == "__main__":
    main()
