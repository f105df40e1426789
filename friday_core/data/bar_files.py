"""What sources of bar files share: their settings, and the way from files to chunks."""

from __future__ import annotations

import datetime as dt
import glob
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from pydantic import Field, field_validator

from friday_core.data.bar_times import INTERVAL_PATTERN, BarTimes, Label, Origin
from friday_core.data.file_survey import Survey
from friday_core.data.frames import BarReader, in_chunks, merged
from friday_core.data.merging import in_time_order
from friday_core.domain.chunk import Chunk, Int64, Universe
from friday_core.domain.instruments import Instrument, InstrumentId
from friday_core.domain.market import CorporateAction
from friday_core.domain.money import MINOR_DIGITS
from friday_core.domain.sessions import SessionDates
from friday_core.errors import DataSourceError
from friday_core.interfaces.source import HistoricalData
from friday_core.market.corporate_actions.action_file import read_actions
from friday_core.market.corporate_actions.booking import booked
from friday_core.plugin.spec import PluginSettings, TimeZone

if TYPE_CHECKING:
    import pandas as pd

#: Of very many files each is still read in frames of so many rows.
_LEAST_ROWS = 4_096


class BarFileSettings(PluginSettings):
    """Where the files are and how to read them; a source of one format adds its own."""

    path: Path = Field(description="A file, a folder of files, or a pattern such as data/*.csv.")
    columns: dict[str, str] = Field(
        default_factory=dict,
        description="Friday's column names and the file's: timestamp, and time where the time of day stands apart; "
        "symbol or instrument; open, high, low, close, volume; every further one is kept as a column of numbers.",
    )
    only: dict[str, tuple[str, ...]] = Field(
        default_factory=dict,
        description='Only rows whose column shows one of these: { SERIES = ["EQ", "BE"] }, by the file\'s names.',
    )
    no_volume: bool = Field(
        False, description="The bars have no volume, as those of an index: it is 0, whatever the file shows."
    )
    symbol: str | None = Field(
        None, min_length=1, description="Symbol of all rows; without it a symbol column, else the file's name."
    )
    exchange: str = Field("NSE", min_length=1, description="Exchange of all symbols.")
    currency: str = Field("INR", description="Currency of the prices.")
    price_decimals: int = Field(2, ge=0, le=8, description="Decimals of a price; finer prices are held back.")
    tick_size: int = Field(5, gt=0, description="Smallest step of an order's price, in units of the last decimal.")
    lot_size: int = Field(1, gt=0, description="Shares or contracts of one lot.")
    timezone: TimeZone | None = Field(None, description="The exchange's zone, and that of stamps without an offset.")
    timestamp_format: str | None = Field(
        None,
        description="As for strptime, or epoch_s, epoch_ms, epoch_us, epoch_ns for a count since 1970 in UTC; "
        "without it ISO 8601 only.",
    )
    label: Label = Field(
        "open",
        description="What an intraday time stamp names. The wrong answer 'close' would show bars before they end, "
        "the wrong answer 'open' only shows them late.",
    )
    interval: str = Field("1d", pattern=INTERVAL_PATTERN, description="Length of a bar: 1m, 15m, 1h, ...; 1d is daily.")
    session_close: dt.time = Field(dt.time(15, 30), description="When a daily bar closes, in the exchange's zone.")
    actions: Path | None = Field(
        None,
        description="A file of splits, bonuses, rights, demergers and dividends of these symbols: lines of symbol, "
        "ex_date, kind, ratio, amount and announced. The prices are raw.",
    )
    short_last_bar: bool = Field(
        False,
        description="A bar that opens before session_close ends there at the latest: the last hour of 15:15 to 15:30.",
    )

    @field_validator("currency")
    @classmethod
    def _known_currency(cls, code: str) -> str:
        if code not in MINOR_DIGITS:
            raise ValueError(f"unknown currency {code!r}; known are {', '.join(MINOR_DIGITS)}")
        return code

    @property
    def reader(self) -> BarReader:
        times = BarTimes(
            self.timezone, self.interval, self.label, self.session_close, self.timestamp_format, self.short_last_bar
        )
        return BarReader(times, self.columns)


class BarFileSource(HistoricalData, ABC):
    """Bars from files of one format; a subclass reads one file into a frame.

    Files are read when the host first asks for instruments, once. Rows need not be in order: they
    are sorted by time, stably, over all files.

    Files that tell (``rows_in``) that they have more than ``rows_at_once`` rows together are read in frames of
    some rows (``frames``), twice: at first for their instruments and their order, then, if the rows of each
    are in the order of time, for their bars, of which no more are in memory than that.
    """

    #: Endings of the files that are taken from a folder, in small letters.
    suffixes: ClassVar[tuple[str, ...]]
    #: What the numbers in the frames' index count.
    row: ClassVar[str] = "row"
    #: More rows are not held in memory, if that can be helped.
    rows_at_once: ClassVar[int] = 131_072

    def __init__(self, settings: BarFileSettings) -> None:
        self._settings = settings
        self._reader = settings.reader
        self.columns = self._reader.kept
        self.interval = settings.interval

    @abstractmethod
    def frame(self, path: Path, origin: Origin) -> pd.DataFrame:
        """One file with its own column names; the index holds the line numbers.

        Raises ``DataSourceError`` through ``origin``.
        """

    def frames(self, path: Path, origin: Origin, rows: int) -> Iterator[pd.DataFrame]:
        """The same rows in frames of about ``rows``, in the file's order; at least one. Here all are read first."""
        whole = self.frame(path, origin)
        for start in range(0, max(len(whole), 1), rows):
            yield whole.iloc[start : start + rows]

    def rows_in(self, path: Path) -> int:  # noqa: ARG002 - a subclass looks there
        """About how many rows a file has, as far as it can be told without reading it; 0 if not at all."""
        return 0

    def instruments(self) -> Sequence[Instrument]:
        return tuple(self._universe)

    def bars(self) -> Iterator[Chunk]:
        return in_chunks(self._loaded[1]) if self._survey is None else self._streamed()

    def row_count(self) -> int:
        return len(self._loaded[1]) if self._survey is None else self._survey.rows

    @property
    def announces(self) -> bool:
        return self._settings.actions is not None

    def corporate_actions(self) -> Sequence[CorporateAction]:
        """Those of the file ``actions``; what depends on a price takes the last close before the ex-date."""
        if self._settings.actions is None:
            return ()
        announcements = read_actions(self._settings.actions.expanduser())
        rows = self._loaded[1] if self._survey is None else self._priced()
        return booked(announcements, self._universe, rows, self._dates(rows))

    @cached_property
    def _universe(self) -> Universe:
        if self._survey is None:
            return self._loaded[0]
        return Universe(self._instrument(one) for one in self._survey.instruments)

    @cached_property
    def _survey(self) -> Survey | None:
        """What is in files that are read in pieces; ``None`` for those that are read at once."""
        paths = self._paths()
        if sum(self.rows_in(path) for path in paths) <= self.rows_at_once:
            return None
        survey = Survey(self._reader)
        for path in paths:
            origin = self._origin(path)
            survey.begin()
            for frame in self._pieces(path, len(paths)):
                survey.take(frame, self._identified(frame, origin), origin)
            if not survey.is_in_order:
                return None
        return survey

    def _streamed(self) -> Iterator[Chunk]:
        paths, universe = self._paths(), self._universe

        def run(path: Path) -> Iterator[Chunk]:
            origin = self._origin(path)
            return (self._reader.read(frame, universe, origin) for frame in self._pieces(path, len(paths)))

        return in_time_order([run(path) for path in paths])

    def _pieces(self, path: Path, files: int) -> Iterator[pd.DataFrame]:
        """The wanted rows of one of so many files, of which each may have a share in memory."""
        origin = self._origin(path)
        try:
            found = False
            for frame in self.frames(path, origin, max(self.rows_at_once // files, _LEAST_ROWS)):
                wanted = self._completed(frame, path, origin)
                if len(wanted):
                    found = True
                    yield wanted
            if not found and not self._settings.only:
                yield wanted
        except OSError as error:
            raise _unreadable(origin, error) from error

    def _dates(self, rows: Chunk) -> Int64:
        """The session of each row. Without a zone every stamp has an offset, and rows go by their date in UTC."""
        return SessionDates(self._settings.timezone or "UTC").of(rows.ts_event)

    def _priced(self) -> Chunk:
        """Of each instrument and session the last row with a price."""
        found = []
        for rows in self._streamed():
            priced = rows.take(rows["close"] > 0)
            key = self._dates(priced).astype(np.int64) * len(self._universe) + priced.inst
            _, from_the_end = np.unique(key[::-1], return_index=True)
            found.append(priced.take(np.sort(len(priced) - 1 - from_the_end)))
        return merged(found)

    @cached_property
    def _loaded(self) -> tuple[Universe, Chunk]:
        frames = self._frames()
        found = {one for frame, origin in frames for one in self._identified(frame, origin)}
        universe = Universe(self._instrument(one) for one in found)
        return universe, merged([self._reader.read(frame, universe, origin) for frame, origin in frames])

    def _frames(self) -> list[tuple[pd.DataFrame, Origin]]:
        """Every file with its origin, but those of which ``only`` leaves nothing."""
        read = [(self._framed(path), self._origin(path)) for path in self._paths()]
        frames = [(frame, origin) for frame, origin in read if len(frame) or not self._settings.only]
        if not frames:
            raise Origin(str(self._settings.path)).error("only leaves no row", "correct only")
        return frames

    def _paths(self) -> list[Path]:
        path = self._settings.path.expanduser()
        if path.is_dir():
            paths = sorted(one for one in path.iterdir() if one.name.lower().endswith(self.suffixes))
        elif glob.has_magic(str(path)):
            paths = sorted(Path(one) for one in glob.glob(str(path)))  # noqa: PTH207 - the pattern may be absolute
        elif path.exists():
            return [path]
        else:
            raise Origin(str(path)).error(f"there is no such file or folder, seen from {Path.cwd()}", "correct path")
        if not paths:
            endings = " or ".join(self.suffixes)
            raise Origin(str(path)).error(f"no {endings} file is there", "correct path, or put files there")
        return paths

    def _origin(self, path: Path) -> Origin:
        return Origin(str(path), self.row)

    def _framed(self, path: Path) -> pd.DataFrame:
        """The file's frame, completed."""
        origin = self._origin(path)
        try:
            frame = self.frame(path, origin)
        except OSError as error:
            raise _unreadable(origin, error) from error
        return self._completed(frame, path, origin)

    def _completed(self, frame: pd.DataFrame, path: Path, origin: Origin) -> pd.DataFrame:
        """The rows that are wanted, with a symbol and a volume on each."""
        frame, given = self._wanted(frame, origin), self._settings
        if given.no_volume:
            frame = frame.assign(**{given.columns.get("volume", "volume"): 0.0})
        if given.symbol is not None:
            return frame.assign(**{given.columns.get("symbol", "symbol"): given.symbol})
        named = {*given.columns} | {str(name) for name in frame.columns}
        return frame if {"symbol", "instrument"} & named else frame.assign(symbol=self._name_of(path))

    def _wanted(self, frame: pd.DataFrame, origin: Origin) -> pd.DataFrame:
        """The rows that ``only`` leaves."""
        for column, values in self._settings.only.items():
            if column not in frame.columns:
                there = ", ".join(repr(str(name)) for name in frame.columns)
                raise origin.error(f"there is no column {column!r}; it has {there}", "correct only")
            frame = frame[frame[column].astype(str).str.strip().isin(values)]
        return frame

    def _name_of(self, path: Path) -> str:
        """The file's name without its ending."""
        ending = max((one for one in self.suffixes if path.name.lower().endswith(one)), key=len, default="")
        return path.name[: -len(ending)] if ending else path.stem

    def _identified(self, frame: pd.DataFrame, origin: Origin) -> set[InstrumentId]:
        kind, codes, names = self._reader.coded_names(frame, origin)
        if kind == "symbol":
            return {InstrumentId(name, self._settings.exchange) for name in names}
        found = set()
        for code, name in enumerate(names):
            try:
                found.add(InstrumentId.parse(name))
            except ValueError as error:
                line = frame.index[int(np.argmax(codes == code))]
                raise origin.error(str(error), "name symbol and exchange", line=line, column=kind) from error
        return found

    def _instrument(self, one: InstrumentId) -> Instrument:
        given = self._settings
        return Instrument(one, given.currency, given.price_decimals, given.tick_size, given.lot_size)


def _unreadable(origin: Origin, error: OSError) -> DataSourceError:
    return origin.error(f"it cannot be read: {error.strerror or error}", "correct path, or its rights")
