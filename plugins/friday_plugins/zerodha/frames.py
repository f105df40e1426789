"""What Kite's socket sends, as columns.

A frame is ``u16`` count, then for each packet ``u16`` length and the packet, all big-endian (Kite Connect v3, WebSocket
streaming). How long a packet is says what it is. A frame
is read by a compiled function, or by one in plain Python, to the same bits.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from friday_core.api import MISSING_PRICE, Float64, Int64, get_logger

#: Columns of a frame, a row a packet. ``length`` is the packet's; ``received`` microseconds UTC; times Unix seconds.
FIELDS = (
    "received", "length", "token", "last_price", "last_quantity", "average_price", "volume", "buy_quantity",
    "sell_quantity", "open", "high", "low", "close", "last_trade_time", "oi", "oi_high", "oi_low", "exchange_time",
    *(f"{side}_{what}_{level}" for side in ("bid", "ask") for level in range(1, 6)
      for what in ("quantity", "price", "orders")),
)  # fmt: skip
PLACE = {name: place for place, name in enumerate(FIELDS)}
#: What a packet does not have; ``decimals`` of its prices by segment, two where nothing is said.
MISSING = MISSING_PRICE
DECIMALS = {3: 7, 6: 4, 12: 4}
LTP, INDEX_QUOTE, INDEX_FULL, QUOTE, FULL = 8, 28, 32, 44, 184
_COUNT = 2
#: Words of the mode ``full`` before its depth.
_WORDS = 16
#: A packet has its length before it, and none that is known is shorter.
_LEAST = 2 + LTP
Kernel = Callable[[Any, Int64], tuple[int, int, int]]
_FIRST, _FIRST_LEVEL, _SIGN = PLACE["token"], PLACE["bid_quantity_1"], 1 << 31
#: Where the words of an index go: high, low, open, close, change, time; the change follows from the rest.
_OF_INDEX = (2, 3, 10, 11, 9, 12, 0, 17)
#: Prices besides those of the depth. What is ``MISSING`` has no such bit.
_SIGNED = tuple(PLACE[name] for name in ("last_price", "average_price", "open", "high", "low", "close"))
#: How ``struct`` has a packet of each length, and where its words go.
_FORMS = {
    LTP: (struct.Struct(">Ii"), [2, 3]),
    INDEX_QUOTE: (struct.Struct(">I6i"), [*_OF_INDEX[:-1]]),
    INDEX_FULL: (struct.Struct(">I6iI"), [*_OF_INDEX]),
    QUOTE: (struct.Struct(">IiIiIII4i"), [*range(2, 13)]),
    FULL: (struct.Struct(">IiIiIII4iIIIII" + "IiHxx" * 10), [*range(2, 48)]),
}


class Frame:
    """Packets in their order. ``frame["last_price"]`` is one of ``FIELDS``, int64; ``MISSING`` where a packet has none.

    Prices are whole units of ``10 ** -decimals``, as the socket sends them, and signed. ``unknown`` packets had a
    length that nobody knows; ``cut`` is 1 if the frame ended before its last packet did, or went on after it.
    """

    __slots__ = ("cut", "rows", "unknown")

    def __init__(self, rows: Int64, unknown: int = 0, cut: int = 0) -> None:
        self.rows, self.unknown, self.cut = rows, unknown, cut

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, name: str) -> Int64:
        column: Int64 = self.rows[:, PLACE[name]]
        return column

    @property
    def decimals(self) -> Int64:
        """Of each row's prices."""
        segment, found = self["token"] & 0xFF, np.full(len(self), 2)
        for one, decimals in DECIMALS.items():
            found[segment == one] = decimals
        return found

    @property
    def last_prices(self) -> Float64:
        """In the currency."""
        prices: Float64 = self["last_price"] / 10.0**self.decimals
        return prices

    @classmethod
    def joined(cls, frames: Iterable[Frame]) -> Frame:
        """All rows, one frame after the other."""
        parts = [*frames]
        if len(parts) == 1:
            return parts[0]
        rows = np.concatenate([one.rows for one in parts]) if parts else np.empty((0, len(FIELDS)), np.int64)
        return cls(rows, sum(one.unknown for one in parts), sum(one.cut for one in parts))

    def latest(self) -> Frame:
        """Of each token the last row alone."""
        _, from_the_end = np.unique(self["token"][::-1], return_index=True)
        return type(self)(self.rows[np.sort(len(self) - 1 - from_the_end)], self.unknown, self.cut)


class FrameReader:
    """Reads frames; nothing in a frame makes it raise. ``warm`` compiles, if this machine can."""

    def __init__(self) -> None:
        self._kernel: Kernel = unpack_packets
        self.is_compiled = False

    def warm(self) -> None:
        """Compile, or load what was compiled before: seconds, and then never at a tick."""
        try:
            found = kernel()
            found(np.frombuffer(bytes(2), np.uint8), np.empty((0, len(FIELDS)), np.int64))
        except Exception as error:  # noqa: BLE001 - a library that does not fit this machine fails in its own way
            get_logger("zerodha").warning("frames are read in plain Python, slower and the same", reason=str(error))
        else:
            self._kernel, self.is_compiled = found, True

    def read(self, payload: bytes, received: int) -> Frame:
        """A binary message that came at ``received``, microseconds UTC; a heartbeat is a frame without rows."""
        if len(payload) < _COUNT:
            return Frame(np.empty((0, len(FIELDS)), np.int64))
        packets = min(payload[0] << 8 | payload[1], (len(payload) - _COUNT) // _LEAST)
        rows = np.empty((packets, len(FIELDS)), np.int64)
        data = np.frombuffer(payload, np.uint8) if self.is_compiled else payload
        count, unknown, cut = self._kernel(data, rows)
        rows[:count, 0] = received
        return Frame(rows[:count], int(unknown), int(cut))


def kernel() -> Kernel:
    """``unpack_packets`` for the compiler, kept on disk; raises whatever stands in the way."""
    from numba import njit  # noqa: PLC0415 - heavy, and not everywhere

    jitted: Kernel = njit(cache=True, nogil=True)(read_packets)
    return jitted


def read_packets(data: Any, rows: Int64) -> tuple[int, int, int]:
    """How many packets were read into ``rows``, how many are unknown, and whether the frame is cut; for the compiler.

    ``data`` are the bytes of a frame of at least two; ``rows`` are as many as packets may fit. Places are unsigned:
    a signed one is looked at for every byte whether it counts from the end.
    """
    size, at, count, unknown = np.uint64(len(data)), np.uint64(2), np.uint64(0), 0
    one, two, three, four = np.uint64(1), np.uint64(2), np.uint64(3), np.uint64(4)
    for _ in range(np.int64(data[0]) << 8 | np.int64(data[1])):
        if at + two > size:
            return int(count), unknown, 1
        length = np.uint64(data[at]) << np.uint64(8) | np.uint64(data[at + one])
        at += two
        if at + length > size:
            return int(count), unknown, 1
        is_index = length in (INDEX_QUOTE, INDEX_FULL)
        if is_index or length in (LTP, QUOTE, FULL):
            row = rows[np.int64(count)]
            if length != FULL:
                row[:] = MISSING
            row[1] = np.int64(length)
            # A constant, so that the compiler unrolls the loop of the packets that are most.
            spot, words = at, _WORDS if length == FULL else np.int64(length) >> 2
            for word in range(words):
                value = (
                    np.int64(data[spot]) << 24
                    | np.int64(data[spot + one]) << 16
                    | np.int64(data[spot + two]) << 8
                    | np.int64(data[spot + three])
                )
                if is_index:
                    row[_OF_INDEX[word]] = value
                else:
                    row[_FIRST + word] = value
                spot += four
            for place in _SIGNED:
                row[place] -= (row[place] & _SIGN) << 1
            for level in range(10 if length == FULL else 0):
                place = _FIRST_LEVEL + 3 * level
                for part in range(2):
                    value = (
                        np.int64(data[spot]) << 24
                        | np.int64(data[spot + one]) << 16
                        | np.int64(data[spot + two]) << 8
                        | np.int64(data[spot + three])
                    )
                    row[place + part] = value - ((value & _SIGN) << 1) if part else value
                    spot += four
                row[place + 2] = np.int64(data[spot]) << 8 | np.int64(data[spot + one])
                spot += four
            count += one
        else:
            unknown += 1
        at += length
    return int(count), unknown, 0 if at == size else 1


def unpack_packets(payload: bytes, rows: Int64) -> tuple[int, int, int]:
    """The same in plain Python, of bytes."""
    size, at, count, unknown = len(payload), 2, 0, 0
    for _ in range(int.from_bytes(payload[:2], "big")):
        length = int.from_bytes(payload[at : at + 2], "big")
        begin, at = at + 2, at + 2 + length
        if begin > size or at > size:
            return count, unknown, 1
        form = _FORMS.get(length)
        if form is None:
            unknown += 1
            continue
        layout, places = form
        rows[count] = MISSING
        rows[count, 1] = length
        rows[count, places] = layout.unpack(payload[begin:at])
        count += 1
    return count, unknown, 0 if at == size else 1
