"""From a pandas frame of bars, with prices as people write them, to exact chunks."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from friday_core.data.bar_times import BarTimes, Origin
from friday_core.domain.chunk import MISSING_PRICE, PRICE_COLUMNS, PRICES, Array, Chunk, Float64, Int64, Universe
from friday_core.domain.verdicts import RowCode
from friday_core.errors import DataSourceError

if TYPE_CHECKING:
    import pandas as pd

#: Columns that every frame of bars has besides the instrument's.
BAR_COLUMNS = ("timestamp", *PRICE_COLUMNS, "volume")
#: Rows of a chunk when nobody asks for another size.
CHUNK_ROWS = 65_536

# The noise of a price is that of single precision, in which several vendors keep prices whatever
# the file shows (123.45 arrives as 123.44999695). The cap keeps a price with one decimal too many,
# at least a tenth of a unit off, outside the noise however high the price.
_RELATIVE_NOISE = 2.0**-23
_MOST_NOISE = 0.05
_EXACT_IN_A_FLOAT = 2.0**53
#: What stands for "no value" in a column of numbers, in small letters.
_NO_VALUE = ("", "-", "na", "n/a", "nan", "null", "none")
_WITHOUT = {"volume": ", or no_volume = true if there is none"}


@dataclass(frozen=True, slots=True)
class BarReader:
    """Reads frames of bars into chunks; ``columns`` maps Friday's column names to the frame's.

    A frame has ``timestamp``, ``open, high, low, close``, ``volume``, and ``instrument``
    (``INFY.NSE``) or ``symbol`` (``INFY``). ``columns`` names ``time`` if the time of day stands in
    a column of its own, to be read after the date. Every further key of ``columns`` names a column
    that is kept, as price units if it is ``price``, else as float64. Columns that nobody names are
    ignored.
    """

    times: BarTimes = field(default_factory=BarTimes)
    columns: Mapping[str, str] = field(default_factory=dict)

    @property
    def kept(self) -> tuple[str, ...]:
        """Columns of the chunks."""
        known = {*BAR_COLUMNS, "time", "symbol", "instrument"}
        return (*PRICE_COLUMNS, "volume", *(name for name in self.columns if name not in known))

    def read(self, frame: pd.DataFrame, universe: Universe, origin: Origin) -> Chunk:
        """All rows as one chunk, sorted by (close time, instrument).

        The sort is stable: rows of one instrument and one time keep the frame's order, so that
        validators can tell a repeated bar. ``frame.index`` numbers the lines for messages. A price
        between two units of its instrument becomes the nearest unit and the row's ``code``
        ``OFF_GRID``; one that is missing or not finite becomes ``MISSING_PRICE``. Raises
        ``DataSourceError`` for a missing column, text in a number, an unknown instrument and time
        stamps that cannot be read; it names the first line concerned.
        """
        self._check_frame(frame, origin)
        inst = self._positions(frame, universe, origin)
        stamps = self._stamps(frame)
        closes = self.times.closes(stamps, origin)
        order = np.lexsort((inst, closes))
        if self.times.daily:
            _check_one_bar_a_day(stamps, closes, inst, order, origin)
        scale = universe.scales[inst]
        code = np.zeros(len(frame), np.uint16)
        columns: dict[str, Array] = {}
        for name in self.kept:
            values = _numbers(frame[self._named(name)], origin)
            columns[name] = _price_units(values, scale, code) if name in PRICES else values
        return Chunk(closes, inst, columns, code=code).take(order).numbered(0)

    def closes(self, frame: pd.DataFrame, origin: Origin) -> Int64:
        """When each row's bar closed; raises ``DataSourceError`` as ``read`` does."""
        self._check_frame(frame, origin)
        return self.times.closes(self._stamps(frame), origin)

    def check_days(self, frame: pd.DataFrame, closes: Int64, origin: Origin) -> None:
        """``DataSourceError`` where daily bars show two times of one day and instrument."""
        if self.times.daily:
            _, codes, _ = self.coded_names(frame, origin)
            _check_one_bar_a_day(self._stamps(frame), closes, codes, np.lexsort((codes, closes)), origin)

    def names(self, frame: pd.DataFrame, origin: Origin) -> tuple[str, Array]:
        """``instrument`` or ``symbol``, whichever the frame has, and its value on each row.

        Raises ``DataSourceError`` if it has neither or a row has none.
        """
        kind, codes, names = self.coded_names(frame, origin)
        return kind, np.array(names, object)[codes]

    def coded_names(self, frame: pd.DataFrame, origin: Origin) -> tuple[str, Array, tuple[str, ...]]:
        """As ``names``, with a position on each row, and the values that stand there."""
        import pandas as pd  # noqa: PLC0415

        kind = "instrument" if self._named("instrument") in frame.columns else "symbol"
        column = self._named(kind)
        if column not in frame.columns:
            raise self._missing(kind, frame, origin)
        codes, found = pd.factorize(frame[column], use_na_sentinel=True)
        names = tuple(str(one).strip() for one in found)
        empty = np.array([not name for name in (*names, "")], np.bool_)[codes]
        if empty.any():
            line = frame.index[int(np.argmax(empty))]
            raise origin.error(f"the {kind} is missing", "name it on every row", line=line, column=column)
        return kind, codes, names

    def _stamps(self, frame: pd.DataFrame) -> pd.Series:
        """Date and time of day as one text where they stand in two columns."""
        dates = frame[self._named("timestamp")]
        if "time" not in self.columns:
            return dates
        days, clocks = (part.astype(str).str.strip() for part in (dates, frame[self._named("time")]))
        stamps: pd.Series = days.str.cat(clocks, sep=" ")
        stamps.name = dates.name
        return stamps

    def _named(self, column: str) -> str:
        return self.columns.get(column, column)

    def _check_frame(self, frame: pd.DataFrame, origin: Origin) -> None:
        if frame.empty:
            raise origin.error("there are no rows", "give it at least one bar")
        self._check_columns(frame, origin)

    def _check_columns(self, frame: pd.DataFrame, origin: Origin) -> None:
        twice = frame.columns[frame.columns.duplicated()]
        if len(twice):
            raise origin.error(f"two columns are named {str(twice[0])!r}", "rename or remove one of them")
        stamps = ("timestamp", "time") if "time" in self.columns else ("timestamp",)
        for name in (*stamps, *self.kept):
            if self._named(name) not in frame.columns:
                raise self._missing(name, frame, origin)

    def _missing(self, name: str, frame: pd.DataFrame, origin: Origin) -> DataSourceError:
        wanted, there = self._named(name), [str(column) for column in frame.columns]
        lowered = {column.lower().strip(): column for column in there}
        nearest = difflib.get_close_matches(wanted.lower(), lowered, 1)
        offer = lowered[nearest[0]] if nearest else "its name there"
        return origin.error(
            f"there is no column {wanted!r}{f', the nearest is {offer!r}' if nearest else ''}; "
            f"it has {', '.join(map(repr, there))}",
            f'set columns = {{ {name} = "{offer}" }}{_WITHOUT.get(name, "")}',
        )

    def _positions(self, frame: pd.DataFrame, universe: Universe, origin: Origin) -> Array:
        """Each row's place in the universe."""
        kind, codes, names = self.coded_names(frame, origin)
        places: dict[str, int] = {}
        for place, one in enumerate(universe):
            name = str(one.id) if kind == "instrument" else one.id.symbol
            if name in places:
                raise origin.error(
                    f"symbol {name!r} is listed on two exchanges", "write SYMBOL.EXCHANGE in a column 'instrument'"
                )
            places[name] = place
        inst = np.array([places.get(name, -1) for name in names], np.int32)[codes]
        if (inst < 0).any():
            first = int(np.argmax(inst < 0))
            raise origin.error(
                f"{names[codes[first]]!r} is not one of the source's instruments",
                "add it to the instruments, or remove its rows",
                line=frame.index[first],
                column=self._named(kind),
            )
        return inst


def in_chunks(chunk: Chunk, rows: int = CHUNK_ROWS) -> Iterator[Chunk]:
    """The same rows in chunks of at most ``rows``."""
    for start in range(0, len(chunk), rows):
        yield chunk.take(slice(start, start + rows))


def merged(parts: Sequence[Chunk]) -> Chunk:
    """The rows of several chunks as one, sorted as a chunk is, numbered anew; stable."""
    rows = Chunk.concat(parts)
    return rows.take(np.lexsort((rows.inst, rows.ts_event))).numbered(0)


def _price_units(prices: Float64, scale: Float64, code: Array) -> Int64:
    """Prices in whole units; marks in ``code`` the rows where that lost something."""
    there = np.isfinite(prices)
    exact = np.where(there, prices, 0.0) * scale
    units = np.rint(np.clip(exact, -_EXACT_IN_A_FLOAT, _EXACT_IN_A_FLOAT))
    noise = np.minimum(np.abs(exact) * _RELATIVE_NOISE, _MOST_NOISE)
    code[(np.abs(exact - units) > noise) & (code == RowCode.NONE)] = RowCode.OFF_GRID
    code[~there] = RowCode.MISSING_PRICE
    return np.where(there, units.astype(np.int64), MISSING_PRICE)


def _numbers(values: pd.Series, origin: Origin) -> Float64:
    """A column as float64, NaN where nothing stands; the first text in it is an error."""
    import pandas as pd  # noqa: PLC0415

    numbers = pd.to_numeric(values, errors="coerce")
    text = (numbers.isna() & values.notna()).to_numpy(bool)
    if text.any():
        text = text & ~values.astype(str).str.strip().str.lower().isin(_NO_VALUE).to_numpy(bool)
    if text.any():
        first = int(np.argmax(text))
        raise origin.error(
            f"{str(values.iloc[first])!r} is not a number",
            "write plain numbers with a decimal point and without separators; leave unknown values empty",
            line=values.index[first],
            column=str(values.name),
        )
    return numbers.to_numpy(np.float64, na_value=np.nan)


def _check_one_bar_a_day(stamps: pd.Series, closes: Int64, inst: Array, order: Array, origin: Origin) -> None:
    """Two *different* stamps of one instrument on one date mean that the bars are not daily."""
    same_day = np.flatnonzero((np.diff(closes[order]) == 0) & (np.diff(inst[order]) == 0))
    first, second = stamps.iloc[order[same_day]], stamps.iloc[order[same_day + 1]]
    differ = np.flatnonzero(first.to_numpy() != second.to_numpy())
    if len(differ):
        at = int(differ[0])
        raise origin.error(
            f"{str(second.iloc[at])!r} is a second time of one day, but interval is '1d'",
            'set interval to that of the bars, for example interval = "1m"',
            line=second.index[at],
            column=str(stamps.name),
        )
