"""Rows of prices on disk, a file an instrument: whatever their number, a day of them is found at once."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

import msgspec
import numpy as np

from friday_core.domain.chunk import MISSING_PRICE, Array, Chunk, Int64, Universe
from friday_core.sandbox.kite.market.hours import Hours, day_number
from friday_core.sandbox.kite.market.listing import Listing
from friday_core.sandbox.kite.market.price_file import PriceFile, PriceSettings, universe_of
from friday_core.sandbox.kite.market.tape import UNTOLD, Row, Tick, between, last_of, no_rows, prints_of
from friday_core.sandbox.kite.values import SECOND, Listed

_WIDTH = len(Row._fields)
_FIRST, _LAST = Row._fields.index("first"), Row._fields.index("last")
_VOLUME = Row._fields.index("volume")
#: Stamps before the year 2000 are none: files have rows at 1970.
_LEAST_TS = 946_684_800 * SECOND
_SECONDS = {"s": 1, "m": 60, "h": 3_600}
_DONE = "done.json"


class Laid:
    """A tape of what stands in files; it has no print of any other instrument."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._names: dict[str, str] = msgspec.json.decode((folder / _DONE).read_bytes(), type=dict[str, str])
        self._open: dict[str, Int64] = {}

    def prints(self, listed: Listed, after: int, upto: int) -> Int64:
        rows = self._rows(listed)
        start = int(np.searchsorted(rows[:, _LAST], after, "right"))
        end = int(np.searchsorted(rows[:, _FIRST], upto, "right"))
        return between(prints_of(rows[start:end]), after, upto)

    def rows(self, listed: Listed, first: int, last: int) -> Int64:
        rows = self._rows(listed)
        start, end = np.searchsorted(rows[:, _LAST], [first, last + 1])
        return np.asarray(rows[start:end])

    def last(self, listed: Listed, ts: int) -> Tick | None:
        rows = self._rows(listed)
        begun = int(np.searchsorted(rows[:, _FIRST], ts, "right"))
        return last_of(between(prints_of(rows[max(begun - 1, 0) : begun]), 0, ts))

    @property
    def keys(self) -> list[str]:
        """What the files have, as ``NSE:INFY``."""
        return list(self._names)

    def begin(self) -> int | None:
        """When the first row begins."""
        return min((int(rows[0, _FIRST]) for rows in map(self._named, self._names) if len(rows)), default=None)

    def _rows(self, listed: Listed) -> Int64:
        return self._named(listed.key) if listed.key in self._names else no_rows()

    def _named(self, key: str) -> Int64:
        if key not in self._open:
            path = self._folder / self._names[key]
            there = path.stat().st_size
            self._open[key] = np.memmap(path, np.int64, "r").reshape(-1, _WIDTH) if there else no_rows()
        return self._open[key]


def lay(file: PriceFile, listing: Listing, hours: Hours, folder: Path) -> Laid:
    """Write what the files have into a folder, in the order of time; what lies there from the same files is taken.

    Rows without a price, with a price finer than the instrument's, of no time, rows that are there
    twice, and of two bars that close at once the second one are left out. ``DataSourceError`` for what cannot be read.
    """
    place = folder / _fingerprint(file)
    if not (place / _DONE).exists():
        making = folder / f"{place.name}.making"
        shutil.rmtree(making, ignore_errors=True)
        making.mkdir(parents=True)
        _lay(file, listing, hours, making)
        shutil.rmtree(place, ignore_errors=True)
        making.rename(place)
    return Laid(place)


def _lay(file: PriceFile, listing: Listing, hours: Hours, folder: Path) -> None:
    universe = universe_of(file, listing)
    listed = {place: row for place, row in enumerate(map(listing.by_key, _keys(universe))) if row is not None}
    for chunk in file.chunks(universe):
        table, kept = _table(chunk)
        for place in np.unique(chunk.inst[kept]).tolist():
            with (folder / str(place)).open("ab") as out:
                out.write(table[kept & (chunk.inst == place)].tobytes())
    for place, one in listed.items():
        path = folder / str(place)
        rows = np.fromfile(path, np.int64).reshape(-1, _WIDTH) if path.exists() else no_rows()
        path.write_bytes(_in_order(rows, file.settings, one, hours).tobytes())
    names = {key: str(place) for place, key in enumerate(_keys(universe))}
    (folder / _DONE).write_bytes(msgspec.json.encode(names))


def _table(chunk: Chunk) -> tuple[Int64, Array]:
    """Rows with the close's time in both places, and which of them can be used."""
    prices = [chunk[name] for name in ("open", "high", "low", "close")]
    oi = chunk["oi"] if "oi" in chunk.columns else np.full(len(chunk), float(UNTOLD))
    volume = np.nan_to_num(chunk["volume"], posinf=0.0, neginf=0.0)
    numbers = [np.maximum(volume, 0.0), np.nan_to_num(oi, nan=UNTOLD, posinf=UNTOLD, neginf=UNTOLD)]
    table = np.stack([chunk.ts_event, chunk.ts_event, *prices, *(one.astype(np.int64) for one in numbers)], axis=1)
    there = np.all([(one != MISSING_PRICE) & (one > 0) for one in prices], axis=0)
    return table, there & (chunk.code == 0) & (chunk.ts_event >= _LEAST_TS)


def _in_order(rows: Int64, settings: PriceSettings, listed: Listed, hours: Hours) -> Int64:
    """By time, each once, between the times of its first and its last print."""
    if not len(rows):
        return rows
    is_tick = settings.kind == "ticks"
    _, once = np.unique(rows, axis=0, return_index=True)
    rows = rows[np.sort(once)]
    rows = rows[np.argsort(rows[:, _LAST], kind="stable")]
    if is_tick:
        if settings.day_volume:
            rows[:, _VOLUME] = _traded(rows)
        return rows
    _, once = np.unique(rows[:, _LAST], return_index=True)
    rows = rows[once]
    closes = rows[:, _LAST].copy()
    if settings.interval == "1d":
        rows[:, _FIRST] = [_opened(hours, listed, close) for close in closes.tolist()]
    else:
        length = int(settings.interval[:-1]) * _SECONDS[settings.interval[-1]] * SECOND
        rows[:, _FIRST] = np.maximum(closes - length, np.concatenate([[0], closes[:-1]]))
    rows[:, _LAST] = closes - 1
    return rows


def _opened(hours: Hours, listed: Listed, close: int) -> int:
    """When the day of a bar began to trade; a minute before its close if that is not before it."""
    spans = hours.trading(listed, day_number(close))
    return min(spans[0].open if spans else close, close - 60 * SECOND)


def _traded(rows: Int64) -> Int64:
    """What traded since the row before, of a volume that counts up through the day; where it goes back, nothing.

    Of the first row of a day nothing is known to have traded just then, and its volume is taken as it stands.
    """
    days, total = day_number(rows[:, _LAST]), rows[:, _VOLUME]
    most = np.zeros(len(rows), np.int64)
    for day in np.unique(days):
        own = days == day
        most[own] = np.diff(np.maximum.accumulate(total[own]), prepend=0)
    return most


def _keys(universe: Universe) -> list[str]:
    return [f"{one.id.exchange}:{one.id.symbol}" for one in universe]


def _fingerprint(file: PriceFile) -> str:
    """Of the files as they are and of how they are read."""
    told = [file.settings.model_dump_json()]
    for path in file.files():
        stat = path.stat()
        told.append(f"{path.resolve()} {stat.st_size} {stat.st_mtime_ns}")
    return hashlib.blake2b("\n".join(told).encode(), digest_size=12).hexdigest()
