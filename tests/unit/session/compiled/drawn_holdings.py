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
    borrow = int(random.choice([0, 60_000, 2_000_000]))
    lists = [_members(random, universe) if random.random() < 0.2 else None for _ in range(2)]
    rules = EntryRules(times, endings, lists[0], lists[1], intraday)
    kept = HoldingTerms(times, endings, intraday, borrow)
    return (kept if random.random() < 0.9 else None), (rules if random.random() < 0.8 else None)


def in_days(random: np.random.Generator, rows: Chunk) -> tuple[Chunk, int, int]:
    """The same slices in days of a few each, of so many minutes a slice, and how many there are in a day."""
    slices, minutes = int(random.choice([4, 9, 9, 25])), int(random.choice([1, 1, 7]))
    times, place = np.unique(rows.ts_event, return_inverse=True)
    number = np.arange(len(times))
    session = int(rows["session"][0]) + number // slices * int(random.choice([1, 1, 3]))
    ts = session * 1_440 * MINUTE + number % slices * minutes * MINUTE + 600 * MINUTE
    columns = {**rows.columns, "session": session.astype(np.float64)[place]}
    return Chunk(ts[place], rows.inst, columns), minutes, slices


def days(
    random: np.random.Generator, universe: Universe, sessions: Sequence[int], minute: int, slices: int
) -> tuple[HoldingTerms, EntryRules | None]:
    """A square-off inside of days of so many slices, in some too late for any; and what else happens to positions."""
    is_late = bool(random.random() < 0.2)
    closes = slices * minute + 60 if is_late or random.random() < 0.3 else (slices - 1) * minute
    times = daily_times(dt.time(9, 30), _time(random, [closes]), "UTC")
    last = _time(random, [minute, slices * minute // 2]) if random.random() < 0.3 else None
    square_off = _time(random, [minute * (slices - 1 if is_late else int(random.integers(1, slices - 1)))])
    lead = 0 if is_late else int(random.choice([0, 0, minute]))
    intraday = IntradayTimes(times, "UTC", square_off, last, MINUTE * lead)
    endings = _endings(random, universe, sessions[len(sessions) // 2 :]) if random.random() < 0.5 else {}
    kept = HoldingTerms(times, endings, intraday, int(random.choice([0, 60_000, 2_000_000])))
    entries = EntryRules(times, endings, None, None, intraday) if random.random() < 0.6 else None
    return kept, entries


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
