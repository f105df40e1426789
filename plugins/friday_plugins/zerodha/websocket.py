"""Source ``zerodha_websocket``: prices as they happen, from Kite's sockets."""

from __future__ import annotations

import datetime as dt
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Literal

import numpy as np
from pydantic import Field

from friday_core.api import (
    BrokerError,
    Calendar,
    Chunk,
    ComponentSpec,
    DataSourceError,
    Finding,
    Health,
    Instrument,
    InstrumentId,
    LiveData,
    PlainRow,
    PluginSettings,
    Universe,
    chunk_of,
    get_logger,
    hookimpl,
)
from friday_plugins.zerodha.back_fill import BackFill
from friday_plugins.zerodha.candles import INTERVALS, SECOND, candles
from friday_plugins.zerodha.connection import Zerodha
from friday_plugins.zerodha.instruments import Listed
from friday_plugins.zerodha.minutes import MinuteBar, Minutes
from friday_plugins.zerodha.plausibility import Limits, Plausibility, Told
from friday_plugins.zerodha.sockets import Mode
from friday_plugins.zerodha.ticker import Ticker
from friday_plugins.zerodha.trading_preflight import price_findings

#: Seconds after which a chunk leaves even if it is empty.
_SIGN_OF_LIFE = 0.5
#: Instruments of one request for quotes, and seconds between two looks at limits that may have moved.
_QUOTES, _LOOK_AT_LIMITS = 500, 10.0
#: A new day's list is there by then.
_LIST_IS_THERE = dt.time(8, 45)
#: Seconds that history may take for one instrument while a bar waits.
_OF_HISTORY = 5.0
_BARS = ("open", "high", "low", "close", "volume")


class WebsocketSettings(PluginSettings):
    """Which instruments, how, and what is believed."""

    instruments: tuple[str, ...] = Field(min_length=1, description='Symbols with their exchange: ["INFY.NSE"].')
    interval: Literal["tick", "1m"] = Field(
        "tick", description='"tick": what traded since the tick before; "1m": bars, by history where ticks are missed.'
    )
    mode: Mode = Field("full", description="full has the exchange's time; quote and ltp have none, and ltp no volume.")
    silence: float = Field(5.0, ge=2.5, le=60, description="Seconds without any message until a socket is made anew.")
    stale: float = Field(10.0, gt=0, description="Seconds of a session without any news of prices that are an outage.")
    jump: float = Field(5.0, gt=0, le=50, description="Per cent; a tick that jumps further waits for a second one.")
    skew: float | None = Field(60.0, gt=0, description="Seconds that a stamp may be off this machine's clock.")
    lateness: float = Field(2.0, ge=0, le=30, description="Seconds that a bar waits for ticks after its end.")
    back_fill: int = Field(100, ge=0, description="Instruments that are asked for in history after a gap, at most.")


class ZerodhaWebsocket(LiveData):
    """Ticks, or bars of a minute. Everything but the sockets runs in the thread that iterates ``bars``.

    A row's time is the exchange's where the mode has it, and never before that of the row before: where a stamp comes
    late, a microsecond after it. Each day the list of instruments is read anew, and symbols are held against the
    tokens of quotes.
    """

    Settings = WebsocketSettings

    def __init__(self, settings: WebsocketSettings, connection: Zerodha, calendar: Calendar) -> None:
        self._settings, self._account = settings, connection
        self._names = tuple(InstrumentId.parse(one) for one in settings.instruments)
        self._schedule = calendar.schedule()
        self._ticker = Ticker(connection, silence=settings.silence)
        self._belief = Plausibility(self._session, settings.jump, settings.skew, settings.mode == "full")
        self._minutes = Minutes(round(settings.lateness * SECOND))
        self._history = BackFill(
            lambda *span: candles(connection, span[0], INTERVALS["1m"], *span[1:], deadline=_OF_HISTORY),
            settings.back_fill,
        )
        #: Minutes of which history is being asked, and when all bars were out up to then, if that is not now.
        self._asked: list[int] = []
        self._complete: int | None = None
        self._listed: dict[int, Listed] = {}
        self._place: dict[int, int] = {}
        self._day: dt.date | None = None
        self._is_early = False
        self._trouble = ""
        self._over = threading.Event()
        self._last = (0, -1)
        #: The place of the session of the latest moment that was in one, its open and its close.
        self._in_session = (-1, 0, 0)
        self._clock = (0, 0)
        self._looked = 0.0
        self._progress = 0
        self.interval = settings.interval
        self.columns = _BARS if settings.interval == "1m" else ("price", "volume")

    def initialize(self) -> None:
        """Compile what reads frames."""
        self._ticker.warm()

    def preflight(self) -> Sequence[Finding]:
        """Whether the account has a plan with prices, and by what clock they are stamped."""
        now = time.time_ns() // 1_000
        return tuple(price_findings(self._account, self._names, in_session=self._is_session(now)))

    def instruments(self) -> Sequence[Instrument]:
        """From the day's list; ``DataSourceError`` names what is not listed."""
        self._account.session.look()
        return self._account.instruments().instruments(self._names)

    def bars(self) -> Iterator[Chunk]:
        """Until ``stop_reading``. ``DataSourceError`` if a symbol's token is not that of the list."""
        self._over.clear()
        self._resolve()
        self._ticker.start()
        self._account.stale = self.stale
        began = self._account.now()
        try:
            while not self._over.is_set():
                told = self._belief.judged(self._ticker.take(_SIGN_OF_LIFE))
                self._look_again()
                if told:
                    self._clock = max(one.ts for one in told), self._account.now()
                    if began:
                        self._minutes.missed(self._clock[0], self._clock[0], self._place)
                        began = 0
                yield from self._bars_of(told) if self.interval == "1m" else [self._ticks_of(told)]
        finally:
            self._history.stop()
            self._ticker.stop()

    def complete(self, now: int) -> int:
        """Before the minutes that are over, and wait for their ticks or for history."""
        return now if self._complete is None else min(now, self._complete)

    def stop_reading(self) -> None:
        self._over.set()

    def outage(self) -> str:
        """A socket that is down, a day without its list, or a session without any news of prices."""
        if trouble := self._ticker.outage() or self._trouble:
            return trouble
        now = self._account.now()
        if len(self._belief.stale(now, self._settings.stale)) < len(self._place) or not self._is_session(now):
            return ""
        return f"no news of any price for {self._settings.stale:g} seconds"

    def stale(self, seconds: float) -> list[InstrumentId]:
        """Instruments of which nothing new came for so many seconds: prices on which nothing new should be begun."""
        rows = map(self._listed.get, self._belief.stale(self._account.now(), seconds))
        return sorted(InstrumentId(one.symbol, one.exchange) for one in rows if one is not None)

    def health(self) -> Health:
        """Ticks that were believed; what was not believed, by reason."""
        told = ", ".join(f"{count} {what}" for what, count in sorted(self._belief.refused.items()))
        trouble = self._ticker.outage() if self._listed else ""
        return Health(not trouble, self._progress, trouble or told)

    def _resolve(self) -> None:
        """Today's tokens, held against those of quotes, with the day's limits; follow them."""
        listing = self._account.instruments()
        rows = [listing.of(name) for name in self._names]
        if any(row is None for row in rows):
            listing.instruments(self._names)  # says which
        listed = {row.token: row for row in rows if row is not None}
        limits = self._limits([*listed.values()])
        universe = Universe(row.instrument() for row in listed.values())
        self._place = {
            token: universe.position(InstrumentId(row.symbol, row.exchange)) for token, row in listed.items()
        }
        self._listed, self._day, self._is_early, self._trouble = listed, listing.day, listing.is_early, ""
        self._belief.follow(limits)
        self._ticker.follow(dict.fromkeys(listed, self._settings.mode))

    def _limits(self, rows: Sequence[Listed]) -> dict[int, Limits]:
        """By token; ``DataSourceError`` if a symbol has another token now."""
        found: dict[int, Limits] = {}
        for start in range(0, len(rows), _QUOTES):
            part = rows[start : start + _QUOTES]
            quotes = self._account.read("quote", *(row.key for row in part))
            for row in part:
                quote = quotes.get(row.key, {})
                if quote.get("instrument_token", row.token) != row.token:
                    raise DataSourceError(
                        f"{row.key} has the token {quote['instrument_token']}, and {row.token} on the list: the list "
                        "is not that of now; remove it from the connection's cache, and start anew"
                    )
                scale = 10.0**row.decimals
                lower, upper = (quote.get(f"{side}_circuit_limit", 0) for side in ("lower", "upper"))
                found[row.token] = Limits(round(lower * scale), round(upper * scale))
        return found

    def _look_again(self) -> None:
        """On a new day resolve anew; in between, see whether limits have moved of what traded outside of them."""
        if time.monotonic() - self._looked < _LOOK_AT_LIMITS:
            return
        now = self._account.clock_in_india()
        is_new = (now.date() != self._day or self._is_early) and now.time() >= _LIST_IS_THERE
        if not is_new and not self._belief.doubted:
            return
        self._looked = time.monotonic()
        try:
            if is_new and not (now.date() == self._day and self._account.instruments().is_early):
                self._resolve()
            elif self._belief.doubted:
                doubted = [self._listed[token] for token in self._belief.doubted if token in self._listed]
                self._belief.limit(self._limits(doubted))
        except (BrokerError, DataSourceError, ConnectionError) as error:
            self._trouble = str(error) if is_new else ""
            get_logger("zerodha").warning("instruments were not looked at anew", reason=str(error))

    def _ticks_of(self, told: Sequence[Told]) -> Chunk:
        if not told:
            return self._chunk([], [], dict.fromkeys(self.columns, ()), [])
        self._progress += len(told)
        ticks = sorted(told, key=lambda one: (one.ts, self._place[one.token])) if len(told) > 1 else told
        return chunk_of([self._tick(one, number) for number, one in enumerate(ticks)])

    def _tick(self, one: Told, number: int) -> PlainRow:
        place = self._place[one.token]
        values = {"price": one.price, "volume": float(one.traded)}
        return PlainRow(self._after_the_last(one.ts, place), place, one.received, number, values)

    def _bars_of(self, told: Iterable[Told]) -> Iterator[Chunk]:
        """The bars that are ready, or a sign of life."""
        for gap in self._ticker.take_gaps():
            ahead = self._clock[0] - self._clock[1]
            self._minutes.missed(gap.begin + ahead, gap.end + ahead, gap.tokens)
        self._minutes.add(told)
        now = self._clock[0] + self._account.now() - self._clock[1] if self._clock[1] else 0
        bars = self._minutes.take(self._ready(now), self._place)
        latest = max(now, self._account.now())
        complete = self._minutes.complete(latest, self._asked)
        self._complete = None if complete == latest else complete
        columns = {name: [getattr(one, name) for one in bars] for name in self.columns}
        yield self._chunk([one.ts for one in bars], bars, columns, [self._account.now()] * len(bars))

    def _ready(self, now: int) -> list[int]:
        """The ends of the minutes that may come out; those with a gap, and all behind, when history was asked.

        Where it does not answer, ticks have the word.
        """
        is_asking = self._history.is_asking  # in this order: what it has answered by then is here
        for token, found in self._history.answers():
            if token in self._listed:
                self._minutes.fill(token, found, 10.0 ** self._listed[token].decimals)
        if self._asked:
            asked, self._asked = self._asked, (self._asked if is_asking else [])
            return [] if is_asking else asked
        due = self._minutes.due(now)
        first = next((place for place, end in enumerate(due) if self._minutes.missing([end])), len(due))
        missing = {token: span for token, span in self._minutes.missing(due).items() if token in self._listed}
        if not missing or not self._settings.back_fill:
            return due
        self._asked = due[first:]
        self._history.begin(missing)
        return due[:first]

    def _chunk(
        self, stamps: Sequence[int], rows: Sequence[MinuteBar], columns: Mapping[str, Sequence[int]],
        received: Sequence[int],
    ) -> Chunk:  # fmt: skip
        self._progress += len(rows)
        return Chunk(
            np.array(stamps, np.int64),
            np.array([self._place[one.token] for one in rows], np.int32),
            {name: np.array(values, np.float64 if name == "volume" else np.int64) for name, values in columns.items()},
            ts_recv=np.array(received, np.int64),
        )

    def _after_the_last(self, ts: int, place: int) -> int:
        """A time of a row of this instrument that comes after the row before."""
        if (ts, place) <= self._last:
            ts = self._last[0] + 1
        self._last = ts, place
        return ts

    def _session(self, moment: int) -> int:
        """The place of the session that a moment is in; -1 for none."""
        place, opens, closes = self._in_session
        if not opens <= moment < closes:
            place = self._schedule.at(np.array([moment])).item()
            if place >= 0:
                _, opens, closes = (one[place].item() for one in self._schedule.sessions)
                self._in_session = place, opens, closes
        return place

    def _is_session(self, now: int) -> bool:
        return self._session(now) >= 0


@hookimpl
def friday_components() -> list[ComponentSpec]:
    requires = {"connection": "connection:zerodha", "calendar": "calendar"}
    return [ComponentSpec("source", "zerodha_websocket", ZerodhaWebsocket, WebsocketSettings, requires)]
