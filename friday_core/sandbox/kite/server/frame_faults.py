"""What becomes of a frame that a fault takes: lost, doubled, late, or broken."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from typing import TypeVar

from friday_core.sandbox.kite.faults.fault import Do, Fault

Frame = TypeVar("Frame", bytes, str)
_LOST = frozenset({Do.LOST_FRAME, Do.LOST_UPDATE})
_DOUBLE = frozenset({Do.DOUBLE_FRAME, Do.DOUBLE_UPDATE})
_LATE = frozenset({Do.LATE_FRAME, Do.LATE_UPDATE})
#: Bytes 4 to 8 of a packet are its price; a packet begins behind its length.
_COUNT, _LENGTH, _PRICE = 2, 2, 4
#: A bit of millions of rupees.
_HIGH_BIT = 0x40
_ODD = 20


def delivered(frame: Frame, taken: Iterable[Fault], late: list[Frame]) -> list[Frame]:
    """What is to be sent now in place of a frame; ``late`` holds back what comes after the next one, newest first."""
    kinds = {one.do for one in taken}
    if kinds & _LATE:
        late.append(frame)
        return []
    if kinds & _LOST:
        return []
    held = late[::-1]
    late.clear()
    return [frame] * (2 if kinds & _DOUBLE else 1) + held


def broken(frame: bytes, taken: Sequence[Fault]) -> bytes:
    """A frame of ticks as it arrives; the same one breaks in the same way every time."""
    for one in taken:
        if one.do is Do.CORRUPT_FRAME:
            frame = _with_flipped_prices(frame)
        elif one.do is Do.GARBAGE_FRAME:
            frame = b"\xff\xff" + random.Random(one.seed).randbytes(max(len(frame), 8))  # noqa: S311 - no secret
        elif one.do is Do.CUT_FRAME:
            frame = frame[: max(len(frame) - len(frame) // 3, _COUNT + _LENGTH + 1)]
        elif one.do is Do.ODD_PACKET:
            frame = _with_odd_packet(frame)
    return frame


def _with_flipped_prices(frame: bytes) -> bytes:
    """One bit in each price."""
    changed, place = bytearray(frame), _COUNT
    while place + _LENGTH + _PRICE < len(changed):
        changed[place + _LENGTH + _PRICE] ^= _HIGH_BIT
        place += _LENGTH + int.from_bytes(frame[place : place + _LENGTH], "big")
    return bytes(changed)


def _with_odd_packet(frame: bytes) -> bytes:
    """One packet more, of a length that no mode has."""
    count = int.from_bytes(frame[:_COUNT], "big") + 1
    return count.to_bytes(_COUNT, "big") + frame[_COUNT:] + _ODD.to_bytes(_LENGTH, "big") + bytes(_ODD)
