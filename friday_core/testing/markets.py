"""The markets on which rules are tried: made of whole numbers, the same on every machine and in every run."""

from __future__ import annotations

import csv
import io
import math
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from zoneinfo import ZoneInfo

import numpy as np

from friday_core.domain.chunk import MISSING_PRICE, PRICE_COLUMNS, Array, Chunk, Float64, Universe
from friday_core.domain.instruments import Instrument
from friday_core.domain.market import CorporateAction
from friday_core.domain.schedule import Schedule
from friday_core.domain.sessions import SessionDates, to_datetime
from friday_core.flow.session_flags import CALENDAR_COLUMNS
from friday_core.flow.stamps import STAMPED_COLUMNS, Stamps
from friday_core.testing import dirt, walks
from friday_core.testing.sessions import weekdays

ZONE = "Asia/Kolkata"
#: What every market carries, besides its own columns and those that a component asks for.
STAMPED = frozenset({*STAMPED_COLUMNS, *CALENDAR_COLUMNS})


@dataclass(frozen=True)
class Market:
    """Rows of one clock domain as a source delivers them, with the actions and sessions that belong to them.

    Its instruments are CALM, FINE, GONE, LATE and WILD on the exchange SIM: a row's is
    ``universe[rows.inst[n]]``, whose ``id`` prints ``CALM.SIM``, and ``id.symbol`` is ``CALM``.
    ``rows.ts_event`` is in microseconds UTC and names the close of a bar, or the moment of a tick;
    ``interval`` is ``1d``, ``1m`` or ``tick``. Prices in ``rows`` are whole numbers in the instrument's
    unit; ``as_csv`` has them in the currency.

    ``changed`` says from which row on, and how, they are not what they were: ``friday_core.testing.dirt.FUTURES``.
    """

    name: str
    interval: str
    rows: Chunk
    schedule: Schedule
    universe: Universe = walks.UNIVERSE
    actions: tuple[CorporateAction, ...] = ()
    changed: tuple[int, str] | None = None

    @property
    def columns(self) -> tuple[str, ...]:
        """What its source declares."""
        return tuple(self.rows.columns)

    @property
    def full_name(self) -> str:
        """The name, and what was changed in it: two markets never share one, so that it may name a file."""
        return "-".join([self.name, *map(str, self.changed or ())]).replace(" ", "-")

    def with_columns(self, names: Iterable[str]) -> Chunk:
        """The rows with every further column that is asked for, as a source would deliver them."""
        missing = [name for name in dict.fromkeys(names) if name not in {*self.columns, *STAMPED}]
        return self.rows.with_columns({name: self._invented(name) for name in missing}) if missing else self.rows

    def stamped(self, names: Iterable[str] = ()) -> Chunk:
        """As ``with_columns``, and with what the flow adds."""
        stamps = self.stamps()
        for action in self.actions:
            stamps.announce(action)
        return stamps.stamp(self.with_columns(names), self.interval)

    def stamps(self) -> Stamps:
        return Stamps(self.universe, SessionDates(ZONE), self.schedule)

    def with_future(self, row: int, how: str) -> Market:
        """The same market up to before ``row``, and another one, or none, from there on."""
        return replace(self, rows=dirt.with_future(self.rows, row, how), changed=(row, how))

    def turns(self, count: int = 2) -> list[int]:
        """So many rows from which on the future may be changed, each the first of a new time."""
        new = np.flatnonzero(np.diff(self.rows.ts_event, prepend=self.rows.ts_event[0]) > 0)
        return [int(new[len(new) * (n + 1) // (count + 1)]) for n in range(count)]

    def place(self, row: int) -> str:
        """``row 17 (WILD.SIM, 2024-01-25 10:00 UTC)``."""
        if not 0 <= row < len(self.rows):
            return f"row {row}"
        moment = to_datetime(int(self.rows.ts_event[row]))
        return f"row {row} ({self.universe[int(self.rows.inst[row])].id}, {moment:%Y-%m-%d %H:%M} UTC)"

    @cached_property
    def as_csv(self) -> str:
        """The rows as a file that a source may read.

        ``timestamp`` is the row's own, the close of a bar, in the exchange's zone with its offset
        (``2024-01-01T15:30:00+05:30``); ``symbol`` is ``CALM``, without the exchange; prices are in the
        currency. What is missing is an empty field.
        """
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(["timestamp", "symbol", *self.columns])
        prices = [name in (*PRICE_COLUMNS, "price") for name in self.columns]
        zone, values = ZoneInfo(ZONE), zip(*(self.rows[name].tolist() for name in self.columns), strict=True)
        for ts, inst, row in zip(self.rows.ts_event.tolist(), self.rows.inst.tolist(), values, strict=True):
            one, moment = self.universe[inst], to_datetime(ts).astimezone(zone)
            cells = [_cell(one, value, is_price) for value, is_price in zip(row, prices, strict=True)]
            writer.writerow([moment.isoformat(), one.id.symbol, *cells])
        return text.getvalue()

    def _invented(self, name: str) -> Float64:
        """A column of any name: between -1 and 1 in hundredths, so that values repeat, and NaN at first and at times.

        A row's value depends on its number alone, so that the past of two markets is the same.
        """
        drawn = np.random.Generator(np.random.PCG64(zlib.crc32(name.encode()))).random((len(self.rows), 2))
        values = np.where(drawn[:, 1] < 1 / 12, np.nan, np.round(200 * drawn[:, 0] - 100) / 100)
        values[: 4 * len(self.universe)] = np.nan
        if self.changed is not None:
            row, how = self.changed
            values[row:] = np.nan if how == "missing" else -values[row:]
        return values


class Markets:
    """All of them, each made when it is first asked for.

    ``daily`` is clean: five instruments, of which one starts late and one ends, a split and a
    dividend, closes that repeat. ``gappy`` is a part of it with prices and volumes that are missing.
    ``dirty`` has what validators are for: rows that repeat, contradict themselves, come late, or lie
    far off. ``minutes`` are one-minute bars, ``ticks`` trades. ``sessions`` are those of ``daily``.
    """

    def __init__(self, sessions: int = 260) -> None:
        self._sessions = sessions

    @cached_property
    def daily(self) -> Market:
        schedule = weekdays(self._sessions)
        return Market("daily", "1d", *_split(walks.bars(schedule.sessions.closes, 1), schedule))

    @cached_property
    def gappy(self) -> Market:
        whole = self.daily
        part = whole.rows.take(slice(len(whole.rows) // 5, len(whole.rows) // 2)).numbered(0)
        return replace(whole, name="gappy", rows=dirt.with_gaps(part))

    @cached_property
    def dirty(self) -> Market:
        schedule = weekdays(120)
        return Market("dirty", "1d", dirt.soiled(walks.bars(schedule.sessions.closes, 2)), schedule)

    @cached_property
    def minutes(self) -> Market:
        schedule = weekdays(4)
        return Market("minutes", "1m", walks.bars(walks.minutes(schedule, 35), 3), schedule)

    @cached_property
    def ticks(self) -> Market:
        schedule = weekdays(2)
        return Market("ticks", "tick", walks.ticks(schedule, 400, 4), schedule)

    @property
    def for_validators(self) -> tuple[Market, ...]:
        """What may come from a source."""
        return self.daily, self.dirty, self.minutes, self.ticks

    @property
    def for_transformers(self) -> tuple[Market, ...]:
        """What validators may let through."""
        return self.daily, self.gappy, self.minutes, self.ticks


def _cell(instrument: Instrument, value: float, is_price: bool) -> float | str:
    """A value as a file shows it: nothing where it is missing."""
    if (is_price and value == MISSING_PRICE) or math.isnan(value):
        return ""
    return instrument.price(int(value)) if is_price else value


def can_carry(market: Market, inputs: Sequence[str]) -> bool:
    """Whether its rows have, or can be given, all that a component reads."""
    return not ({*PRICE_COLUMNS, "price"} - set(market.columns)) & set(inputs)


def _split(rows: Chunk, schedule: Schedule) -> tuple[Chunk, Schedule, Universe, tuple[CorporateAction, ...]]:
    """The rows with a split 2:1 of WILD in the middle, and a dividend of CALM, which no price shows."""
    dates = schedule.sessions.dates
    wild, calm = (next(one.id for one in walks.UNIVERSE if one.id.symbol == name) for name in ("WILD", "CALM"))
    ex_date = int(dates[len(dates) // 2])
    split = CorporateAction(wild, ex_date, numerator=2, denominator=1, factor=2.0)
    dividend = CorporateAction(calm, int(dates[len(dates) // 3]), dividend=100, factor=1.0025)
    after = (rows.inst == walks.UNIVERSE.position(wild)) & (rows.ts_event > schedule.sessions.opens[len(dates) // 2])
    tick = walks.UNIVERSE.instrument(wild).tick_size
    halved: dict[str, Array] = {
        name: np.where(after, rows[name] // (2 * tick) * tick, rows[name]) for name in PRICE_COLUMNS
    }
    return rows.with_columns(halved), schedule, walks.UNIVERSE, (split, dividend)
