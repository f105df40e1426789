"""Training tables with a planted signal."""

from __future__ import annotations

import numpy as np

from friday_core.domain.instruments import InstrumentId
from friday_core.interfaces.model import TrainingTable
from friday_core.testing.sessions import weekdays


def training_table(sessions: int = 150, *, features: int = 3, gaps: bool = False, seed: int = 0) -> TrainingTable:
    """Weekdays of four instruments; a label is a hundredth of the first feature plus noise, known a day later.

    ``gaps`` puts NaN into one feature in twenty.
    """
    draw = np.random.Generator(np.random.PCG64(seed))
    instruments = tuple(InstrumentId(name, "SIM") for name in ("CALM", "FINE", "GONE", "WILD"))
    n, schedule = sessions * len(instruments), weekdays(sessions).sessions
    values = draw.random((n, features)) * 4 - 2
    labels = 0.01 * values[:, 0] + 0.01 * (draw.random(n) - 0.5)
    if gaps:
        values[draw.random((n, features)) < 0.05] = np.nan
    close = np.repeat(schedule.closes, len(instruments))
    return TrainingTable(
        tuple(f"feature_{k}" for k in range(features)),
        values,
        labels,
        np.repeat(schedule.dates, len(instruments)),
        close,
        close + 86_400_000_000,
        instruments,
        np.tile(np.arange(len(instruments)), sessions),
    )
