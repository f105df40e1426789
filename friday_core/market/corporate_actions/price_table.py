"""Daily prices of many symbols in one file, for the commands on corporate actions; pandas reads it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from friday_core.domain.chunk import PRICE_COLUMNS, Array, Int64
from friday_core.errors import DataSourceError
from friday_core.market.corporate_actions.adjustment import Columns

#: What files call these columns, in small letters; the first that is there counts.
_NAMES = {
    "symbol": ("symbol", "tradingsymbol", "ticker", "instrument"),
    "date": ("date", "datetime", "timestamp", "date1"),
    **{name: (name, f"{name}_price") for name in PRICE_COLUMNS},
    "volume": ("volume", "ttl_trd_qnty"),
}
_DATES = ("%Y-%m-%d", "%d-%b-%Y")
_DAYS = np.dtype("datetime64[D]")


def read_prices(path: Path, named: Mapping[str, str]) -> dict[str, Columns]:
    """Of each symbol ``session`` (days, ascending), prices in whole paise and ``volume``.

    ``named`` says which of the file's columns is ``symbol``, ``date``, ``open``, ...; the others
    are told by their usual names. A price that is missing is 0. ``DataSourceError`` for a file that
    cannot be read, a column that is not there, a date that is none, and two rows of one symbol and day.
    """
    frame = _frame(path)
    columns = {ours: frame[_column(ours, frame, named, path)] for ours in _NAMES}
    prices = {name: _paise(columns[name], path) for name in PRICE_COLUMNS}
    rows = {
        "session": _sessions(columns["date"], path),
        **prices,
        "volume": pd.to_numeric(columns["volume"], errors="coerce").to_numpy(np.float64, na_value=np.nan),
    }
    symbols = columns["symbol"].astype(str).str.strip().to_numpy(object)
    return dict(_by_symbol(symbols, rows, path))


def _frame(path: Path) -> pd.DataFrame:
    try:
        frame = pd.read_parquet(path) if path.suffix == ".parquet" else pd.read_csv(path, skipinitialspace=True)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error).splitlines()[0]
        raise DataSourceError(f"{path}: it cannot be read: {reason}\n    mend: name a CSV or a Parquet file") from error
    return frame.rename(columns=lambda name: str(name).strip())


def _column(ours: str, frame: pd.DataFrame, named: Mapping[str, str], path: Path) -> str:
    there = {str(name).lower(): str(name) for name in frame.columns}
    wanted = (named[ours].lower(),) if ours in named else _NAMES[ours]
    for name in wanted:
        if name in there:
            return there[name]
    raise DataSourceError(
        f"{path}: there is no column {ours!r}; it has {', '.join(there.values())}\n    mend: --column {ours}=ITS_NAME"
    )


def _sessions(dates: pd.Series, path: Path) -> Int64:
    """Days since 1970-01-01, of the date as it is written."""
    if pd.api.types.is_datetime64_any_dtype(dates):
        local = dates.dt.tz_localize(None)
    else:
        text = dates.astype(str).str.strip()
        local = pd.to_datetime(text.str[:10], format=_DATES[0], errors="coerce")
        local = local.fillna(pd.to_datetime(text.str[:11], format=_DATES[1], errors="coerce"))
        if local.isna().any():
            row = int(np.argmax(local.isna().to_numpy()))
            what = f"{path}, row {row + 1}: {text.iloc[row]!r} is not a date"
            raise DataSourceError(f"{what}\n    mend: write dates as 2024-10-28 or 28-Oct-2024")
    days: Int64 = local.to_numpy(_DAYS).astype(np.int64)
    return days


def _paise(prices: pd.Series, path: Path) -> Array:
    rupees = pd.to_numeric(prices, errors="coerce").to_numpy(np.float64, na_value=np.nan)
    if not np.isfinite(rupees).any():
        raise DataSourceError(f"{path}, column {prices.name!r}: there is no number\n    mend: name another column")
    return np.rint(np.nan_to_num(rupees * 100.0, posinf=0.0, neginf=0.0)).astype(np.int64)


def _by_symbol(symbols: Array, rows: Columns, path: Path) -> Iterator[tuple[str, Columns]]:
    order = np.lexsort((rows["session"], symbols))
    sorted_symbols = symbols[order]
    for own in np.split(order, np.flatnonzero(sorted_symbols[1:] != sorted_symbols[:-1]) + 1):
        if not len(own):
            continue
        columns = {name: values[own] for name, values in rows.items()}
        symbol = str(symbols[own[0]])
        if (np.diff(columns["session"]) == 0).any():
            raise DataSourceError(
                f"{path}: {symbol} has two rows of one day\n    mend: name a file of daily prices, of one series"
            )
        yield symbol, columns
