"""How the process of a sandbox ends, and how it begins anew."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
import time
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Any, Self

import msgspec

_SIGNALS = (signal.SIGTERM, signal.SIGINT)


class Ending:
    """Hears SIGTERM and SIGINT as long as its context lasts, also while the process goes away for a restart.

    To be entered in the main thread; ``asked`` is whether one of them came.
    """

    def __init__(self) -> None:
        self.asked = False
        self._obey: Callable[[], object] = lambda: None

    def __enter__(self) -> Self:
        self._before: dict[signal.Signals, Any] = {one: signal.signal(one, self._hear) for one in _SIGNALS}
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for one, handler in self._before.items():
            signal.signal(one, handler)

    def stops(self, stop: Callable[[], None]) -> None:
        """Call ``stop`` in the loop that runs, as soon as the end is asked for, and at once if it was."""
        loop = asyncio.get_running_loop()
        self._obey = lambda: loop.call_soon_threadsafe(stop)
        if self.asked:
            stop()

    def begin_anew(self, module: str, launch: msgspec.Struct, seconds: float) -> None:
        """Become ``python -m module launch`` after so long, with the same process id; returns if the end is asked for.

        ``SystemExit`` if that happens in the meantime.
        """
        self._obey = sys.exit
        if not self.asked:
            time.sleep(seconds)
            words = msgspec.json.encode(launch).decode()
            os.execv(sys.executable, [sys.executable, "-m", module, words])  # noqa: S606 - our own module

    def _hear(self, _: int, __: FrameType | None) -> None:
        self.asked = True
        with contextlib.suppress(RuntimeError):  # a loop that is closed has nothing to stop
            self._obey()
