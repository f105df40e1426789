"""Source ``zerodha_history``: Kite's candles, kept in Parquet files."""

from __future__ import annotations

import datetime as dt
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import Field, model_validator

from friday_core.api import (
    BarFileSettings,
    BarFileSource,
    BrokerError,
    ComponentSpec,
    DataSourceError,
    Instrument,
    InstrumentId,
    Origin,
    PluginSettings,
    get_logger,
    hookimpl,
)
from friday_plugins.zerodha.candles import DAY, INTERVALS, SECOND, Candle, candles
from friday_plugins.zerodha.connection import Zerodha
from friday_plugins.zerodha.history_files import HistoryFiles, Span, spans
from friday_plugins.zerodha.token_file import IST

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

#: Seconds that a request may take, tries and limits together.
_DEADLINE = 60.0


class HistorySettings(PluginSettings):
    """What to have, and where to keep it."""

    instruments: tuple[str, ...] = Field(min_length=1, description='Symbols with their exchange: ["INFY.NSE"].')
    interval: Literal["1m", "3m", "5m", "10m", "15m", "30m", "1h", "1d"] = Field("1d", description="Length of a bar.")
    first: dt.date = Field(description="First date, in India.")
    last: dt.date | None = Field(None, description="Last date; without it today, as far as bars are finished.")
    folder: Path = Field(Path("zerodha_history"), description="Where files are kept, by interval.")
    session_close: dt.time = Field(dt.time(15, 30), description="When a daily bar closes, in India.")
    continuous: bool = Field(False, description="Daily bars of a future go on before it was listed.")

    @model_validator(mode="after")
    def _in_order(self) -> HistorySettings:
        if self.last is not None and self.last < self.first:
            raise ValueError("last is before first")
        return self


class ZerodhaHistory(BarFileSource):
    """Downloads what is missing when bars are first asked for, and then reads files as ``parquet`` does.

    A file covers as much as Kite answers at once; one that is complete is never asked for again. Prices are adjusted
    by Kite for splits and bonuses: where most of the candles that are had already come with other closes, all files of
    the instrument are fetched anew. A bar that is not finished is not taken.
    """

    Settings = HistorySettings
    suffixes = (".parquet",)

    def __init__(
        self, settings: HistorySettings, connection: Zerodha, now: Callable[[], int] = lambda: time.time_ns() // 1_000
    ) -> None:
        self._given, self._account, self._now = settings, connection, now
        self._kite = INTERVALS[settings.interval]
        self._files = HistoryFiles(settings.folder.expanduser() / settings.interval)
        self._names = tuple(InstrumentId.parse(one) for one in settings.instruments)
        super().__init__(
            BarFileSettings(
                path=self._files.folder,
                timezone="Asia/Kolkata",
                interval=settings.interval,
                label="open",
                session_close=settings.session_close,
                short_last_bar=settings.interval != "1d",
            )
        )

    def instruments(self) -> Sequence[Instrument]:
        """All that are asked for, from the day's list. ``DataSourceError`` if Kite does not answer."""
        return [*self._listed.values()]

    def frame(self, path: Path, origin: Origin) -> pd.DataFrame:
        """What lies between the first and the last date."""
        import pyarrow.parquet as pq  # noqa: PLC0415

        try:
            whole: pd.DataFrame = pq.read_table(path).to_pandas()
        except (OSError, ValueError) as error:
            raise origin.error(f"it cannot be read: {error}", "remove it; it is fetched again") from error
        begin, end = self._wanted_span
        whole.index += 1
        stamps = whole["timestamp"].astype("int64")
        return whole[(stamps >= begin) & (stamps < end)]

    def fetch(self, advance: Callable[[int, int, str], None]) -> list[Path]:
        """The files are those that have something of what is wanted, in order of instrument and time."""
        self._account.session.look()
        found, wanted = [], self._wanted_span
        jobs = [(name, span) for name in sorted(self._listed) for span in spans(self._kite, wanted)]
        tokens = {name: row.token for name in self._listed if (row := self._account.instruments().of(name)) is not None}
        for done, (name, span) in enumerate(jobs, 1):
            part = Span(max(span.begin, wanted.begin), min(span.end, wanted.end))
            path = self._files.path(name, span)
            if not self._is_had(path, part):
                self._fetch(name, tokens[name], path, part)
            advance(done, len(jobs), str(name))
        silent = {*self._listed}
        for name, span in jobs:
            path = self._files.path(name, span)
            if any(wanted.begin <= one < wanted.end for one in self._files.closes(path)):
                found.append(path)
                silent.discard(name)
        if silent:  # rows go by the position of their instrument among all of them
            names = ", ".join(sorted(map(str, silent)))
            raise DataSourceError(f"Kite has no candle of {names} in that time: correct first, or instruments")
        return sorted(found)

    def _is_had(self, path: Path, part: Span) -> bool:
        covered = self._files.covered(path)
        return covered is not None and covered.begin <= part.begin and covered.end >= part.end

    def _fetch(self, name: InstrumentId, token: int, path: Path, part: Span) -> None:
        before = self._files.covered(path)
        if before is not None:  # a file grows, and never loses what it covered
            part = Span(min(part.begin, before.begin), max(part.end, before.end))
        try:
            found = candles(
                self._account, token, self._kite, part.begin, part.end, deadline=_DEADLINE,
                continuous=self._given.continuous,
            )  # fmt: skip
        except (BrokerError, ConnectionError) as error:
            raise DataSourceError(
                f"history of {name}: {error}; what was fetched before is kept, and another start goes on from there"
            ) from error
        finished = [one for one in found if self._end_of(one) <= self._now()]
        if _is_adjusted(self._files.closes(path), finished):
            get_logger("zerodha").warning("prices were adjusted, all files are fetched anew", instrument=str(name))
            self._files.forget(name)
        # Up to here it is final: a bar that was not finished is asked for again.
        end = min([part.end, *(one.begin for one in found if self._end_of(one) > self._now())])
        self._files.write(path, name, finished, Span(part.begin, end))

    def _end_of(self, one: Candle) -> int:
        if self._kite.length < DAY:
            return one.begin + self._kite.length
        close = self._given.session_close
        return one.begin + (close.hour * 3_600 + close.minute * 60 + close.second) * SECOND

    @property
    def _wanted_span(self) -> Span:
        first, last = self._given.first, self._given.last
        end = self._now() if last is None else min(_midnight(last + dt.timedelta(days=1)), self._now())
        # Of now only what is over: without this the answer would change within a bar.
        return Span(_midnight(first), end - end % self._step)

    @property
    def _step(self) -> int:
        return min(self._kite.length, INTERVALS["1h"].length)

    @cached_property
    def _listed(self) -> Mapping[InstrumentId, Instrument]:
        return {one.id: one for one in self._account.listed(self._names)}

    def _paths(self) -> list[Path]:
        return self._downloaded

    @cached_property
    def _downloaded(self) -> list[Path]:
        with _progress() as advance:
            return self.fetch(advance)

    def _instrument(self, one: InstrumentId) -> Instrument:
        return self._listed[one]


def _is_adjusted(before: Mapping[int, float], after: Sequence[Candle]) -> bool:
    """Whether most of what was had has other closes now; a single correction is none."""
    both = [(before[one.begin], one.close) for one in after if one.begin in before]
    return 2 * sum(old != new for old, new in both) > len(both)


def _midnight(day: dt.date) -> int:
    return int(dt.datetime.combine(day, dt.time(), IST).timestamp()) * SECOND


@contextmanager
def _progress() -> Iterator[Callable[[int, int, str], None]]:
    """A bar for whoever looks at a terminal."""
    if not sys.stderr.isatty():
        yield lambda *_: None
        return
    from rich.console import Console  # noqa: PLC0415
    from rich.progress import Progress  # noqa: PLC0415

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("history", total=None)
        yield lambda done, total, name: bar.update(task, completed=done, total=total, description=name)


@hookimpl
def friday_components() -> list[ComponentSpec]:
    requires = {"connection": "connection:zerodha"}
    return [ComponentSpec("source", "zerodha_history", ZerodhaHistory, HistorySettings, requires)]
