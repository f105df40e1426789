"""The latest bars of each instrument, handed to authors as pandas frames."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from friday_core.domain.chunk import PRICE_COLUMNS, Float64, Int64
from friday_core.domain.instruments import InstrumentId
from friday_core.errors import InvariantError
from friday_core.flow.snapshots import from_bytes, to_bytes

if TYPE_CHECKING:
    import pandas as pd

#: Columns of every frame, in this order; what sources and transformers add comes after them.
FRAME_COLUMNS = (*PRICE_COLUMNS, "volume", "factor", "session")


class _Window(msgspec.Struct, frozen=True):
    """The rows of one instrument, oldest first: close times, then column after column, little-endian."""

    instrument: InstrumentId
    times: bytes
    values: bytes

    def unpacked(self, columns: int) -> Iterator[tuple[int, Float64]]:
        """Time and values of each row; ``InvariantError`` if there are more of the ones than of the others."""
        try:
            times = np.frombuffer(self.times, "<i8")
            values = np.frombuffer(self.values, "<f8").reshape(columns, len(times))
        except ValueError as error:
            raise InvariantError(f"the snapshot of the bars of {self.instrument} is torn: {error}") from error
        yield from zip(times.tolist(), values.T, strict=True)


class _Snapshot(msgspec.Struct, frozen=True, tag="bar windows 1"):
    rows: int
    columns: tuple[str, ...]
    windows: tuple[_Window, ...]


class BarWindows:
    """Remembers the latest ``rows`` bars of each instrument, and nothing before them."""

    def __init__(self, rows: int) -> None:
        self._rows = rows
        self._columns: tuple[str, ...] = ()
        self._names = _index(())  # loads pandas now, so that no bar waits for it
        self._rings: dict[InstrumentId, _Ring] = {}

    def push(self, instrument: InstrumentId, ts_event: int, bar: Mapping[str, float]) -> pd.DataFrame | None:
        """The instrument's window with this bar as its last row; ``None`` while there are fewer than ``rows``.

        The first bar of all names the columns; a later one that lacks one of them is a ``KeyError``.
        The frame is the caller's own: nothing that is done to it comes back here.
        """
        if not self._columns:
            self._name(tuple(bar))
        ring = self._rings.get(instrument)
        if ring is None:
            ring = self._rings[instrument] = _Ring(self._rows, len(self._columns))
        ring.push(ts_event, [bar[name] for name in self._columns])
        return _frame(*ring.ordered(), self._names) if ring.is_full else None

    def snapshot(self) -> bytes:
        """All windows; equal for equal rows, wherever they began."""
        windows = []
        for instrument, ring in sorted(self._rings.items()):
            times, values = ring.ordered()
            windows.append(_Window(instrument, times.astype("<i8").tobytes(), values.astype("<f8").tobytes()))
        return to_bytes(_Snapshot(self._rows, self._columns, tuple(windows)))

    def restore(self, snapshot: bytes) -> None:
        """Go on from there; ``InvariantError`` for windows of another length, and for what is no snapshot."""
        state = from_bytes(_Snapshot, snapshot)
        if state.rows != self._rows:
            raise InvariantError(f"the snapshot is of windows of {state.rows} rows, these have {self._rows}")
        rings: dict[InstrumentId, _Ring] = {}
        for window in state.windows:
            ring = rings[window.instrument] = _Ring(state.rows, len(state.columns))
            for ts_event, values in window.unpacked(len(state.columns)):
                ring.push(ts_event, values)
        self._name(state.columns)
        self._rings = rings

    def _name(self, columns: tuple[str, ...]) -> None:
        self._columns, self._names = columns, _index(columns)


class _Ring:
    """Rows of one instrument; the oldest makes room for the newest."""

    def __init__(self, rows: int, columns: int) -> None:
        self._times = np.empty(rows, np.int64)
        self._values = np.empty((columns, rows))
        self._count = 0

    @property
    def is_full(self) -> bool:
        return self._count >= len(self._times)

    def push(self, ts_event: int, values: Sequence[float] | Float64) -> None:
        place = self._count % len(self._times)
        self._times[place] = ts_event
        self._values[:, place] = values
        self._count += 1

    def ordered(self) -> tuple[Int64, Float64]:
        """Copies of times and values, oldest first."""
        first = self._count % len(self._times) if self.is_full else 0
        end = min(self._count, len(self._times))
        times = np.concatenate((self._times[first:end], self._times[:first]))
        return times, np.concatenate((self._values[:, first:end], self._values[:, :first]), axis=1)


def _index(columns: tuple[str, ...]) -> pd.Index[str]:
    import pandas as pd  # noqa: PLC0415

    return pd.Index(columns)


def _frame(times: Int64, values: Float64, names: pd.Index[str]) -> pd.DataFrame:
    """A frame on these arrays, which nobody else may hold; the names can be given another title, so they are copied."""
    import pandas as pd  # noqa: PLC0415

    index = pd.DatetimeIndex(times.view("M8[us]"), tz="UTC")
    return pd.DataFrame(values.T, index=index, columns=names.copy(), copy=False)
