"""Reading a frame of Kite's socket: Friday's columns, compiled and in plain Python, and the client's own parser.

Run with ``python benchmarks/bench_frames.py``. A frame has 100 packets of the mode ``full``; figures are for a tick.
"""

from __future__ import annotations

import random
import struct
import warnings
from collections.abc import Callable

from harness import interleaved, report

from friday_plugins.zerodha.frames import FULL, FrameReader

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # the client's own, about its dependencies
    from kiteconnect import KiteTicker

TICKS, FRAMES = 100, 50


def frame() -> bytes:
    """Packets of shares."""
    drawn = random.Random(1)
    packets = [struct.pack(">I", place << 8 | 1) + drawn.randbytes(FULL - 4) for place in range(TICKS)]
    return struct.pack(">H", TICKS) + b"".join(struct.pack(">H", FULL) + one for one in packets)


def repeated(read: Callable[[], object]) -> None:
    """One frame after the other, none kept."""
    for _ in range(FRAMES):
        read()


def main() -> None:
    payload, client, plain, compiled = frame(), KiteTicker("key", "token"), FrameReader(), FrameReader()
    compiled.warm()
    measured = interleaved({
        "client": lambda: repeated(lambda: client._parse_binary(payload)),
        "plain Python": lambda: repeated(lambda: plain.read(payload, 0)),
        "compiled": lambda: repeated(lambda: compiled.read(payload, 0)),
    })  # fmt: skip
    report(f"A tick of a frame of {TICKS}", measured, "compiled", per=FRAMES * TICKS, unit="ns")


if __name__ == "__main__":
    main()
