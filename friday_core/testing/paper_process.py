"""A paper broker in a process of its own, for tests that kill it, start it again, and look into its book."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import msgspec

from friday_core.sandbox.paper.book import tables_of
from friday_core.sandbox.paper.client import ask
from friday_core.sandbox.paper.process import READY, Launch, address_of

#: Seconds until a server that starts can be connected to.
_PATIENCE = 30.0


class PaperServer:
    """A server in ``folder``, and the handles to it; leaving the context kills it.

    ``scenario`` is the text of a scenario (``docs/sandbox_paper.md``). The file ``server.json`` in the folder
    always names the server that runs, so that a broker ``paper_process`` finds the next one.
    """

    def __init__(
        self, folder: Path, scenario: str = "", *, prices: Path | None = None, seed: int | None = None
    ) -> None:
        self.folder = folder
        self._scenario, self._prices, self._seed = scenario, prices, seed
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    @property
    def pid(self) -> int:
        """The system's number of the process; ``LookupError`` while none runs."""
        if self._process is None:
            raise LookupError("the paper broker does not run; start() it")
        return self._process.pid

    @property
    def is_running(self) -> bool:
        """Whether it runs; one that a fault has killed does not."""
        return self._process is not None and self._process.poll() is None

    def start(self, scenario: str | None = None) -> None:
        """Start it on the book as it is, and return when it can be connected to; ``RuntimeError`` if it does not come.

        Another ``scenario`` takes the place of the one before, with faults that have met nothing yet.
        """
        self._scenario = self._scenario if scenario is None else scenario
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / "scenario.toml"
        path.write_text(self._scenario, encoding="utf-8")
        (self.folder / READY).unlink(missing_ok=True)
        prices = None if self._prices is None else str(self._prices)
        launch = msgspec.json.encode(Launch(str(self.folder), 0, prices, str(path), self._seed)).decode()
        with (self.folder / "server.log").open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 - our own module, with our own words
                [sys.executable, "-m", "friday_core.sandbox.paper", launch], stdout=subprocess.DEVNULL, stderr=log
            )
        self.wait(lambda: (self.folder / READY).exists() or not self.is_running)
        if not self.is_running:
            raise RuntimeError((self.folder / "server.log").read_text("utf-8"))

    def kill(self) -> None:
        """kill -9: nothing is tidied up."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        self._process = None

    def stop(self) -> None:
        """As somebody would end it by hand: SIGTERM."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(_PATIENCE)
        self._process = None

    def restart(self, scenario: str | None = None) -> None:
        """kill -9, and a new process on the same book; as ``start`` if a fault has killed it."""
        self.kill()
        self.start(scenario)

    def ask(self, method: str, **params: Any) -> Any:
        """One request, as ``friday_core.sandbox.paper.client.ask``."""
        return ask(self.folder, method, **params)

    def fail(self, do: str, **rule: Any) -> None:
        """Set a fault: ``fail("lost_reply", method="place", nth=2)``."""
        self.ask("set_faults", faults=[{"do": do, **rule}])

    def tables(self) -> Mapping[str, Sequence[Any]]:
        """``orders``, ``trades`` and ``requests`` as they stand on disk, whether it runs or not."""
        return tables_of(self.folder)

    def wait(self, until: Callable[[], bool], seconds: float = _PATIENCE) -> None:
        """Return as soon as something is so; ``TimeoutError`` if it is not in so many seconds."""
        end = time.monotonic() + seconds
        while not until():
            if time.monotonic() > end:
                raise TimeoutError(f"not so within {seconds:g} s")
            time.sleep(0.005)

    def address(self) -> tuple[str, int]:
        """Host and port."""
        found = address_of(self.folder)
        return found.host, found.port
