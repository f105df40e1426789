"""The end of a file of lines, without reading what is before it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import msgspec

_PIECE = 1 << 16


def last_lines(path: Path, count: int) -> list[Any]:
    """The last lines of a file of JSON; none if it is not there. A line that is being written is left out."""
    if count < 1 or not path.exists():
        return []
    with path.open("rb") as file:
        end = file.seek(0, os.SEEK_END)
        found = b""
        while end > 0 and found.count(b"\n") <= count:
            size = min(_PIECE, end)
            end -= size
            file.seek(end)
            found = file.read(size) + found
    whole = found[: found.rfind(b"\n") + 1].splitlines()
    return [msgspec.json.decode(line) for line in whole[-count:]]
