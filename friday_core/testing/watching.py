"""What a plugin's code looks at besides what it is handed: clocks, chance, files, the network."""

from __future__ import annotations

import functools
import os
import random
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from types import FrameType
from typing import Any

_CLOCKS = {
    "time": {"time", "time_ns", "monotonic", "monotonic_ns", "perf_counter", "perf_counter_ns", "localtime", "gmtime"},
    "datetime": {"now", "utcnow", "today"},
}
_DRAWN = {"random", "getrandbits"}
#: Events of the interpreter that lead out of the process, and what they are in words.
_EVENTS = {
    "open": "opens {0}",
    "socket.connect": "connects to {1}",
    "socket.getaddrinfo": "looks up {0}",
    "subprocess.Popen": "starts {0}",
    "os.system": "starts {0}",
    "sqlite3.connect": "opens {0}",
}
_CODE = (".py", ".pyc", ".so", ".pyd", ".pth")
#: Between the plugin's code and an event, these say that the event is not its own: imports, and the
#: tidying up of objects that have gone, which happens whenever the interpreter pleases.
_NOBODYS = ("importlib._bootstrap", "weakref")
_OF_EVERYBODY = ("zoneinfo", "tzdata")


class Watch:
    """Deeds of the code of some packages, each once, with its line."""

    def __init__(self, packages: frozenset[str]) -> None:
        self.deeds: dict[str, None] = {}
        self._packages = packages

    def on_call(self, frame: FrameType, event: str, called: Any) -> None:
        """As ``sys.setprofile`` wants it."""
        if event == "c_call" and (what := _looked_at(called)):
            author = _nearest_foreign(frame)
            if author is not None and _package(author) in self._packages:
                self._note(what, author)

    def on_event(self, event: str, arguments: tuple[Any, ...]) -> None:
        """As ``sys.addaudithook`` wants it."""
        if event == "open" and _belongs_to_everybody(arguments[0]):
            return
        frame: FrameType | None = sys._getframe(2)
        while frame is not None and _package(frame) not in self._packages:
            if frame.f_globals.get("__name__") in _NOBODYS:
                return
            frame = frame.f_back
        if frame is not None:
            self._note(_EVENTS[event].format(*map(_shown, arguments)), frame)

    def _note(self, what: str, frame: FrameType) -> None:
        where = f"{Path(frame.f_code.co_filename).name}, line {frame.f_lineno}, in {frame.f_code.co_name}()"
        self.deeds.setdefault(f"{what} ({where})")


_watch: ContextVar[Watch | None] = ContextVar("watch", default=None)


@contextmanager
def watching(packages: frozenset[str]) -> Iterator[Watch]:
    """Watches the code of these top-level packages in this thread."""
    _listen()
    watch, before = Watch(packages), sys.getprofile()
    token = _watch.set(watch)
    sys.setprofile(watch.on_call)
    try:
        yield watch
    finally:
        sys.setprofile(before)
        _watch.reset(token)


@functools.cache
def _listen() -> None:
    """Once in a process: there is no way to take such a hook out again."""
    sys.addaudithook(_heard)


def _heard(event: str, arguments: tuple[Any, ...]) -> None:
    if event in _EVENTS and (watch := _watch.get()) is not None:
        watch.on_event(event, arguments)


def _looked_at(called: Any) -> str:
    """``reads a clock: time.time``; empty for everything that is allowed."""
    owner, name = getattr(called, "__self__", None), called.__name__
    home = str(getattr(owner, "__module__", None) or getattr(owner, "__name__", None))
    if name in _CLOCKS.get(home, ()):
        return f"reads a clock: {home}.{name}"
    if name == "urandom" or (name in _DRAWN and owner is getattr(random, "_inst", None)):
        return "draws at random, without a seed of its own"
    return ""


def _nearest_foreign(frame: FrameType | None) -> FrameType | None:
    """The nearest caller that is not of the standard library."""
    while frame is not None and _package(frame) in sys.stdlib_module_names:
        frame = frame.f_back
    return frame


def _package(frame: FrameType) -> str:
    return str(frame.f_globals.get("__name__", "")).partition(".")[0]


def _belongs_to_everybody(path: Any) -> bool:
    """Whether opening it tells nothing: code, and the zones of the world."""
    if isinstance(path, int) or path is None:
        return True
    name = os.fsdecode(path)
    return name.endswith(_CODE) or any(one in name for one in _OF_EVERYBODY)


def _shown(argument: Any) -> str:
    return f"{argument!r:.80}"
