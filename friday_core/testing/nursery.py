"""Servers that start in a moment: forks of one process that has read what all of them need."""

from __future__ import annotations

import contextlib
import importlib
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any, NoReturn

import msgspec


class _Asked(msgspec.Struct):
    """A word to the nursery: a server to be begun, or, with ``pid``, how one has ended."""

    pid: int = 0
    module: str = ""
    launch: str = ""
    log: str = ""
    folder: str = ""
    environment: dict[str, str] = {}


class Fork:
    """A process of a nursery, used as a ``subprocess.Popen`` is."""

    def __init__(self, pid: int, nursery: Nursery) -> None:
        self.pid, self._nursery = pid, nursery
        self._code: int | None = None

    def poll(self) -> int | None:
        """The exit code, less than 0 for a signal; ``None`` as long as it runs."""
        if self._code is None:
            self._code = self._nursery.ask(_Asked(self.pid))
        return self._code

    def wait(self, timeout: float | None = None) -> int:
        """The exit code, once it has ended; ``subprocess.TimeoutExpired`` if it does not in so many seconds."""
        end = None if timeout is None else time.monotonic() + timeout
        while (code := self.poll()) is None:
            if timeout is not None and end is not None and time.monotonic() > end:
                raise subprocess.TimeoutExpired(str(self.pid), timeout)
            time.sleep(0.002)
        return code

    def kill(self) -> None:
        self._send(signal.SIGKILL)

    def terminate(self) -> None:
        self._send(signal.SIGTERM)

    def _send(self, what: signal.Signals) -> None:
        if self.poll() is None:
            os.kill(self.pid, what)


class Nursery:
    """Begins servers, from any thread; ``close`` kills those that still run. It starts itself with the first one."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()

    def begin(self, module: str, launch: str, log: Path) -> Fork:
        """``python -m module launch``, in the folder and the environment of now; ``log`` takes its standard error."""
        asked = _Asked(0, module, launch, str(log), str(Path.cwd()), dict(os.environ))
        return Fork(self.ask(asked), self)

    def ask(self, asked: _Asked) -> Any:
        """What the process of the nursery answers."""
        with self._lock:
            if self._process is None:
                self._process = subprocess.Popen(  # noqa: S603 - this module
                    [sys.executable, "-m", __name__], stdin=subprocess.PIPE, stdout=subprocess.PIPE
                )
            words, answers = self._process.stdin, self._process.stdout
            assert words is not None
            assert answers is not None
            words.write(msgspec.json.encode(asked) + b"\n")
            words.flush()
            return msgspec.json.decode(answers.readline())

    def close(self) -> None:
        if self._process is not None:
            self._process.communicate()
        self._process = None


def _serve() -> None:
    """Answer word by word, until nobody asks any more."""
    alive: set[int] = set()
    for line in sys.stdin.buffer:
        asked = msgspec.json.decode(line, type=_Asked)
        if asked.pid:
            try:
                ended, status = os.waitpid(asked.pid, os.WNOHANG)
            except ChildProcessError:  # a child of the nursery before this one, which took it along
                ended, status = asked.pid, signal.SIGKILL
            alive.discard(ended)
            answer = os.waitstatus_to_exitcode(status) if ended else None
        else:
            server = importlib.import_module(f"{asked.module}.__main__")
            server.prepare()
            answer = os.fork()
            if not answer:
                _become(server, asked)
            alive.add(answer)
        sys.stdout.buffer.write(msgspec.json.encode(answer) + b"\n")
        sys.stdout.buffer.flush()
    for pid in alive:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def _become(server: Any, asked: _Asked) -> NoReturn:
    """A server like one that was started by hand."""
    code: object = 1
    try:
        os.chdir(asked.folder)
        log = os.open(asked.log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        nothing = os.open(os.devnull, os.O_RDWR)
        for stream, place in enumerate((nothing, nothing, log)):
            os.dup2(place, stream)
        os.environ.clear()
        os.environ.update(asked.environment)
        server.run(asked.launch)
        code = 0
    except SystemExit as end:
        code = end.code
        if isinstance(code, str):
            sys.stderr.write(f"{code}\n")
    except BaseException:  # noqa: BLE001 - as an interpreter does
        sys.excepthook(*sys.exc_info())
    finally:
        sys.stderr.flush()
        os._exit(code if isinstance(code, int) else int(code is not None))


if __name__ == "__main__":
    _serve()
