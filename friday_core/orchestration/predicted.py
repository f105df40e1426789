"""What the model of a session predicted: from when on, and how often for each instrument."""

from __future__ import annotations

import numpy as np

from friday_core.analytics.account_tally import AccountTally
from friday_core.domain.sessions import to_date
from friday_core.flow.prediction_stage import PREDICTION
from friday_core.session.core import Core


def out_of_sample_from(core: Core, stream: str, account: AccountTally) -> str | None:
    """The session of the first prediction in force, as an ISO date; ``None`` if there was none.

    Every version predicts only what came after the rows that it learned from, so from here on nothing
    that a strategy was told is in sample.
    """
    for rows in core.flow.predictions(stream):
        said = rows.ts_event[~np.isnan(rows[PREDICTION])]
        if len(said):
            session = account.closed().session_at(int(said[0]))
            return None if session is None else to_date(session).isoformat()
    return None


def prediction_counts(core: Core, stream: str, instruments: int) -> list[int]:
    """Predictions that passed the stream, of each instrument by its position in the universe."""
    counts = np.zeros(instruments, np.int64)
    for rows in core.flow.predictions(stream):
        counts += np.bincount(rows.inst[~np.isnan(rows[PREDICTION])], minlength=instruments)
    return [int(count) for count in counts]
