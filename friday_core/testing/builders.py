"""Bars, ticks, instruments and chunks for authors' tests, of what a test writes down and nothing else."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from zoneinfo import ZoneInfo

import numpy as np

from friday_core.domain.chunk import PRICES, Array, Chunk, Universe
from friday_core.domain.instruments import Instrument, InstrumentId
from friday_core.domain.market import Bar, RawBar
from friday_core.domain.schedule import in_utc
from friday_core.domain.sessions import SessionDates, to_datetime, to_days
from friday_core.testing.sessions import FIRST, ZONE

DAY = 86_400 * 1_000_000
_CLOSE = dt.time(15, 30)


def instrument(name: str = "INFY.NSE", currency: str = "INR", **units: int) -> Instrument:
    """``price_decimals``, ``tick_size`` and ``lot_size`` as in ``Instrument``: paise and single shares without them."""
    return Instrument(InstrumentId.parse(name), currency, **units)  # type: ignore[arg-type]


def universe(*names: str) -> Universe:
    """Instruments of these names, as ``instrument`` makes them."""
    return Universe(instrument(name) for name in names or ("INFY.NSE",))


def moment(text: str, zone: str = ZONE) -> int:
    """``"2024-01-31"`` (its close, 15:30) or ``"2024-01-31 09:16"`` on the exchange's clock, as microseconds UTC."""
    date, _, clock = text.partition(" ")
    time = dt.time.fromisoformat(clock) if clock else _CLOSE
    return in_utc(to_days(dt.date.fromisoformat(date)), time, ZoneInfo(zone))


def bar(
    close: float = 100.0,
    *,
    of: Instrument | None = None,
    at: str | int = "2024-01-01",
    factor: float = 1.0,
    volume: float = 1_000.0,
    columns: Mapping[str, float] | None = None,
    **prices: float,
) -> Bar:
    """A bar as a strategy sees it; ``open``, ``high`` and ``low`` are the close unless ``prices`` say otherwise.

    Prices are as they traded, in the currency; the bar's own are these times ``factor``.
    """
    own = of or instrument()
    ts = moment(at) if isinstance(at, str) else at
    raw = RawBar(*(own.units(prices.get(name, close)) for name in ("open", "high", "low", "close")))
    opened, high, low, ended = (own.price(units) * factor for units in raw)
    session = int(SessionDates(ZONE).of(np.array([ts]))[0])
    return Bar(own, ts, session, opened, high, low, ended, volume, factor, raw, columns or {})


def bars(closes: Sequence[float], *, of: Instrument | None = None, first: str = "2024-01-01") -> list[Bar]:
    """One bar a weekday from ``first`` on."""
    days = np.busday_offset(np.datetime64(first, "D"), np.arange(len(closes)), roll="forward")
    return [bar(close, of=of, at=str(day)) for close, day in zip(closes, days, strict=True)]


def chunk(
    columns: Mapping[str, Sequence[float] | Array],
    *,
    inst: Sequence[int] | Array = (),
    ts_event: Sequence[int] | Array = (),
    stamped: bool = True,
) -> Chunk:
    """Rows of these columns, prices in price units; ``open``, ``high`` and ``low`` are the close where left out.

    Without ``inst`` they are of one instrument, without ``ts_event`` of one weekday after another.
    ``stamped`` adds what the flow would: ``session``, and ``factor`` and ``split`` of 1.
    """
    count = len(next(iter(columns.values())))
    days = np.busday_offset(np.datetime64(FIRST, "D"), np.arange(count), roll="forward").astype(np.int64)
    ts = np.asarray(ts_event, np.int64) if len(ts_event) else days * DAY + 10 * DAY // 24
    given: dict[str, Array] = {
        name: np.asarray(values, np.int64 if name in PRICES else np.float64) for name, values in columns.items()
    }
    if "close" in given:
        given = {**dict.fromkeys(("open", "high", "low"), given["close"]), **given}
    if stamped:
        given = {"session": SessionDates(ZONE).of(ts), "factor": np.ones(count), "split": np.ones(count), **given}
    return Chunk(ts, np.asarray(inst, np.int32) if len(inst) else np.zeros(count, np.int32), given)


def ticks(prices: Sequence[int], *, at: str = "2024-01-01 09:15", every: int = 1_000_000, volume: float = 1.0) -> Chunk:
    """Trades of one instrument, ``every`` so many microseconds, prices in price units."""
    times = moment(at) + every * np.arange(len(prices))
    return Chunk(times, np.zeros(len(prices)), {"price": np.asarray(prices), "volume": np.full(len(prices), volume)})


def date_of(one: Bar) -> str:
    """The date of a bar's close in UTC, for assertions."""
    return f"{to_datetime(one.ts_event):%Y-%m-%d}"
