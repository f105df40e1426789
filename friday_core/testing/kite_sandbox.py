"""A Kite sandbox in a process of its own, for tests of whatever trades over the official client."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

import msgspec

from friday_core.sandbox.kite.audit.log import read
from friday_core.sandbox.kite.audit.verdict import Verdict, judge
from friday_core.sandbox.kite.server.open_rooms import AUDIT
from friday_core.sandbox.kite.server.process import Launch, address_of
from friday_core.sandbox.kite.server.settings import API_KEY, API_SECRET
from friday_core.sandbox.paper.process import READY

#: Seconds until a server that starts can be connected to, and until a call is answered.
_PATIENCE = 30.0


class SandboxRefusal(Exception):  # noqa: N818 - it is an answer
    """A call to the sandbox was not done."""


class KiteSandbox:
    """A server in ``folder``, and the handles to it; leaving the context kills it.

    ``scenario`` is the text of a scenario, or the name of a shipped one (``docs/sandbox.md``). A client takes
    ``root`` and ``ws_root``, ``api_key`` and the token of ``login``. After a restart the port is the same.
    """

    api_key, api_secret = API_KEY, API_SECRET

    def __init__(
        self, folder: Path, scenario: str = "", *,
        start: str | None = None, speed: float | None = None, prices: Path | None = None,
    ) -> None:  # fmt: skip
        self.folder = folder
        self._scenario, self._start, self._speed, self._prices = scenario, start, speed, prices
        self._port = 0
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    @property
    def root(self) -> str:
        """For ``KiteConnect(root=...)``."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def ws_root(self) -> str:
        """For ``KiteTicker(root=...)``."""
        return f"ws://127.0.0.1:{self._port}"

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start it on the book as it is; returns when it can be connected to, ``RuntimeError`` if it does not come."""
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / READY).unlink(missing_ok=True)
        prices = None if self._prices is None else str(self._prices)
        launch = Launch(str(self.folder), self._port, self._named(), prices, start=self._start, speed=self._speed)
        with (self.folder / "server.log").open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 - our own module, with our own words
                [sys.executable, "-m", "friday_core.sandbox.kite", msgspec.json.encode(launch).decode()],
                stdout=subprocess.DEVNULL, stderr=log,
            )  # fmt: skip
        self.wait(lambda: (self.folder / READY).exists() or not self.is_running)
        if not self.is_running:
            raise RuntimeError((self.folder / "server.log").read_text("utf-8"))
        self._port = address_of(self.folder).port

    def kill(self) -> None:
        """kill -9: nothing is tidied up."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        self._process = None

    def stop(self) -> None:
        """SIGTERM: the audit gets its end."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(_PATIENCE)
        self._process = None

    def restart(self) -> None:
        """kill -9, and a new process on the same book and port."""
        self.kill()
        self.start()

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

    def wait(self, until: Callable[[], bool], seconds: float = _PATIENCE) -> None:
        """Return as soon as something is so; ``TimeoutError`` if it is not in so many seconds."""
        end = time.monotonic() + seconds
        while not until():
            if time.monotonic() > end:
                raise TimeoutError(f"not so within {seconds:g} s")
            time.sleep(0.005)

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
            with urllib.request.urlopen(request, timeout=_PATIENCE) as answer:  # noqa: S310
                return json.load(answer)["data"]
        except urllib.error.HTTPError as error:
            raise SandboxRefusal(json.load(error)["message"]) from error
