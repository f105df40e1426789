"""``python -m friday_core.sandbox.kite.traders careful http://127.0.0.1:8000``: one of the traders, on a sandbox."""

from __future__ import annotations

import argparse
import json
import urllib.request
from collections.abc import Sequence
from pathlib import Path

from kiteconnect import KiteConnect

from friday_core.sandbox.kite.traders.careful import Careful
from friday_core.sandbox.kite.traders.naive import Naive


def main(words: Sequence[str] | None = None) -> None:
    """Trade until the seconds are over."""
    parser = argparse.ArgumentParser(prog="traders", description="Trade on a Kite sandbox.")
    parser.add_argument("trader", choices=("careful", "naive"))
    parser.add_argument("root", help="where the sandbox is, http://...")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--symbols", nargs="+", default=["INFY", "TCS"])
    parser.add_argument("--journal", type=Path, default=Path("journal.jsonl"), help="of the careful one")
    parser.add_argument("--api-key", default="sandbox")
    parser.add_argument("--api-secret", default="sandbox-secret")
    asked = parser.parse_args(words)
    kite = KiteConnect(asked.api_key, root=asked.root)

    def log_in() -> str:
        """Where a person would be sent to the login page."""
        request = urllib.request.Request(f"{asked.root}/sandbox/login", data=b"{}", method="POST")  # noqa: S310
        with urllib.request.urlopen(request) as answer:  # noqa: S310 - the loopback
            token = json.load(answer)["data"]["request_token"]
        return str(
            KiteConnect(asked.api_key, root=asked.root).generate_session(token, asked.api_secret)["access_token"]
        )

    ws_root = asked.root.replace("http", "ws", 1)
    if asked.trader == "careful":
        Careful(kite, log_in, ws_root, asked.symbols, asked.journal).trade(asked.seconds)
    else:
        Naive(kite, log_in, ws_root, asked.symbols).trade(asked.seconds)


if __name__ == "__main__":
    main()
