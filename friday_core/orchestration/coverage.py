"""What a model has to go by for each instrument, and what it lacks."""

from __future__ import annotations

import msgspec
import numpy as np
import numpy.typing as npt

from friday_core.domain.chunk import Chunk, Float64, Universe


class Coverage(msgspec.Struct, frozen=True):
    """One instrument's bars in the model's source.

    ``usable`` bars have the features that the model needs, and ``last_usable`` is the time of the last
    of them (microseconds UTC). ``unknown`` are the features that none of the bars has.
    """

    bars: int
    usable: int
    last_usable: int | None
    unknown: tuple[str, ...]


def coverage_of(
    rows: Chunk, values: Float64, usable: npt.NDArray[np.bool_], features: tuple[str, ...], universe: Universe
) -> dict[str, Coverage]:
    """By instrument; ``values`` has a column for each of the features, ``usable`` tells of each row."""
    return {
        str(one.id): _of_one(rows.ts_event[own], values[own], usable[own], features)
        for position, one in enumerate(universe)
        for own in (np.flatnonzero(rows.inst == position),)
    }


def _of_one(
    ts_event: npt.NDArray[np.int64], values: Float64, usable: npt.NDArray[np.bool_], features: tuple[str, ...]
) -> Coverage:
    last = int(ts_event[usable][-1]) if usable.any() else None
    unknown = tuple(name for name, column in zip(features, values.T, strict=True) if np.isnan(column).all())
    return Coverage(len(ts_event), int(usable.sum()), last, unknown)
