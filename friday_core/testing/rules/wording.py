"""What rules of several roles say alike."""

from __future__ import annotations

import math

from friday_core.domain.instruments import InstrumentId
from friday_core.domain.signals import Target
from friday_core.testing.dirt import CUT_OFF
from friday_core.testing.markets import Market
from friday_core.testing.outcomes import Broken
from friday_core.testing.timing import Timing
from friday_core.testing.watching import Watch

BESIDE = "where a second one works beside it"
BESIDE_WHY = "two strategies, or two runs in one process, may use it at the same time; what they share leaks"
BESIDE_MEND = "keep state in self, made in __init__: not in the module, not in the class, not in a default argument"
CUT_WHY = "chunks are cut where files, records and the network happen to cut them, and the result must not show it"
ROW_WHY = "live, a row or a few of them need no chunk, which saves microseconds; backtests are of chunks"
FUTURE_WHY = "what changes with rows that come later knows the future, and no backtest of it is worth anything"
TOLD = "it looks at nothing but what it is handed"
TOLD_WHY = "a clock, chance, a file or the network makes a run that cannot be repeated, and may hold the future"
TOLD_MEND = (
    "take time from ts_event or the session, chance from a generator with a seed in the settings, and read files "
    "in the factory or in initialize()"
)
TIME = "it takes little time for each row, however many came before"
TIME_WHY = "the time from a tick to an order is made of this, and a state that grows makes it longer every day"
TIME_MEND = "keep what a row needs in running form, and bound what you keep of the past"


def future(market: Market, row: int, how: str) -> str:
    """``where the future from row 570 (...) on is huge``."""
    what = "is cut off" if how == CUT_OFF else f"is {how}"
    return f"where the future from {market.place(row)} on {what}"


def restored(market: Market, row: int) -> str:
    return f"after it was restored before {market.place(row)}"


def require_none(watch: Watch) -> None:
    """``Broken`` with all that was looked at."""
    if watch.deeds:
        raise Broken("it " + "; it ".join(watch.deeds))


def require_in_time(timing: Timing, limit: float) -> None:
    """``Broken`` for a call that takes longer than ``limit`` seconds, or ever longer."""
    if timing.mean > limit:
        raise Broken(f"it takes {timing.mean * 1e3:.1f} ms for each, and may take {limit * 1e3:g} ms")
    if timing.grows:
        first, last = timing.early * 1e6, timing.late * 1e6
        raise Broken(f"it takes {first:.0f} microseconds for each of the first, and {last:.0f} for each of the last")


def require_target(asked: str, answer: Target, instrument: InstrumentId, side: float) -> None:
    """``Broken`` for a target of another instrument than was asked about, or of the other side than ``side``."""
    if answer.instrument != instrument:
        raise Broken(f"{asked} with a target of {answer.instrument}")
    if answer.weight and math.copysign(1.0, answer.weight) != math.copysign(1.0, side):
        raise Broken(f"{asked} with the weight {answer.weight}, which is of the other side")
