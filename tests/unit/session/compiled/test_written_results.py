"""What the kernel wrote, told as the driver tells it."""

from __future__ import annotations

import numpy as np

from friday_core.domain.chunk import Universe
from friday_core.domain.instruments import Instrument, InstrumentId
from friday_core.session.compiled.sent import Sent
from friday_core.session.compiled.texts import Told
from friday_core.simulation.compiled import words as w


def test_why_orders_ended_begins_as_it_does_in_full() -> None:
    rows = np.zeros((5, w.ORDER_WORDS), np.int64)
    rows[:, w.O_STATUS] = [w.CANCELLED, w.IS_FILLED, w.EXPIRED, w.CANCELLED, w.CANCELLED]
    rows[:, w.O_BOOKED], rows[:, w.O_WANTED] = [0, 9, 0, 4, 0], 9
    universe = Universe([Instrument(InstrumentId("A", "NSE"), "INR")])
    ends = Told(np.array([4, 3, 2, 1, 0]), Sent(rows, {}, [], universe).ends)
    assert ends.heads().tolist() == ["NO_CASH", "CLIPPED_CASH", "DAY_ENDED", "", "NO_CASH"]
    assert ends.heads().tolist() == [text.partition(":")[0] for text in ends.tolist()]
