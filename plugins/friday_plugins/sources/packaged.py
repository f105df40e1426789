"""Source ``packaged``: thirteen years of daily bars of five American shares, for the demo.

The prices come with the package ``bokeh_sampledata`` (public domain); it is read, not imported.
"""

from __future__ import annotations

import datetime as dt
import importlib.util
from collections.abc import Iterator, Sequence
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from friday_core.api import (
    BarReader,
    BarTimes,
    Chunk,
    ComponentSpec,
    CorporateAction,
    DataSourceError,
    HistoricalData,
    Instrument,
    InstrumentId,
    Origin,
    Universe,
    hookimpl,
    in_chunks,
)

if TYPE_CHECKING:
    import pandas as pd

_PACKAGE, _FILE = "bokeh_sampledata", "_data/stocks.csv.gz"
_SYMBOLS = ("AAPL", "FB", "GOOG", "IBM", "MSFT")
_READER = BarReader(
    BarTimes("America/New_York", session_close=dt.time(16)),
    {
        "symbol": "Ticker",
        "timestamp": "Date",
        "open": "Open",
        "high": "High",
        "low": "Low",
        "close": "Close",
        "volume": "Volume",
    },
)

# What the file's arithmetic leaves: on days without an action the ratio is 1 within 1e-13, at the
# three splits it is 2 within 2e-14, and the smallest dividend moves it by 1.1e-3. The bound stands
# four orders above the noise and six below the dividends. See docs/decisions/0001.
_PRECISION = 1e-9
_LARGEST_SPLIT = 10


class PackagedSource(HistoricalData):
    """AAPL, FB, GOOG, IBM and MSFT, 2000-03-01 to 2013-03-01, raw prices in dollars.

    ``ts_event`` is 16:00 in New York on the bar's date.
    """

    def __init__(self) -> None:
        """Raises ``DataSourceError`` that names the extra if the package is not installed."""
        self._path = _packaged_file()
        self._universe = Universe(
            Instrument(InstrumentId(symbol, "US"), "USD", price_decimals=4, tick_size=100) for symbol in _SYMBOLS
        )

    def instruments(self) -> Sequence[Instrument]:
        return tuple(self._universe)

    def bars(self) -> Iterator[Chunk]:
        return in_chunks(_READER.read(self._frame, self._universe, self._origin))

    def row_count(self) -> int:
        return len(self._frame)

    def corporate_actions(self) -> Sequence[CorporateAction]:
        """Splits and dividends, told by ratios of consecutive days only.

        The level of the adjusted close is never used: it knows every later action.
        """
        actions: list[CorporateAction] = []
        for symbol, rows in self._frame.groupby("Ticker"):
            close = rows["Close"].to_numpy(np.float64)
            adjustment = rows["Adj Close"].to_numpy(np.float64) / close
            ratio = adjustment[1:] / adjustment[:-1]
            for before in np.flatnonzero(np.abs(ratio - 1.0) > _PRECISION):
                ex_date = np.datetime64(str(rows["Date"].iloc[before + 1]), "D")
                instrument = self._universe.instrument(InstrumentId(str(symbol), "US"))
                actions.append(_action(instrument, int(ex_date.astype(int)), float(ratio[before]), close[before + 1]))
        return actions

    @cached_property
    def _frame(self) -> pd.DataFrame:
        import pandas as pd  # noqa: PLC0415

        try:
            frame = pd.read_csv(self._path, dtype={"Ticker": "str", "Date": "str"}, compression="gzip")
        except (OSError, EOFError, ValueError) as error:
            raise self._origin.error(f"it cannot be read: {error}", f"install {_PACKAGE} again") from error
        frame.index += 2
        return frame

    @property
    def _origin(self) -> Origin:
        return Origin(f"{_PACKAGE}/{_FILE}", "line")


def _packaged_file() -> Path:
    spec = importlib.util.find_spec(_PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise DataSourceError(
            f"source 'packaged' reads the prices of the package {_PACKAGE!r}, which is not installed\n"
            '    mend: pip install "friday-trading[demo]"'
        )
    return Path(spec.submodule_search_locations[0]) / _FILE


def _action(instrument: Instrument, session: int, ratio: float, close: float) -> CorporateAction:
    """A split if the ratio is one of small whole numbers, else the dividend that explains it.

    The file adjusts by ``1 + dividend / close`` of the ex-date.
    """
    split = Fraction(ratio).limit_denominator(_LARGEST_SPLIT)
    if split.numerator <= _LARGEST_SPLIT and abs(ratio / float(split) - 1.0) < _PRECISION:
        return CorporateAction(instrument.id, session, split.numerator, split.denominator, factor=float(split))
    dividend = round(close * (ratio - 1.0) * 10**instrument.price_decimals)
    return CorporateAction(instrument.id, session, dividend=dividend, factor=ratio)


@hookimpl
def friday_components() -> list[ComponentSpec]:
    return [ComponentSpec("source", "packaged", PackagedSource)]
