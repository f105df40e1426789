"""Where in a plugin's own code an error was raised."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from pathlib import Path
from types import FrameType

_NOBODYS = {"friday_core", *sys.stdlib_module_names}


def own_line(error: BaseException, packages: AbstractSet[str] = frozenset()) -> str:
    """``prices.py, line 31, in validate()``: the innermost line of the plugin's code; empty if it ran none.

    ``packages`` are the top-level packages of its code; without them it is whoever Friday called first on
    the way to the error. An error that was raised from another one leads to where that was raised.
    """
    frames = list(_frames(error))
    if not packages:
        packages = set([one for frame, _ in frames if (one := _package(frame)) not in _NOBODYS][:1])
    own = [(frame.f_code, line) for frame, line in frames if _package(frame) in packages]
    if not own:
        return ""
    code, line = own[-1]
    return f"{Path(code.co_filename).name}, line {line}, in {code.co_name}()"


def _frames(error: BaseException) -> Iterator[tuple[FrameType, int]]:
    """Of the error, and then of what it was raised from."""
    chain: list[BaseException] = []
    cause: BaseException | None = error
    while cause is not None and cause not in chain:
        chain.append(cause)
        cause = cause.__cause__
    for one in chain:
        yield from traceback.walk_tb(one.__traceback__)


def _package(frame: FrameType) -> str:
    return str(frame.f_globals.get("__name__", "")).partition(".")[0]
