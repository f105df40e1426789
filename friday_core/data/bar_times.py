"""When a bar closed: from time stamps as people write them to microseconds UTC."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from friday_core.domain.chunk import Array, Int64
from friday_core.domain.sessions import SessionDates
from friday_core.errors import DataSourceError

if TYPE_CHECKING:
    import pandas as pd

#: What the time stamp of an intraday bar names: the moment it opened, or the moment it closed.
Label = Literal["open", "close"]

#: ``15m``, ``1h``; ``1d`` is a bar of a whole session.
INTERVAL_PATTERN = r"^([1-9][0-9]*[smh]|1d)$"
_SECONDS = {"s": 1, "m": 60, "h": 3600}
_OFFSET_AT_THE_END = r"[T ]\d\d.*(?:[Zz]|[+-]\d\d(?::?\d\d)?)$"
_MICROSECONDS_OF_A_DAY = 86_400_000_000
#: Formats of counts since 1970 in UTC, and how many of each make a microsecond.
_EPOCHS = {"epoch_s": 1e-6, "epoch_ms": 1e-3, "epoch_us": 1.0, "epoch_ns": 1e3}
_BEYOND = 2.0**62


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a frame of bars came from, for messages.

    The frame's index holds the numbers of its lines; ``row`` is the word for them.
    """

    name: str
    row: str = "row"

    def error(self, what: str, mend: str, *, line: object = None, column: str = "") -> DataSourceError:
        """An error that names file, line and column, what is wrong there, and the mend."""
        places = [self.name]
        if line is not None:
            places.append(f"{self.row} {line}")
        if column:
            places.append(f"column {column!r}")
        return DataSourceError(f"{', '.join(places)}: {what}\n    mend: {mend}")


@dataclass(frozen=True, slots=True)
class BarTimes:
    """How the time stamps of bars are to be read.

    ``timezone`` is the exchange's zone and the meaning of stamps without an offset. A bar of
    ``interval`` ``1d`` closes at ``session_close`` of its date in that zone, whatever time its
    stamp shows; other stamps are the bar's open or its close, as ``label`` says. ``format`` is
    that of ``strptime``, or ``epoch_s``, ``epoch_ms``, ``epoch_us``, ``epoch_ns``; without it only
    ISO 8601 is taken, since a guess would swap day and month. With ``short_last_bar`` a bar that
    opens before ``session_close`` closes then at the latest.
    """

    timezone: str | None = None
    interval: str = "1d"
    label: Label = "open"
    session_close: dt.time = dt.time(15, 30)
    format: str | None = None
    short_last_bar: bool = False

    def __post_init__(self) -> None:
        if not re.match(INTERVAL_PATTERN, self.interval):
            raise ValueError(f"{self.interval!r} is not an interval: write for example 1m, 15m, 1h or 1d")

    @property
    def daily(self) -> bool:
        return self.interval == "1d"

    def closes(self, stamps: pd.Series, origin: Origin) -> Int64:
        """The close of each bar in microseconds UTC.

        Raises ``DataSourceError`` at the first stamp that cannot be read, that needs a zone when
        none is set, or that the zone's clock shows twice or never.
        """
        column = str(stamps.name)
        wall, aware = self._parsed(stamps, origin)
        of_a_session = self.daily or self.short_last_bar
        if self.timezone is None and (of_a_session or not aware.all()):
            first = 0 if of_a_session else int(np.argmin(aware))
            raise origin.error(
                f"{str(stamps.iloc[first])!r} does not say its time zone",
                'set timezone, for example timezone = "Asia/Kolkata"',
                line=stamps.index[first],
                column=column,
            )
        if self.daily:
            return self._localised(self._dates(wall, aware) + self._time_of_close(), stamps, origin)
        moments = wall.view(np.int64)
        if not aware.all():
            moments = moments.copy()
            moments[~aware] = self._localised(wall[~aware], stamps[~aware], origin)
        closes = self.closes_of(moments)
        return self._cut(closes, stamps, origin) if self.short_last_bar else closes

    def closes_of(self, moments: Int64) -> Int64:
        """The close of each bar whose stamp is known in microseconds UTC, whole bars of less than a day."""
        return moments + self._length() if self.label == "open" else moments

    def _length(self) -> int:
        return int(self.interval[:-1]) * _SECONDS[self.interval[-1]] * 1_000_000

    def _cut(self, closes: Int64, stamps: pd.Series, origin: Origin) -> Int64:
        """Not later than the session's close, for bars that open before it."""
        opens = closes - self._length()
        dates = SessionDates(str(self.timezone)).of(opens).view("datetime64[D]").astype("datetime64[us]")
        ends = self._localised(dates + self._time_of_close(), stamps, origin)
        return np.where(opens < ends, np.minimum(closes, ends), closes)

    def _parsed(self, stamps: pd.Series, origin: Origin) -> tuple[Array, Array]:
        """Stamps as datetime64[us], and which of them are UTC rather than a clock on a wall."""
        unit = _EPOCHS.get(self.format or "")
        wall, aware = self._written(stamps) if unit is None else _counted(stamps, unit)
        unread = np.isnat(wall)
        if unread.any():
            first = int(np.argmax(unread))
            raise origin.error(
                f"{str(stamps.iloc[first])!r} is not a time stamp of the form {self.format or 'ISO 8601'}",
                'set timestamp_format, for example timestamp_format = "%d-%m-%Y"',
                line=stamps.index[first],
                column=str(stamps.name),
            )
        return wall, aware

    def _written(self, stamps: pd.Series) -> tuple[Array, Array]:
        import pandas as pd  # noqa: PLC0415

        if pd.api.types.is_datetime64_any_dtype(stamps):
            utc = isinstance(stamps.dtype, pd.DatetimeTZDtype)
            times, aware = pd.to_datetime(stamps, utc=True), np.full(len(stamps), utc)
        else:
            text = stamps.astype(str).str.strip()
            times = pd.to_datetime(text, format=self.format or "ISO8601", errors="coerce", utc=True)
            if self.format is None:
                aware = text.str.contains(_OFFSET_AT_THE_END, regex=True).to_numpy(bool)
            else:
                aware = np.full(len(stamps), "%z" in self.format)
        return times.dt.tz_localize(None).to_numpy("datetime64[us]"), aware

    def _dates(self, wall: Array, aware: Array) -> Array:
        """The trading date of each daily bar, as midnight.

        Midnight UTC is a date that a vendor stored as a time, also west of Greenwich, where the
        clock of the exchange still shows the day before.
        """
        import pandas as pd  # noqa: PLC0415

        dates = wall.astype("datetime64[D]")
        moments = aware & (wall.view(np.int64) % _MICROSECONDS_OF_A_DAY != 0)
        if moments.any():
            local = pd.DatetimeIndex(wall[moments]).tz_localize("UTC").tz_convert(self.timezone).tz_localize(None)
            dates[moments] = local.to_numpy("datetime64[D]")
        return dates.astype("datetime64[us]")

    def _time_of_close(self) -> np.timedelta64:
        close = self.session_close
        return np.timedelta64((close.hour * 60 + close.minute) * 60 + close.second, "s")

    def _localised(self, wall: Array, stamps: pd.Series, origin: Origin) -> Int64:
        """Clock times of the zone as microseconds UTC."""
        import pandas as pd  # noqa: PLC0415

        clock = pd.DatetimeIndex(wall)
        times = clock.tz_localize(self.timezone, ambiguous="NaT", nonexistent="NaT")
        unclear = times.isna()
        if unclear.any():
            first = int(np.argmax(unclear))
            twice = clock.tz_localize(self.timezone, ambiguous="NaT", nonexistent="shift_forward").isna()[first]
            how_often = "twice (clocks are set back)" if twice else "never (clocks are set forward)"
            raise origin.error(
                f"the clock of {self.timezone} shows {str(stamps.iloc[first])!r} {how_often}",
                "write the time stamps with their offset, for example 2024-11-03T01:30:00-04:00, or in UTC",
                line=stamps.index[first],
                column=str(stamps.name),
            )
        return times.tz_convert(None).to_numpy("datetime64[us]").view(np.int64)


def _counted(stamps: pd.Series, unit: float) -> tuple[Array, Array]:
    """Counts since 1970, ``unit`` of which make a microsecond, as datetime64[us] in UTC."""
    import pandas as pd  # noqa: PLC0415

    since_1970 = np.rint(pd.to_numeric(stamps, errors="coerce").to_numpy(np.float64, na_value=np.nan) / unit)
    known = np.abs(since_1970) < _BEYOND
    wall = np.where(known, since_1970, 0.0).astype(np.int64).view("datetime64[us]")
    wall[~known] = np.datetime64("NaT", "us")
    return wall, np.full(len(stamps), True)
