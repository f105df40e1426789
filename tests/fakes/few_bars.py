"""A few daily bars of one share as a table, and strategies that trade when they are told."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from friday_core.api import Bar, Strategy, Target

#: Monday to Friday: open, high, low, close, volume.
WEEK = (
    ("2026-05-04", 1000.00, 1012.00, 995.00, 1004.00, 10_000),
    ("2026-05-05", 1006.00, 1020.00, 1001.00, 1015.00, 12_000),
    ("2026-05-06", 1018.00, 1035.00, 1010.00, 1030.00, 11_000),
    ("2026-05-07", 1028.00, 1032.00, 1008.00, 1012.00, 9_000),
    ("2026-05-08", 1010.00, 1019.00, 1002.00, 1005.00, 9_500),
)


def week(instrument: str = "INFY.NSE") -> pd.DataFrame:
    """The five bars, in the long form."""
    frame = pd.DataFrame(WEEK, columns=["ts", "open", "high", "low", "close", "volume"])
    return frame.assign(ts=pd.to_datetime(frame["ts"]), instrument=instrument)


class Planned(Strategy):
    """Decides a weight on some bars of each instrument, counted from 1."""

    def __init__(self, plan: Mapping[int, float]) -> None:
        self.plan = plan
        self.bars: dict[str, int] = {}

    def on_event(self, event, book):  # type: ignore[no-untyped-def]
        if isinstance(event, Bar):
            name = str(event.instrument.id)
            self.bars[name] = count = self.bars.get(name, 0) + 1
            if count in self.plan:
                yield Target(event.instrument.id, self.plan[count])
