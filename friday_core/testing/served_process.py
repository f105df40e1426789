"""A sandbox in a process of its own, for tests that kill it, end it, and start it again."""

from __future__ import annotations

import abc
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import ClassVar, Self

import msgspec

from friday_core.sandbox.paper.process import READY
from friday_core.testing.nursery import Fork, Nursery

#: Seconds until a server that starts can be connected to, until one has ended, and until a call is answered.
PATIENCE = 30.0


class ServedProcess(abc.ABC):
    """A server in ``folder``, and the handles to its process; leaving the context kills it.

    ``server.json`` in the folder always names the server that runs; what a server writes to its standard error stands
    in ``server.log``.
    """

    #: Where one is set, servers are forks of its process, and start in a moment.
    nursery: ClassVar[Nursery | None] = None
    #: What ``python -m`` starts; its only word is what ``_launch`` returns, in JSON.
    _module: str

    def __init__(self, folder: Path, scenario: str = "") -> None:
        self.folder, self._scenario = folder, scenario
        self._process: subprocess.Popen[bytes] | Fork | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    @abc.abstractmethod
    def _launch(self) -> msgspec.Struct:
        """What it is started with; the folder is there, and files may be written into it."""

    @property
    def pid(self) -> int:
        """The system's number of the process; ``LookupError`` while none runs."""
        if self._process is None:
            raise LookupError(f"nothing serves {self.folder}; start() it")
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
        (self.folder / READY).unlink(missing_ok=True)
        self._process = self._begun(msgspec.json.encode(self._launch()).decode(), self.folder / "server.log")
        self.wait(lambda: (self.folder / READY).exists() or not self.is_running)
        if not self.is_running:
            raise RuntimeError((self.folder / "server.log").read_text("utf-8"))

    def kill(self) -> None:
        """kill -9: nothing is tidied up."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        self._process = None

    def stop(self) -> int:
        """SIGTERM, as somebody would end it by hand; returns the exit code, 0 if none ran."""
        code = 0
        if self._process is not None:
            self._process.terminate()
            code = self._process.wait(PATIENCE)
        self._process = None
        return code

    def restart(self, scenario: str | None = None) -> None:
        """kill -9, and a new process on the same book; as ``start`` if a fault has killed it."""
        self.kill()
        self.start(scenario)

    def wait(self, until: Callable[[], bool], seconds: float = PATIENCE) -> None:
        """Return as soon as something is so; ``TimeoutError`` if it is not in so many seconds."""
        end = time.monotonic() + seconds
        while not until():
            if time.monotonic() > end:
                raise TimeoutError(f"not so within {seconds:g} s")
            time.sleep(0.005)

    def _begun(self, launch: str, path: Path) -> subprocess.Popen[bytes] | Fork:
        if self.nursery is not None:
            return self.nursery.begin(self._module, launch, path)
        with path.open("ab") as log:
            return subprocess.Popen(  # noqa: S603 - our own module, with our own words
                [sys.executable, "-m", self._module, launch], stdout=subprocess.DEVNULL, stderr=log
            )
