"""An account at a sandbox, as sources and the ticker have it."""

from __future__ import annotations

import datetime as dt
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from friday_core.testing.kite_sandbox import KiteSandbox
from friday_plugins.zerodha import token_file
from friday_plugins.zerodha.connection import Zerodha, ZerodhaSettings

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # the client's own, about its dependencies
    import kiteconnect  # noqa: F401

INFY, NIFTY = 408065, 256265


class FeedAccount(Zerodha):
    """Notes the order rows that it is told."""

    def __init__(self, sandbox: KiteSandbox, folder: Path) -> None:
        self.sandbox = sandbox
        super().__init__(
            ZerodhaSettings(
                api_key=SecretStr(sandbox.api_key), api_secret=SecretStr(sandbox.api_secret), root=sandbox.root,
                ws_root=sandbox.ws_root, session_file=folder / "session" / "zerodha.json", cache=folder / "cache",
            )
        )  # fmt: skip
        self.rows: list[Any] = []
        self.on_update(self.rows.append)

    def log_in(self) -> None:
        """A new token in the file; the one before is dead."""
        token = token_file.Token(self.sandbox.api_key, self.sandbox.login(), "AB1234", dt.datetime.now(token_file.IST))
        token_file.write(self.session.path, token)
        self.session.look()

    def order(self, **form: Any) -> str:
        given = {
            "variety": "regular", "exchange": "NSE", "tradingsymbol": "INFY", "transaction_type": "BUY", "quantity": 1,
            "product": "MIS", "order_type": "LIMIT", "price": 1_400.0, **form,
        }  # fmt: skip
        return str(self.api().place_order(**given))


def wait(until: Callable[[], object], seconds: float = 10.0) -> None:
    """Return as soon as something is so; ``TimeoutError`` if it is not in so many seconds."""
    end = time.monotonic() + seconds
    while not until():
        if time.monotonic() > end:
            raise TimeoutError(f"not so within {seconds:g} s")
        time.sleep(0.01)
