"""Lists of Kite's instruments by hand: a row says what matters to a test, the rest is filled in."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from pathlib import Path

from friday_core.market.instruments.columns import OFFICIAL
from friday_core.market.instruments.kite_list import DayList, read_kite
from friday_core.market.instruments.snapshot import Snapshot

DAY = dt.date(2026, 8, 21)
HEADER = ",".join(OFFICIAL)
_SEGMENT_CODES = {"NSE": 1, "NFO": 2, "CDS": 3, "BSE": 4, "BFO": 5, "MCX": 7}

Row = dict[str, object]


def row(number: int, symbol: str, **given: object) -> Row:
    """A share of NSE with an exchange token of ``number``, but for what is given."""
    exchange = str(given.get("exchange", "NSE"))
    return {
        "instrument_token": number * 256 + _SEGMENT_CODES.get(exchange, 1),
        "exchange_token": number,
        "tradingsymbol": symbol,
        "name": f"{symbol} LIMITED",
        "last_price": 0,
        "expiry": "",
        "strike": 0,
        "tick_size": 0.05,
        "lot_size": 1,
        "instrument_type": "EQ",
        "segment": "NSE",
        "exchange": "NSE",
        **given,
    }


def future(number: int, symbol: str, name: str, expiry: str, **given: object) -> Row:
    contract = {"name": name, "expiry": expiry, "instrument_type": "FUT", "segment": "NFO-FUT", "exchange": "NFO"}
    return row(number, symbol, **{**contract, "lot_size": 65, **given})


def option(number: int, symbol: str, name: str, expiry: str, *terms: object, **given: object) -> Row:
    """``terms`` are strike and type."""
    strike, kind = terms
    contract = {"strike": strike, "instrument_type": kind, "segment": "NFO-OPT"}
    return future(number, symbol, name, expiry, **{**contract, **given})


def index(number: int, symbol: str) -> Row:
    return row(number, symbol, tick_size=0, lot_size=0, segment="INDICES")


def written(rows: Iterable[Row]) -> str:
    """As Kite writes a list."""
    return "".join(f"{line}\n" for line in (HEADER, *(",".join(map(str, one.values())) for one in rows)))


def shares(folder: Path) -> Path:
    """A file with a few shares: without contracts, so that it is a list of whatever day."""
    path = folder / "shares.csv"
    listed = {"INFY": 1594, "TCS": 11536, "SBIN": 3045, "ITC": 1660, "WIPRO": 3787, "AXISBANK": 5900}
    path.write_text(written(row(number, symbol, tick_size=0.1) for symbol, number in listed.items()), "utf-8")
    return path


def day_list(folder: Path, rows: Iterable[Row], day: dt.date = DAY) -> DayList:
    path = folder / "list.csv"
    path.write_text(written(rows), "utf-8")
    return read_kite(path, day)


def snapshot(folder: Path, rows: Iterable[Row], day: dt.date = DAY) -> Snapshot:
    return Snapshot(day, day_list(folder, rows, day).table)


def nifty_rows() -> list[Row]:
    """NIFTY of August and September 2026: two weekly expiries, two monthly ones, three strikes."""
    expiries = {"2026-08-25": "26AUG", "2026-09-01": "26901", "2026-09-08": "26908", "2026-09-29": "26SEP"}
    rows: list[Row] = []
    for month, (expiry, code) in enumerate(expiries.items()):
        if not code[2:].isdigit():
            rows.append(future(100 + month, f"NIFTY{code}FUT", "NIFTY", expiry))
        for place, strike in enumerate((24900, 25000, 25100)):
            for side, kind in enumerate(("CE", "PE")):
                number = 1000 + month * 100 + place * 10 + side
                rows.append(option(number, f"NIFTY{code}{strike}{kind}", "NIFTY", expiry, strike, kind))
    return rows
