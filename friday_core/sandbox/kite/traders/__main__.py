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

SYMBOLS = ("INFY", "TCS")
TRADERS = ("careful", "naive")


def trade(
    trader: str, root: str, seconds: float, journal: Path, *, symbols: Sequence[str] = SYMBOLS,
    api_key: str = "sandbox", api_secret: str = "sandbox-secret",  # noqa: S107 - that of every sandbox
) -> None:  # fmt: skip
    """Trade on the sandbox at ``root`` until the seconds are over, and what was bought is sold; ``journal`` is that of
    the careful one."""
    kite = KiteConnect(api_key, root=root)

    def log_in() -> str:
        """Where a person would be sent to the login page."""
        request = urllib.request.Request(f"{root}/sandbox/login", data=b"{}", method="POST")  # noqa: S310
        with urllib.request.urlopen(request) as answer:  # noqa: S310 - the loopback
            token = json.load(answer)["data"]["request_token"]
        return str(KiteConnect(api_key, root=root).generate_session(token, api_secret)["access_token"])

    ws_root = root.replace("http", "ws", 1)
    if trader == "careful":
        Careful(kite, log_in, ws_root, symbols, journal).trade(seconds)
    else:
        Naive(kite, log_in, ws_root, symbols).trade(seconds)


def main(words: Sequence[str] | None = None) -> None:
    """Trade as the command line says."""
    parser = argparse.ArgumentParser(prog="traders", description="Trade on a Kite sandbox.")
    parser.add_argument("trader", choices=TRADERS)
    parser.add_argument("root", help="where the sandbox is, http://...")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--symbols", nargs="+", default=SYMBOLS)
    parser.add_argument("--journal", type=Path, default=Path("journal.txt"), help="of the careful one")
    parser.add_argument("--api-key", default="sandbox")
    parser.add_argument("--api-secret", default="sandbox-secret")
    trade(**vars(parser.parse_args(words)))


if __name__ == "__main__":
    main()
