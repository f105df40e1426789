"""Frames of the socket: byte for byte Kite's samples, and what the official client reads in them."""

from __future__ import annotations

import base64
import datetime as dt

import msgspec
import pytest
from fakes.kite_markets import INFY, NIFTY, at

from friday_core.sandbox.kite.market.frames import HEARTBEAT, Mode, frame, packet
from friday_core.sandbox.kite.values import Level, Listed, Snapshot

#: ``ticker_full.packet`` and ``ticker_quote.packet`` of zerodha/kiteconnect-mocks.
FULL = (
    "AAY6AQACZroAAAAHAAJlbQASMhcAA+m7AAWKAQACZPMAAmc8AAJhyQACZGxg4pR/AAAAAAAAAAAAAAAAYOKUfwAAAAUAAmacAAEAAAAAAIwAAmZ0AAIA"
    "AAAAAAIAAmZvAAEAAAAAANsAAmZqAAcAAAAAADIAAmZlAAEAAAAAAKwAAma6AAMAAAAAACwAAma/AAMAAAAAAS4AAmbJAAMAAAAAAI0AAmbOAAIAAAAA"
    "AtQAAmbTAAUAAA=="
)
QUOTE = "AAY6AQACZoMAAAABAAJlaQAR8bIAA+n/AAWANwACZPMAAmc8AAJhyQACZGw="
STAMP = at("2021-07-05 10:41:27")
BIDS = ((157_340, 5, 1), (157_300, 140, 2), (157_295, 2, 1), (157_290, 219, 7), (157_285, 50, 1))
ASKS = ((157_370, 172, 3), (157_375, 44, 3), (157_385, 302, 3), (157_390, 141, 2), (157_395, 724, 5))
SAMPLE = Snapshot(
    token=INFY.token,
    ts=STAMP,
    last_trade_ts=STAMP + 999_999,
    last_price=157_370,
    last_quantity=7,
    average_price=157_037,
    volume=1_192_471,
    buy_quantity=256_443,
    sell_quantity=363_009,
    open=156_915,
    high=157_500,
    low=156_105,
    close=156_780,
    oi=0,
    oi_high=0,
    oi_low=0,
    lower_limit=125_000,
    upper_limit=188_000,
    bids=tuple(Level(*one) for one in BIDS),
    asks=tuple(Level(*one) for one in ASKS),
)
EARLIER = msgspec.structs.replace(
    SAMPLE,
    last_price=157_315,
    last_quantity=1,
    average_price=157_033,
    volume=1_175_986,
    buy_quantity=256_511,
    sell_quantity=360_503,
)
USDINR = Listed(299_523, "CDS", "USDINR26NOVFUT", "USDINR", "CDS-FUT", "FUT", 25_000, 1, dt.date(2026, 11, 26))


def read(*packets: bytes) -> list[dict[str, object]]:
    """By the official client."""
    ticker = pytest.importorskip("kiteconnect").KiteTicker("key", "token")
    ticks: list[dict[str, object]] = ticker._parse_binary(frame(packets))
    return ticks


def test_kites_own_samples_are_reproduced_byte_for_byte() -> None:
    assert base64.b64encode(packet(INFY, SAMPLE, "full")).decode() == FULL
    assert base64.b64encode(packet(INFY, EARLIER, "quote")).decode() == QUOTE
    assert packet(INFY, EARLIER, "ltp") == base64.b64decode(QUOTE)[:8]


@pytest.mark.parametrize(("mode", "bytes_of"), [("ltp", (8, 8)), ("quote", (44, 28)), ("full", (184, 32))])
def test_packets_of_shares_and_of_indices_have_the_lengths_by_which_clients_tell_them(
    mode: Mode, bytes_of: tuple[int, int]
) -> None:
    assert (len(packet(INFY, SAMPLE, mode)), len(packet(NIFTY, SAMPLE, mode))) == bytes_of


def test_the_official_client_reads_the_day_the_depth_and_the_stamps() -> None:
    share, index = read(packet(INFY, SAMPLE, "full"), packet(NIFTY, SAMPLE, "full"))
    assert share["ohlc"] == {"open": 1569.15, "high": 1575.0, "low": 1561.05, "close": 1567.8}
    depth = share["depth"]
    assert isinstance(depth, dict)
    assert depth["sell"][4] == {"quantity": 724, "price": 1573.95, "orders": 5}
    assert share["exchange_timestamp"] == dt.datetime.fromtimestamp(STAMP // 1_000_000)  # noqa: DTZ006 - as the client does
    assert index["ohlc"] == share["ohlc"]
    assert (index["tradable"], index["exchange_timestamp"]) == (False, share["exchange_timestamp"])


def test_levels_where_nobody_stands_are_zeros() -> None:
    (tick,) = read(packet(INFY, msgspec.structs.replace(SAMPLE, bids=(), asks=SAMPLE.asks[:1]), "full"))
    depth = tick["depth"]
    assert isinstance(depth, dict)
    nobody = {"quantity": 0, "price": 0.0, "orders": 0}
    assert depth["buy"] == [nobody] * 5
    assert depth["sell"][1:] == [nobody] * 4


def test_a_currency_has_seven_decimals() -> None:
    (tick,) = read(packet(USDINR, msgspec.structs.replace(SAMPLE, last_price=885_025_000), "ltp"))
    assert tick["last_price"] == 88.5025


def test_numbers_beyond_their_bytes_are_the_largest_that_fit() -> None:
    huge = msgspec.structs.replace(SAMPLE, volume=2**40, oi=2**33, last_price=2**40, last_trade_ts=0)
    (tick,) = read(packet(INFY, huge, "full"))
    assert (tick["volume_traded"], tick["oi"], tick["last_price"]) == (2**32 - 1, 2**32 - 1, (2**31 - 1) / 100)


def test_a_frame_counts_its_packets_and_a_heartbeat_is_one_byte() -> None:
    assert frame([b"12345678", b"abcd"]) == b"\x00\x02\x00\x0812345678\x00\x04abcd"
    assert len(HEARTBEAT) == 1
    assert read() == []
