"""The columns of Kite's list of instruments, its words for what is listed, and what can be traded."""

from __future__ import annotations

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
