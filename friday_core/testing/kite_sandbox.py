"""A Kite sandbox in a process of its own, for tests of whatever trades over the official client."""

from __future__ import annotations

import hashlib
import json
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

from friday_core.sandbox.kite.audit.log import read
from friday_core.sandbox.kite.audit.verdict import Verdict, judge
from friday_core.sandbox.kite.server.open_rooms import AUDIT
from friday_core.sandbox.kite.server.process import Launch, address_of
from friday_core.sandbox.kite.server.settings import API_KEY, API_SECRET
from friday_core.testing.served_process import PATIENCE, ServedProcess


class SandboxRefusal(Exception):  # noqa: N818 - it is an answer
    """A call to the sandbox was not done."""


class KiteSandbox(ServedProcess):
    """A server in ``folder``, and the handles to it; leaving the context kills it.

    ``scenario`` is the text of a scenario, or the name of a shipped one (``docs/sandbox.md``). A client takes
    ``root`` and ``ws_root``, ``api_key`` and the token of ``login``. After a restart the port is the same.
    """

    api_key, api_secret = API_KEY, API_SECRET
    _module = "friday_core.sandbox.kite"

    def __init__(
        self, folder: Path, scenario: str = "", *,
        start: str | None = None, speed: float | None = None, prices: Path | None = None,
    ) -> None:  # fmt: skip
        super().__init__(folder, scenario)
        self._start, self._speed, self._prices = start, speed, prices
        self._port = 0

    @property
    def root(self) -> str:
        """For ``KiteConnect(root=...)``."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def ws_root(self) -> str:
        """For ``KiteTicker(root=...)``."""
        return f"ws://127.0.0.1:{self._port}"

    def start(self, scenario: str | None = None) -> None:
        super().start(scenario)
        self._port = address_of(self.folder).port

    def login(self) -> str:
        """An access token; the one before is dead."""
        request_token = self.control("login", api_key=self.api_key)["request_token"]
        checksum = hashlib.sha256((self.api_key + request_token + self.api_secret).encode()).hexdigest()
        form = {"api_key": self.api_key, "request_token": request_token, "checksum": checksum}
        answer = self._asked("/session/token", urllib.parse.urlencode(form).encode(), "POST")
        return str(answer["access_token"])

    def control(self, call: str, *, method: str = "POST", **asked: Any) -> Any:
        """One control call, such as ``control("clock", advance_by=60)``; ``SandboxRefusal`` where it is not done."""
        if method == "GET" and asked:
            call += "?" + urllib.parse.urlencode(asked)
        return self._asked(f"/sandbox/{call}", json.dumps(asked).encode() if method == "POST" else None, method)

    def fail(self, do: str, **rule: Any) -> None:
        """Set a fault: ``fail("lost_answer", method="POST", path="/orders", nth=2)``."""
        self.control("faults", faults=[{"do": do, **rule}])

    def happen(self, do: str, **rule: Any) -> None:
        """Let a fault befall at once: ``happen("halt", symbol="INFY", seconds=60)``."""
        self.control("happen", do=do, **rule)

    def advance(self, seconds: float) -> None:
        """The market's clock is set forth."""
        self.control("clock", advance_by=seconds)

    def state(self) -> dict[str, Any]:
        """Clock, sockets, orders, trades, positions, margins and faults."""
        found: dict[str, Any] = self.control("state", method="GET")
        return found

    def audit(self) -> list[dict[str, Any]]:
        """Every line so far, whether it runs or not."""
        return [*read(self.folder / AUDIT)]

    def verdict(self, *, flat: bool = True) -> Verdict:
        """What the audit says about whoever traded; ``flat`` asks for an empty account at its end."""
        return judge(self.audit(), flat=flat)

    def _launch(self) -> Launch:
        prices = None if self._prices is None else str(self._prices)
        return Launch(str(self.folder), self._port, self._named(), prices, start=self._start, speed=self._speed)

    def _named(self) -> str | None:
        """A scenario of several lines is written to a file; a single word names a shipped one."""
        if not self._scenario or ("\n" not in self._scenario.strip() and "=" not in self._scenario):
            return self._scenario or None
        path = self.folder / "scenario.toml"
        path.write_text(self._scenario, encoding="utf-8")
        return str(path)

    def _asked(self, path: str, body: bytes | None, method: str) -> Any:
        request = urllib.request.Request(self.root + path, body, method=method)  # noqa: S310 - our own server
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as answer:  # noqa: S310
                return json.load(answer)["data"]
        except urllib.error.HTTPError as error:
            raise SandboxRefusal(json.load(error)["message"]) from error
