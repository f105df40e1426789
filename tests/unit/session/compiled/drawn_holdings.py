"""What a drawn session may have besides: bands, latency, products, and what happens to positions by themselves."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import numpy as np

from friday_core.domain.chunk import PRICE_COLUMNS, Chunk, Universe
from friday_core.domain.instruments import Instrument, InstrumentId
from friday_core.errors import DataError
from friday_core.session.custody import HoldingTerms
from friday_core.simulation.fill_rules import lower_band, upper_band
from friday_core.trading.codes import Code
from friday_core.trading.endings import Ending, OptionTerms
from friday_core.trading.entry_rules import EntryRules, Members
from friday_core.trading.session_times import IntradayTimes, daily_times

MINUTE = 60_000_000
PRODUCTS = ("", "delivery", "intraday", "intraday", "normal", "mtf")


def at_bands(random: np.random.Generator, universe: Universe, rows: Chunk, band_ppm: int) -> Chunk:
    """Some bars of one price, of these some at a band; of some sessions other factors."""
    prices = {name: rows[name].copy() for name in PRICE_COLUMNS}
    factor = rows["factor"]
    if random.random() < 0.4:
        sessions, place = np.unique(rows["session"], return_inverse=True)
        factor = random.choice([1.0, 1.0, 0.5, 1 / 3], len(sessions))[place]
    latest: dict[int, tuple[float, int]] = {}
    before: dict[int, int] = {}
    for row in np.flatnonzero(np.min(list(prices.values()), axis=0) >= 1).tolist():
        inst, session = int(rows.inst[row]), float(rows["session"][row])
        if inst in latest and latest[inst][0] < session:
            before[inst] = latest[inst][1]
        if random.random() < 0.2:
            price = int(prices["close"][row])
            if inst in before and random.random() < 0.8:
                band = (lower_band, upper_band)[int(random.integers(2))]
                price = band(before[inst], band_ppm, universe[inst].tick_size)
            for column in prices.values():
                column[row] = price
            prices["high"][row] += int(random.random() < 0.3)
        latest[inst] = session, int(prices["close"][row])
    return rows.with_columns({**prices, "factor": factor})


def terms(
    random: np.random.Generator, universe: Universe, sessions: Sequence[int]
) -> tuple[HoldingTerms | None, EntryRules | None]:
    """What happens to positions, and what may be entered; of the same market."""
    times = daily_times(dt.time(9, 30), _time(random, [2, 9, 59, 300]), "UTC")
    intraday = None
    if random.random() < 0.6:
        last = _time(random, [0, 2, 8, 30]) if random.random() < 0.5 else None
        intraday = IntradayTimes(times, "UTC", _time(random, [0, 3, 8, 40]), last, MINUTE * int(random.integers(3)))
    endings = _endings(random, universe, sessions) if random.random() < 0.4 else {}
    borrow = int(random.choice([0, 0, 60_000]))
    lists = [_members(random, universe) if random.random() < 0.2 else None for _ in range(2)]
    rules = EntryRules(times, endings, lists[0], lists[1], intraday)
    kept = HoldingTerms(times, endings, intraday, borrow)
    return (kept if random.random() < 0.9 else None), (rules if random.random() < 0.8 else None)


def _time(random: np.random.Generator, minutes: Sequence[int]) -> dt.time:
    """So long after ten, when the first slice of a session is."""
    minute = int(random.choice(minutes))
    return dt.time(10 + minute // 60, minute % 60)


def _endings(random: np.random.Generator, universe: Universe, sessions: Sequence[int]) -> dict[InstrumentId, Ending]:
    found: dict[InstrumentId, Ending] = {}
    for one in (universe[int(random.integers(len(universe)))] for _ in range(int(random.integers(1, 4)))):
        price = int(random.integers(0, 20_000)) if random.random() < 0.3 else None
        code = Code.EXPIRED_INSTRUMENT if one.kind == "future" else Code.DELISTED
        last = int(random.choice(sessions)) + int(random.choice([0, 0, 0, 1]))
        found[one.id] = Ending(last, code, price, _option(random, universe, one))
    return found


def _option(random: np.random.Generator, universe: Universe, one: Instrument) -> OptionTerms | None:
    if one.kind != "future" or random.random() < 0.5:
        return None
    underlying = universe[int(random.integers(len(universe)))]
    return OptionTerms(underlying, int(random.integers(1, 20_000)), bool(random.random() < 0.5))


def _members(random: np.random.Generator, universe: Universe) -> Members:
    missing, start = int(random.choice([5, 1_000_000])), int(random.integers(3))

    def on(session: int) -> frozenset[str]:
        if session % missing == 0:
            raise DataError("the list does not reach this day\n    mend: add it")
        return frozenset(one.id.symbol for n, one in enumerate(universe) if (n + session + start) % 3)

    return on
