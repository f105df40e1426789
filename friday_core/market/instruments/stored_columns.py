"""The columns of a day's list of instruments as it is stored."""

from __future__ import annotations

import pyarrow as pa

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
