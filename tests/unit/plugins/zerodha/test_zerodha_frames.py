"""Frames of the socket: against the client's own parser, and compiled against plain Python."""

from __future__ import annotations

import struct
import warnings
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from friday_plugins.zerodha.frames import FIELDS, FULL, INDEX_FULL, INDEX_QUOTE, LTP, MISSING, QUOTE, Frame, FrameReader

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # the client's own, about its dependencies
    from kiteconnect import KiteTicker

KNOWN = (LTP, INDEX_QUOTE, INDEX_FULL, QUOTE, FULL)
NSE, CDS, BCD, INDEX, NCO = 1, 3, 6, 9, 12


@pytest.fixture(scope="module")
def compiled() -> FrameReader:
    reader = FrameReader()
    reader.warm()
    assert reader.is_compiled
    return reader


def framed(packets: list[bytes], count: int | None = None) -> bytes:
    parts = [struct.pack(">H", len(packets) if count is None else count)]
    return b"".join(parts + [struct.pack(">H", len(one)) + one for one in packets])


def packets(lengths: tuple[int, ...] = KNOWN) -> st.SearchStrategy[list[bytes]]:
    return st.lists(st.sampled_from(lengths).flatmap(lambda size: st.binary(min_size=size, max_size=size)), max_size=12)


def same(one: Frame, other: Frame) -> bool:
    return (one.unknown, one.cut) == (other.unknown, other.cut) and np.array_equal(one.rows, other.rows)


def unsigned(value: int) -> int:
    """As the client reads a price."""
    return value % 2**32


@given(packets())
def test_every_packet_reads_as_the_client_reads_it(parts: list[bytes]) -> None:
    payload = framed(parts)
    frame, ticks = FrameReader().read(payload, 7), KiteTicker("key", "token")._parse_binary(payload)
    assert (len(frame), frame.unknown, frame.cut) == (len(ticks), 0, 0)
    for row, tick in enumerate(ticks):
        place = {name: int(frame[name][row]) for name in FIELDS}
        scale = 10.0 ** int(frame.decimals[row])
        assert (place["received"], place["token"]) == (7, tick["instrument_token"])
        assert unsigned(place["last_price"]) / scale == tick["last_price"]
        if "ohlc" in tick:
            assert {name: unsigned(place[name]) / scale for name in tick["ohlc"]} == tick["ohlc"]
        if "volume_traded" in tick:
            assert [place[name] for name in ("volume", "last_quantity", "buy_quantity", "sell_quantity")] == [
                tick[name] for name in
                ("volume_traded", "last_traded_quantity", "total_buy_quantity", "total_sell_quantity")
            ]  # fmt: skip
            assert unsigned(place["average_price"]) / scale == tick["average_traded_price"]
        assert (place["exchange_time"] == MISSING) == ("exchange_timestamp" not in tick)
        if tick.get("exchange_timestamp"):
            assert place["exchange_time"] == tick["exchange_timestamp"].timestamp()
        if "depth" in tick:
            assert place["last_trade_time"] == tick["last_trade_time"].timestamp()
            assert [place["oi"], place["oi_high"], place["oi_low"]] == [
                tick["oi"], tick["oi_day_high"], tick["oi_day_low"],
            ]  # fmt: skip
            assert depth_of(place, "bid", scale) == tick["depth"]["buy"]
            assert depth_of(place, "ask", scale) == tick["depth"]["sell"]


def depth_of(place: dict[str, int], side: str, scale: float) -> list[dict[str, Any]]:
    return [
        {
            "quantity": place[f"{side}_quantity_{level}"], "orders": place[f"{side}_orders_{level}"],
            "price": unsigned(place[f"{side}_price_{level}"]) / scale,
        }
        for level in range(1, 6)
    ]  # fmt: skip


@given(packets((*KNOWN, 0, 1, 9, 20, 183, 200)), st.integers(0, 20), st.integers(0, 60))
def test_compiled_and_plain_reading_agree_whatever_comes(
    compiled: FrameReader, parts: list[bytes], count: int, lost: int
) -> None:
    payload = framed(parts, count)
    payload = payload[: len(payload) - lost]
    assert same(compiled.read(payload, 5), FrameReader().read(payload, 5))


@given(st.binary(max_size=400))
def test_garbage_is_read_alike_and_never_raises(compiled: FrameReader, payload: bytes) -> None:
    assert same(compiled.read(payload, 5), FrameReader().read(payload, 5))


def test_prices_are_signed_and_quantities_are_not(compiled: FrameReader) -> None:
    quote = struct.pack(">I10I", 256 + NSE, *[2**32 - 1] * 10)
    frame = compiled.read(framed([quote]), 0)
    assert [int(frame[name][0]) for name in ("last_price", "average_price", "low", "close")] == [-1] * 4
    assert [int(frame[name][0]) for name in ("last_quantity", "volume", "sell_quantity")] == [2**32 - 1] * 3


@pytest.mark.parametrize(("segment", "decimals"), [(NSE, 2), (CDS, 7), (BCD, 4), (NCO, 4), (INDEX, 2), (0, 2)])
def test_decimals_follow_from_the_segment(segment: int, decimals: int) -> None:
    frame = FrameReader().read(framed([struct.pack(">Ii", 256 + segment, 12_345_678)]), 0)
    assert frame.decimals.tolist() == [decimals]
    assert frame.last_prices.tolist() == [12_345_678 / 10**decimals]


def test_fault_34_packets_of_unknown_lengths_are_skipped_and_counted(compiled: FrameReader) -> None:
    ltp = struct.pack(">Ii", 256 + NSE, 100)
    frame = compiled.read(framed([bytes(20), ltp, b"", bytes(185), ltp]), 0)
    assert (len(frame), frame.unknown, frame.cut) == (2, 3, 0)


def test_fault_30_of_a_frame_that_is_cut_the_whole_packets_are_read(compiled: FrameReader) -> None:
    ltp = struct.pack(">Ii", 256 + NSE, 100)
    frame = compiled.read(framed([ltp, ltp, ltp])[:-1], 0)
    assert (len(frame), frame.unknown, frame.cut) == (2, 0, 1)


def test_a_heartbeat_has_no_rows(compiled: FrameReader) -> None:
    assert len(compiled.read(b"\x00", 0)) == 0


def test_of_joined_frames_the_latest_rows_are_one_a_token() -> None:
    first, second = (
        FrameReader().read(framed([struct.pack(">Ii", token, price) for token, price in rows]), at)
        for at, rows in ((1, [(257, 100), (513, 200)]), (2, [(257, 101), (769, 300)]))
    )
    latest = Frame.joined([first, second]).latest()
    assert latest["token"].tolist() == [513, 257, 769]
    assert latest["last_price"].tolist() == [200, 101, 300]
    assert latest["received"].tolist() == [1, 2, 2]
