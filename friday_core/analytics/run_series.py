"""The tables of a run as series and events: exact money, one axis of time."""

from __future__ import annotations

import itertools
from bisect import bisect_left
from dataclasses import dataclass

import numpy as np

from friday_core.analytics.account_tally import AccountTally
from friday_core.analytics.price_history import PriceHistory
from friday_core.analytics.round_trips import Adjusted, Traded
from friday_core.analytics.run_files import RunFiles
from friday_core.domain.chunk import Float64, Int64
from friday_core.domain.money import divide_half_even


@dataclass(frozen=True, slots=True)
class EquityCurve:
    """The account after each slice, summed over the strategies. Money in minor units."""

    ts_event: Int64
    session: Int64
    cash: Int64
    value: Int64
    gross: Int64
    equity: Int64

    def __len__(self) -> int:
        return len(self.ts_event)

    @property
    def ends(self) -> Int64:
        """Positions of the last slice of each session."""
        return np.flatnonzero(np.diff(self.session, append=np.iinfo(np.int64).max)) if len(self) else self.session

    def part(self, first: int, last: int) -> EquityCurve:
        """The slices from one position up to before another."""
        columns = (self.ts_event, self.session, self.cash, self.value, self.gross, self.equity)
        return EquityCurve(*(column[first:last] for column in columns))

    def tally(self, capital: int) -> AccountTally:
        """The same for ``performance_of``, after so much equity before it."""
        tally = AccountTally(capital)
        tally.take(self.ts_event, self.session, self.equity, self.gross)
        return tally


def equity_curve(files: RunFiles) -> EquityCurve:
    """From the table ``equity``; empty if there is none."""
    ts = files.whole("equity", "ts_event")
    moments, where = np.unique(ts, return_inverse=True)
    sessions = np.zeros(len(moments), np.int64)
    sessions[where] = files.whole("equity", "session")
    sums = []
    for name in ("cash", "value", "gross", "equity"):
        total = np.zeros(len(moments), np.int64)
        np.add.at(total, where, files.minor_units("equity", name))
        sums.append(total)
    return EquityCurve(moments, sessions, *sums)


def fills_of(files: RunFiles, curve: EquityCurve) -> list[Traded]:
    """From the table ``fills``. The session of a fill is that of the slice in which it happened."""
    if "fills" not in files.tables:
        return []
    names = ("ts_event", "strategy", "instrument", "side", "quantity", "price")
    rows = zip(*(files.column("fills", name) for name in names), files.money("fills", "charges"), strict=True)
    scale, moments = files.tables["fills"].schema.field("price").type.scale, curve.ts_event.tolist()
    found = []
    for ts, strategy, instrument, side, quantity, price, charges in rows:
        signed = quantity if side == "buy" else -quantity
        value = _notional(int(price.scaleb(scale)) * quantity, scale - files.money_digits)
        found.append(
            Traded(ts, _session(ts, moments, curve), strategy, instrument, signed, float(price), value, charges)
        )
    return found


def actions_of(files: RunFiles) -> list[Adjusted]:
    """From the table ``corporate_actions``."""
    names = ("session", "strategy", "instrument", "numerator", "denominator")
    columns = (files.column("corporate_actions", name) for name in names)
    return [Adjusted(*row) for row in zip(*columns, files.money("corporate_actions", "cash"), strict=True)]


def prices_of(files: RunFiles, curve: EquityCurve) -> dict[str, PriceHistory]:
    """By instrument, from the table ``bars``; without it, the closes of positions while they were held.

    The latter know splits but no dividends, and no bar of an instrument that was never held.
    """
    if "bars" in files.tables:
        ts = files.whole("bars", "ts_event")
        columns = [files.floats("bars", name) for name in ("high", "low", "close", "factor")]
        return _by_instrument(files.column("bars", "instrument"), ts, columns)
    sessions = files.whole("positions", "session")
    if not len(sessions) or not len(curve):
        return {}
    last = dict(zip(curve.session.tolist(), curve.ts_event.tolist(), strict=True))
    ts = np.array([last[session] for session in sessions.tolist()], np.int64)
    instruments, closes = files.column("positions", "instrument"), files.floats("positions", "price")
    splits = {(a.instrument, a.session): a.numerator / a.denominator for a in actions_of(files)}
    factor = np.ones(len(ts))
    for (instrument, session), ratio in splits.items():
        factor[(np.array(instruments) == instrument) & (sessions >= session)] *= ratio
    return _by_instrument(instruments, ts, [closes, closes, closes, factor])


def _by_instrument(instruments: list[str], ts: Int64, columns: list[Float64]) -> dict[str, PriceHistory]:
    """One history each, by time; of two rows of one moment the later one counts."""
    names = sorted(set(instruments))
    position = {name: n for n, name in enumerate(names)}
    code = np.fromiter((position[name] for name in instruments), np.int64, len(instruments))
    order = np.lexsort((ts, code))
    is_last = np.diff(code[order], append=-1) != 0
    kept = order[is_last | (np.diff(ts[order], append=0) != 0)]
    bounds = np.searchsorted(code[kept], np.arange(len(names) + 1))
    parts = (kept[start:end] for start, end in itertools.pairwise(bounds.tolist()))
    high, low, close, factor = columns
    return {
        name: PriceHistory(ts[rows], high[rows], low[rows], close[rows], factor[rows])
        for name, rows in zip(names, parts, strict=True)
    }


def _session(ts: int, moments: list[int], curve: EquityCurve) -> int:
    position = min(bisect_left(moments, ts), len(moments) - 1)
    return int(curve.session[position]) if moments else ts


def _notional(units: int, shift: int) -> int:
    """As ``Instrument.notional``: price units times shares to minor units, rounded half-even."""
    return units * 10**-shift if shift <= 0 else divide_half_even(units, 10**shift)
