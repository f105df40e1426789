"""Numbers that look drawn and are a function of what they are asked for."""

from __future__ import annotations

import hashlib

import numpy as np
import numpy.typing as npt

from friday_core.domain.chunk import Float64, Int64

Bits = npt.NDArray[np.uint64]
_ODD = np.uint64(0x9E3779B97F4A7C15)
_FIRST, _SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_SHIFTS = (np.uint64(30), np.uint64(27), np.uint64(31))
_HALF = 2.0**52
_MASK = 2**64 - 1


def digest(size: int, *parts: object) -> bytes:
    """So many bytes of what the parts name."""
    return hashlib.blake2b("|".join(map(str, parts)).encode(), digest_size=size).digest()


def key(*parts: object) -> int:
    """A 64-bit name for ``drawn``."""
    return int.from_bytes(digest(8, *parts))


def drawn(name: int, places: Int64) -> Bits:
    """64 bits at each place: the mixing of SplitMix64 (Steele, Lea, Flood: Fast splittable generators, 2014)."""
    bits = (places.astype(np.uint64) + np.uint64(1)) * _ODD + np.uint64(name & _MASK)
    bits = (bits ^ (bits >> _SHIFTS[0])) * _FIRST
    bits = (bits ^ (bits >> _SHIFTS[1])) * _SECOND
    return bits ^ (bits >> _SHIFTS[2])


def noise(name: int, steps: Int64, octaves: int) -> Float64:
    """How far a walk of about one unit a step has gone: sums of noise of 1, 2, 4, ... steps, each as high as its root.

    Made of sums and products alone, so that a step has the same value in an array of any length.
    """
    moved = np.zeros(len(steps))
    if not len(steps):
        return moved
    for octave in range(octaves):
        place = steps >> octave
        first = int(place.min())
        values = drawn(name + octave, np.arange(first, int(place.max()) + 2))
        heights = (values >> np.uint64(11)).astype(np.float64) / _HALF - 1.0
        into = (steps - (place << octave)) / float(1 << octave)
        at = heights[place - first]
        moved += (at + (heights[place - first + 1] - at) * into) * _ROOTS[octave]
    return moved


#: Square roots of powers of two, the odd ones to the same digits on every machine.
_ROOTS = tuple((1 << (octave // 2)) * (1.4142135623730951 if octave % 2 else 1.0) for octave in range(40))
