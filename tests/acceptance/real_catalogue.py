"""The real files that go through the flow, each as a user would name it and as pandas reads it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
from acceptance.real_files import PRICES, RealFile

_CLOSE = pd.Timedelta("15:30:00")
_DATE = "timestamp"
_UPPER = {name: name.capitalize() for name in PRICES}
_BHAVCOPY = {"symbol": "SYMBOL", "volume": "TTL_TRD_QNTY", **{name: f"{name.upper()}_PRICE" for name in PRICES}}
_INDEX = {_DATE: "Date", **_UPPER}
_TICK = dict.fromkeys(PRICES, "ltp")
_NO_VOLUME = {"no_volume": "true"}
_MINUTE = {"interval": "1m", "floor": 0.05}


def bars(path: Path, names: dict[str, str], closes: Any, symbol: str = "") -> pd.DataFrame:
    """The file's rows under one set of names; ``closes`` makes India's clock at the close of each."""
    raw = pd.read_parquet(path) if path.suffix == ".parquet" else pd.read_csv(path, skipinitialspace=True)
    wanted = (*PRICES, "volume", "symbol", "average")
    rows = pd.DataFrame({ours: raw[theirs] for ours, theirs in names.items() if ours in wanted})
    given = {"symbol": symbol or path.name.removesuffix(".csv.gz").removesuffix(".parquet"), "volume": 0.0}
    return rows.assign(**{key: value for key, value in given.items() if key not in rows}, closes=closes(raw))


def daily(column: str, form: str = "%Y-%m-%d") -> Any:
    return lambda raw: pd.to_datetime(raw[column].astype(str).str[:11].str.strip(), format=form) + _CLOSE


def opened(column: str, interval: str) -> Any:
    """Stamps of the open with an offset, and bars that end with the session."""

    def closes(raw: pd.DataFrame) -> pd.Series:
        opens = pd.to_datetime(raw[column].str[:19])
        nominal, end = opens + pd.Timedelta(interval), opens.dt.normalize() + _CLOSE
        return nominal.where((nominal <= end) | (opens >= end), end) if interval == "1h" else nominal

    return closes


def two_columns(date: str, time: str, shift: str) -> Any:
    return lambda raw: pd.to_datetime(raw[date].astype(str) + " " + raw[time]) + pd.Timedelta(shift)


def epoch(raw: pd.DataFrame) -> pd.Series:
    return pd.to_datetime(raw["Time"], unit="s") + pd.Timedelta("05:30:00") + pd.Timedelta("15min")


def folder(names: dict[str, str], closes: Any) -> Any:
    return lambda path: pd.concat([bars(one, names, closes) for one in sorted(path.glob("*.csv.gz"))])


def _ticks(day: str, latest: str = "") -> RealFile:
    names = {**_TICK, "volume": "volume"}
    read = folder(names, lambda raw: pd.to_datetime(raw["timestamp"]))
    settings = {"label": '"close"'}
    path = f"ticks_nse_2021/{day}"
    return RealFile(path, path, names, read, settings, "1s", latest=latest, floor=0.05, cumulative=True)


def _index_2021(symbol: str) -> RealFile:
    path, names = f"intraday/{symbol}_1min_endlabel_2021.parquet", dict(zip(PRICES, PRICES, strict=True))
    columns = {_DATE: "date", "time": "time", "symbol": "symbol", **names}
    settings = {**_NO_VOLUME, "label": '"close"'}
    return RealFile(path, path, columns, lambda file: bars(file, columns, two_columns("date", "time", "0s")), settings,
                    **_MINUTE)  # fmt: skip


def _single(path: str, columns: dict[str, str], closes: Any, symbol: str = "", **plan: Any) -> RealFile:
    return RealFile(path, path, columns, lambda file: bars(file, columns, closes, symbol), **plan)


_EOD = {_DATE: "Date", "symbol": "file", "volume": "Volume", "average": "VWAP", **_UPPER}
_KITE = {"symbol": "tradingsymbol", "volume": "volume", **dict(zip(PRICES, PRICES, strict=True))}
_FUTURES = {_DATE: "exchange_timestamp", "symbol": "Symbol", "volume": "volume_traded",
            **dict.fromkeys(PRICES, "last_price")}  # fmt: skip
_2009 = {_DATE: "Date", "time": "Time", "symbol": "Instrument", **_UPPER}
_VIX = {**_NO_VOLUME, "price_decimals": "4"}

EOD = _single("daily/nse_eod_raw_2000_2020.parquet", _EOD, daily("Date"))
BHAV = _single("daily/nse_bhav_eq_2019_2026.parquet", {_DATE: "DATE", **_BHAVCOPY}, daily("DATE"))
HOURS = _single("intraday/kite_60minute_2024_2026.parquet", {_DATE: "datetime", **_KITE}, opened("datetime", "1h"),
                interval="1h", settings={"short_last_bar": "true"}, floor=0.1)  # fmt: skip
FILES = [
    EOD,
    BHAV,
    _single("daily/kite_adjusted_day_2020_2026.parquet", {_DATE: "datetime", **_KITE}, daily("datetime")),
    RealFile("raw_bhavcopy", "raw_bhavcopy", {_DATE: "DATE1", **_BHAVCOPY},
             folder(_BHAVCOPY, daily("DATE1", "%d-%b-%Y")), {"timestamp_format": '"%d-%b-%Y"'}),
    _single("index_daily/NIFTY_50_to_2021.csv.gz", {**_INDEX, "volume": "Volume"}, daily("Date")),
    _single("index_daily/NIFTY_BANK_to_2021.csv.gz", {**_INDEX, "volume": "Volume"}, daily("Date")),
    _single("index_daily/INDIA_VIX_to_2021.csv.gz", _INDEX, daily("Date"), settings=_VIX, night_floor=1.0),
    _single("index_daily/INDIAVIX_2009_2020_dirty_dayfirst.csv.gz", _INDEX, daily("Date", "%d-%m-%Y"),
            settings={**_VIX, "timestamp_format": '"%d-%m-%Y"'}, night_floor=1.0),
    _index_2021("NIFTY"),
    _index_2021("BANKNIFTY"),
    _single("intraday/NIFTY_1min_2009.parquet", _2009, two_columns("Date", "Time", "1min"), settings=_NO_VOLUME,
            session_open="09:55", **_MINUTE),
    _single("intraday/kite_1min_banks_2023-04_06.parquet", {_DATE: "Date", **_KITE}, opened("Date", "1min"), **_MINUTE),
    HOURS,
    _single("intraday/BANKNIFTY_15min_epoch_2018_2021.parquet", {_DATE: "Time", **_UPPER}, epoch, "BANKNIFTY",
            settings={**_NO_VOLUME, "timestamp_format": '"epoch_s"', "symbol": '"BANKNIFTY"'}, interval="15m",
            floor=0.05),
    _single("fno/NIFTY23JUN_option_1min_2023-06-05.parquet", {_DATE: "date", **_KITE}, opened("date", "1min"),
            interval="1m", floor=1.0),
    _ticks("16-April-2021", latest="2021-04-16"),
    _ticks("24-May-2021"),
    _ticks("01-June-2021"),
    RealFile("ticks_futures_2025", "ticks_futures_2025", _FUTURES,
             folder(_FUTURES, lambda raw: pd.to_datetime(raw["exchange_timestamp"])), {"label": '"close"'}, "1s",
             floor=0.05),
]  # fmt: skip
