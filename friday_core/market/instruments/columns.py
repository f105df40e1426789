"""The columns of a day's list of instruments, as Kite names them, and what can be traded."""

from __future__ import annotations

import pyarrow as pa

#: Of Kite's file, in its order.
OFFICIAL = (
    "instrument_token",
    "exchange_token",
    "tradingsymbol",
    "name",
    "last_price",
    "expiry",
    "strike",
    "tick_size",
    "lot_size",
    "instrument_type",
    "segment",
    "exchange",
)
_WORD = pa.dictionary(pa.int32(), pa.string())
#: Of a stored day. ``name`` is the underlying of a contract, the company of a share.
SCHEMA = pa.schema(
    [
        ("instrument_token", pa.int64()),
        ("exchange_token", pa.string()),
        ("tradingsymbol", pa.string()),
        ("name", _WORD),
        ("last_price", pa.float64()),
        ("expiry", pa.date32()),
        ("strike", pa.float64()),
        ("tick_size", pa.float64()),
        ("lot_size", pa.int64()),
        ("instrument_type", _WORD),
        ("segment", _WORD),
        ("exchange", _WORD),
        ("tradable", pa.bool_()),
    ]
)

SHARE, FUTURE, CALL, PUT = "EQ", "FUT", "CE", "PE"
OPTIONS = (CALL, PUT)
CONTRACTS = (FUTURE, *OPTIONS)

INDICES = "INDICES"
#: Where an order can be sent to.
TRADED_SEGMENTS = frozenset(
    {"NSE", "BSE", "NCO"}
    | {f"{exchange}-{kind}" for exchange in ("NFO", "BFO", "CDS", "BCD", "MCX", "NCO") for kind in ("FUT", "OPT")}
)
#: What Kite lists to be looked at only.
SHOWN_SEGMENTS = frozenset({INDICES, "GLOBAL", "NSEIX"})
#: Exchanges whose contracts are named by the year and the month in which they expire.
MONTH_OF_EXPIRY = ("NFO", "BFO")
