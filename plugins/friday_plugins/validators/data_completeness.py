"""Validator ``data_completeness``: is everything there that should be, and in time?"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal, Self
from zoneinfo import ZoneInfo

import msgspec
import numpy as np
import numpy.typing as npt
from pydantic import Field, model_validator

from friday_core.api import (
    MISSING_PRICE,
    PRICE_COLUMNS,
    Chunk,
    ComponentSpec,
    Judgement,
    PluginSettings,
    TimeZone,
    Universe,
    Validator,
    Verdict,
    hookimpl,
)

_MICROSECONDS = {"s": 1_000_000, "m": 60_000_000, "h": 3_600_000_000}
_EPOCH = dt.date(1970, 1, 1)
_VERDICTS = {
    "pass": Verdict.PASS,
    "repair": Verdict.REPAIR,
    "quarantine": Verdict.QUARANTINE,
    "halt": Verdict.REJECT_CHUNK,
}
_REPAIRABLE = (*PRICE_COLUMNS, "volume")
Array = npt.NDArray[Any]
_Defect = tuple[Verdict, str]
#: Only a value can be repaired: a validator adds no row and moves none in time.
Policy = Literal["pass", "quarantine", "halt"]


class DataCompletenessSettings(PluginSettings):
    """Settings of the validator ``data_completeness``."""

    interval: str = Field("1d", pattern=r"^([1-9][0-9]*[smh]|1d)$", description="Length of a bar: 1m, 15m, 1h or 1d.")
    session_open: dt.time = Field(dt.time(9, 15), description="When the first bar of a session opens.")
    session_close: dt.time = Field(dt.time(15, 30), description="When the last bar of a session closes.")
    timezone: TimeZone = Field("Asia/Kolkata", description="Zone of these times; that of [data] timezone.")
    fields: tuple[str, ...] = Field((*PRICE_COLUMNS, "volume"), description="Columns that must hold a value.")
    latest_arrival: float | None = Field(None, ge=0, description="Seconds after its close at which a row is late.")
    on_gap: Policy = Field("pass", description="For the first row after bars that never came.")
    on_missing: Literal["pass", "repair", "quarantine", "halt"] = Field(
        "quarantine",
        description="For a row without a value in one of the fields. repair: volume is 0, a price is the close, "
        "or the last close; what cannot be repaired is quarantined.",
    )
    on_late: Policy = Field("quarantine", description="For a row before the instrument's newest, or arriving late.")
    on_outside: Policy = Field("pass", description="For a row outside the hours of the session.")

    @model_validator(mode="after")
    def _closes_after_it_opens(self) -> Self:
        if self.session_close <= self.session_open:
            raise ValueError(f"session_close {self.session_close} is not after session_open {self.session_open}")
        return self


class _Newest(msgspec.Struct):
    """The newest row of an instrument: its time, the bar it was of which session seen, the last close."""

    time: int
    session: int = 0
    bar: int = 0
    close: int = MISSING_PRICE


class _State(msgspec.Struct, tag="data_completeness 1"):
    """How many sessions were seen, the newest one, and each instrument's newest row."""

    session: float
    sessions: int
    newest: dict[str, _Newest]


class _Hours:
    """Which bar of its session a close time belongs to: 1 to ``bars``, 0 outside the hours."""

    def __init__(self, settings: DataCompletenessSettings) -> None:
        self._zone = ZoneInfo(settings.timezone)
        self._opens = settings.session_open
        day = dt.datetime.combine(_EPOCH, settings.session_close) - dt.datetime.combine(_EPOCH, self._opens)
        self._length = day // dt.timedelta(microseconds=1)
        self._daily = settings.interval == "1d"
        number, unit = settings.interval[:-1], settings.interval[-1]
        self._step = self._length if self._daily else int(number) * _MICROSECONDS[unit]
        self.bars = -(-self._length // self._step)
        self._session, self._open = math.nan, 0

    def bar(self, session: float, ts_event: int) -> int:
        if self._daily:
            return 1
        if session != self._session:
            opens = dt.datetime.combine(_EPOCH + dt.timedelta(days=int(session)), self._opens, self._zone)
            self._session, self._open = session, int(opens.timestamp()) * 1_000_000
        since_open = ts_event - self._open
        return -(-since_open // self._step) if 0 < since_open <= self._length else 0


class DataCompleteness(Validator):
    """Counts the bars that should have come, and looks for late rows and missing values.

    From its own first row on, an instrument is expected once every ``interval`` of each session
    seen; a session is seen when a row of any instrument lies within its hours. There is no calendar
    of the exchange yet: a session that nobody traded is not missed, and one at other hours lies
    outside. The last bar of a session may be shorter than the others.

    That bars are missing is known when the instrument's next row comes, not before: that row gets
    the verdict, "n bars missing before this". Bars missing at the end of the stream get none. Every
    row counts as delivered, whatever its verdict. A row is late if its time is before that of the
    instrument's newest row, if its session is before the stream's newest, or if it was received
    more than ``latest_arrival`` seconds after its close. A row with several defects gets the worst
    verdict and all reasons for it; with ``pass`` it goes on, and the reason stands beside it.

    Rows that a source marked for a missing price never reach a validator. A late row is not repaired.
    """

    Settings = DataCompletenessSettings

    def __init__(self, settings: DataCompletenessSettings, universe: Universe) -> None:
        self.inputs = tuple(dict.fromkeys([*PRICE_COLUMNS, *settings.fields, "session"]))
        self._settings = settings
        self._names = [str(one.id) for one in universe]
        self._hours = _Hours(settings)
        self._patience = math.inf if settings.latest_arrival is None else settings.latest_arrival * 1_000_000
        self._state = _State(-math.inf, 0, {})

    def validate(self, chunk: Chunk) -> Judgement:
        absent, lacking = self._absent(chunk)
        mended = {name: chunk[name].copy() for name in _REPAIRABLE if name in absent and lacking.any()}
        verdicts, places, reasons = np.zeros(len(chunk), np.uint8), np.zeros(len(chunk), np.uint16), {"": 0}
        columns = (chunk.inst, chunk["session"], chunk.ts_event, chunk.ts_recv, chunk["close"], lacking)
        rows = zip(*(column.tolist() for column in columns), strict=True)
        for row, (inst, session, time, received, close, lacks) in enumerate(rows):
            newest = self._state.newest.setdefault(self._names[inst], _Newest(time))
            late = self._late(newest, session, time)
            defects = [late] if late else [*self._untimely(newest, session, time, received)]
            if lacks:
                names = [name for name, where in absent.items() if where[row]]
                last_close = MISSING_PRICE if late else newest.close
                defects.append(self._incomplete(chunk, row, names, last_close, mended))
            if not late and close != MISSING_PRICE:
                newest.close = close
            verdict, reason = _worst(defects)
            verdicts[row], places[row] = verdict, reasons.setdefault(reason, len(reasons))
        return Judgement(verdicts, places, tuple(reasons), mended)

    def snapshot(self) -> bytes:
        """The state after the rows so far, by the names of the instruments."""
        return msgspec.msgpack.encode(self._state)

    def restore(self, snapshot: bytes) -> None:
        """Go on from a snapshot, also in a session of other instruments."""
        self._state = msgspec.msgpack.decode(snapshot, type=_State)

    def _absent(self, chunk: Chunk) -> tuple[Mapping[str, Array], Array]:
        """By field where it holds no value, and where one of them does."""
        if len(chunk) == 1 and not any(_is_absent(chunk[name].item()) for name in self._settings.fields):
            return {}, np.zeros(1, bool)
        absent = {name: _absent(chunk[name]) for name in self._settings.fields}
        return absent, np.logical_or.reduce([np.zeros(len(chunk), bool), *absent.values()])

    def _late(self, newest: _Newest, session: float, time: int) -> _Defect | None:
        if time < newest.time:
            return _VERDICTS[self._settings.on_late], "late: before the instrument's newest row"
        if session < self._state.session:
            return _VERDICTS[self._settings.on_late], "late: of a session before the newest"
        return None

    def _untimely(self, newest: _Newest, session: float, time: int, received: int) -> Iterator[_Defect]:
        """What is wrong with the time of a row that is in order; it becomes the instrument's newest."""
        newest.time = time
        if received - time > self._patience:
            longest = f"{self._settings.latest_arrival:g} seconds"
            yield _VERDICTS[self._settings.on_late], f"late: received more than {longest} after its close"
        bar = self._hours.bar(session, time)
        if not bar:
            yield _VERDICTS[self._settings.on_outside], "outside the hours of the session"
            return
        if session > self._state.session:
            self._state.session, self._state.sessions = session, self._state.sessions + 1
        missing = self._missing_before(newest, bar)
        newest.session, newest.bar = self._state.sessions, bar
        if missing > 0:
            bars = "1 bar" if missing == 1 else f"{missing} bars"
            yield _VERDICTS[self._settings.on_gap], f"{bars} missing before this"

    def _missing_before(self, newest: _Newest, bar: int) -> int:
        """Bars between the instrument's newest row within the hours and ``bar`` of the newest session."""
        if not newest.session:
            return 0
        return (self._state.sessions - newest.session) * self._hours.bars + bar - newest.bar - 1

    def _incomplete(
        self, chunk: Chunk, row: int, names: Sequence[str], last_close: int, mended: Mapping[str, Array]
    ) -> _Defect:
        """The defect of a row without these values; they go into ``mended`` if repair is asked and possible."""
        reason = f"no value in {', '.join(names)}"
        if self._settings.on_missing != "repair":
            return _VERDICTS[self._settings.on_missing], reason
        prices = {name: int(chunk[name][row]) for name in PRICE_COLUMNS}
        known = {name: price for name, price in prices.items() if price != MISSING_PRICE}
        replacement = _replacement(names, known, known.get("close", last_close))
        for name, value in replacement.items():
            mended[name][row] = value
        return (Verdict.REPAIR if replacement else Verdict.QUARANTINE), reason


def _absent(values: Array) -> Array:
    """Where a column holds no value."""
    return values == MISSING_PRICE if values.dtype.kind == "i" else ~np.isfinite(values)


def _is_absent(value: float) -> bool:
    """The same of one value."""
    return value == MISSING_PRICE if isinstance(value, int) else not math.isfinite(value)


def _replacement(names: Sequence[str], known: Mapping[str, int], close: int) -> dict[str, float]:
    """Values for the missing fields of a bar that agree with its known prices; none if one cannot be told."""
    if not set(names) <= set(_REPAIRABLE) or (close == MISSING_PRICE and names != ["volume"]):
        return {}
    inside = min(max(close, known.get("low", close)), known.get("high", max(close, known.get("low", close))))
    filled = {"open": inside, "close": inside, **known}
    filled = {"high": max(filled.values()), "low": min(filled.values()), **filled, "volume": 0}
    return {name: filled[name] for name in names}


def _worst(defects: Sequence[_Defect]) -> _Defect:
    """The most severe verdict, with every reason for it."""
    worst = max((verdict for verdict, _ in defects), default=Verdict.PASS)
    return worst, "; ".join(reason for verdict, reason in defects if verdict == worst)


@hookimpl
def friday_components() -> list[ComponentSpec]:
    requires = {"universe": "universe"}
    return [ComponentSpec("validator", "data_completeness", DataCompleteness, DataCompleteness.Settings, requires)]
