"""What Kite's socket sends: packets of one instrument, and frames of packets.

Layout: Kite Connect v3, WebSocket streaming; all whole numbers big-endian, prices in price units.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from typing import Literal

from friday_core.sandbox.kite.values import SECOND, Level, Listed, Snapshot

Mode = Literal["ltp", "quote", "full"]
#: Sent about once a second whatever happens.
HEARTBEAT = b"\x00"
DEPTH = 5

_LTP = struct.Struct(">Ii")
_INDEX_QUOTE = struct.Struct(">I6i")
_INDEX_FULL = struct.Struct(">I6iI")
_QUOTE = struct.Struct(">IiIiIII4i")
_FULL = struct.Struct(">IiIiIII4iIIIII" + "IiHxx" * 2 * DEPTH)
_COUNT = struct.Struct(">H")
_MOST, _MOST_PRICE, _MOST_ORDERS = 2**32 - 1, 2**31 - 1, 2**16 - 1


def packet(listed: Listed, snapshot: Snapshot, mode: Mode) -> bytes:
    """8, 44 or 184 bytes; of an index 8, 28 or 32. A number beyond its bytes is the largest that they hold."""
    one, token = snapshot, listed.token
    if mode == "ltp":
        return _LTP.pack(token, _price(one.last_price))
    if listed.is_index:
        change = one.last_price - one.close
        prices = [_price(price) for price in (one.last_price, one.high, one.low, one.open, one.close, change)]
        return (
            _INDEX_QUOTE.pack(token, *prices) if mode == "quote" else _INDEX_FULL.pack(token, *prices, _stamp(one.ts))
        )
    day = [
        token,
        _price(one.last_price),
        min(one.last_quantity, _MOST),
        _price(one.average_price),
        min(one.volume, _MOST),
        min(one.buy_quantity, _MOST),
        min(one.sell_quantity, _MOST),
        _price(one.open),
        _price(one.high),
        _price(one.low),
        _price(one.close),
    ]
    if mode == "quote":
        return _QUOTE.pack(*day)
    interest = [min(value, _MOST) for value in (one.oi, one.oi_high, one.oi_low)]
    return _FULL.pack(*day, _stamp(one.last_trade_ts), *interest, _stamp(one.ts), *_side(one.bids), *_side(one.asks))


def frame(packets: Sequence[bytes]) -> bytes:
    """One binary message of at most 65,535 packets."""
    parts = [_COUNT.pack(len(packets))]
    for one in packets:
        parts += (_COUNT.pack(len(one)), one)
    return b"".join(parts)


def _side(levels: Iterable[Level]) -> list[int]:
    """Five rows of quantity, price and orders; zeros where nobody stands."""
    row: list[int] = []
    for level in levels:
        row += (min(level.quantity, _MOST), _price(level.price), min(level.orders, _MOST_ORDERS))
    return row + [0] * (3 * DEPTH - len(row))


def _price(units: int) -> int:
    return max(min(units, _MOST_PRICE), -_MOST_PRICE)


def _stamp(ts: int) -> int:
    """Whole seconds since 1970, as whoever reads it takes it for."""
    return min(max(ts // SECOND, 0), _MOST)
